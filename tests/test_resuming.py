"""The command that continues a build, as it is named when the build stops."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN, VALIDATION, shards, toml
from wizard import local_runs, unfinished_builds
from wizard.build import build
from wizard.cli import main
from wizard.commands.resuming import command_to_resume
from wizard.engine.commit_records import count_records
from wizard.slices import WHOLE, Slice


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds are asked to stop once a shard is done, as by Ctrl-C."""

    def stopped(job: Any, report: Any, options: Any, pool: Any) -> object:
        options = replace(options, stopping=lambda: bool(shards(job.output)))
        return build(job, report, options, pool)

    monkeypatch.setattr("wizard.commands.run.build", stopped)


def resuming(capsys: pytest.CaptureFixture[str]) -> str:
    """The command of the message that was printed last."""
    return capsys.readouterr().err.rpartition("Resume with: ")[2].rstrip("\n")


def test_the_folder_takes_the_place_of_the_profile_and_its_settings() -> None:
    assert command_to_resume(Path("/data/out"), WHOLE, (), "human") == "imagenet-setup run /data/out"


def test_what_the_folder_does_not_keep_is_said_again() -> None:
    command = command_to_resume(Path("/my out"), Slice(number=3, of=16), ("disk", "memory"), "plain", md5=True)
    assert command == "imagenet-setup run '/my out' --slice=3/16 --ignore=disk --ignore=memory --md5 --plain"


def test_a_resumed_build_is_seen_even_where_the_first_was_quiet() -> None:
    assert command_to_resume(Path("/out"), WHOLE, (), "quiet") == "imagenet-setup run /out"


@pytest.mark.usefixtures("stopping")
def test_a_build_with_many_settings_is_resumed_by_its_folder(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "my out"
    settings = [f"source.path={raw}", f"output.path={out}", "image.quality=80", "output.train_shards=9"]
    words = ["run", "nvidia-480-q85", *(f"--set={each}" for each in settings), "--ignore", "disk", "--plain"]
    assert main(words) == 130
    command = resuming(capsys)
    assert command == f"imagenet-setup run '{out}' --ignore=disk --plain"
    (run,) = local_runs.read_all()
    assert run.command == command
    assert main(["attach", str(out)]) == 130
    assert f"Resume with: {command}\n" in capsys.readouterr().out
    done = count_records(out)
    monkeypatch.undo()
    assert 0 < done < 9
    assert main(shlex.split(command)[1:]) == 0
    assert f"Finished writing all {TRAIN + VALIDATION} images" in capsys.readouterr().out


@pytest.mark.usefixtures("stopping")
def test_a_slice_is_resumed_as_that_slice(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = toml(raw, tmp_path / "out", tmp_path / "p.toml")
    assert main(["run", str(profile), "--slice", "1/2"]) == 130
    assert resuming(capsys) == f"imagenet-setup run {tmp_path}/out --slice=1/2"


@pytest.mark.usefixtures("stopping")
def test_a_folder_that_cannot_keep_the_profile_is_resumed_by_the_same_command(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = toml(raw, tmp_path / "out", tmp_path / "p.toml")

    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(unfinished_builds, "write_whole", fail)
    assert main(["run", str(profile), "--set=run.workers=1"]) == 130
    assert resuming(capsys) == f"imagenet-setup run {profile} --set=run.workers=1"


def test_before_a_build_begins_nothing_is_resumed_but_the_same_command_named(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = toml(raw, tmp_path / "out", tmp_path / "p.toml")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wizard.commands.run.examine", interrupt)
    assert main(["run", str(profile), "--set=image.quality=80"]) == 130
    again = f"imagenet-setup run {profile} --set=image.quality=80"
    assert capsys.readouterr().err.endswith(f"✗ Stopped.\n→ Again with: {again}\n")
