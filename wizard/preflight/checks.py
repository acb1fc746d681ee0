"""The checks of the machine, one function each, and the refusal of a build when one fails.

They decide and look at nothing themselves; `examine` does the looking. `write_access` alone has to try.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from wizard.engine.executors.look import OUTPUT, SOURCE, VERSIONS
from wizard.errors import Hint, InputError, MachineError, PlanMismatch, SetupError, UsageError
from wizard.events import CheckResult, Estimated
from wizard.folders import existing
from wizard.formatting import Range, counted, human_bytes
from wizard.machine.disks import Disk
from wizard.machine.memory import Memory
from wizard.machine.processes import Process
from wizard.planning import Job, Settings
from wizard.preflight.writability import why_not_writable

NAMES = ("raw-data", "reading", "output", "write-access", "disk", "files", "memory", "cores", "open-files")
"""The checks of a build on this machine, in the order in which they are reported."""
IGNORABLE = ("disk", "files", "memory", "cores", "open-files", VERSIONS, SOURCE, OUTPUT)
"""The checks that `--ignore` and the wizard's "despite" can pass over. Where another fails, no build can begin: there
is nothing to read or no place to write, or shards of another plan would be mixed with this one's."""
_BEFORE_A_BUILD: dict[str, type[SetupError]] = {"raw-data": InputError, "output": PlanMismatch}
"""The errors of checks that fail before a build; all others are MachineErrors."""

ELSEWHERE = "output.path=FOLDER"
"""The setting of a build whose output does not fit where it is."""
_MARGIN = 1.05
"""Free disk over what is needed at most."""
_BLOCK = 4096
"""Bytes that a file may take beyond its own: a block of most file systems."""
DISK_RESERVE = 16_000_000
"""Bytes that a build leaves free; it stops before it takes them."""
_TIGHT = 1.2
_RUN = 60_000_000
_RUN_PER_IMAGE = 170
"""Bytes of the run itself: 48 MB at its start; with 1,281,000 images 217 MB from archives, 267 MB from a tree."""
WORKER = Range(low=60e6, likely=70e6, high=110e6)
"""Bytes of a worker's memory with photos as ImageNet's: without an image, and up to what it has been seen to hold."""
_KEPT_FREE = 0.1
"""Share of the available memory that is left alone."""
_SHORT = 40
"""Characters of another process's command line that are shown."""
_FILES_PER_WORKER = 6
_FILES_OF_RUN = 64


def disk(output: Path, there: Disk, estimated: Estimated | None, done: int, files: int = 0) -> CheckResult:
    """Whether the dataset fits on the disk; an earlier run has already written `done` bytes of it.

    Image files, of which `files` are still to be written, each take whole blocks of the disk.
    """
    where = _where(output, there)
    brief = f"{human_bytes(there.free)} free on {where}"
    result = CheckResult(name="disk", looked_at=where, found=f"{brief} for {output}", brief=brief)
    if estimated is None:
        fix = "What is needed can be measured once the raw data can be read"
        return replace(result, status="warn", needed="not known", fix=fix)
    # What an earlier run spilled is part of `done`, and goes into shards.
    to_come = max(0.0, estimated.bytes_out.high + estimated.spill - done) + files * _BLOCK
    need = to_come * _MARGIN + DISK_RESERVE if to_come else 0.0
    waiting = ""
    if estimated.spill and not done:
        waiting = f", {human_bytes(estimated.spill)} of it for images on their way into shards"
    result = replace(result, needed=f"{human_bytes(need)} with 5 % to spare{waiting}")
    if there.free < need:
        fix = f"Free {human_bytes(need - there.free)} on {where}, or choose another folder"
        return replace(result, status="fail", fix=fix, setting=ELSEWHERE)
    if there.free < need * _TIGHT:
        fix = "It barely fits; keep other programs from filling that disk meanwhile"
        return replace(result, status="warn", fix=fix)
    return result


