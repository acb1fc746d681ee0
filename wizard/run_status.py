"""What a run says of itself to whoever watches the build, from this machine or another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wizard.slices import WHOLE, Slice

State = Literal["preparing", "building", "running", "finishing", "stopping", "finished", "stopped", "failed"]
"""What a run is doing, or how it ended.

Running is said of a download or a verification. Finishing is the work after a run's last shard: the description of the
dataset, if all shards are there.
"""
ENDED: frozenset[State] = frozenset({"finished", "stopped", "failed"})

INTERVAL = 5.0
"""Seconds between two writings of a run's file."""


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """What a worker is doing.

    Attributes:
        shard: or the stretch of the source that it reads, to be put together with others.
        images_done: of that.
        memory: resident bytes.
    """

    host: str
    number: int
    shard: str
    images_done: int
    images: int
    images_per_second: float | None
    memory: int


@dataclass(frozen=True, kw_only=True)
class HostStatus:
    """A run's workers on one host, and the shards that they have under way."""

    host: str
    workers: int
    shards: int
    images_per_second: float | None


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """What a run says of itself. Long lists are cut, and their `more_…` says by how many items.

    Attributes:
        slice: which part of the build is its own, "3/16"; empty for the whole.
        pid: its process ID on its host.
        plan_id: empty until the build begins.
        begun: epoch seconds, by its host's clock, which may be wrong.
        written: epoch seconds of this writing, by the same clock.
        interval: seconds until it promises to write again.
        error: why it failed or stopped; else empty.
        step: what is being done beside building, such as a verification of checksums.
        shards_done: earlier runs' included, of the `shards` of its slice.
        under_way: number of shards that are being built, by split.
        stretches_done: of the source, read before shards are put together; both are 0 if shards are built directly.
        images_done: earlier runs' and those of shards under way included, of the `images` of its slice.
        bytes_out: written, earlier runs' included.
        seconds_left: at the rate of the last minutes; None until that is known.
        workers_lost: how often a worker died.
        skipped: images left out by this run.
        warnings: the last ones.
    """

    slice: str = ""
    host: str
    pid: int
    plan_id: str = ""
    begun: float
    written: float
    interval: float = INTERVAL
    state: State
    error: str = ""
    step: str = ""
    shards_done: int = 0
    shards: int = 0
    under_way: Mapping[str, int] = field(default_factory=dict)
    stretches_done: int = 0
    stretches: int = 0
    images_done: int = 0
    images: int = 0
    bytes_out: int = 0
    images_per_second: float | None = None
    seconds_left: float | None = None
    workers_lost: int = 0
    skipped: int = 0
    hosts: tuple[HostStatus, ...] = ()
    more_hosts: int = 0
    workers: tuple[WorkerStatus, ...] = ()
    more_workers: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def part(self) -> Slice:
        """Its slice.

        Raises:
            UsageError: the text names none.
        """
        return Slice.parse(self.slice) if self.slice else WHOLE

    @property
    def name(self) -> str:
        """The name of its file, without the suffix."""
        return self.part.name

    def is_of(self, host: str, pid: int) -> bool:
        """Whether that process is this run."""
        return (self.host, self.pid) == (host, pid)
