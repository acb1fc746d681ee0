"""Index files: a line "offset length" for each frame of a shard, as DALI's tfrecord2idx writes it."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from wizard.commit_record import CommitRecord
from wizard.formats import tfrecord
from wizard.storage import write_whole

INDEX_FOLDER = "idx"
"""Index files carry their shard's name in a folder of their own: a glob of train-* must not find them."""
_TAIL = 64
"""Most bytes that the last line of an index takes."""


def line(offset: int, size: int) -> str:
    """The line of a frame."""
    return f"{offset} {size}\n"


def of_shard(path: Path) -> str:
    """The index of a shard.

    Raises:
        OSError: the shard cannot be read.
        tfrecord.RecordDamage: it cannot be walked.
    """
    with path.open("rb") as file:
        return "".join(line(offset, size) for offset, size in tfrecord.frame_spans(file))


def write_index(folder: Path, shard: str, lines: str) -> None:
    """Writes a shard's index."""
    (folder / INDEX_FOLDER).mkdir(exist_ok=True)
    write_whole(folder / INDEX_FOLDER / shard, lines.encode())


def remove_index(folder: Path, shard: str) -> None:
    """Removes a shard's index, and the folder with the last of them."""
    (folder / INDEX_FOLDER / shard).unlink(missing_ok=True)
    with suppress(OSError):  # it is not there, or something is in it
        (folder / INDEX_FOLDER).rmdir()


def wrong_index(folder: Path, result: CommitRecord, *, asked: bool) -> str:
    """A clause on an index that does not end where its shard does, or that was not requested; empty if all is well."""
    file = f"{INDEX_FOLDER}/{result.shard}"
    if not asked:
        return f"{file} is left of an earlier run" if (folder / file).exists() else ""
    try:
        with (folder / file).open("rb") as index:
            index.seek(max(0, index.seek(0, os.SEEK_END) - _TAIL))
            tail = index.read()
    except OSError:
        return f"{file} is gone"
    last = tail.rstrip(b"\n").rpartition(b"\n")[2].split()
    ends = sum(map(int, last)) if all(map(bytes.isdigit, last)) and tail.endswith(b"\n") else 0
    return "" if ends == result.bytes_out else f"{file} does not match its shard"


def differs(folder: Path, shard: str, path: Path) -> Iterator[str]:
    """A clause if a shard's index is not what `of_shard` gives."""
    file = folder / INDEX_FOLDER / shard
    with suppress(tfrecord.RecordDamage):  # reading the records reports the damage in full
        if not file.is_file() or file.read_text(encoding="ascii", errors="replace") != of_shard(path):
            yield f"its index {file} is missing or does not fit"


def strays(folder: Path, shards: Collection[str]) -> Iterator[tuple[str, str]]:
    """Index files of no shard, each with a clause."""
    for file in sorted((folder / INDEX_FOLDER).glob("*")):
        if file.name not in shards:
            yield f"{INDEX_FOLDER}/{file.name}", "it is the index of no shard of this dataset"
