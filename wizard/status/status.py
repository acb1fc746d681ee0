"""Where a build stands: its splits, its runs, and what nobody works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wizard.run_status import RunStatus

State = Literal["complete", "running", "idle"]
"""Whether a dataset is complete and described, something runs that will make it so, or nothing does."""
Health = Literal["alive", "silent", "finished", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class SplitStatus:
    """A split's shards; those that are neither done nor under way are missing."""

    split: str
    shards: int
    done: int
    under_way: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class RunSeen:
    """A run, and whether it goes on.

    Attributes:
        health: alive, ended in one of three ways, or silent: not heard of for too long.
        age: seconds since it was last heard of.
    """

    health: Health
    age: float
    run: RunStatus


@dataclass(frozen=True, kw_only=True)
class HostSeen:
    """What the living runs do on one host.

    Attributes:
        slices: numbers of the slices whose runs are on this host; empty if it only has workers of a run elsewhere.
        workers: 0 if they have not begun.
        shards: under way.
        seconds_left: of the slowest run that is on this host; None if unknown.
    """

    host: str
    slices: tuple[int, ...]
    workers: int
    shards: int
    images_per_second: float | None
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class IdleSlice:
    """A slice with shards that nobody builds."""

    number: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What a look at every shard found: what is no longer as a run left it.

    Attributes:
        bytes_there: of the shards that are there.
        gone: clauses on shards that were done, by name.
        lacking: clauses on files that describe the dataset, or lie beside shards; empty until all shards are there.
    """

    gone: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    bytes_there: int = 0


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a build stands.

    Attributes:
        described: whether dataset.json is there.
        slices: how many the build is dealt out to; 1 if it is not.
        splits: in the order of the plan.
        runs: the living ones, and how the others of as many slices ended.
        hosts: of living runs.
        more_hosts: how many more there are, which the runs' files do not name.
        idle: slices that no living run builds; the only one of a build that is not sliced.
        images_per_second: of the living runs together; None if unknown.
        seconds_left: of the slowest living run; None if unknown. Shards that nobody builds are not in it.
        loss: what is no longer as it was; None while a run builds, which has looked itself.
        command: what goes on with the build; empty where the folder does not keep its profile.
        part: what a person calls a shard.
        bytes_out: of the shards that are there; while runs build, what they have written, with what they found done and
            what is in unfinished shards, or None until all of them know.
    """

    output: str
    plan_id: str
    state: State
    described: bool
    slices: int
    splits: tuple[SplitStatus, ...]
    runs: tuple[RunSeen, ...] = ()
    hosts: tuple[HostSeen, ...] = ()
    more_hosts: int = 0
    idle: tuple[IdleSlice, ...] = ()
    images_per_second: float | None = None
    seconds_left: float | None = None
    bytes_out: int | None = None
    loss: Loss | None = None
    command: str = ""
    part: str = "shard"

    @property
    def shards(self) -> int:
        """The number of shards of all splits."""
        return sum(split.shards for split in self.splits)

    @property
    def done(self) -> int:
        """Shards that are done, of all splits."""
        return sum(split.done for split in self.splits)

    @property
    def under_way(self) -> int:
        """Shards that are being built, of all splits."""
        return sum(split.under_way for split in self.splits)

    @property
    def missing(self) -> int:
        """Shards that are neither done nor under way, of all splits."""
        return sum(split.missing for split in self.splits)

    @property
    def alive(self) -> list[RunSeen]:
        """The runs that go on."""
        return [each for each in self.runs if each.health == "alive"]
