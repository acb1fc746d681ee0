"""Index files: a line "offset length" for each frame of a shard, as DALI's tfrecord2idx writes it."""

from pathlib import Path

from wizard.targets.index_files import IndexFiles

INDEX_FOLDER = "idx"
"""Index files carry their shard's name in a folder of their own: a glob of train-* must not find them."""
_TAIL = 64


def line(offset: int, size: int) -> str:
    """The line of a frame."""
    return f"{offset} {size}\n"


def _of_shard(path: Path) -> str:
    from wizard.formats import tfrecord

    with path.open("rb") as file:
        return "".join(line(offset, size) for offset, size in tfrecord.frame_spans(file))


def _end_of_shard(last: str) -> int:
    offset, size = last.split() if last else ("0", "0")
    return int(offset) + int(size)


FILES = IndexFiles(folder=INDEX_FOLDER, of_shard=_of_shard, end=_end_of_shard, tail=_TAIL)
"""The index files of a dataset."""