def reading(settings: Settings, estimated: Estimated | None) -> CheckResult:
    """How the source is read, and why."""
    result = CheckResult(name="reading", looked_at=str(settings.profile.source_path), found="")
    if not isinstance(settings, Job):
        return replace(result, status="warn", found="not known, as the raw data cannot be read")
    speed = f" ({estimated.reading})" if estimated is not None and estimated.reading else ""
    found = f"each image is read in place{', which is fast enough' if speed else ''}{speed}"
    if settings.reading.staged:
        found = settings.reading.why or "once, in order, as was asked"
    if not settings.reading.is_slow:
        return replace(result, found=found)
    fix = Hint("Leave it to this check how the raw data is read ({}), or free the disk", "source.read=auto")
    return replace(result, status="warn", found=settings.reading.why, fix=fix)


def files(output: Path, there: Disk, needed: int) -> CheckResult:
    """Whether the file system can hold that many more files."""
    where, free = _where(output, there), there.files_free
    found = f"{where} sets no limit on files"
    if free is not None:
        found = f"{where}: {free:,} more files possible (inodes)"
    result = CheckResult(name="files", looked_at=where, found=found, needed=f"{needed:,} files")
    if free is None or free >= needed:
        return result
    fix = f"Remove files on {where}, use fewer shards, or choose another folder"
    return replace(result, status="fail", fix=fix, setting=ELSEWHERE)


