"""The checks, a function each: whether what is there is enough for what a build needs, and what would mend it.

They decide and look at nothing themselves; `examine` does the looking. `rights` alone has to try.
"""

import errno
import os
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from wizard.errors import Hint
from wizard.events import Checked, Estimated, Status
from wizard.folders import existing
from wizard.formatting import human_bytes
from wizard.machine.disks import Disk
from wizard.machine.memory import Memory
from wizard.machine.processes import Process

NAMES = ("raw-data", "output", "write-access", "disk", "files", "memory", "cores", "open-files")
"""All checks, in the order in which they are told."""
IGNORABLE = tuple(name for name in NAMES if name != "output")
"""What `--ignore` knows: shards of another plan are never mixed with this one's."""

_MARGIN = 1.05
"""Free disk over what is needed at most."""
_BLOCK = 4096
"""Bytes that a file may take beyond its own: a block of most file systems."""
DISK_RESERVE = 16_000_000
"""Bytes that a build leaves free; it stops before it takes them."""
_TIGHT = 1.2
_PARENT = 60_000_000
_PARENT_PER_IMAGE = 170
"""Bytes of the run itself: 48 MB at its start; with 1,281,000 images 217 MB from archives, 267 MB from a tree."""
_WORKER = 70_000_000
"""Bytes that a worker needs without an image."""
_KEPT_FREE = 0.1
"""Share of the available memory that is left alone."""
_SHORT = 40
"""Characters of another process's command line that are told."""
_FILES_PER_WORKER = 6
_FILES_OF_RUN = 64
_ALL_OF_OWNER = 0o700


def disk(output: Path, there: Disk, estimated: Estimated | None, done: int, files: int = 0) -> Checked:
    """Whether the result fits.

    Args:
        output: the dataset's folder.
        there: its file system.
        estimated: None where the raw data could not be measured.
        done: bytes of it that an earlier run has written.
        files: image files that are still to be written, each of which takes whole blocks.
    """
    where = _where(output, there)
    seen = f"{human_bytes(there.free)} free on {where} for {output}"
    if estimated is None:
        return Checked(
            name="disk", status="warn", looked_at=where, seen=seen, needed="not known",
            mend="What is needed can be measured once the raw data can be read",
        )  # fmt: skip
    to_come = max(0.0, estimated.bytes_out.high - done) + files * _BLOCK
    need = to_come * _MARGIN + DISK_RESERVE if to_come else 0.0
    needed = f"{human_bytes(round(need))} with 5 % to spare"
    mend = ""
    if there.free < need * _TIGHT:
        more = human_bytes(round(need - there.free))
        mend = _elsewhere(f"Free {more} on {where}")
        if there.free >= need:
            mend = "It fits, closely; keep other programs from filling that disk meanwhile"
    status: Status = "fail" if there.free < need else "warn" if there.free < need * _TIGHT else "pass"
    return Checked(name="disk", status=status, looked_at=where, seen=seen, needed=needed, mend=mend)


def files(output: Path, there: Disk, needed: int) -> Checked:
    """Whether the file system can hold that many more files."""
    where, told = _where(output, there), f"{needed:,} files"
    if there.files_free is None:
        return Checked(
            name="files", status="pass", looked_at=where, seen=f"{where} sets no limit on files", needed=told
        )
    enough = there.files_free >= needed
    return Checked(
        name="files",
        status="pass" if enough else "fail",
        looked_at=where,
        seen=f"{where}: {there.files_free:,} more files possible (inodes)",
        needed=told,
        mend="" if enough else _elsewhere(f"Remove files on {where}, take fewer shards"),
    )


