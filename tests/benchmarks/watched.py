"""A build that is watched from its start to its end: its events, what it reads, and how much memory it takes when."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests.benchmarks.command import CommandFailed, family, peak
from tests.benchmarks.measured import Measured
from tests.benchmarks.reads import Reads, Shim

_INTERVAL = 0.5
"""Seconds between two looks at the memory."""


class Memory(NamedTuple):
    """Resident memory in bytes at a moment: of the first process, of the largest of its children, and of all."""

    seconds: float
    parent: int
    worker: int
    everyone: int


@dataclass(frozen=True, kw_only=True)
class Watched(Measured):
    """A build that ended well.

    Attributes:
        before: what was read of each watched folder for the index and the sample.
        reads: what was read of it after that.
        memory: at regular intervals.
    """

    before: Sequence[Reads] = ()
    reads: Sequence[Reads] = ()
    memory: Sequence[Memory] = field(default_factory=list)


def build(words: Sequence[str], *, cwd: Path, env: Mapping[str, str], shim: Shim | None = None) -> Watched:
    """Runs `python -m wizard` with these words, which have to be those of a run that prints its events as JSON.

    Raises:
        CommandFailed: its exit code is not 0.
    """
    with tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "wizard", *words],
            cwd=cwd,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        memory = _MemoryOverTime(process.pid, began)
        before: list[Reads] = []
        last: dict[str, Any] = {}
        assert process.stdout is not None
        for line in process.stdout:
            last = json.loads(line)
            if last["event"] == "estimated" and shim is not None:
                before = shim.look()  # the raw data has been looked at, and the workers have not begun
        # Unlike `wait`, it returns the resources of this child, including those of its own children.
        _, status, used = os.wait4(process.pid, 0)
        whole = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        memory.stop()
        process.stdout.close()
        if process.returncode:
            errors.seek(0)
            said = last.get("error") or errors.read().strip()
            raise CommandFailed(f"exit code {process.returncode}: {said[-600:]}")
    after = shim.look() if shim is not None else []
    return Watched(
        images=last["images_built"],
        seconds=last["seconds"],
        whole=whole,
        cpu=used.ru_utime + used.ru_stime,
        parent=memory.parent,
        worker=memory.worker,
        before=before,
        reads=[now - then for now, then in zip(after, before, strict=True)],
        memory=memory.seen,
    )


class _MemoryOverTime:
    """Watches a process and its descendants in a thread, from now until `stop`."""

    def __init__(self, pid: int, began: float) -> None:
        self.parent = self.worker = 0
        self.seen: list[Memory] = []
        self._pid, self._began = pid, began
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_INTERVAL):
            parent, *children = [_resident(process) for process in family(self._pid)] or [(0, 0)]
            if not parent[0]:  # it has ended, and is about to be waited for
                continue
            self.parent = max(self.parent, parent[1])
            self.worker = max(self.worker, *(most for _, most in children), 0)
            now = [resident for resident, _ in children]
            seconds = time.monotonic() - self._began
            self.seen.append(Memory(seconds, parent[0], max(now, default=0), parent[0] + sum(now)))


def _resident(process: psutil.Process) -> tuple[int, int]:
    """Resident memory now, and the largest so far; zeros of a process that has ended."""
    try:
        return int(process.memory_info().rss), peak(process)
    except psutil.Error:
        return 0, 0
