import json
import os
import shutil
from pathlib import Path

import pytest

from tests.helpers import TRAIN_SHARDS, VALIDATION_SHARDS, shards
from tests.show.statuses import run
from wizard import run_files
from wizard.engine.commit_records import read_plan
from wizard.errors import InputError, VerifyFailed
from wizard.status.evaluate import look
from wizard.targets.names import RECORD_FOLDER, RUN_FOLDER, STATE_FOLDER


def test_a_finished_dataset_is_complete(built: Path) -> None:
    status = look(built)
    assert status.state == "complete"
    assert [(each.split, each.done, each.shards) for each in status.splits] == [
        ("train", TRAIN_SHARDS, TRAIN_SHARDS),
        ("validation", VALIDATION_SHARDS, VALIDATION_SHARDS),
    ]


def test_a_finished_dataset_without_its_state_folder_is_complete(built_copy: Path) -> None:
    before = look(built_copy)
    shutil.rmtree(built_copy / STATE_FOLDER)
    status = look(built_copy)
    assert (status.state, status.splits, status.plan_id) == (before.state, before.splits, before.plan_id)


def test_a_damaged_description_alone_is_an_error(built_copy: Path) -> None:
    shutil.rmtree(built_copy / STATE_FOLDER)
    (built_copy / "dataset.json").write_text("{")
    with pytest.raises(VerifyFailed):
        look(built_copy)


def test_while_a_run_lives_records_are_counted_by_split_without_being_read(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    run_files.write(built_copy, run(plan_id=plan_id(built_copy)))
    records = built_copy / RECORD_FOLDER
    (records / "train-00003-of-00005.json").unlink()
    (records / "train-00001-of-00005.json").write_text("")
    for foreign in ("train-00009-of-00005.json", "test-00000-of-00005.json", "notes.json", ".building-x.tmp"):
        (records / foreign).touch()
    assert [(each.split, each.done) for each in look(built_copy).splits] == [("train", 4), ("validation", 2)]


def test_a_shard_that_is_gone_is_missing_once_no_run_lives(built_copy: Path) -> None:
    (built_copy / "train-00003-of-00005").unlink()
    status = look(built_copy)
    assert (status.state, status.missing) == ("idle", 1)
    assert status.loss is not None
    assert status.loss.gone == {"train-00003-of-00005": "train-00003-of-00005 is gone"}
    assert status.command == f"imagenet-setup run {built_copy}"
    (built_copy / "train-00002-of-00005").unlink()
    assert look(built_copy, status).missing == 1  # not looked for again, while it is watched
    assert look(built_copy).missing == 2


def test_a_shard_that_is_gone_is_missing_without_the_state_folder_too(built_copy: Path) -> None:
    shutil.rmtree(built_copy / STATE_FOLDER)
    (built_copy / "validation-00001-of-00002").unlink()
    assert [(each.split, each.missing) for each in look(built_copy).splits] == [("train", 0), ("validation", 1)]


@pytest.fixture
def unfinished(built_copy: Path) -> Path:
    """The same dataset with a shard missing and no run's file."""
    (built_copy / "dataset.json").unlink()
    (built_copy / RECORD_FOLDER / "train-00003-of-00005.json").unlink()
    shutil.rmtree(built_copy / RUN_FOLDER, ignore_errors=True)
    return built_copy


def plan_id(folder: Path) -> str:
    plan = read_plan(folder)
    assert plan is not None
    return plan.plan_id


def test_a_run_in_the_folder_is_seen_until_it_falls_silent(unfinished: Path) -> None:
    run_files.write(unfinished, run(plan_id=plan_id(unfinished), under_way={"train": 1}))
    status = look(unfinished)
    assert (status.state, status.under_way, status.missing) == ("running", 1, 0)
    path = unfinished / RUN_FOLDER / "whole.json"
    os.utime(path, (path.stat().st_mtime - 100,) * 2)
    status = look(unfinished)
    assert (status.state, status.under_way, status.missing) == ("idle", 0, 1)
    assert status.runs[0].age == pytest.approx(100, abs=10)


def test_a_run_that_only_prepares_does_not_make_a_shard_that_is_gone_there(built_copy: Path) -> None:
    (built_copy / "train-00000-of-00005").unlink()
    run_files.write(built_copy, run(plan_id="", state="preparing"))
    status = look(built_copy)
    assert (status.state, status.done, status.missing) == ("running", 6, 1)


def test_the_bytes_written_are_those_of_the_shards_that_are_there_once_no_run_lives(unfinished: Path) -> None:
    run_files.write(unfinished, run(plan_id=plan_id(unfinished), state="stopped", bytes_out=10**9))
    (unfinished / "train-00000-of-00005").unlink()
    left = [path for path in shards(unfinished) if path.name != "train-00003-of-00005"]  # which has no record
    assert len(left) == 5
    seen = look(unfinished)
    assert seen.bytes_out == sum(path.stat().st_size for path in left)
    assert look(unfinished, seen).bytes_out == seen.bytes_out  # without a second look at the shards
    run_files.write(unfinished, run(plan_id=plan_id(unfinished), bytes_out=10**9))
    assert look(unfinished, seen).bytes_out == 10**9


def test_a_run_of_another_plan_is_not_of_this_build(unfinished: Path) -> None:
    run_files.write(unfinished, run(plan_id="another"))
    assert look(unfinished).runs == ()


def test_a_run_that_has_no_plan_yet_is_of_this_build(unfinished: Path) -> None:
    run_files.write(unfinished, run(plan_id="", state="preparing"))
    assert look(unfinished).state == "running"


def test_looking_changes_nothing(unfinished: Path) -> None:
    def listed() -> list[str]:
        return sorted(str(path) for path in unfinished.rglob("*"))

    before = listed()
    look(unfinished)
    assert listed() == before


def test_a_folder_without_a_build_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, said in (
        (tmp_path, "No build was begun in"),
        (tmp_path / "none", "does not exist"),
        (tmp_path / "file", "is not a folder"),
    ):
        with pytest.raises(InputError, match=said):
            look(path)


def test_a_damaged_plan_is_none(unfinished: Path) -> None:
    (unfinished / STATE_FOLDER / "plan.json").write_text(json.dumps({"plan_id": "x"}))
    with pytest.raises(InputError, match="No build was begun"):
        look(unfinished)
