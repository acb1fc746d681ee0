"""A build's progress, rate and remaining time, from its events."""

import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import chain

from wizard.events import Estimated, Heartbeat, Preparing, ShardDone, Started, Stopping, StretchDone, WorkerLost
from wizard.machine.cores import usable_cores
from wizard.machine.load import MachineLoad
from wizard.show.expected_size import expected_size
from wizard.show.rate import RateMeter
from wizard.show.split_progress import SplitProgress

_RATE_WINDOW = 10.0
"""Seconds that a rate is the mean of."""
_FORECAST_WINDOW = 300.0
"""Seconds whose mean rate predicts the remaining time."""
_SILENT, _RESTING = 15.0, 3.0
"""Seconds without a heartbeat after which a worker is no longer shown: within a shard, and between two."""
_SAMPLES = 5
"""CPU loads whose mean says what limits a build."""
_BUSY, _IDLE = 0.85, 0.5
"""Shares of the cores that the workers could use."""
_REMEMBERED = 50
_MANY, _SELDOM = 32, 0.25
"""Above this number of workers, seconds between two sums of what all have done: else n heartbeats would cost n * n."""


@dataclass(kw_only=True)
class WorkerProgress:
    """What one worker is doing."""

    beat: Heartbeat
    seen: float
    images_before: int = 0
    rate: RateMeter = field(default_factory=lambda: RateMeter(_RATE_WINDOW))

    def update(self, beat: Heartbeat, now: float) -> None:
        """Takes one of its heartbeats into account."""
        if beat.shard != self.beat.shard:
            self.images_before += self.beat.done  # heartbeats count from 0 in each shard
        self.beat, self.seen = beat, now
        self.rate.add(now, self.images_before + beat.done)


