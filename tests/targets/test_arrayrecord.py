from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.helpers import build_dataset, encoded, noise
from tests.targets.samples import sample
from tests.verify.shards import NAMES, expectation, image, images, replaced, sentences, task
from wizard.errors import MachineError, UsageError
from wizard.formats import array_record, example
from wizard.formats.array_record import ArrayRecordFile, ArrayRecordWriter
from wizard.targets import registry
from wizard.targets.arrayrecord.target import ArrayRecords
from wizard.targets.dataset import Encoded
from wizard.targets.expected import Expectation
from wizard.verify.shard import check_shard

pytest.importorskip("array_record.python.array_record_module")
Records = list[bytes]


@pytest.fixture
def expected(tmp_path: Path) -> Expectation:
    """What a shard of four images should be; it is."""
    return expectation(task(tmp_path, images(), ArrayRecords(), base=0))


def rewrite(expected: Expectation, change: Callable[[Records], object]) -> Expectation:
    """Changes the records and lets sha256 and size follow."""
    records = list(ArrayRecordFile(expected.path).records())
    change(records)
    writer = ArrayRecordWriter(expected.path)
    for record in records:
        writer.write(record)
    writer.close()
    return replaced(expected, expected.path.read_bytes())


def put(**features: example.Feature | None) -> Callable[[Records], None]:
    """Gives the third record other features; None takes one away."""

    def change(records: Records) -> None:
        found = example.decode(records[2]) | features
        records[2] = example.encode({name: value for name, value in found.items() if value is not None})

    return change


def swap(records: Records) -> None:
    records[1], records[2] = records[2], records[1]


def test_a_shard_is_what_array_record_s_own_writer_makes_of_the_records(expected: Expectation) -> None:
    assert check_shard(expected) == ()
    content = expected.path.read_bytes()
    rewrite(expected, lambda _records: None)
    assert expected.path.read_bytes() == content
    assert expected.result.bytes_out == len(content)


def test_a_record_has_image_label_and_name_of_its_file(expected: Expectation) -> None:
    records = [example.decode(record) for record in ArrayRecordFile(expected.path).records()]
    assert records == [{"image": jpeg, "label": (7,), "file_name": name.encode()} for name, jpeg in images().items()]


def test_shards_are_named_as_grain_s_documentation_names_them(expected: Expectation) -> None:
    assert expected.path.name == "train.array_record-00000-of-00001"


def test_any_changed_byte_is_found(expected: Expectation) -> None:
    content = expected.path.read_bytes()
    for place in range(0, len(content), len(content) // 40):
        expected.path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert "its sha256 is" in sentences(check_shard(expected))


@pytest.mark.parametrize("left", [0, 100, -1])
def test_a_shard_that_is_cut_off_is_found_even_if_it_is_recorded_so(expected: Expectation, left: int) -> None:
    said = sentences(check_shard(replaced(expected, expected.path.read_bytes()[:left])))
    assert "it is a damaged ArrayRecord: its index, at the end, cannot be read" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put(label=(9,)), "label is (9,), expected (7,)"),
        (put(label=b"7"), "label: missing, unknown, or not of its kind"),
        (put(file_name=b"x.JPEG"), "file_name is b'x.JPEG', expected b'n01514668_2.JPEG'"),
        (put(file_name=None, height=(3,)), "file_name, height: missing, unknown, or not of its kind"),
        (put(image=b"no image"), "its image cannot be decoded"),
        (put(image=encoded(Image.fromarray(noise(32, 40)), "PNG")), "its image is PNG"),
        (lambda records: records.__setitem__(2, b"\xff"), "it is not a tf.train.Example of the kind that was written"),
    ],
)
def test_wrong_content_is_found_and_named(expected: Expectation, change: Callable[[Records], None], said: str) -> None:
    problems = check_shard(rewrite(expected, change))
    assert said in sentences(problems)
    assert (problems[0].record, problems[0].name) == (2, NAMES[2])


def test_swapped_missing_and_surplus_records_are_found(expected: Expectation) -> None:
    assert "record 1 (n01514668_1.JPEG): file_name is" in sentences(check_shard(rewrite(expected, swap)))
    assert "it has 3 images, expected 4" in sentences(check_shard(rewrite(expected, lambda records: records.pop())))
    again = rewrite(expected, lambda records: records.extend(records[:2]))
    assert "it is one image too many" in sentences(check_shard(again))


def test_an_image_without_a_class_has_minus_one(tmp_path: Path) -> None:
    made = expectation(task(tmp_path, {"ILSVRC2012_test_00000001.JPEG": image(30, 40)}, ArrayRecords(), rank=-1))
    assert check_shard(made) == ()
    (record,) = ArrayRecords().items([str(made.path)])
    assert ArrayRecords().encoded(record) == Encoded(image(30, 40), -1, {})


def test_a_record_without_image_or_label_has_none_to_train_with() -> None:
    with pytest.raises(ValueError, match="a record has not one image and one label"):
        ArrayRecords().encoded(example.encode({"image": b"jpeg"}))


def test_a_writer_that_is_left_early_leaves_nothing(tmp_path: Path) -> None:
    with ArrayRecords().writer(tmp_path, "train", "train-00000-of-00001") as shard:
        shard.write(sample())
        assert shard.size > 0
    assert list(tmp_path.iterdir()) == []


def test_the_number_of_workers_changes_no_byte(raw: Path, tmp_path: Path) -> None:
    contents = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        output: Mapping[str, Any] = {"format": "arrayrecord", "train_shards": 2, "validation_shards": 1}
        build_dataset(raw, out, output=output, run={"workers": workers})
        contents.append({path.name: path.read_bytes() for path in out.glob("*.array_record-*")})
    assert len(contents[0]) == 3
    assert contents[0] == contents[1]


def test_a_build_without_the_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_record, "_DISTRIBUTION", "array-record-that-is-not-there")
    with pytest.raises(UsageError, match="needs the package array_record, which is not installed") as error:
        registry.from_profile({"format": "arrayrecord"}, "image")
    assert "pip install array-record" in error.value.hint


def test_a_dataset_is_not_called_damaged_where_the_package_is_not_installed(
    expected: Expectation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_record, "_DISTRIBUTION", "array-record-that-is-not-there")
    with pytest.raises(MachineError, match="array_record, which reads ArrayRecord files, is not installed"):
        check_shard(expected)


def test_another_version_of_the_package_is_another_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ArrayRecords().ingredients["format"]
    monkeypatch.setattr(array_record, "_DISTRIBUTION", "numpy")
    other = ArrayRecords().ingredients["format"]
    assert other == f"{here.rpartition(' ')[0]} {np.__version__}"
