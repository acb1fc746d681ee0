"""Adds up a build's events: how far it is, how fast, how long it will take."""

import time
from dataclasses import dataclass, field

from wizard.engine.events import Beat, Event, ShardDone, Started

_SETTLING = 3.0
"""Seconds before a rate is worth telling."""


@dataclass(kw_only=True)
class SplitTally:
    """How far one split is; `images` and `shards` are what it will have."""

    images: int
    shards: int
    images_done: int
    shards_done: int
    under_way: dict[str, Beat] = field(default_factory=dict)

    @property
    def reached(self) -> int:
        """Images done, those in unfinished shards included."""
        return min(self.images, self.images_done + sum(beat.done for beat in self.under_way.values()))


@dataclass(kw_only=True)
class Tally:
    """How far a build is; feed it every event."""

    splits: dict[str, SplitTally] = field(default_factory=dict)
    bytes_in: int = 0
    bytes_out: int = 0
    skipped: int = 0
    started: float = 0.0
    at_start: int = 0

    def add(self, event: Event) -> None:
        """Takes an event into account."""
        match event:
            case Started():
                self.splits = {
                    split.split: SplitTally(
                        images=split.images,
                        shards=split.shards,
                        images_done=split.images_done,
                        shards_done=split.shards_done,
                    )
                    for split in event.splits
                }
                self.started, self.at_start = time.monotonic(), self.reached
            case Beat():
                self.splits[event.split].under_way[event.shard] = event
            case ShardDone(result=result):
                split = self.splits[result.split]
                split.under_way.pop(result.shard, None)
                split.images_done += result.images + len(result.skipped)
                split.shards_done += 1
                self.bytes_in += result.bytes_in
                self.bytes_out += result.bytes_out
                self.skipped += len(result.skipped)
            case _:
                pass

    @property
    def images(self) -> int:
        """Images of all splits."""
        return sum(split.images for split in self.splits.values())

    @property
    def reached(self) -> int:
        """Images done of all splits."""
        return sum(split.reached for split in self.splits.values())

    @property
    def seconds(self) -> float:
        """Since the build began."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Images a second since the build began."""
        return (self.reached - self.at_start) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far; None while that says nothing yet, because workers are still starting."""
        if self.seconds < _SETTLING or self.reached == self.at_start:
            return None
        return (self.images - self.reached) / self.rate


def clock(seconds: float) -> str:
    """Hours, minutes, seconds.

    >>> clock(702.4)
    '00:11:42'
    """
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
