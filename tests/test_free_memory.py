"""The free-memory command, writing to an ordinary file instead of /proc/sys/vm/drop_caches."""

import errno
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wizard.cli import main
from wizard.commands import free_memory
from wizard.commands.free_memory import _age
from wizard.machine.memory import MemoryUse
from wizard.machine.page_cache import DropConditions
from wizard.machine.processes import Process
from wizard.output import Output

GB = 10**9
BEFORE = MemoryUse(total=64 * GB, available=50 * GB, free=20 * GB, cache=30 * GB, shared=GB)
AFTER = replace(BEFORE, available=51 * GB, free=49 * GB, cache=GB)
TRAINER = Process(pid=4711, user="alice", resident=9 * GB, seconds=300_000.0, command="python train.py" + " --x" * 99)
posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no scripts and no terminals here")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "drop_caches"
    path.touch()
    return path


Machine = Callable[..., DropConditions]


@pytest.fixture
def machine(target: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose memory use changes from BEFORE to AFTER when the target is written; run as root by default."""
    monkeypatch.setattr(free_memory, "memory_use", lambda: AFTER if target.read_bytes() else BEFORE)
    monkeypatch.setattr(free_memory, "largest_processes", lambda: [TRAINER])
    monkeypatch.setattr(os, "sync", lambda: None)

    def set_up(**differing: Any) -> DropConditions:
        there = DropConditions(system="Linux", root=True, target=target, refused=0, container="", sudo=None)
        there = replace(there, **differing)
        monkeypatch.setattr(free_memory, "drop_conditions", lambda: there)
        return there

    set_up()
    return set_up


@pytest.fixture
def sudo(tmp_path: Path, machine: Machine) -> Path:
    """An unprivileged user, and a sudo that logs its arguments and runs them; returns the path of the log."""
    script, words = tmp_path / "sudo", tmp_path / "words"
    script.write_text(f'#!/bin/sh\nprintf "%s " "$@" > {words}\n[ "$1" = -n ] && shift\nexec "$@"\n')
    script.chmod(0o755)
    machine(root=False, refused=errno.EACCES, sudo=str(script))
    return words


def types(monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    monkeypatch.setattr(Output, "interactive", True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))


@pytest.mark.usefixtures("machine")
def test_root_sees_memory_use_by_process_before_the_cache_is_dropped(
    target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert main(["free-memory"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "Memory of this machine:",
        "  total       64.0 GB",
        "  used        14.0 GB  by programs and the kernel",
        "  available   50.0 GB  for programs, most cache included",
        "  free        20.0 GB  unused",
        "  cache       30.0 GB  of files; can be dropped",
        "",
        "The largest processes:",
        "      9.0 GB  pid 4711 (alice, 3 days): python train.py --x --x --x --",
        "",
        "Before and after:",
        "  used        14.0 GB →  13.0 GB",
        "  available   50.0 GB →  51.0 GB",
        "  free        20.0 GB →  49.0 GB",
        "  cache       30.0 GB →   1.0 GB",
        "29.0 GB of page cache came back.",
    ]
    assert "dropping it rarely helps" in err
    assert target.read_bytes() == b"1\n"


@pytest.mark.parametrize(
    ("shared", "used", "told"), [(5 * GB, 40 * GB, True), (GB, 4 * GB, True), (GB, 5 * GB, False), (0, 4 * GB, False)]
)
def test_shared_memory_is_shown_if_it_is_a_large_share(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shared: int,
    used: int,
    told: bool,
) -> None:
    machine(refused=errno.EPERM)
    seen = replace(BEFORE, shared=shared, available=BEFORE.total - used)
    monkeypatch.setattr(free_memory, "memory_use", lambda: seen)
    assert main(["free-memory"]) == 4
    out = capsys.readouterr().out
    line = f"  shared       {shared / GB:.1f} GB  in use until its files are deleted"
    assert (line in out, "ls -lh /dev/shm" in out) == (told, told)


@pytest.mark.usefixtures("machine")
def test_the_freed_memory_is_the_difference_of_the_shown_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    caches = iter([30 * GB, 7 * GB, 5 * GB])
    monkeypatch.setattr(free_memory, "memory_use", lambda: replace(BEFORE, cache=next(caches)))
    assert main(["free-memory", "--json"]) == 0
    before, _, after, finished = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert finished["freed"] == before["cache"] - after["cache"] > 0


@pytest.mark.usefixtures("machine")
def test_with_json_every_number_is_in_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["free-memory", "--json"]) == 0
    out, err = capsys.readouterr()
    before, processes, after, finished = (json.loads(line) for line in out.splitlines())
    assert before["event"] == after["event"] == "memory"
    assert (before["moment"], before["used"], before["cache"]) == ("before", 14 * GB, 30 * GB)
    assert (after["moment"], after["free"], after["cache"]) == ("after", 49 * GB, GB)
    assert processes["processes"][0]["resident"] == 9 * GB
    assert finished == {"event": "finished", "freed": 29 * GB, "exit_code": 0}
    assert err == ""


@pytest.mark.usefixtures("machine")
def test_plain_has_no_glyphs_and_quiet_prints_no_messages(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["free-memory", "--plain"]) == 0
    assert "".join(capsys.readouterr()).isascii()
    target.write_bytes(b"")
    assert main(["free-memory", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("29.0 GB of page cache came back.\n")
    assert err == ""


def test_a_container_that_can_drop_the_cache_says_whose_cache_it_is(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(container="/.dockerenv")
    assert main(["free-memory"]) == 0
    assert "going by /.dockerenv: the cache that goes is that of its host" in capsys.readouterr().err


def test_the_numbers_are_shown_before_the_error_if_the_cache_cannot_be_dropped(
    machine: Machine, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine(container="/.dockerenv", refused=errno.EROFS)
    assert main(["free-memory"]) == 4
    out, err = capsys.readouterr()
    assert "30.0 GB  of files" in out
    assert "pid 4711" in out
    assert err.endswith("→ On the host, type: sync && echo 1 | sudo tee /proc/sys/vm/drop_caches\n")
    assert target.read_bytes() == b""


@posix
def test_yes_on_the_command_line_skips_the_question_and_sudos_password_prompt(sudo: Path, target: Path) -> None:
    assert main(["free-memory", "--yes"]) == 0
    assert sudo.read_text() == f"-n tee {target} "
    assert target.read_bytes() == b"1\n"


@posix
@pytest.mark.parametrize("mode", [[], ["--json"], ["--quiet"]])
def test_sudo_is_not_used_without_a_terminal_to_ask_on(
    sudo: Path, mode: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Output, "interactive", bool(mode))
    assert main(["free-memory", *mode]) == 2
    assert "imagenet-setup free-memory --yes" in "".join(capsys.readouterr())
    assert not sudo.exists()


@posix
def test_after_consent_sudo_may_ask_for_the_password(sudo: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    types(monkeypatch, "\n")
    assert main(["free-memory", "--plain"]) == 0
    assert sudo.read_text() == f"tee {target} "
    assert target.read_bytes() == b"1\n"


@posix
@pytest.mark.parametrize("words", ["2\n", "leave it\n", "back\n"])
def test_after_a_refusal_the_numbers_were_shown_and_nothing_is_dropped(
    sudo: Path, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, words)
    assert main(["free-memory", "--plain"]) == 0
    out = capsys.readouterr().out
    assert "30.0 GB  of files" in out
    assert out.endswith("Nothing was dropped.\n")
    assert not sudo.exists()


@posix
def test_interrupting_the_question_is_exit_130(
    sudo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, "quit\n")
    assert main(["free-memory", "--plain"]) == 130
    assert "Nothing was dropped." in capsys.readouterr().out
    assert not sudo.exists()


@posix
def test_on_a_terminal_the_arrow_keys_select_the_answer(tmp_path: Path) -> None:
    pexpect = pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
    program = f"""
from pathlib import Path
from wizard.commands import free_memory
from wizard.machine import page_cache
from wizard.cli import main
there = page_cache.DropConditions(
    system="Linux", root=False, target=Path("{tmp_path}/drop_caches"), refused=13, container="", sudo="/bin/false"
)
free_memory.drop_conditions = lambda: there
raise SystemExit(main(["free-memory"]))
"""
    environment = os.environ | {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = pexpect.spawn(
        sys.executable, ["-c", program], env=environment, dimensions=(40, 60), encoding="utf-8", timeout=60
    )
    child.expect("Drop the page cache")
    child.expect("Leave it")
    child.send("\x1b[B\r")
    child.expect("Nothing was dropped")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "under a minute"), (60, "1 minute"), (7_199, "1 hour"), (86_399, "23 hours"), (864_000, "10 days")],
)
def test_an_age_is_shown_in_its_largest_unit(seconds: float, told: str) -> None:
    assert _age(seconds) == told
