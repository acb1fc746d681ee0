"""What happens while a command runs, as values: made by the engine, pre-flight and verify, shown by reporters."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from wizard.commit_record import CommitRecord, SkippedImage
from wizard.formatting import Range
from wizard.machine.load import MachineLoad
from wizard.sources.glance import Glance

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Status = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, kw_only=True)
class Note:
    """A message for the person: a difference from the official data, a decision.

    Attributes:
        text: a sentence without a full stop; a Hint where a setting would change what it says.
        warning: whether a person should act on it.
    """

    text: str
    warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Preparing:
    """Progress of a step before or after a build, in bytes."""

    step: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A preparation waits for something that others have to do; said about twice a second."""

    what: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SplitStart:
    """The size of a split, and how much of it an earlier run finished.

    Attributes:
        source_bytes: of its images in the raw data.
        stretches: of the source, that are read before shards are put together; 0 where shards are built directly.
        stretches_done: of these, what an earlier run has read.
        images_read: in these.
    """

    split: str
    images: int
    source_bytes: int
    shards: int
    images_done: int
    shards_done: int
    bytes_in_done: int = 0
    bytes_out_done: int = 0
    stretches: int = 0
    stretches_done: int = 0
    images_read: int = 0


@dataclass(frozen=True, kw_only=True)
class Glanced:
    """Summary of what is about to be built: classes, labels and images."""

    glance: Glance


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One look at whether a build would work here.

    Attributes:
        name: what `--ignore` calls it.
        looked_at: the path, limit or file that was looked at.
        needed: what it has to be; may be empty.
        fix: what would fix it; empty where it passes.
        setting: the profile's key and value to change for that, as after --set; mostly empty.
        brief: `found` for a screen that has named the output folder already; empty where it does not name it.
    """

    name: str
    status: Status = "pass"
    looked_at: str
    found: str
    needed: str = ""
    fix: str = ""
    setting: str = ""
    brief: str = ""

    @property
    def command_fix(self) -> str:
        """What would fix it, for a person at the command line."""
        return f"{self.fix}: --set {self.setting}" if self.setting else self.fix


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """Size, time and memory of a build, measured on a sample of its own images.

    Attributes:
        sampled: images that were transformed, of those to read.
        kept: likely number of images that keep their bytes, where that depends on their size; else None.
        smaller: likely number of images that are smaller than the size that is asked for, and keep theirs.
        converted: images that become JPEGs where others keep their bytes, by what they are, as far as is known.
        workers: number that the time is for.
        seconds: wall time of this run's build, without the reading of headers before it.
        remaining: the part of the images that this run builds; size and numbers of images are those of the whole.
        worker_memory: bytes of one worker.
        largest_image: bytes of memory, included in these, that the largest known image needs.
        damaged: images of the sample that cannot be decoded.
        spill: bytes that staged reading needs on the output's disk beside the dataset; 0 for direct reading.
        reading: how the source is read and how fast, for a person; empty if that was not measured.
        elsewhere: where workers are on other machines, how the time was found, for a person.
    """

    images: int
    sampled: int
    workers: int
    bytes_in: int
    bytes_out: Range
    seconds: Range
    worker_memory: Range
    largest_image: int = 0
    damaged: tuple[SkippedImage, ...] = ()
    spill: int = 0
    reading: str = ""
    kept: int | None = None
    smaller: int = 0
    converted: Mapping[str, int] = field(default_factory=dict)
    elsewhere: str = ""
    remaining: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """The build was asked to stop: shards under way are finished, and no new one is started."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """The build starts; its splits count what the slice has of them.

    Attributes:
        slice: which part of the build this run builds, as "3/16"; empty for the whole.
        one_file_per_image: whether its shards are only what is built at a time, and nobody sees them.
    """

    plan_id: str
    output: str
    workers: int
    splits: tuple[SplitStart, ...]
    slice: str = ""
    one_file_per_image: bool = False


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """A worker's progress with its shard; may be lost, so nothing depends on it.

    Attributes:
        worker: its process ID.
        done: images read, of `total` in the shard.
        bytes_in: bytes of the images read.
        rss: its resident memory in bytes.
        image: the start of the current image's name; empty once the whole shard has been read.
        host: the machine that it runs on.
        number: its place among the workers of that host, from 1; a worker in a lost one's place has the same.
        reading: whether it reads a stretch of the source, to be put together with others, and not a shard.
        shard_file: that the shard becomes, below the output folder; empty where it becomes none or many.
    """

    worker: int
    shard: str
    split: str
    done: int
    total: int
    bytes_in: int
    bytes_out: int
    rss: int
    image: str = ""
    host: str = ""
    number: int = 0
    reading: bool = False
    shard_file: str = ""

    @property
    def title(self) -> str:
        """What a person calls the shard: its file, if it has one."""
        return self.shard_file or self.shard


@dataclass(frozen=True, kw_only=True)
class ShardDone:
    """A shard is in place and committed."""

    result: CommitRecord


@dataclass(frozen=True, kw_only=True)
class StretchDone:
    """A stretch of the source was read, and what became of it waits on the disk; or several were merged.

    Attributes:
        stretch: the name of what was read or merged.
        images: that were read; 0 where stretches were merged, whose images were read before.
        is_merged: whether stretches were merged.
        bytes_in: bytes of these.
        bytes_out: bytes that wait on the disk.
        skipped: images that are left out.
    """

    stretch: str
    split: str
    images: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    skipped: int = 0
    is_merged: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkerLost:
    """A worker died; its shard is tried again. `shard_file` and `title` are those of a heartbeat."""

    shard: str
    attempt: int
    reason: str
    shard_file: str = ""

    @property
    def title(self) -> str:
        """What a person calls the shard: its file, if it has one."""
        return self.shard_file or self.shard


@dataclass(frozen=True, kw_only=True)
class BuildFinished:
    """All that this run was to build is there; its result is returned to the command, which reports it.

    Attributes:
        is_complete: whether the dataset is; without it, slices that others build are missing.
    """

    is_complete: bool = True


Event = (
    Note
    | Preparing
    | Waiting
    | Glanced
    | CheckResult
    | Estimated
    | Started
    | Heartbeat
    | MachineLoad
    | ShardDone
    | StretchDone
    | WorkerLost
    | Stopping
    | BuildFinished
)


_JSON_NAMES = {"CheckResult": "checked", "MachineLoad": "machine", "Heartbeat": "beat"}
"""Names for programs, where they are not those of the classes."""


def as_json(event: "DataclassInstance") -> tuple[str, dict[str, Any]]:
    """An event's name in snake case, and its fields.

    >>> as_json(Note(text="a"))
    ('note', {'text': 'a', 'warning': False})
    """
    name = type(event).__name__
    return _JSON_NAMES.get(name, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()), asdict(event)
