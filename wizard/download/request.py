"""What to download, from where, and where to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.download.archives import What

Origin = Literal["archives", "kaggle", "huggingface"]
"""The archives of image-net.org or a mirror; or one of the two hubs, through its own client."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A download as the person wants it.

    Attributes:
        origin: where the files come from.
        base: the address of the folder that has the archives; used only with origin archives.
        folder: where the files go.
        what: which of them; Kaggle delivers all at once.
        checksums: MD5s of a mirror's own files, as md5sum writes them; None for the official ones.
        cookies: a browser's cookies.txt; None where there is none.
        connections: to one file at a time.
    """

    origin: Origin
    base: str
    folder: Path
    what: tuple[What, ...]
    checksums: Path | None = None
    cookies: Path | None = None
    connections: int = 1
