"""Index files: for each shard a small text beside it, which says where its images lie."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wizard.targets.expected import ShardDamage


@dataclass(frozen=True, kw_only=True)
class IndexFiles:
    """The index files of one form, in a folder of their own: what a trainer takes for a shard must not lie beside them.

    Attributes:
        folder: below the output folder.
        of_shard: gives the index of a shard. It raises OSError, or a ValueError, if the shard cannot be read.
        end: gives the size of the shard in bytes by the last line of its index. It raises ValueError if it cannot.
        tail: most bytes of a line.
    """

    folder: str
    of_shard: Callable[[Path], str]
    end: Callable[[str], int]
    tail: int

    def write(self, output: Path, name: str, lines: str) -> None:
        """Writes an index."""
        from wizard.storage import write_whole

        (output / self.folder).mkdir(exist_ok=True)
        write_whole(output / self.folder / name, lines.encode())

    def remove(self, output: Path, name: str) -> None:
        """Removes an index, and the folder with the last of them."""
        try:
            (output / self.folder / name).unlink()
        except FileNotFoundError:  # an empty folder may be another slice's, which is about to write into it
            return
        with suppress(OSError):  # something is in it
            (output / self.folder).rmdir()

    def restore(self, output: Path, name: str, shard: Path, *, asked: bool) -> None:
        """Writes the index of a shard's file again; removes it if it was not requested, or the shard is gone.

        Raises:
            ShardDamage: the shard cannot be read.
        """
        if not asked or not shard.is_file():
            self.remove(output, name)
            return
        try:
            lines = self.of_shard(shard)
        except (ValueError, OSError) as damage:
            raise ShardDamage(str(damage)) from damage
        self.write(output, name, lines)

    def wrong(self, output: Path, name: str, size: int, *, asked: bool) -> str:
        """A clause on an index that does not end where its shard of `size` bytes does, or that was not requested."""
        file = f"{self.folder}/{name}"
        if not asked:
            return f"{file} is left of an earlier run" if (output / file).exists() else ""
        try:
            with (output / file).open("rb") as index:
                index.seek(max(0, index.seek(0, os.SEEK_END) - self.tail))
                tail = index.read()
        except OSError:
            return f"{file} is gone"
        last = tail.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")
        with suppress(ValueError):
            if self.end(last) == size and (tail.endswith(b"\n") or not tail):
                return ""
        return f"{file} does not match its shard"

    def differs(self, output: Path, name: str, shard: Path) -> Iterator[str]:
        """A clause if an index is not what `of_shard` gives."""
        file = output / self.folder / name
        with suppress(ValueError):  # reading the shard reports the damage in full
            if not file.is_file() or file.read_text(encoding="ascii", errors="replace") != self.of_shard(shard):
                yield f"its index {file} is missing or does not fit"

    def strays(self, output: Path, names: Collection[str]) -> Iterator[tuple[str, str]]:
        """Files in the folder that are none of these, each with a clause."""
        for file in sorted((output / self.folder).glob("*")):
            if file.name not in names:
                yield f"{self.folder}/{file.name}", "it is not the index of a shard of this dataset"
