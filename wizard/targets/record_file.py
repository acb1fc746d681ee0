"""Commit record of a shard: proof, beside the dataset, that the shard is whole and on disk.

Whoever built a shard writes its record last, in one piece. There is no other state: runs that share nothing but the
folder, as on a cluster, agree on what is done without a single writer.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from wizard.commit_record import CommitRecord
from wizard.storage import write_whole
from wizard.targets.names import RECORD_FOLDER
from wizard.targets.writer import ImageFile


@dataclass(frozen=True, kw_only=True)
class StoredRecord:
    """What a record's file holds; of a shard that is one file, no image files."""

    plan_id: str
    record: CommitRecord
    files: tuple[ImageFile, ...] = ()


def record_path(folder: Path, shard: str) -> Path:
    """The file of a shard's record, in a dataset's folder."""
    return folder / RECORD_FOLDER / f"{shard}.json"


def write_record(folder: Path, stored: StoredRecord) -> None:
    """Commits a shard that is on disk already; its record is on disk, too, when this returns.

    Raises:
        OSError: it cannot be written. The folder of records is not created, as it may just have been removed.
    """
    # The image files come last and a line each, so that a person sees the head of a record at once.
    fields = {"plan_id": stored.plan_id, **asdict(stored.record)}
    head = json.dumps(fields, ensure_ascii=False).removesuffix("}")
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in stored.files)
    shard = stored.record.shard
    write_whole(record_path(folder, shard), f'{head}, "files": [\n{rows}\n]}}'.encode(), f"{shard}-")


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
        rows = tuple(map(ImageFile._make, files))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is not a commit record") from error
    if record.shard != shard:
        raise ValueError(f"{path} is the commit record of {record.shard}")
    return StoredRecord(plan_id=plan_id, record=record, files=rows)
