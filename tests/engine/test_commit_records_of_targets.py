"""What the records make of folders that other targets have written to."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_plan import made
from tests.targets.samples import sample
from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import CommitRecords, read_commit_records, start_or_resume
from wizard.engine.plan import Plan
from wizard.errors import PlanMismatch
from wizard.targets import registry
from wizard.targets.arrayrecord.target import ArrayRecords
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.record_file import StoredRecord, read_record, write_record
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset

TARGETS = {
    "tfrecord": TFRecords(),
    "split folders": TFRecords(split_folders=True),
    "folders": ClassFolders(),
    "flat": FlatFolders(),
    "webdataset": WebDataset(),
    "tfds by name": TFRecords(tfds="imagenet2012"),
    "arrayrecord": ArrayRecords(),
}
NAMES = list(TARGETS)


def plan(name: str) -> Plan:
    return replace(made(shards=2), target=TARGETS[name])


def opened(folder: Path, asked: Plan) -> CommitRecords:
    start_or_resume(folder, asked)
    return read_commit_records(folder)


def is_proven(folder: Path, asked: Plan, place: int = 0) -> bool:
    return bool(opened(folder, asked).finished([asked.shard_names[place]], asked.target, skip_bad=False))


def build(folder: Path, asked: Plan, shard: str) -> StoredRecord:
    """A real shard of two images."""
    with asked.target.writer(folder, "train", shard) as file:
        for number in range(2):
            file.write(sample(f"n01440764_{shard}{number}.JPEG", b"jpeg"))
        done = file.commit()
    record = CommitRecord(
        shard=shard, split="train", images=2, boxes=0, bytes_in=8, bytes_out=done.bytes, sha256=done.sha256
    )
    return StoredRecord(plan_id=asked.plan_id, record=record, files=done.files)


def begun(folder: Path, name: str) -> Plan:
    """A folder in which the first shard of this target's plan is done."""
    asked = plan(name)
    opened(folder, asked)
    write_record(folder, build(folder, asked, asked.shard_names[0]))
    return asked


def images(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.JPEG"))


@pytest.mark.parametrize("name", NAMES)
def test_a_build_of_the_same_plan_resumes(tmp_path: Path, name: str) -> None:
    asked = begun(tmp_path, name)
    assert [is_proven(tmp_path, asked, place) for place in (0, 1)] == [True, False]


@pytest.mark.parametrize("name", NAMES)
def test_a_shard_that_was_never_put_in_place_is_not_there(tmp_path: Path, name: str) -> None:
    asked = begun(tmp_path, name)
    result = opened(tmp_path, asked).done[asked.shard_names[0]]
    assert not asked.target.missing(tmp_path, result)
    assert asked.target.missing(tmp_path, replace(result, shard=asked.shard_names[1]))
    assert asked.target.missing(tmp_path / "elsewhere", result)


@pytest.mark.parametrize("name", ["folders", "flat"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_shard_with_a_missing_image_or_one_of_another_size_is_not_finished(
    tmp_path: Path, name: str, place: int
) -> None:
    asked = begun(tmp_path, name)
    images(tmp_path)[place].write_bytes(b"jpe")
    assert not is_proven(tmp_path, asked)
    images(tmp_path)[place].unlink()
    assert not is_proven(tmp_path, asked)


def test_a_shard_whose_record_lists_other_files_is_not_finished(tmp_path: Path) -> None:
    asked = begun(tmp_path, "folders")
    stored = read_record(tmp_path, asked.shard_names[0])
    write_record(tmp_path, replace(stored, files=stored.files[:1]))
    assert not is_proven(tmp_path, asked)


@pytest.mark.parametrize("theirs", NAMES)
@pytest.mark.parametrize("ours", NAMES)
def test_another_targets_shards_are_refused_with_the_difference(tmp_path: Path, theirs: str, ours: str) -> None:
    if theirs == ours:
        return
    begun(tmp_path, theirs)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(PlanMismatch) as error:
        opened(tmp_path, plan(ours))
    told = [line.strip().partition(":")[0] for line in error.value.what.splitlines()[1:]]
    assert set(told) <= {"format", "label base", "shards lie"}
    assert told
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", NAMES)
def test_files_of_no_plan_are_refused_by_name(tmp_path: Path, name: str) -> None:
    asked = plan(name)
    build(tmp_path, asked, asked.shard_names[0])
    found, *_ = asked.target.listing(tmp_path)
    with pytest.raises(PlanMismatch, match=r"no .*/plan\.json that says how they were made") as error:
        opened(tmp_path, asked)
    assert found in error.value.what
    assert (tmp_path / found).is_file()


def test_tfrecords_of_no_plan_do_not_prevent_a_build_of_folders(tmp_path: Path) -> None:
    """A reader of folders does not look at them."""
    (tmp_path / "train-00000-of-00002").write_bytes(b"records")
    assert opened(tmp_path, plan("folders")).done == {}
    assert (tmp_path / "train-00000-of-00002").read_bytes() == b"records"


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_foreign_image_in_the_folder_of_any_split_is_refused(tmp_path: Path, split: str) -> None:
    (tmp_path / split / "cats").mkdir(parents=True)
    (tmp_path / split / "cats" / "mine.jpg").write_bytes(b"jpeg")
    with pytest.raises(PlanMismatch, match=f"image files, among them {split}/cats/mine.jpg, and no .*plan"):
        opened(tmp_path, plan("folders"))
    assert opened(tmp_path, plan("flat")).done == {}


def test_empty_folders_do_not_prevent_a_build(tmp_path: Path) -> None:
    (tmp_path / "train" / "cats").mkdir(parents=True)
    assert opened(tmp_path, plan("folders")).done == {}


def test_another_target_without_shards_is_forgotten(tmp_path: Path) -> None:
    opened(tmp_path, plan("folders"))
    assert opened(tmp_path, plan("tfrecord")).done == {}


def test_all_that_any_target_would_find_is_found_once(tmp_path: Path) -> None:
    for file in ("train-00000-of-00002", "tfrecord_val/validation-1", "val/a/1.jpg", "test_flatten/1.jpg", "notes.txt"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(b"")
    assert registry.anything(tmp_path) == [
        "test_flatten/1.jpg",
        "tfrecord_val/validation-1",
        "train-00000-of-00002",
        "val/a/1.jpg",
    ]
    assert registry.anything(tmp_path / "none") == []


@pytest.mark.parametrize("name", ["folders", "flat"])
def test_a_linked_folder_is_not_written_into(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    below = tmp_path / "out" / TARGETS[name].places[0]
    below.mkdir(parents=True)
    (below / "n01440764").symlink_to(elsewhere)
    with pytest.raises(PlanMismatch, match=r"among them .*/n01440764, and no .*plan"):
        opened(tmp_path / "out", plan(name))
