"""Downloads and verifications that outlive their terminal: real processes, terminals, signals and a real server."""

import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import psutil
import pytest

from tests.ask.conftest import Script, nowhere  # noqa: F401  a fixture
from tests.download.fetching import NAME, Asked, eventually, md5
from tests.download.server import Damaged, NeedBasic, Served, Server, Slow
from tests.download.test_command import FILES, SUMS, WHAT, there
from wizard import local_runs
from wizard.ask.setup_draft import SetupDraft
from wizard.ask.start_menu import choose_start
from wizard.cli import main
from wizard.commands import attach, downloading
from wizard.commands.outliving import OutlivingWork
from wizard.download.events import Report
from wizard.errors import InputError
from wizard.events import Note
from wizard.hangup import Terminal
from wizard.local_runs import Kind, LocalRun
from wizard.output import Output
from wizard.show.reporters import PlainReporter

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

_SECONDS = 60.0
"""Within which all that is waited for here happens, on a busy machine too."""


class InTerminal:
    """A command in a terminal of its own; it is dead at the end of the block.

    Attributes:
        shown: what it has printed so far.
    """

    def __init__(self, words: Sequence[str], term: str = "xterm", *, module: bool = True) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ |= {"COLUMNS": "300", "LINES": "30", "TERM": term}
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execv(sys.executable, [sys.executable, *(["-m", "wizard"] if module else []), *words])
        self.shown, self._is_open = "", True
        self._code: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._code is None:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(self.pid)
                for each in (*process.children(recursive=True), process):
                    each.kill()
            os.waitpid(self.pid, 0)
        self.close()

    def read_until(self, text: str) -> None:
        until = time.monotonic() + _SECONDS
        while text not in self.shown:
            assert time.monotonic() < until, self.shown
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    more = os.read(self._terminal, 65536).decode(errors="replace")
                except OSError:  # the process has given the terminal up
                    pytest.fail(f"the terminal never showed: {text}\n{self.shown}")
                self.shown += re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", more)

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def close(self) -> None:
        """Closes the window, of which the shell tells all processes of the job."""
        if self._is_open:
            self._is_open = False
            os.close(self._terminal)
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGHUP)

    def code(self) -> int:
        """Its exit code, once it has ended; what it prints meanwhile is read, as a terminal does."""

        def ended() -> bool:
            with suppress(OSError):
                if self._is_open and select.select([self._terminal], [], [], 0)[0]:
                    os.read(self._terminal, 65536)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            return bool(pid)

        eventually(ended, _SECONDS)
        assert self._code is not None
        return self._code


@pytest.fixture
def server() -> Iterator[Server]:
    """One that takes 3 seconds for the largest file."""
    with Server({name: Served(data=data) for name, data in FILES.items()}, Slow(1_000_000, name=NAME)) as running:
        yield running


@pytest.fixture
def fetching(server: Server, tmp_path: Path) -> list[str]:
    """The command line that fetches all that the server has into tmp_path/to."""
    sums = tmp_path / SUMS
    sums.write_text("".join(f"{md5(data)}  {name}\n" for name, data in FILES.items()))
    return ["download", "--base", server.base, "--to", str(tmp_path / "to"), "--checksums", str(sums), *WHAT, "--yes"]


@pytest.fixture
def arriving(tmp_path: Path) -> Callable[[], None]:
    """Waits until some of the largest file is here."""
    part = tmp_path / "to" / f"{NAME}.part"
    return lambda: eventually(lambda: part.exists() and part.stat().st_size > 300_000, _SECONDS)


def only_run() -> LocalRun:
    (run,) = local_runs.read_all()
    return run


