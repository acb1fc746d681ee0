"""What there is to fetch: names, sizes and MD5s of the official archives, or the MD5s of a mirror's own."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from wizard.errors import UsageError, reading
from wizard.ilsvrc2012.archives import BOXES, DEVKIT, IMAGES, SPLITS

What = Literal["train", "validation", "boxes", "devkit", "test"]
WHATS: tuple[What, ...] = ("train", "validation", "boxes", "devkit", "test")

_SUM = re.compile(r"\\?([0-9a-fA-F]{32}) [ *](.+)")
"""A line of md5sum's: the MD5, a blank, a blank or an asterisk, the name; a leading backslash escapes odd names."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A file to fetch.

    Attributes:
        bytes: its exact size; 0 where that is not published.
        about: its approximate size in bytes.
        md5: in hex.
    """

    name: str
    what: What
    bytes: int
    about: int
    md5: str


def wanted(whats: Collection[What], sums: Mapping[str, str]) -> tuple[Archive, ...]:
    """The files for what is wanted, the smallest first.

    `sums` are MD5s of a mirror's own files by name; a file among them need not have the official size.
    """
    chosen = [archive for archive in _official() if archive.what in whats]
    for place, archive in enumerate(chosen):
        md5 = sums.get(archive.name, archive.md5)
        if md5 != archive.md5:
            chosen[place] = replace(archive, bytes=0, md5=md5)
    return tuple(sorted(chosen, key=lambda archive: archive.about))


def read_sums(path: Path) -> dict[str, str]:
    """MD5s by file name, from a file in the format of md5sum; folders before the names are ignored.

    Raises:
        InputError: it cannot be read.
        UsageError: a line of it is not an MD5 and a name.
    """
    with reading(path):
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _SUM.fullmatch(line.strip())
        if match is None:
            raise UsageError(
                f"{path}, line {number}: {line[:80]!r} is not an MD5 and a name, as md5sum writes them.",
                "Make the file with: md5sum *.tar *.tar.gz *.tgz > FILE",
            )
        sums[match[2].replace("\\", "/").rpartition("/")[2]] = match[1].lower()
    return sums


def _official() -> Iterable[Archive]:
    for split in SPLITS:
        image = IMAGES[split]
        about = image.bytes or image.image_bytes
        yield Archive(name=image.name, what=split, bytes=image.bytes, about=about, md5=image.md5s[image.name])
    for box in BOXES.values():
        yield Archive(name=box.name, what="boxes", bytes=0, about=box.about, md5=box.md5)
    yield Archive(name=DEVKIT.name, what="devkit", bytes=0, about=DEVKIT.about, md5=DEVKIT.md5)
