"""Build view: what a dashboard shows of a build at one moment, so that another process can draw it too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from wizard.events import Preparing
from wizard.machine.load import MachineLoad
from wizard.show.build_progress import BuildProgress


@dataclass(frozen=True, kw_only=True)
class SplitView:
    """A split's row.

    Attributes:
        is_read: whether nothing is left to read before shards are made.
    """

    name: str
    reached: int
    images: int
    shards_done: int
    shards: int
    is_read: bool
    stretches_done: int
    stretches: int


@dataclass(frozen=True, kw_only=True)
class WorkerView:
    """A worker's row.

    Attributes:
        rate: images per second; None until it is known.
        memory: bytes.
    """

    host: str
    number: int
    shard: str
    done: int
    total: int
    rate: float | None
    memory: int


@dataclass(frozen=True, kw_only=True)
class BuildView:
    """A dashboard's content; sizes are in bytes, times in seconds, and those that are None are not known yet.

    Attributes:
        slice: which part of the build it is, as "3/16"; empty for the whole.
        one_file_per_image: whether its shards are only what is built at a time, and nobody sees them.
        rates: images, bytes read and bytes written per second.
        limit: what limits the speed; empty if unclear.
        log: messages, each with its second.
    """

    output: str
    slice: str
    one_file_per_image: bool
    stopping: bool
    preparing: tuple[Preparing, ...]
    splits: tuple[SplitView, ...]
    reached: int
    images: int
    seconds: float
    seconds_left: float | None
    rates: tuple[float, float, float] | None
    bytes_in: int
    bytes_out: int
    bytes_expected: float | None
    bytes_to_come: float | None
    skipped: int
    converted: int
    workers: tuple[WorkerView, ...]
    is_elsewhere: bool
    limit: str
    machine: MachineLoad | None
    log: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, build: BuildProgress) -> Self:
        """The view of a build as it is now."""
        splits = (
            SplitView(
                name=name,
                reached=split.reached,
                images=split.images,
                shards_done=split.shards_done,
                shards=split.shards,
                is_read=split.is_read,
                stretches_done=split.stretches_done,
                stretches=split.stretches,
            )
            for name, split in build.splits.items()
        )
        workers = (
            WorkerView(
                host=each.beat.host,
                number=each.beat.number,
                shard=each.beat.title,
                done=each.beat.done,
                total=each.beat.total,
                rate=each.rate.rate(build.now()),
                memory=each.beat.rss,
            )
            for each in build.workers
        )
        return cls(
            output=build.output,
            slice=build.slice,
            one_file_per_image=build.one_file_per_image,
            stopping=build.stopping,
            preparing=tuple(build.preparing.values()),
            splits=tuple(splits),
            reached=build.reached,
            images=build.images,
            seconds=build.seconds,
            seconds_left=build.seconds_left,
            rates=build.rates,
            bytes_in=build.bytes_in,
            bytes_out=build.bytes_out,
            bytes_expected=build.bytes_expected,
            bytes_to_come=build.bytes_to_come,
            skipped=build.skipped,
            converted=build.converted,
            workers=tuple(workers),
            is_elsewhere=build.is_elsewhere,
            limit=build.limit,
            machine=build.machine,
            log=tuple(build.log),
        )

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`, also after a way through JSON.

        Raises:
            ValueError: it is not the view of this version of the program.
        """
        try:
            parts = {
                "preparing": tuple(Preparing(**each) for each in found["preparing"]),
                "splits": tuple(SplitView(**each) for each in found["splits"]),
                "workers": tuple(WorkerView(**each) for each in found["workers"]),
                "machine": found["machine"] and MachineLoad(**found["machine"]),
                "rates": found["rates"] and tuple(found["rates"]),
                "log": tuple((float(second), str(text)) for second, text in found["log"]),
            }
            return cls(**{**found, **parts})
        except (KeyError, TypeError) as error:
            raise ValueError("it is not a view of this version") from error