def memory(
    there: Memory, estimated: Estimated, workers: int, largest: Callable[[], Process | None] = lambda: None
) -> tuple[Checked, int]:
    """Whether the workers fit into memory; and how many do.

    Args:
        there: what the machine or the container has.
        estimated: what a worker needs.
        workers: how many are wanted.
        largest: gives the process that holds most, none of this program's. It looks at all of them, so it is called
            only where memory is short and its answer may help.
    """
    each = estimated.worker_memory.high
    run = _PARENT + _PARENT_PER_IMAGE * estimated.images
    usable = there.available * (1 - _KEPT_FREE)
    fitting = int((usable - run) // each)
    seen = f"{human_bytes(there.available)} available of {human_bytes(there.total)}"
    if there.limited:
        seen = (
            f"this container may use {human_bytes(there.total)} (the machine has {human_bytes(there.machine)}); {seen}"
        )
    needed = f"{human_bytes(round(run + workers * each))} for {_workers(workers)}"
    if estimated.largest_image > each / 2:
        needed += f"; one image needs {human_bytes(estimated.largest_image)}"
    looked_at = "control group and system memory" if there.limited else "system memory"
    if fitting >= workers:
        return Checked(name="memory", status="pass", looked_at=looked_at, seen=seen, needed=needed), workers
    more = _more_memory(there, run + each * (workers if fitting >= 1 else 1), largest)
    if fitting >= 1:
        mend = f"Using {_workers(fitting)} instead; {more} to have all of them"
        return Checked(name="memory", status="warn", looked_at=looked_at, seen=seen, needed=needed, mend=mend), fitting
    least = human_bytes(round(run + each))
    mend = f"One worker needs {least}: {more}"
    return Checked(name="memory", status="fail", looked_at=looked_at, seen=seen, needed=needed, mend=mend), 1


def memory_for_an_image(there: Memory, workers: int) -> int:
    """Bytes that each worker has for one image, if the available memory is shared equally.

    Args:
        there: the machine's or the container's memory, measured once the run has what it needs itself.
        workers: how many share it.
    """
    return max(0, round(there.available * (1 - _KEPT_FREE)) // workers - _WORKER)


def cores(available: int, workers: int) -> Checked:
    """Whether every worker has a core."""
    more = workers > available
    return Checked(
        name="cores",
        status="warn" if more else "pass",
        looked_at="CPU affinity and control group",
        seen=f"{available} {'core' if available == 1 else 'cores'} may be used",
        needed=_workers(workers),
        mend="More workers than cores bring nothing but memory use: leave run.workers at auto" if more else "",
    )


def open_files(limits: tuple[int, int] | None, workers: int) -> Checked:
    """Whether the run may open as many files as its workers' pipes are."""
    needed = _FILES_OF_RUN + _FILES_PER_WORKER * workers
    if limits is None:
        seen = "the system sets no limit on open files"
        return Checked(name="open-files", status="pass", looked_at="the system", seen=seen, needed=f"{needed:,}")
    soft, hard = limits
    mend = ""
    if soft < needed:
        most = max(1, (hard - _FILES_OF_RUN) // _FILES_PER_WORKER)
        fewer = Hint("Ask for fewer workers: {}", f"run.workers={most}")
        mend = f"ulimit -n {needed}" if hard >= needed else fewer
    return Checked(
        name="open-files",
        status="fail" if mend else "pass",
        looked_at="RLIMIT_NOFILE",
        seen=f"{soft:,} open files allowed",
        needed=f"{needed:,}",
        mend=mend,
    )


def rights(output: Path) -> Checked:
    """Whether files can be made, renamed and removed where the output goes; leaves nothing behind."""
    place = str(existing(output))
    seen, mend = refusal(output)
    if not seen:
        return Checked(name="write-access", status="pass", looked_at=place, seen=f"files can be made in {place}")
    return Checked(
        name="write-access",
        status="fail",
        looked_at=place,
        seen=seen,
        needed="making and renaming files",
        mend=_elsewhere(mend),
    )


def _elsewhere(fix: str) -> Hint:
    return Hint(f"{fix}, or choose another folder: {{}}", "output.path=FOLDER")


def refusal(output: Path) -> tuple[str, str]:
    """Why files cannot be made where the output goes, and what would mend it; empty where they can."""
    place = existing(output)
    try:
        with tempfile.TemporaryDirectory(prefix=".imagenet-setup-", dir=place) as folder:
            trial = Path(folder) / "a"
            trial.write_bytes(b"a")
            trial.replace(Path(folder) / "b")
    except OSError as error:
        return _refusal(place, output, error)
    return "", ""


def failed(checks: Sequence[Checked], ignored: Sequence[str]) -> list[Checked]:
    """The checks that fail and are not ignored."""
    return [check for check in checks if check.status == "fail" and check.name not in ignored]


def _more_memory(there: Memory, needed: float, largest: Callable[[], Process | None]) -> str:
    """How there could be as many bytes as needed; in a container's limit, cache and other processes do not count."""
    if there.limited:
        return "free memory or raise the limit"
    needed /= 1 - _KEPT_FREE
    if there.free < needed <= there.free + there.cache:
        return f"free memory ({human_bytes(there.cache)} are page cache, which imagenet-setup free-memory drops)"
    most = largest()
    if most is not None and there.available + most.resident >= needed:
        whose = f"process {most.pid} of {most.user}" if most.user else f"process {most.pid}"
        held = f"{human_bytes(most.resident)} are held by {whose}: {most.command[:_SHORT]}"
        return f"free memory ({held})"
    return "free memory"


def _refusal(place: Path, output: Path, error: OSError) -> tuple[str, str]:
    if not place.is_dir():
        return f"{place} is a file, not a folder", "Move it away"
    quoted = shlex.quote(str(place))
    if error.errno == errno.EROFS:
        return f"{place} is mounted read-only", f"Mount it writable (mount -o remount,rw on the mount of {quoted})"
    if error.errno == errno.ENOSPC:
        return f"{place} has no room for another file ({error.strerror})", "Make room there"
    if error.errno in (errno.EACCES, errno.EPERM) and hasattr(os, "geteuid"):
        owner, me, mode = place.stat().st_uid, os.geteuid(), place.stat().st_mode & 0o777
        if owner == me:
            yours = f"{place} is yours and yet may not be written (mode {mode:o})"
            if mode & _ALL_OF_OWNER != _ALL_OF_OWNER:
                return yours, f"chmod u+rwx {quoted}"
            return yours, f"See whether it is immutable (lsattr -d {quoted}) or a network folder with rules of its own"
        make = f"sudo chown {me} {quoted}" if place == output else f"sudo install -d -o {me} {shlex.quote(str(output))}"
        return f"{place} belongs to {_user(owner)} and you are {_user(me)}", make
    return f"{place} cannot be written: {error.strerror}", "Mend that"


def _where(output: Path, there: Disk) -> str:
    return f"{there.mount} ({there.kind})" if there.mount else f"the disk of {existing(output)}"


def _user(uid: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return f"user {uid}"


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
