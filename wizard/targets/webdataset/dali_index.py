"""DALI's index of a shard, as its wds2idx.py writes it: `v1.2 N`, then a line of `ext offset size name` … a sample.

Source: DALI 2.4 (`tools/wds2idx.py`, `webdataset_loader.cc`). A name there ends at the first space; no key has one.
"""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from wizard.formats.padding import BLOCK, END
from wizard.targets.index_files import IndexFiles

INDEX_FOLDER = "__index__"
"""Hugging Face's `datasets` passes over folders that begin so; elsewhere it would read an index of train as a shard."""
SUFFIX = ".idx"
_VERSION = "v1.2"
_TAIL = 1 << 10

Place = tuple[str, int, int]
"""A member's name, and the offset and size of its content in bytes."""


def index_name(file: str) -> str:
    """The name of the index of a shard's file."""
    return Path(file).stem + SUFFIX


def index_of(samples: Iterable[Iterable[Place]]) -> str:
    """The index of a shard with these samples."""
    lines = [" ".join(f"{name.partition('.')[2]} {at} {size} {name}" for name, at, size in each) for each in samples]
    return "".join(f"{line}\n" for line in (f"{_VERSION} {len(lines)}", *lines))


def places(members: Iterable[tuple[str, bytes]], offset: int) -> list[Place]:
    """Where members lie whose first header is at an offset."""
    found = []
    for name, content in members:
        found.append((name, offset + BLOCK, len(content)))
        offset = _end(offset + BLOCK, len(content))
    return found


def _end(offset: int, size: int) -> int:
    return offset + -(-size // BLOCK) * BLOCK


def _of_shard(path: Path) -> str:
    from wizard.formats import tar

    with path.open("rb") as file:
        members = [(member.name, member.offset, member.size) for member in tar.members(file)]
    return index_of(map(list, (each for _, each in groupby(members, key=lambda member: member[0].partition(".")[0]))))


def _end_of_shard(line: str) -> int:
    if line == f"{_VERSION} 0":
        return len(END)
    *_, offset, size, _ = line.split(" ")
    return _end(int(offset), int(size)) + len(END)


FILES = IndexFiles(folder=INDEX_FOLDER, of_shard=_of_shard, end=_end_of_shard, tail=_TAIL)
"""The index files of a dataset."""
