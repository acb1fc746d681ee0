"""Commit record of a finished shard: counts, bytes, and the images that were converted or left out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class SkippedImage:
    """An image that was left out: its location, name, and the reason."""

    file: str
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertedImage:
    """An image that was converted to an RGB JPEG, and what it was before: PNG, CMYK, ...

    Of a dataset of PNGs, a run holds one for each image until its end, so they have slots.
    """

    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class CommitRecord:
    """A finished shard.

    Attributes:
        shard: file name.
        split: train or validation.
        bytes_in: bytes of the images read.
        bytes_out: bytes of the shard.
        sha256: of the shard, in hex.
        converted: images that had to be converted.
        skipped: images that were left out.
        kept: images that kept their bytes; None in a record of a version that did not count them.
        smaller: images that are smaller than the size that was asked for, and keep theirs; None as `kept`.
        unboxed: images of which the crop left no bounding box; None as `kept`.
        seconds: wall time it took.
        rss: the worker's largest resident memory so far, in bytes.
        check: how its images were checked, as in `transform.Check`.
        stages: the seconds of each stage, by the worker's clock; see `wizard.engine.stages`.
    """

    shard: str
    split: str
    images: int
    boxes: int
    bytes_in: int
    bytes_out: int
    sha256: str
    converted: tuple[ConvertedImage, ...] = ()
    skipped: tuple[SkippedImage, ...] = ()
    kept: int | None = None
    smaller: int | None = None
    unboxed: int | None = None
    seconds: float = 0.0
    rss: int = 0
    check: str = "decode"
    stages: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "CommitRecord":
        """The inverse of `dataclasses.asdict`."""
        return cls(
            **{
                **fields,
                "converted": tuple(ConvertedImage(**item) for item in fields["converted"]),
                "skipped": tuple(SkippedImage(**item) for item in fields["skipped"]),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What became of the images that were stored; each is kept, re-encoded or converted.

    Attributes:
        images: all of them.
        kept: those that kept their bytes; None if one of the records is of a version that did not count them.
        smaller: those smaller than the size that was asked for, which keep theirs; None as `kept`.
        unboxed: those of which the crop left no bounding box; None as `kept`.
        converted: those that were no RGB or gray JPEGs, by what they were, the most frequent first.
    """

    images: int
    kept: int | None
    converted: Mapping[str, int]
    smaller: int | None = None
    unboxed: int | None = None

    @property
    def reencoded(self) -> int | None:
        """JPEGs that were encoded again; None where `kept` is."""
        return None if self.kept is None else self.images - self.kept - sum(self.converted.values())


def outcomes_of(records: Collection[CommitRecord]) -> Outcomes:
    """What became of the images of these shards."""
    converted = Counter(image.kind for record in records for image in record.converted)
    return Outcomes(
        images=sum(record.images for record in records),
        kept=_together([record.kept for record in records]),
        smaller=_together([record.smaller for record in records]),
        unboxed=_together([record.unboxed for record in records]),
        converted=dict(converted.most_common()),
    )


def _together(counts: Collection[int | None]) -> int | None:
    """The sum; None if one of them is unknown."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def outcomes_by_split(splits: Iterable[str], records: Collection[CommitRecord]) -> dict[str, Outcomes]:
    """What became of the images of each split, by all records."""
    return {split: outcomes_of([record for record in records if record.split == split]) for split in splits}


def checks_of(records: Iterable[CommitRecord]) -> tuple[str, ...]:
    """How the images of these shards were checked; in several ways if a build was resumed with another check."""
    return tuple(sorted({record.check for record in records}))
