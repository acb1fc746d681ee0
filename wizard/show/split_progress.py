"""Progress of one split of a build."""

from dataclasses import dataclass, field

from wizard.events import Heartbeat, ShardDone, StretchDone

_TO_READ = 0.85
"""Share of a staged build's work that is done once its source is read; the rest is to put shards together."""


@dataclass(kw_only=True)
class SplitProgress:
    """Progress of a split; `images` and `shards` are its totals, and `stretches` what is read before shards are made.

    Attributes:
        source_bytes: of all its images in the raw data.
        images_read: in stretches that are done.
        images_waiting: those of them that this run has read.
        waiting: bytes that these became, on their way into shards.
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
    bytes_read: int = 0
    images_waiting: int = 0
    waiting: int = 0
    under_way: dict[str, Heartbeat] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether nothing is left to read before shards are made."""
        return self.stretches_done >= self.stretches

    @property
    def reached(self) -> int:
        """Images done, including those of unfinished shards; of a staged build, those that as much work would do."""
        done = self.images_done + sum(beat.done for beat in self._beats(reading=False))
        if not self.stretches:
            return min(self.images, done)
        # What earlier runs finished is not read again.
        read = done + self.images_read + sum(beat.done for beat in self._beats(reading=True))
        if self.is_read:
            read = self.images
        return min(self.images, round(_TO_READ * read + (1 - _TO_READ) * done))

    @property
    def bytes_in(self) -> int:
        """Bytes of the images done, including those of unfinished shards; of a staged build, of those read."""
        if self.stretches:
            return self.bytes_read + sum(beat.bytes_in for beat in self._beats(reading=True))
        return self.bytes_in_done + sum(beat.bytes_in for beat in self.under_way.values())

    @property
    def bytes_out(self) -> int:
        """Bytes written, including unfinished shards; while a source is read in stages, those that wait."""
        if not self.is_read:
            return self.waiting + sum(beat.bytes_out for beat in self._beats(reading=True))
        return self.bytes_out_done + sum(beat.bytes_out for beat in self._beats(reading=False))

    @property
    def images_out(self) -> int:
        """Images that `bytes_out` is of."""
        if not self.is_read:
            return self.images_waiting + sum(beat.done for beat in self._beats(reading=True))
        return self.images_done + sum(beat.done for beat in self._beats(reading=False))

    @property
    def bytes_in_of_out(self) -> int:
        """Bytes that the images of `bytes_out` had in the raw data."""
        if not self.is_read:
            return self.bytes_in
        return self.bytes_in_done + sum(beat.bytes_in for beat in self._beats(reading=False))

    @property
    def images_on_disk(self) -> int:
        """Images that are written, be it into shards or on their way there."""
        if not self.stretches:
            return self.reached
        read = self.images_done + self.images_read + sum(beat.done for beat in self._beats(reading=True))
        return self.images if self.is_read else min(self.images, read)

    def _beats(self, *, reading: bool) -> list[Heartbeat]:
        return [beat for beat in self.under_way.values() if beat.reading == reading]

    def finish(self, event: ShardDone | StretchDone) -> None:
        """Takes a finished shard or stretch into account."""
        if isinstance(event, StretchDone):
            self.under_way.pop(event.stretch, None)
            if not event.is_merged:  # those were counted before
                self.stretches_done += 1
                self.images_waiting += event.images
                self.images_read += event.images
                self.bytes_read += event.bytes_in
                self.waiting += event.bytes_out
            return
        result = event.result
        self.under_way.pop(result.shard, None)
        self.images_done += result.images + len(result.skipped)
        self.shards_done += 1
        self.bytes_in_done += result.bytes_in
        self.bytes_out_done += result.bytes_out