def test_a_download_goes_on_without_its_terminal_and_logs_its_result(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with InTerminal(fetching) as download:
        arriving()
        download.close()
        assert download.code() == 0
    assert there(tmp_path / "to") == FILES
    run = only_run()
    log = run.log.read_text()
    assert (run.kind, run.state, run.exit_code) == ("download", "finished", 0)
    assert log.index("The terminal is lost; the download goes on.") < log.index("with the right MD5.")
    assert "→" not in log
    assert log.splitlines()[-1].endswith("  finished with exit code 0")
    assert main(["attach", str(tmp_path / "to")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("3 files, 3.1 MB, are in ")
    assert f"\nBuild from it with: imagenet-setup, and {tmp_path}/to as the raw data.\n" in out
    assert err.startswith("  download finished ")


def test_the_last_thing_in_a_terminal_that_is_lost_is_that_the_download_goes_on(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
) -> None:
    with InTerminal(fetching) as download:
        arriving()
        os.kill(download.pid, signal.SIGHUP)
        last = f"The terminal is lost; the download goes on. imagenet-setup attach {tmp_path}/to shows it.\r\n"
        download.read_until(last)
        assert download.code() == 0
        assert download.shown.endswith(last)


def test_a_download_that_fails_without_its_terminal_logs_why(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.rules.append(Damaged(at=2_900_000, name=NAME))
    with InTerminal(fetching) as download:
        arriving()
        download.close()
        assert download.code() == 3
    log = only_run().log.read_text()
    assert log.index("The terminal is lost") < log.index(f"{NAME} arrived complete, but its MD5 is ")
    assert log.splitlines()[-1].endswith("  failed with exit code 3")
    assert main(["attach", str(tmp_path / "to")]) == 3
    assert f"✗ {NAME} arrived complete, but its MD5 is " in capsys.readouterr().out


def test_nobody_is_asked_for_a_login_whose_terminal_is_lost() -> None:
    terminal, asked = Terminal(), Asked()
    asker = downloading._AsideAsker(PlainReporter(Output()), asked, terminal)
    terminal.lost = True
    assert asker.credentials("a.org", False) is None
    assert asker.cookies("a.org", "") is None
    assert asked.asked == []


@pytest.mark.parametrize("error", [None, InputError("Kaggle is closed.")])
def test_a_download_from_a_hub_is_logged(
    error: InputError | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(folder: Path, _what: object, report: Report) -> Path:
        report(Note(text="Kaggle's client unpacks it"))
        if error:
            raise error
        return folder / "ILSVRC"

    hub = SimpleNamespace(TERMS="", require=lambda *_: None, lacking=lambda _: "", needs=lambda *_: 0, fetch=fetched)
    monkeypatch.setattr(downloading, "_HUBS", {"kaggle": hub})
    assert main(["download", "--base", "kaggle", "--to", str(tmp_path / "to"), "--yes"]) == (3 if error else 0)
    result = f"Build from it with: imagenet-setup, and {tmp_path}/to/ILSVRC as the raw data."
    lines = [line[21:] for line in only_run().log.read_text().splitlines()]
    assert lines[0].startswith(f"imagenet-setup download --base kaggle --to {tmp_path}/to (process ")
    assert lines[1:] == [
        "· Kaggle's client unpacks it",
        "✗ Kaggle is closed." if error else result,
        "failed with exit code 3" if error else "finished with exit code 0",
    ]


def test_a_second_download_into_a_folder_is_refused_and_attach_stops_the_first(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.rules = [Slow(400_000, name=NAME)]
    with InTerminal(fetching) as download:
        arriving()
        download.close()
        assert main(fetching) == 4
        refused = capsys.readouterr().err.splitlines()
        at = refused.index(f"✗ Another download goes to {tmp_path}/to.")
        assert refused[at + 1 :] == [
            f"→ Watch it: imagenet-setup attach {tmp_path}/to",
            f"  Stop it: imagenet-setup attach {tmp_path}/to --stop",
        ]
        assert main(["attach", "--stop"]) == 130
        out, err = capsys.readouterr()
        assert f"· Process {download.pid}, a download to {tmp_path}/to, was asked to stop.\n" in err
        assert re.search(rf"✗ Stopped; [\d.]+ [kM]B of {NAME} are kept\.\n→ Resume with: imagenet-setup down", out)
        assert download.code() == 130


def test_a_running_build_is_shown_and_a_download_beside_it_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[LocalRun] = []

    def follow(run: LocalRun, _output: Output, *, stop: bool) -> int:
        followed.append(run)
        return int(stop)

    monkeypatch.setattr(attach, "follow", follow)
    download = local_runs.this_process(tmp_path / "to", kind="download")
    build = replace(local_runs.this_process(tmp_path / "out"), begun=download.begun - 5)
    for run in (download, build):
        local_runs.write(run)
    assert main(["attach"]) == 0
    assert capsys.readouterr().err == f"· A download to {tmp_path}/to runs too · log: {download.log}\n"
    assert main(["attach", str(tmp_path / "to")]) == 0
    assert followed == [build, download]


def test_in_a_terminal_a_watched_download_is_its_log(tmp_path: Path) -> None:
    run = local_runs.this_process(tmp_path, kind="download")
    local_runs.write(run)
    run.log.write_text("2026-01-01 10:00:00  a line\n")
    code = (
        "from wizard import local_runs; from wizard.output import Output; from wizard.commands.attach import follow; "
        "follow(local_runs.read_all()[0], Output())"
    )
    with InTerminal(["-c", code], module=False) as watcher:
        watcher.read_until("a line")
        assert f"Download to {tmp_path} · q, Esc or Ctrl-C: leave, the download goes on\r\n" in watcher.shown
        watcher.type("q")
        watcher.read_until(f"The download goes on (process {run.pid}).")
        assert watcher.code() == 0


def begun_in_the_wizard(terminal: "InTerminal", server: Server, tmp_path: Path) -> None:
    """Answers all that is asked before a download."""
    for answer in ("download", "mirror", server.base, str(tmp_path / SUMS), "2,3", str(tmp_path / "to"), "yes"):
        terminal.read_until('"quit"')
        terminal.shown = ""
        terminal.type(f"{answer}\n")


@pytest.mark.usefixtures("nowhere")
def test_a_download_of_the_wizard_goes_on_and_the_next_start_goes_on_with_its_folder(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
    server: Server,
) -> None:
    del fetching  # which has also written the checksums
    with InTerminal(["setup", "--plain"]) as wizard:
        begun_in_the_wizard(wizard, server, tmp_path)
        arriving()
        wizard.close()
        assert wizard.code() == 0
    assert there(tmp_path / "to") == FILES
    assert "The terminal is lost; the download goes on." in only_run().log.read_text()
    script = Script(["continue"])
    draft = choose_start(script)
    assert script.asked[0].default == "continue"
    assert script.asked[0].choices[0].title == f"Set up a dataset from {tmp_path}/to"
    assert isinstance(draft, SetupDraft)
    assert draft.chosen == {"source.path": f"{tmp_path}/to"}


@pytest.mark.usefixtures("nowhere")
def test_a_download_that_fails_after_the_wizards_terminal_is_lost_ends_the_wizard(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
    server: Server,
) -> None:
    del fetching
    server.rules.append(Damaged(at=2_900_000, name=NAME))
    with InTerminal(["setup", "--plain"]) as wizard:
        begun_in_the_wizard(wizard, server, tmp_path)
        arriving()
        wizard.close()
        assert wizard.code() == 3
    assert only_run().exit_code == 3
    script = Script(["new"])
    choose_start(script)
    assert "continue" not in [choice.value for choice in script.asked[0].choices]


def test_a_download_that_was_asked_about_goes_on_too(
    fetching: list[str],
    arriving: Callable[[], None],
    tmp_path: Path,
) -> None:
    with InTerminal(fetching[:-1]) as download:
        download.read_until("Start the download?")
        download.type("\r")
        arriving()
        download.close()
        assert download.code() == 0
    assert there(tmp_path / "to") == FILES
    assert "The terminal is lost; the download goes on." in only_run().log.read_text()


def test_a_terminal_that_is_lost_before_the_download_begins_leaves_nothing(fetching: list[str], tmp_path: Path) -> None:
    with InTerminal(fetching[:-1]) as download:
        download.read_until("Start the download?")
        download.close()
        assert download.code() == 130
    assert not (tmp_path / "to").exists()
    assert local_runs.read_all() == []


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_a_terminal_that_is_lost_while_a_login_is_asked_for_ends_the_download(
    fetching: list[str],
    term: str,
    tmp_path: Path,
    server: Server,
) -> None:
    server.rules = [NeedBasic("ann", "sesame")]
    with InTerminal(fetching[:-1], term) as download:
        download.read_until("User name for 127.0.0.1")
        download.close()
        assert download.code() == 130
    assert not (tmp_path / "to").exists()


def test_a_verification_goes_on_without_its_terminal_and_logs_its_report(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with InTerminal(["verify", str(built)]) as verification:
        eventually(lambda: bool(local_runs.alive()), _SECONDS)
        verification.close()
        assert verification.code() == 0
    run = only_run()
    log = run.log.read_text()
    assert (run.kind, run.command) == ("verification", f"imagenet-setup verify {built}")
    assert "The terminal is lost; the verification goes on." in log
    assert log.splitlines()[-1].endswith("  finished with exit code 0")
    assert main(["attach", str(built)]) == 0
    report = capsys.readouterr().out
    assert main(["verify", str(built)]) == 0
    assert capsys.readouterr().out == report


@pytest.mark.parametrize("kind", ["verification", "download"])
def test_what_a_script_has_started_in_the_background_can_be_stopped_by_attach(kind: Kind, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell without job control does for a command with &
    try:
        with pytest.raises(KeyboardInterrupt), OutlivingWork(Output(), Terminal()).begun(kind, tmp_path, "again"):
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert only_run().state == "stopped"


def test_what_a_verification_finds_without_its_terminal_is_logged(
    built_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = next(built_copy.glob("validation-*"))
    shard.write_bytes(shard.read_bytes()[:-100])
    with InTerminal(["verify", str(built_copy)]) as verification:
        eventually(lambda: bool(local_runs.alive()), _SECONDS)
        verification.close()
        assert verification.code() == 6
    assert main(["attach", str(built_copy)]) == 6
    assert f"✗ {built_copy} does not match its manifest:\n  {shard.name}" in capsys.readouterr().out
