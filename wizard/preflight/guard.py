"""Watches the machine during a build, and stops it before the disk or the memory is full."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.errors import Interrupted, MachineError
from wizard.events import Event, Heartbeat, ShardDone, Stopping
from wizard.formatting import human_bytes
from wizard.machine.disks import free_bytes
from wizard.machine.load import MachineLoad, machine_load
from wizard.preflight.checks import DISK_RESERVE

_TELLING = 0.25
"""Share of a shard's images that foretells its size."""
_EVERY = 1.0
"""Seconds between two looks."""
_MEMORY_RESERVE = 256_000_000
"""Bytes that must stay available; never more than a twentieth of all."""


class Guard:
    """Tells a build to stop when the person asks, or when what it needs next is not there.

    So many `shards` are to be written, and as many at a time as there are workers.
    """

    def __init__(self, output: Path, workers: int, shards: int, stopping: Callable[[], bool]) -> None:
        self._output = output
        self._workers = workers
        self._left = shards
        self._stopping = stopping
        self._next = 0.0
        self._largest = 0
        self._written: dict[str, int] = {}
        self._shortage = ""
        self._told = False

    def __call__(self) -> bool:
        """Whether nothing new should begin."""
        return bool(self._shortage) or self._stopping()

    def watch(self, event: Event) -> Iterator[Event]:
        """Learns from an event, and once a second looks at the machine and gives what it saw; tells a stop once."""
        match event:
            case Heartbeat():
                self._written[event.shard] = event.bytes_out
                if event.done >= event.total * _TELLING:
                    self._largest = max(self._largest, event.bytes_out * event.total // max(1, event.done))
            case ShardDone(result=result):
                self._written.pop(result.shard, None)
                self._largest = max(self._largest, result.bytes_out)
                self._left -= 1
            case _:
                pass
        # At every event and not once a second: a new shard begins right after another is done.
        self._shortage = self._shortage or too_full(free_bytes(self._output), self._soon())
        if self() and not self._told:
            self._told = True
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
        return max(0, min(self._workers, self._left) * largest - sum(written))

    @contextmanager
    def naming_the_shortage(self) -> Iterator[None]:
        """Within it, a stop that a shortage caused is a MachineError that says so."""
        try:
            yield
        except Interrupted as error:
            if not self._shortage:
                raise
            raise MachineError(
                f"{self._shortage} {error.what} They are in {self._output}.",
                "Free some, then give the same command again; it goes on where it stopped",
            ) from error


def too_full(free: int, soon: int) -> str:
    """That fewer bytes are free than the shards under way may still write, in a sentence; empty where it is not so."""
    return f"Only {human_bytes(free)} are free on the output's disk." if free < soon + DISK_RESERVE else ""


def too_little_memory(machine: MachineLoad) -> str:
    """That memory is about to run out, in a sentence; empty where it is not."""
    available = machine.memory_total - machine.memory_used
    if available < min(_MEMORY_RESERVE, machine.memory_total // 20):
        return f"Only {human_bytes(available)} of {human_bytes(machine.memory_total)} of memory are left."
    return ""
