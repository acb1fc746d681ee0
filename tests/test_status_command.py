"""`status OUT`, as typed by a person."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.show.scenes import Terminal
from tests.show.statuses import every, found, sliced
from tests.test_cli import lines
from wizard.cli import main
from wizard.commands import status as command
from wizard.engine.commit_records import read_plan
from wizard.output import Output
from wizard.run_files import write
from wizard.run_status import RunStatus
from wizard.status.evaluate import evaluate
from wizard.status.find import Found
from wizard.targets.names import RECORD_FOLDER, RUN_FOLDER, STATE_FOLDER

RUNNING = found(sliced(1, 2, "a"), sliced(2, 2, "b"), done=[("train", 0)])
COMPLETE = found(done=every(), described=True)
Play = Callable[..., None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Makes what is seen at each look, without waiting between them; after the last one, Ctrl-C is pressed."""

    def begin(*scenes: Found) -> None:
        coming: Iterator[Found] = iter(scenes)
        monkeypatch.setattr(command, "look", lambda _folder, _before=None: evaluate(next(coming)))
        waits = iter(range(len(scenes) - 1))

        def sleep(_seconds: float) -> None:
            if next(waits, None) is None:
                raise KeyboardInterrupt

        monkeypatch.setattr(time, "sleep", sleep)

    return begin


def test_a_finished_dataset_is_complete(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(built)]) == 0
    out, err = capsys.readouterr()
    assert "complete" in out
    assert out.endswith(f"Check it   imagenet-setup verify {built}\n")
    assert err == ""


@pytest.mark.parametrize("watch", [[], ["--watch"]])
def test_a_folder_without_a_build_is_exit_3(
    watch: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(tmp_path), *watch]) == 3
    assert "Give the output folder of a run" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "verify", "attach"])
@pytest.mark.parametrize("kind", ["does not exist", "is not a folder"])
def test_a_path_that_is_no_folder_is_exit_3_and_to_be_checked(
    command: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x"
    if kind == "is not a folder":
        path.touch()
    assert main([command, str(path)]) == 3
    err = capsys.readouterr().err
    assert err.startswith(f"✗ {path} {kind}.\n→ Check the path")
    assert "imagenet-setup status" not in err


def test_a_run_under_way_is_shown_from_its_file(built_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / RECORD_FOLDER / "train-00003-of-00005.json").unlink()
    plan = read_plan(built_copy)
    assert plan is not None
    now = time.time()
    run = RunStatus(
        host="node07",
        pid=1,
        plan_id=plan.plan_id,
        begun=now,
        written=now,
        state="building",
        under_way={"train": 1},
        seconds_left=90.0,
    )
    write(built_copy, run)
    assert main(["status", str(built_copy)]) == 0
    out = capsys.readouterr().out
    assert "building, run on node07" in out
    assert "4 of 5 shards  1 under way  0 missing" in out
    assert main(["status", str(built_copy), "--json"]) == 0
    (last,) = lines(capsys.readouterr().out)
    assert [last[key] for key in ("event", "state", "done", "under_way", "missing", "exit_code")] == [
        "finished",
        "running",
        6,
        1,
        0,
        0,
    ]
    assert last["runs"][0]["run"]["host"] == "node07"
    path = built_copy / RUN_FOLDER / "whole.json"
    os.utime(path, (path.stat().st_mtime - 720,) * 2)
    assert main(["status", str(built_copy)]) == 0
    assert "The run: last heard of 12 minutes ago on node07: killed?" in capsys.readouterr().out


def test_a_finished_dataset_without_state_is_complete_for_programs_too(
    built_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(built_copy / STATE_FOLDER)
    assert main(["status", str(built_copy), "--json"]) == 0
    (last,) = lines(capsys.readouterr().out)
    assert (last["state"], last["missing"], last["runs"]) == ("complete", 0, [])


def test_watching_ends_by_itself_when_the_dataset_is_complete(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(RUNNING, RUNNING, COMPLETE, RUNNING)
    assert main(["status", "out", "--watch"]) == 0
    out, err = capsys.readouterr()
    assert "complete" in out
    assert err.splitlines()[0] == "  5 %  1/20 shards  2 under way  200 img/s  00:10:00 left  2 of 2 slices run"
    assert err.splitlines()[1].startswith("✓ All shards are done")
    assert len(err.splitlines()) == 3, "a line every 30 s, and not at each look"


def test_ctrl_c_ends_watching_without_an_error(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(RUNNING)
    assert main(["status", "out", "--watch"]) == 0
    assert "being built, 5 %" in capsys.readouterr().out


def test_what_goes_wrong_is_said_once_as_soon_as_it_is_seen(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    failed = [found(sliced(1, 2, "a"), sliced(2, 2, "b", age=age, state="failed", error="full")) for age in (1.0, 3.0)]
    play(RUNNING, *failed)
    assert main(["status", "out", "--watch", "--plain"]) == 0
    err = capsys.readouterr().err
    assert err.count("Slice 2 of 2 failed") == 1
    assert err.isascii()


def test_watching_in_json_prints_each_look_and_a_last_object(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(RUNNING, RUNNING, COMPLETE)
    assert main(["status", "out", "--watch", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [(each["event"], each["state"]) for each in lines(out)] == [
        ("status", "running"),
        ("status", "running"),
        ("status", "complete"),
        ("finished", "complete"),
    ]
    assert err == ""


def test_quiet_watching_waits_and_prints_the_end_alone(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    play(RUNNING, COMPLETE)
    assert main(["status", "out", "--watch", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "complete" in out
    assert err == ""


def test_a_build_that_vanishes_while_it_is_watched_is_exit_3(
    built_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (built_copy / "dataset.json").unlink()
    monkeypatch.setattr(time, "sleep", lambda _seconds: shutil.rmtree(built_copy))
    assert main(["status", str(built_copy), "--watch"]) == 3
    assert "does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_on_a_terminal_the_picture_is_redrawn_in_place(width: int) -> None:
    terminal = Terminal(width)
    seen_while: list[list[str]] = []
    output = Output()
    output.console = Console(file=terminal, force_terminal=True, width=width, height=24, no_color=True, highlight=False)
    with command._shown(output) as show:
        for scene in (RUNNING, RUNNING, found(done=every())):
            show(evaluate(scene))
            seen_while.append(terminal.shown)
    assert all(sum("/data/imagenet-480" in line for line in shown) == 1 for shown in seen_while)
    assert all(shown[-1].startswith("Ctrl-C: leave, the build goes on") for shown in seen_while)
    assert terminal.shown == []


def test_every_field_in_json_is_documented() -> None:
    page = (Path(__file__).parent.parent / "docs" / "clusters.md").read_text(encoding="utf-8")
    fields = json.loads(json.dumps(command.as_json(evaluate(RUNNING))))
    parts = [fields, fields["splits"][0], fields["hosts"][0], fields["runs"][0], fields["runs"][0]["run"]]
    parts += [parts[-1]["hosts"][0], parts[-1]["workers"][0]]
    parts += command.as_json(evaluate(found(sliced(1, 2, "a"))))["idle"]
    missing = {name for part in parts for name in part if f"`{name}`" not in page}
    assert not missing
