"""Counts what a command reads of some folders, and makes seeks as slow as a disk's; `reads.c` says what a seek is."""

import os
import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

Seek = Literal["strict", "skip", "head"]
SEEKS: tuple[Seek, ...] = ("strict", "skip", "head")

_SOURCE = Path(__file__).with_name("reads.c")
_ROOT = struct.Struct("=6Q")
_ROOTS = 4
_SIZE = _ROOTS * _ROOT.size + 3 * 8


@dataclass(frozen=True)
class Reads:
    """What was read of the files below a folder.

    Attributes:
        reads: calls.
        bytes: that they returned.
        strict, skip, head: seeks, in each of the three ways to understand that.
        mapped: bytes of files that were mapped; how these were read cannot be seen.
    """

    reads: int = 0
    bytes: int = 0
    strict: int = 0
    skip: int = 0
    head: int = 0
    mapped: int = 0

    def __sub__(self, before: "Reads") -> "Reads":
        return Reads(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(before), strict=True)))

    def seeks(self, kind: Seek) -> int:
        """Their number, understood in one way."""
        return int(getattr(self, kind))


@dataclass(frozen=True)
class Shim:
    """A library that is loaded into a command and its children.

    Attributes:
        library: the compiled one.
        counts: the file that processes count in.
        roots: folders that are watched, at most 4.
    """

    library: Path
    counts: Path
    roots: Sequence[Path]

    def env(self, seek: Seek = "strict", delay: float = 0.0, slow: int = _ROOTS) -> Mapping[str, str]:
        """Environment of a command that is watched, from zero on.

        Args:
            seek: what a seek is.
            delay: seconds that each takes.
            slow: how many of the roots are on the slow disk, from the first on.
        """
        self.counts.write_bytes(bytes(_SIZE))
        return {
            "LD_PRELOAD": str(self.library),
            "READS_ROOTS": ":".join(str(root.resolve()) for root in self.roots),
            "READS_COUNTS": str(self.counts),
            "READS_SEEK": seek,
            "READS_SLOW": str(slow),
            "READS_DELAY_US": str(round(delay * 1e6)),
        }

    def look(self) -> list[Reads]:
        """What has been read of each root so far."""
        counted = self.counts.read_bytes()
        return [Reads(*_ROOT.unpack_from(counted, place * _ROOT.size)) for place in range(len(self.roots))]


def compiler() -> str | None:
    """The system's C compiler, if it has one."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def watching(*roots: Path, work: Path) -> Shim:
    """Compiles the library into a folder.

    Raises:
        SystemExit: there is no C compiler.
    """
    found = compiler()
    if found is None or not Path("/proc/self/fd").exists():
        raise SystemExit("Reads are counted by a small library in C: that needs Linux, and cc, gcc or clang.")
    library = work / "reads.so"
    subprocess.run(
        [found, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl", "-lpthread"],
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    return Shim(library=library, counts=work / "reads.counts", roots=roots)
