import json
from pathlib import Path

import pytest

from tests.engine.test_plan import made
from wizard.engine.journal import Journal, read
from wizard.engine.plan import ShardTask
from wizard.engine.targets import STATE_FOLDER
from wizard.errors import PlanMismatch
from wizard.shard_result import ConvertedImage, ShardResult, SkippedImage

PLAN = made(shards=2)
TASKS = list(PLAN.tasks("", skip_bad=False))


def finish(folder: Path, task: ShardTask, *, skipped: bool = False) -> ShardResult:
    """The shard's file and what its worker would say of it."""
    (folder / task.name).write_bytes(b"records")
    return ShardResult(
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


def path(folder: Path) -> Path:
    return folder / STATE_FOLDER / "journal.jsonl"


def test_what_is_recorded_is_there_for_the_next_run(tmp_path: Path) -> None:
    result = finish(tmp_path, TASKS[0])
    (tmp_path / TASKS[0].name).unlink()
    journal = Journal(tmp_path, PLAN)
    finish(tmp_path, TASKS[0])
    journal.record(result)
    again = Journal(tmp_path, PLAN)
    assert again.done == {TASKS[0].name: result}
    assert [again.proves(task.name, skip_bad=False) for task in TASKS] == [True, False]


def test_a_shard_that_is_gone_or_of_another_size_is_not_proven(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    journal.record(finish(tmp_path, TASKS[0]))
    (tmp_path / TASKS[0].name).write_bytes(b"record")
    assert not journal.proves(TASKS[0].name, skip_bad=False)
    (tmp_path / TASKS[0].name).unlink()
    assert not journal.proves(TASKS[0].name, skip_bad=False)


def test_a_shard_with_skipped_images_is_not_proven_where_none_may_be_skipped(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    journal.record(finish(tmp_path, TASKS[0], skipped=True))
    assert not journal.proves(TASKS[0].name, skip_bad=False)
    assert journal.proves(TASKS[0].name, skip_bad=True)


def test_a_rejected_shard_stays_rejected(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    journal.record(finish(tmp_path, TASKS[0]))
    journal.reject(TASKS[0].name)
    assert not Journal(tmp_path, PLAN).done


def test_a_crash_at_any_byte_of_a_line_loses_that_line_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    journal.record(finish(tmp_path, TASKS[0]))
    sure = path(tmp_path).read_bytes()
    journal.record(finish(tmp_path, TASKS[1], skipped=True))
    whole = path(tmp_path).read_bytes()
    for cut in range(len(sure), len(whole)):
        path(tmp_path).write_bytes(whole[:cut])
        again = Journal(tmp_path, PLAN)
        assert TASKS[0].name in again.done
        again.record(finish(tmp_path, TASKS[1]))
        assert set(read(tmp_path)[1]) == {task.name for task in TASKS}


def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    with path(tmp_path).open("ab") as file:
        file.write(b'\xff\xfe\n{"done": 3}\n[]\nnull\n{"other": {}}\n')
    journal.record(finish(tmp_path, TASKS[0]))
    assert list(Journal(tmp_path, PLAN).done) == [TASKS[0].name]


def test_another_plans_shards_are_refused_with_the_difference(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    journal.record(finish(tmp_path, TASKS[0]))
    with pytest.raises(PlanMismatch) as error:
        Journal(tmp_path, made(shards=2, seed=5))
    told = error.value.what.splitlines()
    assert told[1:] == ["  seed: there 1 · asked for 5"]


def test_another_plan_without_shards_is_forgotten_with_all_that_described_it(tmp_path: Path) -> None:
    Journal(tmp_path, made(seed=5))
    (tmp_path / "idx").mkdir()
    for name in ("dataset.json", "images.csv.gz", "idx/train-00007-of-00008", "idx/part-of-mine", "notes.txt"):
        (tmp_path / name).write_text("")
    assert Journal(tmp_path, PLAN).plan_id == json.loads(path(tmp_path).read_text().splitlines()[0])["plan_id"]
    assert {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()} == {
        "idx/part-of-mine",
        "notes.txt",
        str(path(tmp_path).relative_to(tmp_path)),
    }


@pytest.mark.parametrize("name", ["train-00000-of-00002", "train-notes.txt", "validation-00000-of-00001"])
def test_files_that_a_trainers_glob_would_find_are_refused_unless_they_are_the_plans(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"?")
    with pytest.raises(PlanMismatch, match="no journal"):
        Journal(tmp_path, PLAN)
    (tmp_path / name).unlink()
    Journal(tmp_path, PLAN)
    (tmp_path / name).write_bytes(b"?")
    if name in PLAN.shard_names:
        assert not Journal(tmp_path, PLAN).done
    else:
        with pytest.raises(PlanMismatch, match=name):
            Journal(tmp_path, PLAN)


def test_a_journal_that_was_removed_is_not_begun_again_without_its_first_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path, PLAN)
    path(tmp_path).unlink()
    with pytest.raises(FileNotFoundError):
        journal.record(finish(tmp_path, TASKS[0]))
    assert not path(tmp_path).exists()
