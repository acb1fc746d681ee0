"""free-memory."""

import os
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from wizard.ask.prompt import Back, Choice, Prompt
from wizard.ask.prompters import prompter_for
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.errors import Interrupted, UsageError
from wizard.formatting import counted, human_bytes
from wizard.machine.memory import MemoryUse, memory_use
from wizard.machine.page_cache import DROP_CACHES, drop_conditions, drop_page_cache, needs_sudo
from wizard.machine.processes import Process, largest_processes
from wizard.output import Output

_NOTABLE, _NOTABLE_OF_USED = 0.05, 0.25
"""Shared memory is listed from these shares of the total, and of what is used."""
_LEAST_WIDTH = 60
_MEANINGS = {
    "total": "",
    "used": "by programs and the kernel",
    "available": "for programs, most cache included",
    "free": "unused",
    "cache": "of files; can be dropped",
}
_ABOUT = (
    "The system gives cache back by itself when programs ask for memory, so dropping it rarely helps, and files are "
    "then read from the disk again. It helps before a timing that should not find them in memory, and where something "
    "looks at what is free instead of what is available."
)
_QUESTION = Prompt(
    key="drop",
    kind="choice",
    text="Drop the page cache through sudo?",
    help=f"It runs sudo tee {DROP_CACHES}. If sudo wants a password, it asks for it itself.",
    default="drop",
    choices=(
        Choice("drop", "Drop it", "sudo may ask for your password"),
        Choice("leave", "Leave it", "nothing changes"),
    ),
)


def free_memory(
    *,
    yes: Annotated[bool, Parameter(help="Use sudo without asking, where it needs no password.")] = False,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Show what uses memory, and drop the page cache: directly as root, otherwise through sudo."""
    output = flags.output()
    before = memory_use()
    _show(output, before, largest_processes())
    there = drop_conditions()
    asking = needs_sudo(there) and not yes
    if there.container:
        output.say(
            f"! This is a container, going by {there.container}: the cache that goes is that of its host, or of the "
            "virtual machine that runs it, with other programs' files in it."
        )
    if asking and not _agreed(output):
        output.result("Nothing was dropped.")
        return 0
    with output.busy("Writing unsaved file data to disk"):
        os.sync()  # pages that are not yet on disk are not dropped
    try:
        drop_page_cache(there, password=asking)
    except KeyboardInterrupt:
        raise Interrupted("Stopped while dropping the page cache.") from None
    _compare(output, before, memory_use())
    return 0


def _show(output: Output, use: MemoryUse, processes: list[Process]) -> None:
    output.event("memory", {"moment": "before", "used": use.used, **asdict(use)})
    output.event("processes", {"processes": [asdict(each) for each in processes]})
    output.result("\n".join(["Memory of this machine:", *_lines(use)]))
    width = max(_LEAST_WIDTH, output.console.width)
    output.result("\n".join(["\nThe largest processes:", *(_line(each)[:width].rstrip() for each in processes)]))
    output.say(f"\n{_ABOUT}")


def _compare(output: Output, before: MemoryUse, after: MemoryUse) -> None:
    freed = max(0, (before.cache or 0) - (after.cache or 0))
    table = []
    for name in ("used", "available", "free", "cache"):
        old, new = getattr(before, name) or 0, getattr(after, name) or 0
        table.append(f"  {name:<9}{human_bytes(old):>10} → {human_bytes(new):>8}")
    output.result("\n".join(["\nBefore and after:", *table, f"{human_bytes(freed)} of page cache came back."]))
    output.event("memory", {"moment": "after", "used": after.used, **asdict(after)})
    output.event("finished", {"freed": freed, "exit_code": 0})


def _agreed(output: Output) -> bool:
    if output.mode not in ("human", "plain") or not output.interactive:
        raise UsageError(
            "Dropping the page cache needs sudo here, and nobody can be asked whether to use it.",
            "imagenet-setup free-memory --yes uses it, where it needs no password",
        )
    prompter = prompter_for(output)
    try:
        answer = prompter.ask(_QUESTION)
    except Back:
        return False
    except KeyboardInterrupt:
        raise Interrupted("Nothing was dropped.") from None
    prompter.accepted(_QUESTION, answer)
    return answer == "drop"


def _lines(use: MemoryUse) -> list[str]:
    counts = {name: getattr(use, name) for name in _MEANINGS}
    lines = [
        f"  {name:<9}{human_bytes(count):>10}  {_MEANINGS[name]}".rstrip()
        for name, count in counts.items()
        if count is not None
    ]
    shared = use.shared or 0
    if shared >= min(_NOTABLE * use.total, _NOTABLE_OF_USED * use.used):
        lines.append(f"  {'shared':<9}{human_bytes(shared):>10}  in use until its files are deleted:")
        lines.append(f"{'':23}a killed data loader may have left some; ls -lh /dev/shm")
    return lines


def _line(process: Process) -> str:
    whose = f"{process.user}, {_age(process.seconds)}" if process.user else _age(process.seconds)
    return f"{human_bytes(process.resident):>12}  pid {process.pid} ({whose}): {process.command}"


def _age(seconds: float) -> str:
    """How long a process has been running, in its largest unit."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return "under a minute"
