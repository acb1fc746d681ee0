"""What tells a process from all others: the place where its ID counts, and when it started."""

from pathlib import Path

_START = 19
"""Where a process's start stands in /proc/PID/stat behind its ID and name; the first is its state."""
_SET = 10.0
"""Seconds by which a start in epoch seconds may seem to move, as the system's clock is set."""
_OUTERMOST = "pid:[4026531836]"
"""The PID namespace that Linux starts with, of every process that is in no container."""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


BOOT = _boot()
"""The ID of this machine's boot; empty where there is none, as on macOS and Windows."""
NAMESPACE = _namespace()
"""The PID namespace of this process; empty where there are none."""


def start_of(pid: int, *, in_ticks: bool = bool(BOOT)) -> float | None:
    """When a process started; None if it does not live, or is a zombie.

    Args:
        pid: its ID.
        in_ticks: gives clock ticks since the boot, which stay as they are when the clock is set; else epoch seconds.
    """
    return _ticks_at_start(pid) if in_ticks else _seconds_at_start(pid)


def _ticks_at_start(pid: int) -> float | None:
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return None if told[0] in (b"Z", b"X") else float(told[_START])
    except (OSError, ValueError, IndexError):
        return None


def _seconds_at_start(pid: int) -> float | None:
    import psutil  # takes 15 ms, and is not needed on Linux

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (OSError, ValueError, psutil.Error):
        return None


def lives(pid: int, born: float, *, in_ticks: bool) -> bool:
    """Whether the process of this place with that ID is the one that started then, and lives."""
    start = start_of(pid, in_ticks=in_ticks)
    return start is not None and (start == born if in_ticks else abs(start - born) < _SET)


def is_of_earlier_boot(boot: str, namespace: str, begun: float) -> bool:
    """Whether a process of a machine of this name has ended, since this machine was booted after it began.

    Of containers nothing is said: one of the same name may run on another machine.

    Args:
        boot: the boot's ID where it ran.
        namespace: its PID namespace.
        begun: when it did something; epoch seconds.
    """
    if not (namespace == NAMESPACE == _OUTERMOST and boot not in ("", BOOT)):
        return False
    import psutil

    return begun < psutil.boot_time()
