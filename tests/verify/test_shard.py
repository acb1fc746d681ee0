import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers import encoded, features, noise
from tests.verify.shards import NAMES, expectation, image, images, replaced, sentences, task
from wizard.formats import example, tfrecord
from wizard.targets.expected import Expectation
from wizard.targets.tfrecord.target import TFRecords
from wizard.verify.shard import check_shard


@pytest.fixture
def expected(tmp_path: Path) -> Expectation:
    """What a shard of four images should be; it is."""
    return expectation(task(tmp_path, images()))


def rewrite(expected: Expectation, change: Callable[[list[dict[str, example.Feature]]], None]) -> Expectation:
    """Changes the records and lets sha256, size and index follow, so that only the content can tell."""
    folder = Path(expected.folder)
    records = list(features(folder).values())
    change(records)
    frames = [tfrecord.frame(example.encode(record)) for record in records]
    starts = np.cumsum([0, *map(len, frames)])
    index = "".join(f"{start} {len(frame)}\n" for start, frame in zip(starts, frames, strict=False))
    (folder / "idx" / expected.result.shard).write_text(index)
    return replaced(expected, b"".join(frames))


def test_a_good_shard_has_no_problem(expected: Expectation) -> None:
    assert check_shard(expected) == ()
    assert check_shard(rewrite(expected, lambda _records: None)) == ()


def test_any_changed_byte_is_found_and_located(expected: Expectation) -> None:
    path = Path(expected.folder) / expected.result.shard
    content = path.read_bytes()
    lengths = [int(line.split()[1]) for line in (path.parent / "idx" / path.name).read_text().splitlines()]
    ends = np.cumsum(lengths)
    for place in range(0, len(content), 53):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        problems = check_shard(expected)
        assert "its sha256 is" in problems[0].what
        record = int(np.searchsorted(ends, place, side="right"))
        assert (problems[1].record, problems[1].name) == (record, NAMES[record])
        assert "CRC is" in problems[1].what


def test_a_cut_shard_is_found(expected: Expectation) -> None:
    path = Path(expected.folder) / expected.result.shard
    content = path.read_bytes()
    for cut in (0, 5, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        assert f"it has {cut:,} bytes, expected {len(content):,}" in sentences(check_shard(expected))


def test_a_missing_shard_or_index_is_found(expected: Expectation) -> None:
    (Path(expected.folder) / "idx" / expected.result.shard).unlink()
    assert "its index" in sentences(check_shard(expected))
    (Path(expected.folder) / expected.result.shard).unlink()
    assert "it cannot be read: No such file" in sentences(check_shard(expected))


def put(key: str, value: example.Feature) -> Callable[[list[dict[str, example.Feature]]], None]:
    return lambda records: records[2].update({key: value})


HALF = np.array([0.5], np.float32)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("image/class/label", (9,)), "image/class/label is (9,), expected (8,)"),
        (put("image/class/label", (8, 8)), "image/class/label is (8, 8)"),
        (put("image/class/synset", b"n01440764"), "image/class/synset is b'n01440764', expected b'n01514668'"),
        (put("image/class/text", b"hen"), "image/class/text is b'hen', expected b'cock'"),
        (put("image/filename", b"other.JPEG"), "image/filename is b'other.JPEG', expected b'n01514668_2.JPEG'"),
        (put("image/height", (31,)), "its height is stated as 31, the image has 32 × 40"),
        (put("image/channels", (1,)), "image/channels: missing, unknown"),
        (put("image/colorspace", b"L"), "image/colorspace: missing, unknown"),
        (put("image/extra", b""), "image/extra: missing, unknown"),
        (put("image/class/label", b"8"), "image/class/label: missing, unknown, or not of its kind"),
        (lambda records: records[2].pop("image/format"), "image/format: missing"),
        (put("image/object/bbox/xmin", HALF * 3), "box 0 is not within 0..1"),
        (put("image/object/bbox/xmin", HALF * 2), "box 0 is not within 0..1, or has swapped corners"),
        (put("image/object/bbox/ymin", np.array([np.nan], np.float32)), "box 0 is not within 0..1"),
        (put("image/object/bbox/xmin", np.array([], np.float32)), "its box columns differ in length"),
        (put("image/object/bbox/label", (9,)), "a box's label is not the image's"),
        (put("image/encoded", b"no image"), "its image cannot be decoded"),
        (put("image/encoded", encoded(Image.fromarray(noise(32, 40)), "PNG")), "its image is PNG"),
    ],
)
def test_wrong_content_is_found_and_named(
    expected: Expectation, change: Callable[[list[dict[str, example.Feature]]], None], said: str
) -> None:
    problems = check_shard(rewrite(expected, change))
    assert said in sentences(problems)
    assert (problems[0].record, problems[0].name) == (2, NAMES[2])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda records: records.pop(), "it has 3 images, expected 4; the first that is missing is n01514668_3.JPEG"),
        (lambda records: records.append(records[0] | {"image/filename": b"x"}), "it is one image too many"),
        (lambda records: records.append(records[0]), "expected"),
        (lambda records: records.insert(0, records.pop()), "expected b'n01514668_0.JPEG'"),
    ],
)
def test_missing_surplus_and_misplaced_records_are_found(
    expected: Expectation, change: Callable[[list[dict[str, example.Feature]]], None], said: str
) -> None:
    assert said in sentences(check_shard(rewrite(expected, change)))


def test_counts_that_were_recorded_wrong_are_found(expected: Expectation) -> None:
    lie = dataclasses.replace(expected.result, images=9, boxes=8)
    problems = sentences(check_shard(dataclasses.replace(expected, result=lie)))
    assert "it has 4 images, 9 were recorded" in problems
    assert "it has 4 boxes, 8 were recorded" in problems


def test_skipped_images_are_not_expected(tmp_path: Path) -> None:
    made = task(tmp_path, {"n01514668_0.JPEG": image(30, 40), "n01514668_1.JPEG": b"bad"})
    assert check_shard(expectation(made)) == ()


def test_an_unlabelled_image_has_label_minus_1_and_no_words(tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), rank=-1))
    assert check_shard(expected) == ()
    said = sentences(check_shard(rewrite(expected, put("image/class/label", (0,)))))
    assert "image/class/label is (0,), expected (-1,)" in said


def test_records_like_those_of_imagenet_to_gcs_have_just_their_features(tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), TFRecords(features="tpu")))
    assert check_shard(expected) == ()
    said = sentences(check_shard(rewrite(expected, put("image/class/text", b"cock"))))
    assert "image/class/text: missing, unknown" in said


def test_the_class_of_a_record_like_those_of_imagenet_to_gcs_is_compared(tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), TFRecords(features="tpu")))
    said = sentences(check_shard(rewrite(expected, put("image/class/synset", b"n01440764"))))
    assert "image/class/synset is b'n01440764', expected b'n01514668'" in said


def test_an_index_is_looked_for_only_where_one_was_asked_for(tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), TFRecords(index=False)))
    assert not (tmp_path / "idx").exists()
    assert check_shard(expected) == ()


def test_a_shard_is_looked_for_in_the_folder_of_its_split(tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), TFRecords(split_folders=True)))
    assert check_shard(expected) == ()
    shard = tmp_path / "tfrecord_train" / expected.result.shard
    shard.write_bytes(shard.read_bytes()[:-1])
    assert "bytes, expected" in sentences(check_shard(expected))
