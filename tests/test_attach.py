"""Builds that outlive their terminal, and those who watch them: real processes, terminals and signals."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from tests.helpers import contents, profile, toml
from tests.show.scenes import Terminal, under_way
from tests.test_build import CROPPED
from wizard import local_runs, process_identity, profile_store
from wizard.cli import main
from wizard.commands import background, watching
from wizard.commands.background import start_in_background
from wizard.commands.watching import watch
from wizard.errors import Interrupted, MachineError, UsageError
from wizard.local_runs import Kind, LocalRun
from wizard.output import Output
from wizard.show.build_view import BuildView
from wizard.show.dashboard_view import picture
from wizard.show.progress import Progress

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")


@pytest.fixture(autouse=True)
def _no_build_is_left() -> Iterator[None]:
    """A test that fails leaves no process behind."""
    yield
    for run in local_runs.alive():
        if run.pid != os.getpid():
            process = psutil.Process(run.pid)
            for each in (*process.children(), process):
                each.kill()


def run_of(out: Path, **values: object) -> LocalRun:
    made = replace(local_runs.this_process(out), **values)  # type: ignore[arg-type]
    local_runs.write(made)
    return made


def read_until(terminal: int, words: str) -> str:
    """What a terminal shows until these words come, without colors."""
    shown = b""
    while words not in (text := re.sub(r"\x1b\[[\d;]*m", "", shown.decode(errors="replace"))):
        shown += os.read(terminal, 65536)  # an error if the process ends first
    return text


def test_a_build_whose_terminal_is_closed_goes_on_and_logs_how_it_ended(
    raw: Path, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = profile(raw, tmp_path / "out", source={"boxes": "all"}, image=CROPPED)
    path = profile_store.save(made, "closed")
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "wizard", "run", str(path)])
    read_until(terminal, "Building")
    os.kill(process, signal.SIGSTOP)  # so that the build is not faster than what follows
    os.close(terminal)
    os.killpg(process, signal.SIGHUP)  # as a shell passes it on; the kernel itself tells only that
    os.kill(process, signal.SIGCONT)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert contents(tmp_path / "out") == contents(built)
    (run,) = local_runs.read_all()
    log = run.log.read_text()
    assert log.index("The terminal is lost; the build goes on.") < log.index("Finished writing all")
    assert "tried again" not in log  # no worker died
    assert log.splitlines()[-1].endswith("  finished with exit code 0")
    assert main(["attach", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("Finished writing all")
    assert main(["status", str(tmp_path / "out")]) == 0
    assert "complete, finished at " in capsys.readouterr().out


def test_a_build_in_the_background_is_watched_left_and_stopped(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = {"resize": "exact", "height": 1000, "width": 1000, "quality": 90}
    path = profile_store.save(profile(raw, tmp_path / "out", image=slow, output={"train_shards": 41}), "slow")
    assert main(["run", str(path), "--background"]) == 0
    (run,) = local_runs.alive()
    workers = psutil.Process(run.pid).children()
    for worker in workers:
        worker.suspend()  # so that the build is not faster than what follows
    assert capsys.readouterr().out.startswith(f"Building in the background, as process {run.pid}.\n  Watch it  ")
    assert run.state == "building"
    assert os.getsid(run.pid) == run.pid
    watcher, terminal = pty.fork()
    if watcher == 0:
        os.environ |= {"COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
        os.execv(sys.executable, [sys.executable, "-m", "wizard", "attach"])
    shown = read_until(terminal, "Ctrl-C: leave, the build goes on")
    assert "╭ out ──" in shown
    os.write(terminal, b"q")
    left = read_until(terminal, "--stop")
    assert f"The build goes on (process {run.pid}). To stop it:" in left
    assert f"\nimagenet-setup attach {tmp_path}/out --stop" in left  # longer than the terminal, so on lines of its own
    assert os.waitstatus_to_exitcode(os.waitpid(watcher, 0)[1]) == 0
    os.close(terminal)
    assert run.is_alive
    for worker in workers:
        worker.resume()
    assert main(["attach", "--stop"]) == 130
    out, err = capsys.readouterr()
    assert re.match(r"✗ Stopped with \d+ of \d+ shards done", out)
    assert f"Resume with: imagenet-setup run {tmp_path}/out\n" in out
    assert f"Process {run.pid} was asked to finish" in err
    assert "  ! Finishing what is under way, then stopping" in err  # a line of the log
    assert local_runs.alive() == []
    os.waitpid(run.pid, 0)


def test_a_build_in_the_background_that_does_not_begin_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.toml").write_text(f"[source]\npath = '{tmp_path}/none'\n[output]\npath = '{tmp_path}/out'\n")
    assert main(["run", str(tmp_path / "p.toml"), "--background"]) == 3
    out, err = capsys.readouterr()
    assert f"raw-data: {tmp_path}/none does not exist." in out
    assert "failed at " in err


def test_nothing_is_started_in_the_background_that_nobody_could_watch(
    raw: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "state").write_text("in the way")
    assert main(["run", str(toml(raw, tmp_path / "out", tmp_path / "p.toml")), "--background"]) == 4
    assert f"{home}/state/runs cannot be written" in capsys.readouterr().err


@pytest.mark.usefixtures("unprivileged")
def test_nothing_is_started_in_the_background_where_a_run_cannot_be_written() -> None:
    local_runs.folder().mkdir(parents=True)
    local_runs.folder().chmod(0o500)
    with pytest.raises(MachineError, match="cannot be written"):
        start_in_background(["run", "none"], Output())


def child_is(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Has this run in the background."""
    monkeypatch.setattr(background, "_program", lambda: [sys.executable, "-c", code])


