import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_plan import made
from wizard.commit_record import CommitRecord, ConvertedImage, SkippedImage, outcomes_of
from wizard.engine.commit_records import CommitRecords, plan_path, read_commit_records, start_or_resume
from wizard.engine.plan import Plan, ShardTask
from wizard.errors import PlanMismatch
from wizard.targets.record_file import StoredRecord, read_record, record_path, write_record
from wizard.targets.writer import ImageFile

PLAN = made(shards=2)
TASKS = list(PLAN.tasks("", skip_bad=False))


def opened(folder: Path, plan: Plan = PLAN) -> CommitRecords:
    start_or_resume(folder, plan)
    return read_commit_records(folder)


def finish(folder: Path, task: ShardTask, *, skipped: bool = False) -> CommitRecord:
    """The shard's file and its commit record, as a worker would write them."""
    (folder / task.name).write_bytes(b"records")
    record = CommitRecord(
        shard=task.name,
        split="train",
        images=5,
        boxes=0,
        bytes_in=9,
        bytes_out=7,
        sha256="00",
        converted=(ConvertedImage(name="a", kind="PNG"),),
        skipped=(SkippedImage(file="f", name="b", reason="ü"),) if skipped else (),
    )
    write_record(folder, StoredRecord(plan_id=task.plan_id, record=record))
    return record


def proven(records: CommitRecords, *, skip_bad: bool = False) -> list[str]:
    return records.finished(PLAN.shard_names, PLAN.target, skip_bad=skip_bad)


def test_kept_images_are_unknown_if_a_record_of_an_older_version_does_not_count_them() -> None:
    new = CommitRecord(shard="a", split="train", images=2, boxes=0, bytes_in=1, bytes_out=1, sha256="", kept=2)
    fields = dataclasses.asdict(new)
    del fields["kept"]
    assert outcomes_of([new, new]).kept == 4
    unknown = outcomes_of([new, CommitRecord.from_json(fields)])
    assert (unknown.images, unknown.kept, unknown.reencoded) == (4, None, None)


def test_every_stored_image_was_kept_converted_or_encoded_again() -> None:
    png, cmyk = ConvertedImage(name="a", kind="PNG"), ConvertedImage(name="b", kind="CMYK")
    shard = CommitRecord(shard="a", split="train", images=9, boxes=0, bytes_in=1, bytes_out=1, sha256="", kept=4)
    found = outcomes_of([replace(shard, converted=(png, cmyk, png))])
    assert (found.kept, found.converted, found.reencoded) == (4, {"PNG": 2, "CMYK": 1}, 2)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    opened(tmp_path)
    record = finish(tmp_path, TASKS[0], skipped=True)
    files = (ImageFile('val/a, "b"\n.jpg', 2**40, "00"), ImageFile("val/ü.jpg", 0, "ff"))
    for stored in (
        StoredRecord(plan_id="1", record=record),
        StoredRecord(plan_id="1", record=record, files=files),
    ):
        write_record(tmp_path, stored)
        assert read_record(tmp_path, record.shard) == stored


def test_the_next_run_finds_committed_shards(tmp_path: Path) -> None:
    opened(tmp_path)
    record = finish(tmp_path, TASKS[0])
    again = opened(tmp_path)
    assert again.done == {TASKS[0].name: record}
    assert proven(again) == [TASKS[0].name]


def test_a_missing_shard_or_one_of_another_size_is_not_finished(tmp_path: Path) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0])
    (tmp_path / TASKS[0].name).write_bytes(b"record")
    assert proven(opened(tmp_path)) == []
    (tmp_path / TASKS[0].name).unlink()
    assert proven(opened(tmp_path)) == []


def test_a_shard_without_its_record_is_not_finished(tmp_path: Path) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0])
    record_path(tmp_path, TASKS[0].name).unlink()
    assert proven(opened(tmp_path)) == []


