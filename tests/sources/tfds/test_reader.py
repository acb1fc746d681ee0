"""Images as a worker reads them: checked once more, from files that may have changed."""

import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
from array_record.python import array_record_module

from tests.helpers import build_dataset, contents
from tests.sources.tfds.making import FORMS, copied, damage, table
from wizard.errors import InputError
from wizard.sources.tfds import array_record


def grouped(folder: Path, size: int) -> None:
    """Writes ArrayRecords again, in groups of so many records."""
    for path in folder.glob("*.array_record-*"):
        records = [
            array_record_module.ArrayRecordReader(str(path)).read([number])[0]
            for number in range(array_record_module.ArrayRecordReader(str(path)).num_records())
        ]
        writer = array_record_module.ArrayRecordWriter(str(path), f"group_size:{size}")
        for record in records:
            writer.write(record)
        writer.close()


def files_open() -> int:
    return psutil.Process().num_fds()


@pytest.mark.parametrize("form", FORMS)
def test_images_are_read_in_any_order(prepared: Path, form: str) -> None:
    found = table(prepared / form / "pets")
    order = np.random.default_rng(1).permutation(len(found))
    shuffled = found.take(order)
    expected = {each.sample.name: each.image for each in found.contents()}
    assert [each.image for each in shuffled.contents()] == [expected[each.name] for each in shuffled]


def test_a_payload_whose_crc_does_not_fit_is_refused_with_its_record(prepared: Path, tmp_path: Path) -> None:
    found = table(copied(prepared / "tfrecord" / "pets", tmp_path))
    sample = found[0]
    damage(Path(sample.file), sample.offset + sample.size // 2, b"damage")
    with pytest.raises(InputError, match=rf"{sample.file}: the record of {sample.name} is damaged: its CRC"):
        list(found.contents())


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_changed_since_it_was_indexed_is_refused(prepared: Path, tmp_path: Path, form: str) -> None:
    folder = copied(prepared / form / "pets", tmp_path)
    found = table(folder)
    assert len(list(found.contents())) == 12
    first, second = (folder / f"pets-train.{form}-0000{number}-of-00003" for number in range(2))
    shutil.copy(first, tmp_path / "kept")
    second.replace(first)
    (tmp_path / "kept").replace(second)
    with pytest.raises(InputError, match=r"has changed|does not begin there any more|CRC does not fit"):
        list(found.contents())


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_gone_is_named(prepared: Path, tmp_path: Path, form: str) -> None:
    found = table(copied(prepared / form / "pets", tmp_path))
    Path(found.files[0]).unlink()
    with pytest.raises(InputError, match=rf"pets-train\.{form}-00000-of-00003 cannot be read: No such file"):
        list(found.contents())


def test_array_records_in_groups_are_read_in_order_and_give_the_same_shards(
    raw: Path, prepared: Path, tmp_path: Path
) -> None:
    folder = copied(prepared / "array_record" / "imagenet2012", tmp_path)
    grouped(folder, 8)
    assert table(folder).reader.in_order
    build_dataset(raw, tmp_path / "official", source={"boxes": "none"})
    build_dataset(folder, tmp_path / "grouped", source={"boxes": "none"}, run={"workers": 2})
    assert contents(tmp_path / "grouped") == contents(tmp_path / "official")


def test_other_records_of_a_damaged_array_record_are_still_read(prepared: Path, tmp_path: Path) -> None:
    path = copied(prepared / "array_record" / "pets", tmp_path) / "pets-train.array_record-00000-of-00003"
    whole = array_record.File(path)
    expected = [whole.record(number) for number in range(whole.count)]
    damage(path, 100, b"damage")
    damaged = array_record.File(path)
    with pytest.raises(InputError, match="record 0 cannot be read"):
        damaged.record(0)
    assert [damaged.record(number) for number in range(1, damaged.count)] == expected[1:]
    damaged.close()


def test_no_more_array_records_stay_open_than_a_share_of_what_may_be(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_record, "open_file_limits", lambda: (8, 8))
    opened = array_record.OpenFiles()
    found = table(prepared / "array_record" / "pets")
    before = files_open()
    for path in found.files:
        opened.get(path).record(0)
    assert files_open() - before <= 2
