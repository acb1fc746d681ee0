"""SourceModule: what the module of a form of raw data gives to the rest of the package."""

from pathlib import Path
from typing import Protocol

from wizard.sources.options import SourceOptions
from wizard.sources.source import Source


class SourceModule(Protocol):
    """What the module of a form provides.

    Attributes:
        LOOKS_LIKE: what such raw data looks like, for a person whose folder holds none.
    """

    LOOKS_LIKE: str

    def recognize(self, folder: Path, options: SourceOptions) -> Source | None:
        """The raw data of a folder; None if it is not of this form. Files are opened for their first bytes at most.

        An archive of a tree is the exception: it has to be indexed to see what it holds.

        Raises:
            DoubtfulFolders: its folders can be read in more than one way, and `options.role` does not settle it.
            InputError: it is of this form, but cannot be read.
            OSError: the folder cannot be looked into.
        """


class FileModule(SourceModule, Protocol):
    """What the module of a form provides whose raw data may be a single file, which `recognize` then gets."""

    def reads_file(self, path: Path) -> bool:
        """Whether a file is named as one of this form."""
