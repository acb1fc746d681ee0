"""The loss of the terminal, tried with real ones; that a build survives it is tested in test_attach.py."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.errors import Interrupted
from wizard.hangup import Terminal, question_open, surviving_hangup

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")

_PROGRAM = """
import sys, time
from pathlib import Path
from wizard.hangup import Terminal, surviving_hangup
from wizard.terminal_echo import echo_off
terminal = Terminal()
with surviving_hangup(terminal), echo_off():
    print("within", flush=True)
    end = time.monotonic() + 20
    while not terminal.lost and time.monotonic() < end:
        print("x" * 100, flush=True)
        print("x" * 100, file=sys.stderr)
        {pause}
print("after", flush=True)
Path(sys.argv[1]).write_text(str(terminal.lost))
"""


def lost(words: list[str], *, nohup: bool = False) -> int:
    """Runs a command in a terminal that goes away once it has printed something; its exit status."""
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
        os.execv(words[0], words)
    os.read(terminal, 100)
    os.close(terminal)
    return os.waitpid(process, 0)[1]


def program(pause: str, said: Path) -> list[str]:
    return [sys.executable, "-c", _PROGRAM.format(pause=pause), str(said)]


@pytest.mark.parametrize("pause", ["pass", "time.sleep(0.05)"])
@pytest.mark.parametrize("nohup", [False, True])
def test_neither_sighup_nor_writing_to_a_terminal_that_is_gone_ends_the_process(
    pause: str, nohup: bool, tmp_path: Path
) -> None:
    assert lost(program(pause, tmp_path / "said"), nohup=nohup) == 0
    assert (tmp_path / "said").read_text() == "True"


def test_the_reader_of_a_pipe_may_die_of_the_same_hangup(tmp_path: Path) -> None:
    words = " ".join(f"'{word}'" for word in program("time.sleep(0.01)", tmp_path / "said"))
    lost(["/bin/sh", "-c", f"{words} 2>&1 | cat"])  # whose status is that of cat
    said, end = tmp_path / "said", time.monotonic() + 20
    while not (said.exists() and said.read_text()) and time.monotonic() < end:
        time.sleep(0.01)
    assert said.read_text() == "True"


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_without_a_hangup_messages_may_lose_their_reader_and_results_may_not(gone: str, tmp_path: Path) -> None:
    words = program("time.sleep(0.01)", tmp_path / "said")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        pipe = getattr(ran, gone)
        pipe.close()
        _, err = ran.communicate()
    assert (ran.returncode == 0) == (gone == "stderr")
    assert (b"BrokenPipeError" in (err or b"")) == (gone == "stdout")


@pytest.mark.parametrize("farewell", ["", "It goes on."])
def test_a_terminal_that_is_lost_is_told_its_last_words_once_and_then_nothing(farewell: str) -> None:
    program = (
        "import os, signal\n"
        "from wizard.hangup import Terminal, surviving_hangup\n"
        "terminal = Terminal()\n"
        f"terminal.farewell = {farewell!r}\n"
        "with surviving_hangup(terminal):\n"
        "    print('within', flush=True)\n"
        "    for _ in range(2): os.kill(os.getpid(), signal.SIGHUP)\n"
        "    print('after', flush=True)\n"
    )
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, "-c", program])
    assert os.waitpid(process, 0)[1] == 0
    shown = os.read(terminal, 1000).decode()
    os.close(terminal)
    assert shown == "within\r\n" + (f"\r\n{farewell}\r\n" if farewell else "")


@pytest.fixture
def unhandled() -> Iterator[None]:
    """SIGHUP as a terminal leaves it; with nohup, tests inherit that it is ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("unhandled")
def test_what_handled_sighup_before_does_so_again() -> None:
    before, streams = signal.getsignal(signal.SIGHUP), (sys.stdout, sys.stderr)
    terminal = Terminal()
    with surviving_hangup(terminal):
        assert signal.getsignal(signal.SIGHUP) == terminal.lose
    assert signal.getsignal(signal.SIGHUP) == before
    assert (sys.stdout, sys.stderr) == streams


def test_an_ignored_sighup_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with surviving_hangup(Terminal()):
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_sighup_does_not_cut_short_how_an_open_question_ends() -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        with pytest.raises(Interrupted, match="lost while a question was open"), question_open(Terminal()):
            signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