def test_a_build_that_ended_well_without_a_report_is_not_said_not_to_have_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    child_is(monkeypatch, "")
    assert start_in_background([], Output()) == 0
    assert "ended with exit code 0, but left no report" in capsys.readouterr().out
    assert list(local_runs.folder().iterdir()) == []


def test_sigterm_ends_a_build_in_the_background_that_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    children = []

    def terminated(pid: int, _since: float) -> None:
        children.append(pid)
        os.kill(os.getpid(), signal.SIGTERM)

    child_is(monkeypatch, "import time; time.sleep(20)")
    monkeypatch.setattr(local_runs, "of_process", terminated)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted, match="before the build began"):
        start_in_background([], Output())
    assert signal.getsignal(signal.SIGTERM) == before
    assert not psutil.pid_exists(children[0])


def test_a_dataset_is_complete_for_attach_though_its_result_was_interrupted(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("wizard.commands.run.show_result", interrupted)
        assert main(["run", str(toml(raw, tmp_path / "out", tmp_path / "p.toml"))]) == 130
    capsys.readouterr()
    assert main(["attach", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("Finished writing all")


def test_without_a_build_the_last_ones_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attach"]) == 0
    assert capsys.readouterr().out == "No build runs on this machine.\n"
    run_of(tmp_path / "a", begun=1_000_000_000.0, state="finished", exit_code=0, ended=1_000_000_000.0)
    run_of(tmp_path / "b", begun=1_100_000_000.0, born=0.0)
    run_of(tmp_path / "c", host="node7")
    assert main(["attach"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" · ")[0] for line in lines[1:]] == [
        f"  {tmp_path}/c: on node7, unless it died; imagenet-setup status {tmp_path}/c --watch shows it",
        f"  {tmp_path}/b: ended without a report",
        f"  {tmp_path}/a: finished on 2001-09-09 at {time.strftime('%H:%M', time.localtime(1e9))}",
    ]


def test_a_killed_build_does_not_look_alive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born, command = process_identity.start_of(child.pid), "imagenet-setup run trial"
    run_of(tmp_path / "out", state="building", pid=child.pid, born=born, command=command)
    child.kill()
    child.communicate()
    assert main(["attach", str(tmp_path / "out")]) == 4
    err = capsys.readouterr().err
    assert "ended without a report: its process" in err
    assert "→ Resume with: imagenet-setup run trial\n" in err


def test_of_several_builds_one_has_to_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate("ab"):
        run_of(tmp_path / name, begun=1_000_000_000.0 + number)
    assert main(["attach"]) == 2
    assert f"2 builds run here: {tmp_path}/b (process {os.getpid()}, started on 2001-" in capsys.readouterr().err


def test_a_run_that_was_refused_says_nothing_of_how_the_build_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    ended = {"state": "finished", "exit_code": 0, "has_built": True, "said": "Finished writing all 9 images"}
    run_of(out, begun=1_000_000_000.0, ended=1_000_000_900.0, **ended)
    run_of(out, begun=1_000_000_500.0, ended=1_000_000_501.0, state="failed", exit_code=4, said="✗ Another run")
    assert main(["attach", str(out)]) == 0
    assert capsys.readouterr().out == "Finished writing all 9 images\n"
    assert main(["attach"]) == 0
    (_, line) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"  {out}: finished ")


def test_where_a_verification_came_last_the_build_before_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    ended = {"state": "finished", "has_built": True, "ended": 1_000_000_900.0}
    run_of(out, begun=1_000_000_000.0, exit_code=5, said="Finished writing all 9 images", **ended)
    run_of(out, begun=1_000_000_500.0, exit_code=0, said="Verified 9 images", kind="verification", **ended)
    assert main(["attach", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out == "Verified 9 images\n"
    assert "· The build before it finished with exit code 5 · log: " in told.err


@pytest.mark.parametrize("kind", ["build", "verification"])
def test_how_a_run_ended_is_followed_by_what_is_gone_since(
    built_copy: Path, kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of(built_copy, kind=kind, state="finished", exit_code=0, has_built=True, ended=1e9, said="All is well")
    assert main(["attach", str(built_copy)]) == 0
    assert "Since then" not in capsys.readouterr().err
    (built_copy / "train-00000-of-00005").unlink()
    assert main(["attach", str(built_copy)]) == 0
    told = capsys.readouterr()
    assert told.out == "All is well\n"
    assert "! Since then: train-00000-of-00005 is gone → " in told.err
    assert told.err.endswith(" builds only what is missing\n")
    shutil.rmtree(built_copy)
    assert main(["attach", str(built_copy)]) == 0
    assert f"! Since then: {built_copy} is gone\n" in capsys.readouterr().err


def watched(run: LocalRun, *, stopping: bool = False) -> list[str]:
    """What a terminal shows of a run at first sight."""
    output, terminal = Output(), Terminal(100)
    output.console = Console(file=terminal, force_terminal=True, width=100, height=24, no_color=True)
    shown: list[str] = []

    def look(_run: LocalRun) -> bool:
        shown.extend(terminal.shown)
        return True

    watch(run, output, look, stopping=stopping)
    assert terminal.shown == []
    return shown


def test_a_watcher_sees_what_the_builds_own_terminal_shows(tmp_path: Path) -> None:
    build = under_way()
    shown = watched(run_of(tmp_path, state="building", view=asdict(BuildView.of(build))))
    own = [line.plain for line in picture(Progress(build=build), 100, 24)]
    assert shown[:-1] == own[:-1]
    assert shown[-1].startswith("╰ Ctrl-C: leave, the build goes on ──")


def test_whoever_has_stopped_a_build_sees_at_once_that_it_is_stopping(tmp_path: Path) -> None:
    build = under_way()
    before, noticed = (BuildView.of(replace(build, stopping=stopping)) for stopping in (False, True))
    run = run_of(tmp_path, state="building", view=asdict(before))
    shown = watched(run, stopping=True)
    assert " left ╮" in watched(run)[0]
    assert " left ╮" not in shown[0]
    assert shown[-1].startswith("╰ Finishing what is under way, then stopping · Ctrl-C: leave ──")
    assert shown == watched(run_of(tmp_path, state="building", view=asdict(noticed)))


def test_a_watcher_is_told_what_there_is_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(Path("/data/out"))
    assert watched(run) == ["out is being prepared · Ctrl-C: leave, the build goes on"]
    monkeypatch.setattr(watching, "_SILENT", -1.0)
    assert watched(run)[-1].startswith("No news for 0 s: the process is suspended")


def test_a_build_of_another_version_is_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="another version"):
        watched(run_of(tmp_path, view={"new": 1}))