def memory(
    there: Memory, estimated: Estimated, workers: int, largest: Callable[[], Process | None] = lambda: None
) -> tuple[CheckResult, int]:
    """Whether the workers fit into memory; and how many do.

    `largest` gives the process that holds most, none of this program's. It looks at all of them, so it is called only
    where memory is short and its answer may help.
    """
    each = estimated.worker_memory.high
    fitting = int((there.available * (1 - _KEPT_FREE) - run_bytes(estimated.images)) // each)
    found = f"{human_bytes(there.available)} available of {human_bytes(there.total)}"
    if there.limited:
        machine = human_bytes(there.machine)
        found = f"this container may use {human_bytes(there.total)} (the machine has {machine}); {found}"
    need = memory_to_ask_for(estimated, workers)
    needed = f"{human_bytes(need)} for {counted(workers, 'worker')}"
    if estimated.largest_image > each / 2:
        needed += f"; one image needs {human_bytes(estimated.largest_image)}"
    result = CheckResult(
        name="memory",
        looked_at="control group and system memory" if there.limited else "system memory",
        found=found,
        needed=needed,
    )
    if fitting >= workers:
        return result, workers
    if fitting >= 1:
        more = _more_memory(there, need, largest)
        fix = f"Using {counted(fitting, 'worker')} instead; {more} to have all of them"
        return replace(result, status="warn", fix=fix), fitting
    need = memory_to_ask_for(estimated, 1)
    fix = f"One worker needs {human_bytes(need)}: {_more_memory(there, need, largest)}"
    return replace(result, status="fail", fix=fix), 1


def memory_to_ask_for(estimated: Estimated, workers: int) -> float:
    """Bytes of memory that have to be available for so many workers, here or to a job of a scheduler.

    A part of them stays free. All that is said of a build's need of memory is this.
    """
    return (run_bytes(estimated.images) + workers * estimated.worker_memory.high) / (1 - _KEPT_FREE)


def run_bytes(images: int) -> int:
    """Bytes of memory that the run itself takes beside its workers."""
    return _RUN + _RUN_PER_IMAGE * images


def memory_for_an_image(there: Memory, workers: int, beside: int = 0) -> int:
    """Bytes that each worker has for one image, if what is available beside the run itself is shared equally.

    `beside` is what it holds besides.
    """
    return max(0, round(there.available * (1 - _KEPT_FREE)) // workers - round(WORKER.likely) - beside)


def cores(available: int, workers: int) -> CheckResult:
    """Whether every worker has a core."""
    result = CheckResult(
        name="cores",
        looked_at="CPU affinity and control group",
        found=f"{counted(available, 'core')} may be used",
        needed=counted(workers, "worker"),
    )
    if workers <= available:
        return result
    fix = Hint("More workers than cores only use more memory; one for each core: {}", "run.workers=auto")
    return replace(result, status="warn", fix=fix)


def open_files(limits: tuple[int, int] | None, workers: int) -> CheckResult:
    """Whether the run may open enough files for its workers' pipes."""
    needed = _FILES_OF_RUN + _FILES_PER_WORKER * workers
    found = "the system sets no limit on open files"
    result = CheckResult(name="open-files", looked_at="the system", found=found, needed=f"{needed:,}")
    if limits is None:
        return result
    soft, hard = limits
    result = replace(result, looked_at="RLIMIT_NOFILE", found=f"{soft:,} open files allowed")
    if soft >= needed:
        return result
    if hard >= needed:
        return replace(result, status="fail", fix=f"ulimit -n {needed}")
    fix = f"Start it where {needed:,} open files are allowed (ulimit -n {needed}; here the most is {hard:,})"
    most = (hard - _FILES_OF_RUN) // _FILES_PER_WORKER
    if most < 1:
        return replace(result, status="fail", fix=fix)
    return replace(result, status="fail", fix=f"{fix}, or ask for fewer workers", setting=f"run.workers={most}")


def write_access(output: Path) -> CheckResult:
    """Whether files can be created, renamed and removed at the output; leaves nothing behind."""
    place = str(existing(output))
    result = CheckResult(name="write-access", looked_at=place, found=f"files can be made in {place}")
    found, fix = why_not_writable(output)
    if not found:
        return result
    fix = f"{fix}, or choose another folder"
    needed = "making and renaming files"
    return replace(result, status="fail", found=found, needed=needed, fix=fix, setting=ELSEWHERE)


def require_known(ignored: Collection[str]) -> None:
    """Checks the names after --ignore.

    Raises:
        UsageError: one is no check's that can be ignored.
    """
    for name in ignored:
        if name not in IGNORABLE:
            what = "a build cannot begin without it" if name in NAMES else "there is no such check to ignore"
            raise UsageError(f"--ignore {name}: {what}.", f"These can be ignored: {', '.join(IGNORABLE)}")


def failed(checks: Sequence[CheckResult], ignored: Collection[str]) -> list[CheckResult]:
    """The checks that fail and are not ignored."""
    return [check for check in checks if check.status == "fail" and check.name not in ignored]


def can_be_ignored(bad: Sequence[CheckResult]) -> bool:
    """Whether a build can begin although these checks fail."""
    return all(check.name in IGNORABLE for check in bad)


def refuse(results: Sequence[CheckResult], ignored: Collection[str], *, building: bool) -> None:
    """Raises an error if a check fails and is not ignored.

    Raises:
        InputError: raw data that will not do, before `building`.
        PlanMismatch: an output that holds other shards, before `building`.
        MachineError: any other check that fails.
    """
    bad = failed(results, ignored)
    if not bad:
        return
    lines = [f"{len(bad)} of {len(results)} checks failed. Nothing was started."]
    for check in bad:
        needed = f"; needed: {check.needed}" if check.needed else ""
        lines.append(f"  {check.name}: {check.found}{needed}")
        if check.fix:
            lines.append(f"    → {check.command_fix}")
    names = [check.name for check in bad]
    fix = "Fix this first"
    if can_be_ignored(bad):
        fix = f"Fix this, or continue anyway with {' '.join(f'--ignore {name}' for name in names)}"
    kinds = [kind for name, kind in _BEFORE_A_BUILD.items() if building and name in names]
    raise (kinds[0] if kinds else MachineError)("\n".join(lines), fix)


def _more_memory(there: Memory, needed: float, largest: Callable[[], Process | None]) -> str:
    """How to free enough memory; within a container's limit, cache and other processes do not count."""
    if there.limited:
        return "free memory or raise the limit"
    if there.free < needed <= there.free + there.cache:
        return f"free memory ({human_bytes(there.cache)} are page cache, which imagenet-setup free-memory drops)"
    most = largest()
    if most is not None and there.available + most.resident >= needed:
        whose = f"process {most.pid} of {most.user}" if most.user else f"process {most.pid}"
        held = f"{human_bytes(most.resident)} are held by {whose}: {most.command[:_SHORT]}"
        return f"free memory ({held})"
    return "free memory"


def _where(output: Path, there: Disk) -> str:
    return f"{there.mount} ({there.kind})" if there.mount else f"the disk of {existing(output)}"
