"""The processes that hold most memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

_COMMAND = 200
"""Characters of a process's command line that are kept."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process and the memory that it holds.

    Attributes:
        user: its owner; empty if unknown.
        resident: bytes in memory, including those shared with other processes.
        seconds: since it started.
        command: the start of its command line, printable characters only.
    """

    pid: int
    user: str
    resident: int
    seconds: float
    command: str


def largest_processes(count: int = 5) -> list[Process]:
    """The processes that hold most memory, largest first, without this one and its children."""
    # Memory of this program is not what a person looks for when memory is short.
    me = psutil.Process()
    ours = {me.pid, *(child.pid for child in me.children(recursive=True))}
    seen = psutil.process_iter(["pid", "username", "memory_info", "create_time", "cmdline", "name"])
    facts = [each.info for each in seen if each.info["memory_info"] and each.info["pid"] not in ours]
    facts.sort(key=lambda info: -info["memory_info"].rss)
    return [_process(info) for info in facts[:count]]


def _process(info: Mapping[str, Any]) -> Process:
    program, *rest = info["cmdline"] or [info["name"] or ""]
    # The interpreter's or program's path is long and says little.
    command = " ".join([program.rpartition("/")[2], *rest])[:_COMMAND]
    return Process(
        pid=info["pid"],
        user=info["username"] or "",
        resident=info["memory_info"].rss,
        seconds=max(0.0, time.time() - (info["create_time"] or time.time())),
        command="".join(char if char.isprintable() else " " for char in command),
    )
