"""Watches the machine during a build, and stops it before the disk or the memory is full."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.errors import Interrupted, MachineError
from wizard.events import Event, Heartbeat, ShardDone, Stopping, StretchDone, WorkerLost
from wizard.formatting import human_bytes
from wizard.machine.disks import free_bytes
from wizard.machine.load import MachineLoad, machine_load
from wizard.preflight.checks import DISK_RESERVE

_PREDICTABLE = 0.25
"""Share of a shard's images after which its size can be predicted."""
_EVERY = 1.0
"""Seconds between two measurements."""
_MEMORY_RESERVE = 256_000_000
"""Bytes that must stay available; never more than a twentieth of all."""


class Guard:
    """Stops a build when the user asks, or before disk or memory run out.

    So many `shards` or spills are to be written, and as many at a time as there are workers.
    """

    def __init__(self, output: Path, workers: int, shards: int, stopping: Callable[[], bool]) -> None:
        self._output = output
        self._workers = workers
        self._left = shards
        self._stopping = stopping
        self._next = 0.0
        self._largest = 0
        self._written: dict[str, int] = {}
        self._committing: set[str] = set()
        self._shortage = ""
        self._announced = False

    def __call__(self) -> bool:
        """Whether nothing new should begin."""
        return bool(self._shortage) or self._stopping()

    def watch(self, event: Event) -> Iterator[Event]:
        """Follows the shards' sizes, measures the machine once a second, and announces a stop once."""
        match event:
            case Heartbeat():
                if event.done < event.total:
                    self._written[event.shard] = event.bytes_out
                    self._committing.discard(event.shard)  # its worker was lost while it flushed it
                else:  # all of it is written, and its worker begins another while this one is flushed
                    self._written.pop(event.shard, None)
                    self._committing.add(event.shard)
                if event.done >= event.total * _PREDICTABLE:
                    self._largest = max(self._largest, event.bytes_out * event.total // max(1, event.done))
            case ShardDone(result=result):
                self._written.pop(result.shard, None)
                self._committing.discard(result.shard)
                self._largest = max(self._largest, result.bytes_out)
                self._left -= 1
            case StretchDone(stretch=stretch, bytes_out=size):
                self._written.pop(stretch, None)
                self._committing.discard(stretch)
                self._largest = max(self._largest, size)
                self._left -= 1
            case WorkerLost(shard=shard):  # which begins again, beside the file that it leaves
                self._written.pop(shard, None)
                self._committing.discard(shard)
            case _:
                pass
        # At every event and not once a second: a new shard begins right after another is done.
        self._shortage = self._shortage or too_full(free_bytes(self._output), self._soon())
        if self() and not self._announced:
            self._announced = True
            yield Stopping()
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _EVERY
        machine = machine_load(self._output)
        self._shortage = self._shortage or too_little_memory(machine)
        yield machine

    def _soon(self) -> int:
        """Bytes that the shards under way, and those that begin beside them, may still write."""
        largest = max(self._largest, *self._written.values(), 0)
        written = sorted(self._written.values(), reverse=True)[: self._workers]
        return max(0, min(self._workers, self._left - len(self._committing)) * largest - sum(written))

    @contextmanager
    def naming_the_shortage(self) -> Iterator[None]:
        """Context manager: turns a stop that a shortage caused into a MachineError that names the shortage."""
        try:
            yield
        except Interrupted as error:
            if not self._shortage:
                raise
            raise MachineError(
                f"{self._shortage} {error.what} They are in {self._output}.",
                "Free some, then run the same command again; it resumes where it stopped",
            ) from error


def too_full(free: int, soon: int) -> str:
    """A sentence if fewer bytes are free than the shards under way may still write; empty otherwise."""
    return f"Only {human_bytes(free)} are free on the output's disk." if free < soon + DISK_RESERVE else ""


def too_little_memory(machine: MachineLoad) -> str:
    """A sentence if memory is about to run out; empty otherwise."""
    available = machine.memory_total - machine.memory_used
    if available < min(_MEMORY_RESERVE, machine.memory_total // 20):
        return f"Only {human_bytes(available)} of {human_bytes(machine.memory_total)} of memory are left."
    return ""
