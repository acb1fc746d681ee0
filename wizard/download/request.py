"""What a person wants to have fetched, from where, and where to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.download.archives import What

Origin = Literal["archives", "kaggle", "huggingface"]
"""The archives of image-net.org or a mirror; or one of the two hubs, through its own client."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A download, as it was asked for.

    Attributes:
        origin: from whom.
        base: the address of the folder that holds the archives; used with origin archives alone.
        folder: where the files go.
        what: which of them; Kaggle hands out all at once.
        checksums: MD5s of a mirror's own files, as md5sum writes them; None where the official ones hold.
    """

    origin: Origin
    base: str
    folder: Path
    what: tuple[What, ...]
    checksums: Path | None = None
