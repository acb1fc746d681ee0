"""Commit record of a shard: proof, beside the dataset, that the shard is whole and on disk.

Whoever built a shard writes its record last, in one piece. There is no other state: runs that share nothing but the
folder, as on a cluster, agree on what is done without a single writer.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from wizard.engine.targets import RECORDS
from wizard.engine.writers import ImageFile, write_whole


@dataclass(frozen=True, kw_only=True)
class SkippedImage:
    """An image that was left out: its location, name, and the reason."""

    file: str
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ConvertedImage:
    """An image that was converted to an RGB JPEG, and what it was before: PNG, CMYK, ..."""

    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class CommitRecord:
    """A finished shard.

    Attributes:
        shard: its name.
        split: train, validation or test.
        images: records written.
        boxes: boxes written.
        bytes_in: bytes of the images read.
        bytes_out: bytes of the shard.
        sha256: of the shard, in hex.
        converted: images that had to be converted.
        skipped: images that were left out.
        seconds: wall time it took.
        rss: the worker's largest resident memory so far, in bytes.
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
    seconds: float = 0.0
    rss: int = 0

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        converted = tuple(ConvertedImage(**item) for item in fields["converted"])
        skipped = tuple(SkippedImage(**item) for item in fields["skipped"])
        return cls(**{**fields, "converted": converted, "skipped": skipped})


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """What a record's file holds.

    Attributes:
        plan_id: of the plan that the shard belongs to.
        record: the shard's.
        files: the image files that the shard consists of; empty where it is one file.
    """

    plan_id: str
    record: CommitRecord
    files: tuple[ImageFile, ...] = ()


def record_path(folder: Path, shard: str) -> Path:
    """The file of a shard's record, in a dataset's folder."""
    return folder / RECORDS / f"{shard}.json"


def write_record(folder: Path, stored: StoredRecord) -> None:
    """Commits a shard that is on disk already; its record is on disk, too, when this returns.

    Raises:
        OSError: it cannot be written. The folder of records is not created, as it may just have been removed.
    """
    # The image files come last and a line each, so that a person sees the head of a record at once.
    fields = {"plan_id": stored.plan_id, **asdict(stored.record)}
    head = json.dumps(fields, ensure_ascii=False).removesuffix("}")
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in stored.files)
    write_whole(record_path(folder, stored.record.shard), f'{head}, "files": [\n{rows}\n]}}'.encode())


def read_record(folder: Path, shard: str) -> StoredRecord:
    """Reads a shard's record.

    Raises:
        OSError: there is none, or it cannot be read.
        ValueError: it is damaged.
    """
    path = record_path(folder, shard)
    try:
        fields = json.loads(path.read_bytes())
        plan_id, files = fields.pop("plan_id"), fields.pop("files")
        record = CommitRecord.from_json(fields)
        rows = tuple(ImageFile(str(name), int(size), str(digest)) for name, size, digest in files)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is no commit record") from error
    if record.shard != shard:
        raise ValueError(f"{path} is the commit record of {record.shard}")
    return StoredRecord(plan_id=plan_id, record=record, files=rows)
