"""Images that look like copies of others by name, as file managers and browsers name them."""

import re
from dataclasses import dataclass

from wizard.sources.samples import SampleTable
from wizard.sources.trees.official_names import said

_TOKENS = (b"(", b"~", b"cop", b"kop", b"g.")
"""One is in every name that `_COPY` fits; looked for in all names at once, which takes no time to speak of."""
_WORD = r"(?:copy|copie|copia|kopie)"
_COPY = re.compile(
    rf"""(?P<stem>.+?)
    (?: \ ?\(\d+\)                                      # x (1).jpg: Windows, Chrome; x(1).jpg: Firefox
    |   \ \((?:another\ |\d+(?:st|nd|rd|th)\ )?{_WORD}(?:\ \d+)?\)          # x (copy).jpg, x (3rd copy).jpg: GNOME
    |   (?:\ -\ |[ ._-]){_WORD}(?:\ \d+|\ ?\(\d+\))?    # x copy 2.jpg: macOS; x - Copy (2).jpg: Windows
    |   ~\d+                                            # x~1.jpg: Android
    )(?P<suffix>\.\w+)?
    | {_WORD}\ (?:\(\d+\)\ )?(?:of|von|de|di)\ (?P<rest>.+)                 # Copy of x.jpg: Google Drive, Windows XP
    | (?P<fetched>.+\.(?:jpe?g|png))\.\d+               # x.jpg.1: wget""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Copies:
    """What looks like copies: how many images, and one of them with its original, by their names."""

    count: int
    copy: str
    original: str

    def __str__(self) -> str:
        """As the end of a sentence about a split."""
        if self.count == 1:
            return f"1 image looks like a copy of another by name: {self.copy} of {self.original}"
        return f"{self.count:,} images look like copies of others by name, as {self.copy} of {self.original}"


def original_name(base: str) -> str:
    """The name of the file that a file was copied from, by its own name; empty where that says nothing of a copy.

    >>> original_name("x (1).JPEG"), original_name("x - Copy.jpg"), original_name("x.jpg")
    ('x.JPEG', 'x.jpg', '')
    """
    match = _COPY.fullmatch(base)
    if match is None:
        return ""
    return match["rest"] or match["fetched"] or match["stem"] + (match["suffix"] or "")


def copies(table: SampleTable) -> Copies | None:
    """The images of a split whose names are those of copies of images beside them; None where there are none."""
    names = table.name.tolist()
    joined = b"\n".join(names).lower()
    if not any(token in joined for token in _TOKENS):
        return None
    there: frozenset[bytes] | None = None
    found: list[tuple[str, str]] = []
    for name in map(bytes.decode, names):
        folder, cut, base = name.rpartition("/")
        original = original_name(base)
        if not original:
            continue
        there = there or frozenset(names)
        spoken = said(original)
        for other in (folder + cut + original, *([spoken.name] if spoken else [])):
            if other.encode() in there:
                found.append((name, other))
                break
    return Copies(len(found), *found[0]) if found else None