def test_a_shard_with_skipped_images_is_not_finished_if_none_may_be_skipped(tmp_path: Path) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0], skipped=True)
    assert proven(opened(tmp_path)) == []
    assert proven(opened(tmp_path), skip_bad=True) == [TASKS[0].name]


def test_a_rejected_shard_stays_rejected(tmp_path: Path) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0])
    records = opened(tmp_path)
    records.reject(TASKS[0].name)
    assert records.done == opened(tmp_path).done == {}


def test_a_record_that_is_cut_anywhere_loses_its_shard_alone(tmp_path: Path) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0])
    finish(tmp_path, TASKS[1], skipped=True)
    file = record_path(tmp_path, TASKS[1].name)
    whole = file.read_bytes()
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        assert list(opened(tmp_path).done) == [TASKS[0].name]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"3", b"[]", b"null", b"{}", b'{"plan_id": "1", "files": 3}'])
def test_files_that_are_not_records_are_ignored(tmp_path: Path, content: bytes) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0])
    record_path(tmp_path, TASKS[1].name).write_bytes(content)
    assert list(opened(tmp_path).done) == [TASKS[0].name]


def test_a_record_of_another_shard_or_plan_is_ignored(tmp_path: Path) -> None:
    opened(tmp_path)
    record = finish(tmp_path, TASKS[0])
    record_path(tmp_path, TASKS[1].name).write_bytes(record_path(tmp_path, TASKS[0].name).read_bytes())
    assert list(opened(tmp_path).done) == [TASKS[0].name]
    write_record(tmp_path, StoredRecord(plan_id="of another plan", record=record))
    assert opened(tmp_path).done == {}


def test_another_plans_shards_are_refused_with_the_difference(tmp_path: Path) -> None:
    opened(tmp_path)
    finish(tmp_path, TASKS[0])
    with pytest.raises(PlanMismatch) as error:
        opened(tmp_path, made(shards=2, seed=5))
    told = error.value.what.splitlines()
    assert told[1:] == ["  seed: there 1 · asked for 5"]


def test_another_plan_without_shards_is_forgotten_with_all_that_described_it(tmp_path: Path) -> None:
    other = made(seed=5)
    opened(tmp_path, other)
    finish(tmp_path, next(other.tasks("", skip_bad=False)))
    (tmp_path / other.shard_names[0]).unlink()
    (tmp_path / "idx").mkdir()
    for name in ("dataset.json", "images.csv.gz", "idx/train-00007-of-00008", "idx/part-of-mine", "notes.txt"):
        (tmp_path / name).write_text("")
    records = opened(tmp_path)
    assert records.plan is not None
    assert records.plan.plan_id == json.loads(plan_path(tmp_path).read_text())["plan_id"] == PLAN.plan_id
    assert {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()} == {
        "idx/part-of-mine",
        "notes.txt",
        str(plan_path(tmp_path).relative_to(tmp_path)),
    }


@pytest.mark.parametrize("name", ["train-00000-of-00002", "train-notes.txt", "validation-00000-of-00001"])
def test_files_that_a_trainers_glob_would_find_are_refused_unless_they_are_the_plans(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"?")
    with pytest.raises(PlanMismatch, match=r"no \.imagenet-setup/plan\.json"):
        opened(tmp_path)
    (tmp_path / name).unlink()
    opened(tmp_path)
    (tmp_path / name).write_bytes(b"?")
    if name in PLAN.shard_names:
        assert not opened(tmp_path).done
    else:
        with pytest.raises(PlanMismatch, match=name):
            opened(tmp_path)


def test_a_folder_of_records_that_was_removed_is_not_made_again_by_a_worker(tmp_path: Path) -> None:
    opened(tmp_path)
    record_path(tmp_path, "").parent.rmdir()
    with pytest.raises(FileNotFoundError):
        finish(tmp_path, TASKS[0])
    assert not record_path(tmp_path, "").parent.exists()