@dataclass(kw_only=True)
class BuildProgress:
    """Progress of a build and of its preparations; is given every event.

    Attributes:
        cores: number that the workers may use.
        host: this machine's name.
        slice: which part of the build it is, as "3/16"; empty for the whole.
        log: messages during the build, each with its second.
    """

    now: Callable[[], float] = time.monotonic
    cores: int = field(default_factory=usable_cores)
    host: str = field(default_factory=socket.gethostname)
    output: str = ""
    slice: str = ""
    started: float = 0.0
    skipped: int = 0
    converted: int = 0
    one_file_per_image: bool = False
    stopping: bool = False
    splits: dict[str, SplitProgress] = field(default_factory=dict)
    preparing: dict[str, Preparing] = field(default_factory=dict)
    estimated: Estimated | None = None
    machine: MachineLoad | None = None
    log: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _workers: dict[tuple[str, int], WorkerProgress] = field(default_factory=dict)
    _measured: float = float("-inf")
    _cpu: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    _images: RateMeter = field(default_factory=lambda: RateMeter(_RATE_WINDOW))
    _read: RateMeter = field(default_factory=lambda: RateMeter(_RATE_WINDOW))
    _wrote: RateMeter = field(default_factory=lambda: RateMeter(_RATE_WINDOW))
    _steady: RateMeter = field(default_factory=lambda: RateMeter(_FORECAST_WINDOW))

    def add(self, event: object) -> None:
        """Takes an event into account."""
        match event:
            case Preparing():
                self.preparing[event.step] = event
                if event.done >= event.total:
                    del self.preparing[event.step]
            case Estimated():
                self.estimated = event
            case Stopping():
                self.stopping = True
            case Started():
                self.preparing.clear()
                self.output, self.slice, self.started = event.output, event.slice, self.now()
                self.one_file_per_image = event.one_file_per_image
                self.splits = {split.split: SplitProgress(**asdict(split)) for split in event.splits}
            case MachineLoad():
                self.machine = event
                self._cpu.append(event.cpu)
            case Heartbeat():
                self._update_worker(event)
            case ShardDone() | StretchDone():
                self._finish(event)
            case WorkerLost():
                self._lose(event)
            case _:
                pass

    def remember(self, text: str) -> None:
        """Keeps a message of the build, with its time."""
        if self.splits:
            self.log.append((self.seconds, text))

    @property
    def images(self) -> int:
        """Images of all splits."""
        return sum(split.images for split in self.splits.values())

    @property
    def reached(self) -> int:
        """Images done of all splits."""
        return sum(split.reached for split in self.splits.values())

    @property
    def bytes_in(self) -> int:
        """Bytes of the images done, earlier runs included."""
        return sum(split.bytes_in for split in self.splits.values())

    @property
    def bytes_out(self) -> int:
        """Bytes written, earlier runs and unfinished shards included."""
        return sum(split.bytes_out for split in self.splits.values())

    @property
    def seconds(self) -> float:
        """Since the build began."""
        return self.now() - self.started

    @property
    def rate(self) -> float:
        """Recent images per second."""
        return self._images.rate(self.now()) or 0.0

    @property
    def rates(self) -> tuple[float, float, float] | None:
        """Recent images, bytes read and bytes written per second; None until they are known."""
        now = self.now()
        images, read, wrote = self._images.rate(now), self._read.rate(now), self._wrote.rate(now)
        return None if images is None or read is None or wrote is None else (images, read, wrote)

    @property
    def seconds_left(self) -> float | None:
        """At the rate of the last minutes; None until that is known, which takes until the workers have started."""
        rate = self._steady.rate(self.now())
        return (self.images - self.reached) / rate if rate else None

    @property
    def bytes_expected(self) -> float | None:
        """Of all shards: as estimated at first, then from what is done; None until there is either."""
        estimated = None if self.estimated is None else self.estimated.bytes_out.likely
        return expected_size(list(self.splits.values()), estimated)

    @property
    def bytes_to_come(self) -> float | None:
        """Bytes that the disk still has to take; None until `bytes_expected` is known."""
        expected = self.bytes_expected
        if expected is None or not any(split.stretches for split in self.splits.values()):
            return None if expected is None else expected - self.bytes_out
        # What waits on the disk is removed as it becomes shards.
        return expected * (1 - sum(split.images_on_disk for split in self.splits.values()) / max(1, self.images))

    @property
    def workers(self) -> list[WorkerProgress]:
        """The workers that seem alive and busy, by host and number."""
        now = self.now()
        under_way = set(chain.from_iterable(split.under_way for split in self.splits.values()))
        return [
            each
            for _, each in sorted(self._workers.items())
            if now - each.seen < (_SILENT if each.beat.shard in under_way else _RESTING)
        ]

    @property
    def is_elsewhere(self) -> bool:
        """Whether workers are on other machines."""
        return any(each.beat.host not in ("", self.host) for each in self.workers)

    @property
    def limit(self) -> str:
        """What limits the build's speed; empty if unclear."""
        if self.is_elsewhere:
            return ""  # this machine's load says nothing
        working = sum(len(split.under_way) for split in self.splits.values())
        if len(self._cpu) < _SAMPLES or not working:
            return ""
        cpu = sum(self._cpu) / len(self._cpu) / 100
        if cpu >= _BUSY:
            return "limited by the CPU"
        # CPU load is of all cores; fewer workers than cores cannot reach 100 %.
        share = cpu * self.cores / min(working, self.cores)
        if share >= _BUSY:
            return "limited by the number of workers"
        return "waiting for the disk" if share < _IDLE else ""

    def _update_worker(self, beat: Heartbeat) -> None:
        now = self.now()
        self.splits[beat.split].under_way[beat.shard] = beat
        new = WorkerProgress(beat=beat, seen=now)
        self._workers.setdefault((beat.host, beat.number), new).update(beat, now)
        self._measure(now)

    def _finish(self, event: ShardDone | StretchDone) -> None:
        if isinstance(event, ShardDone):
            self.splits[event.result.split].finish(event)
            self.skipped += len(event.result.skipped)
            self.converted += len(event.result.converted)
        else:
            self.splits[event.split].finish(event)
        self._measure(self.now())

    def _lose(self, event: WorkerLost) -> None:
        for split in self.splits.values():
            split.under_way.pop(event.shard, None)
        for key, worker in list(self._workers.items()):
            if worker.beat.shard == event.shard:
                del self._workers[key]

    def _measure(self, now: float) -> None:
        if len(self._workers) > _MANY and now - self._measured < _SELDOM:
            return
        self._measured = now
        self._images.add(now, self.reached)
        # A longer window for the time left, so that one slow shard does not make it jump.
        self._steady.add(now, self.reached)
        self._read.add(now, self.bytes_in)
        self._wrote.add(now, self.bytes_out)
