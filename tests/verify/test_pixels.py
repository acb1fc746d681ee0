"""What TensorFlow finds in images that our own checks have passed."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.verify.shards import NAMES, expectation, image, images, replaced, sentences, task, with_bytes, with_image
from wizard.engine.executors.executor import Executor
from wizard.errors import VerifyFailed
from wizard.events import Event, Preparing
from wizard.formats import example, tar, tfrecord
from wizard.targets.expected import Expectation
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset
from wizard.verify.dataset import verify
from wizard.verify.pixels import check_pixels
from wizard.verify.shard import Problem, check_shard

TARGETS = {
    "inception": TFRecords(),
    "split folders": TFRecords(split_folders=True),
    "tpu": TFRecords(features="tpu"),
    "webdataset": WebDataset(),
    "folders": ClassFolders(),
    "flat": FlatFolders(),
}


def zeroed(data: bytes) -> bytes:
    """A JPEG whose image data turns to zeros, as a broken copy leaves it; its header says nothing of that."""
    half = (data.index(b"\xff\xda") + len(data)) // 2
    return data[:half] + bytes(len(data) - half)


def cut(data: bytes) -> bytes:
    """One that breaks off just before its end, which is filled up."""
    return data[:-40] + bytes(40)


def damaged(expected: Expectation, harm: Callable[[bytes], bytes], *names: str) -> Expectation:
    for name in names:
        expected = with_image(expected, name, images()[name], harm(images()[name]))
    return expected


def checked(tensorflow: Executor, *expected: Expectation, known: tuple[Problem, ...] = ()) -> list[Problem]:
    return check_pixels(tensorflow, expected, known, lambda _event: None)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("harm", [zeroed, cut])
def test_names_each_image_that_tensorflow_refuses_in_every_target(
    tensorflow: Executor, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    target = TARGETS[name]
    expected = damaged(expectation(task(tmp_path, images(), target)), harm, NAMES[1], NAMES[3])
    assert check_shard(expected) == ()
    found = checked(tensorflow, expected)
    assert [problem.name for problem in found] == [NAMES[1], NAMES[3]]
    assert [problem.record for problem in found] == ([None, None] if target.one_file_per_image else [1, 3])
    assert all("TensorFlow cannot decode its image: jpeg::Uncompress failed" in problem.what for problem in found)
    if target.one_file_per_image:
        assert target.place("train", NAMES[3], "n01514668") in found[1].what


def test_names_images_in_records_that_keep_their_features(tensorflow: Executor, tmp_path: Path) -> None:
    expected = damaged(expectation(task(tmp_path, images(), TFRecords(index=False))), zeroed, NAMES[3])
    expected = dataclasses.replace(expected, target=TFRecords(features="source", index=False))
    assert check_shard(expected) == ()
    assert [problem.name for problem in checked(tensorflow, expected)] == [NAMES[3]]


@pytest.mark.parametrize("name", TARGETS)
def test_finds_nothing_wrong_with_good_images(tensorflow: Executor, tmp_path: Path, name: str) -> None:
    assert checked(tensorflow, expectation(task(tmp_path, images(), TARGETS[name]))) == []


@pytest.mark.parametrize("form", ["inception", "webdataset"])
def test_compares_the_decoded_size_with_the_stated_one(tensorflow: Executor, tmp_path: Path, form: str) -> None:
    expected = expectation(task(tmp_path, images(), TARGETS[form]))
    taller = image(31, 40)
    content = expected.path.read_bytes()
    if form == "inception":
        with expected.path.open("rb") as file:
            records = [example.decode(record.payload) for record in tfrecord.records(file)]
        records[0]["image/encoded"] = taller
        content = b"".join(tfrecord.frame(example.encode(record)) for record in records)
    else:
        name = "n01514668_0.jpg"
        content = content.replace(tar.member(name, images()[NAMES[0]]), tar.member(name, taller))
    (problem,) = checked(tensorflow, replaced(expected, content))
    assert problem.record == 0
    assert problem.what == "TensorFlow decodes it to 31 × 40 pixels, but the stated size is height 30 and width 40"


@pytest.mark.parametrize(
    ("form", "said"), [("inception", "truncated record"), ("webdataset", "unexpected end of data")]
)
def test_a_truncated_shard_is_reported_unless_that_is_known(
    tensorflow: Executor, tmp_path: Path, form: str, said: str
) -> None:
    expected = expectation(task(tmp_path, images(), TARGETS[form]))
    broken = replaced(expected, expected.path.read_bytes()[:-3000])
    assert f"TensorFlow cannot read it: {said}" in sentences(checked(tensorflow, broken)).replace("ReadError('", "")
    assert checked(tensorflow, broken, known=check_shard(broken)) == []


def test_missing_images_are_reported_unless_that_is_known(tensorflow: Executor, tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images()))
    with expected.path.open("rb") as file:
        fewer = replaced(expected, b"".join(tfrecord.frame(each.payload) for each in list(tfrecord.records(file))[:3]))
    assert sentences(checked(tensorflow, fewer)).endswith("TensorFlow found 3 images in it; expected 4")
    assert checked(tensorflow, fewer, known=check_shard(fewer)) == []


def test_progress_ends_at_the_whole(tensorflow: Executor, tmp_path: Path) -> None:
    events: list[Event] = []
    drawn = image(8, 8)
    expected = expectation(task(tmp_path, {f"n01514668_{i}.JPEG": drawn for i in range(100)}))
    result = dataclasses.replace(expected.result, shard="train-00001-of-00002")
    other = dataclasses.replace(expected, result=result)
    shutil.copy(expected.path, other.path)
    check_pixels(tensorflow, [expected, other], (), events.append)
    steps = [event for event in events if isinstance(event, Preparing)]
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == steps[0].total == 2 * expected.result.bytes_out


def test_a_dataset_with_an_image_that_tensorflow_refuses_is_not_verified(built_copy: Path) -> None:
    manifest = json.loads((built_copy / "dataset.json").read_text())
    result = manifest["shards"][-1]
    shard = built_copy / result["shard"]
    with shard.open("rb") as file:
        *_, last = tfrecord.records(file)
    record = example.decode(last.payload)
    data, name = record["image/encoded"], record["image/filename"]
    assert isinstance(data, bytes)
    assert isinstance(name, bytes)
    shard.write_bytes(with_bytes(shard, data, zeroed(data)))
    result["sha256"] = hashlib.sha256(shard.read_bytes()).hexdigest()
    (built_copy / "dataset.json").write_text(json.dumps(manifest))
    (built_copy / "train-00099-of-00100").write_bytes(b"")
    with pytest.raises(VerifyFailed) as error:
        verify(built_copy, lambda _event: None, pixels=True)
    assert "train-00099-of-00100: it is not part of this dataset" in error.value.what
    place = f"{shard.name}, record {result['images'] - 1} ({name.decode()})"
    assert f"{place}: TensorFlow cannot decode its image" in error.value.what
    assert "Remove what is not part of it" in error.value.hint
    assert "Delete the files with images that TensorFlow cannot decode" in error.value.hint
