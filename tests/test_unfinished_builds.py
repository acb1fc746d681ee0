import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN_SHARDS, VALIDATION_SHARDS, build_dataset, build_profile, profile, shards, toml
from wizard import profile_store
from wizard.build import Options
from wizard.errors import Interrupted
from wizard.profile import Profile, check
from wizard.unfinished_builds import forget, remember, unfinished

ALL = TRAIN_SHARDS + VALIDATION_SHARDS


def interrupted(made: Profile, count: int = 3) -> None:
    """Remembers a build as `run` does, and stops it after `count` shards."""
    remember(made)
    with pytest.raises(Interrupted):
        build_profile(made, options=Options(stopping=lambda: len(shards(made.output_path)) >= count))


def test_nothing_is_unfinished_at_first() -> None:
    assert unfinished() == []


def test_an_interrupted_build_is_offered_with_its_progress(raw: Path, tmp_path: Path) -> None:
    made = profile(raw, tmp_path / "out", image={"quality": 80})
    interrupted(made)
    (found,) = unfinished()
    assert (found.output, found.done, found.shards) == (tmp_path / "out", len(shards(tmp_path / "out")), ALL)
    assert 0 <= found.idle < 60
    assert profile_store.load(str(found.profile)).model_copy(update={"name": ""}) == made


def test_the_offered_profile_finishes_the_build(raw: Path, tmp_path: Path) -> None:
    interrupted(profile(raw, tmp_path / "out"))
    (found,) = unfinished()
    made = profile_store.load(str(found.profile))
    finished = build_profile(made)
    assert 0 < finished.images_built < sum(split.images_in for split in finished.splits)
    assert unfinished() == []


def test_a_build_stopped_by_a_signal_is_offered_by_the_next_process(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "wizard", "run", str(toml(raw, out, tmp_path / "p.toml")), "--quiet"]
    run = subprocess.Popen([*words, "--set=output.train_shards=40"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(shards(out)) < 2 and time.monotonic() < deadline:
        time.sleep(0.002)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode == 130
    (found,) = unfinished()
    assert (found.output, found.shards) == (out, 40 + VALIDATION_SHARDS)
    assert found.done == len(shards(out))


def test_a_finished_build_is_not_offered_and_can_be_forgotten(raw: Path, tmp_path: Path, home: Path) -> None:
    made = profile(raw, tmp_path / "out")
    for seed in (1, 2):
        remember(made.model_copy(update={"output": made.output.model_copy(update={"seed": seed})}))
    build_dataset(raw, tmp_path / "out")
    assert unfinished() == []
    assert len(list((home / "state" / "builds").iterdir())) == 2
    for _ in range(2):
        forget(tmp_path / "out")
        assert list((home / "state" / "builds").iterdir()) == []


def test_the_latest_unfinished_build_is_first(raw: Path, tmp_path: Path) -> None:
    for name, age in (("a", 500), ("b", 20), ("c", 3000)):
        interrupted(profile(raw, tmp_path / name), count=1)
        for each in ("plan.json", "shards"):
            os.utime(tmp_path / name / ".imagenet-setup" / each, (time.time() - age,) * 2)
    found = unfinished()
    assert [each.output.name for each in found] == ["b", "a", "c"]
    assert [each.idle for each in found] == pytest.approx([20, 500, 3000], abs=60)


def test_progress_of_a_single_split_counts_its_own_shards(raw: Path, tmp_path: Path) -> None:
    interrupted(profile(raw, tmp_path / "out", source={"splits": ["train"]}), count=1)
    assert [each.shards for each in unfinished()] == [TRAIN_SHARDS]


def test_relative_paths_are_resolved_when_a_build_is_remembered(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(raw)
    table: dict[str, Any] = {"source": {"path": "link"}, "output": {"path": "out", "train_shards": 5}}
    interrupted(check(table, "test"), count=1)
    monkeypatch.chdir("/")
    (found,) = unfinished()
    made = profile_store.load(str(found.profile))
    assert made.source_path == Path(made.source.path) == tmp_path / "link"
    assert made.output_path == found.output == tmp_path / "out"


def test_a_build_that_never_started_is_not_offered(raw: Path, tmp_path: Path) -> None:
    remember(profile(raw, tmp_path / "out"))
    assert unfinished() == []


def test_a_build_whose_folder_or_profile_is_missing_is_not_offered(raw: Path, tmp_path: Path) -> None:
    for name in ("moved", "damaged", "left"):
        interrupted(profile(raw, tmp_path / name), count=1)
    entries = {each.output.name: each.profile for each in unfinished()}
    (tmp_path / "moved").rename(tmp_path / "elsewhere")
    entries["damaged"].write_text("[[")
    assert [each.output.name for each in unfinished()] == ["left"]


def test_a_build_that_cannot_be_remembered_still_runs(raw: Path, tmp_path: Path, home: Path) -> None:
    (home / "state").write_text("in the way")
    remember(profile(raw, tmp_path / "out"))
    forget(tmp_path / "out")
    assert unfinished() == []
