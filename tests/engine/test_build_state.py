import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN_SHARDS, VALIDATION_SHARDS, build_dataset
from wizard.engine.build_state import BuildState, look_at_build
from wizard.engine.commit_records import plan_path
from wizard.targets.names import RECORD_FOLDER, STATE_FOLDER

ALL = TRAIN_SHARDS + VALIDATION_SHARDS
SHARD = "train-00003-of-00005"


def state_of(folder: Path) -> BuildState:
    seen = look_at_build(folder)
    assert seen is not None
    return seen


def truncated(folder: Path) -> None:
    (folder / SHARD).write_bytes((folder / SHARD).read_bytes()[:-1])


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def test_a_finished_dataset_is_complete(built: Path) -> None:
    state = state_of(built)
    assert (state.is_complete, state.total, state.missing) == (True, ALL, 0)
    assert state.in_words(building=True) == f"{ALL} of {ALL} shards are there, and the dataset is complete"


@pytest.mark.parametrize(("harm", "clause"), [(removed(SHARD), f"{SHARD} is gone"), (truncated, f"{SHARD} has ")])
@pytest.mark.parametrize("with_state", [True, False])
def test_a_shard_that_is_gone_or_of_another_size_is_missing(
    built_copy: Path, harm: Callable[[Path], None], clause: str, with_state: bool
) -> None:
    harm(built_copy)
    if not with_state:
        shutil.rmtree(built_copy / STATE_FOLDER)
    state = state_of(built_copy)
    assert (state.is_complete, state.missing, list(state.gone)) == (False, 1, [SHARD])
    assert state.gone[SHARD].startswith(clause)
    assert state.in_words(building=True).startswith(f"6 of {ALL} shards are there; 1 is missing ({clause}")
    assert state.in_words(building=True).endswith(") and will be built")


def test_a_shard_that_was_never_done_is_missing_and_not_gone(built_copy: Path) -> None:
    (built_copy / RECORD_FOLDER / f"{SHARD}.json").unlink()
    state = state_of(built_copy)
    assert (state.missing, state.gone) == (1, {})
    assert state.in_words(building=False) == f"6 of {ALL} shards are there; 1 is missing"


@pytest.mark.parametrize("name", ["dataset.json", "images.csv.gz", f"idx/{SHARD}"])
def test_a_dataset_without_a_file_that_describes_it_is_not_complete(built_copy: Path, name: str) -> None:
    (built_copy / name).unlink()
    state = state_of(built_copy)
    assert (state.is_complete, state.missing, state.lacking) == (False, 0, [f"{name} is gone"])
    assert state.in_words(building=True) == (
        f"{ALL} of {ALL} shards are there, but {name} is gone; that will be written again"
    )


def test_an_image_that_is_gone_makes_its_shard_missing(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path, output={"format": "folders", "train_shards": 2, "validation_shards": 1})
    image = next((tmp_path / "train").rglob("*.*"))
    image.unlink()
    state = state_of(tmp_path)
    assert (state.total, state.missing) == (3, 1)
    assert [*state.gone.values()] == [f"{image.relative_to(tmp_path)} is gone"]


def test_a_folder_of_an_older_version_is_taken_at_its_word(built_copy: Path) -> None:
    stored: dict[str, Any] = json.loads(plan_path(built_copy).read_text())
    del stored["target"]
    plan_path(built_copy).write_text(json.dumps(stored))
    (built_copy / SHARD).unlink()
    assert state_of(built_copy).gone == {}


def test_nothing_is_known_of_a_folder_without_a_build(tmp_path: Path) -> None:
    assert look_at_build(tmp_path) is None
    assert look_at_build(tmp_path / "none") is None
