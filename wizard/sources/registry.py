"""The forms of raw data that can be read: name -> module. A new one needs a module and a line in `SOURCES`.

Only this module imports them; everyone else knows a source by its Protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from wizard.errors import NoRawData, reading
from wizard.sources.archives import official
from wizard.sources.folder_contents import describe_folder
from wizard.sources.likely import Likely
from wizard.sources.locate import require_folder
from wizard.sources.options import FolderRole, Labels, SourceOptions
from wizard.sources.parquet import dataset as parquet
from wizard.sources.records import tfrecords
from wizard.sources.selected import select
from wizard.sources.selection import EVERYTHING, Selection
from wizard.sources.source import Source
from wizard.sources.tfds import dataset as tfds
from wizard.sources.trees import folders, kaggle, packed
from wizard.sources.webdataset import webdataset


class SourceModule(Protocol):
    """What the module of a form provides.

    It may have `LIKELY`, a tuple of `Likely`, by which the search on this machine finds such raw data.

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


SOURCES: dict[str, SourceModule] = {
    "kaggle": kaggle,
    "archives": official,
    "webdataset": webdataset,
    "tfds": tfds,
    "tfrecords": tfrecords,
    "parquet": parquet,
    "packed": packed,
    "folders": folders,
}
"""In the order in which they are tried: almost any folder of images may be one of class folders, so these come last."""


class FileModule(SourceModule, Protocol):
    """What the module of a form provides whose raw data may be a single file, which `recognize` then gets."""

    def reads_file(self, path: Path) -> bool:
        """Whether a file is named as one of this form."""


FILES: dict[str, FileModule] = {"webdataset": webdataset, "parquet": parquet, "packed": packed}


def layouts() -> tuple[str, ...]:
    """What `source.layout` may be."""
    return ("auto", *sorted(SOURCES))


def likely() -> tuple[Likely, ...]:
    """How raw data of all forms looks by names alone, in the order of `SOURCES`."""
    found: list[Likely] = []
    for module in SOURCES.values():
        found += getattr(module, "LIKELY", ())
    return tuple(found)


def open_source(
    folder: Path,
    layout: str = "auto",
    labels: Labels = "auto",
    *,
    follow: bool = False,
    role: FolderRole = "auto",
    selection: Selection = EVERYTHING,
    progress: Callable[[int, int], None] | None = None,
) -> Source:
    """The raw data in a folder, or in a file of one of `FILES`; its other arguments are those of `SourceOptions`.

    Raises:
        DoubtfulFolders: its folders can be read in more than one way, and `role` does not settle it.
        NoRawData: there is no such folder, or it holds none of the forms.
        InputError: it cannot be looked into, or read.
        UsageError: it has not what `selection` is about.
    """
    options = SourceOptions(layout=layout, labels=labels, follow=follow, role=role, selection=selection)
    if progress is not None:
        options = replace(options, progress=progress)
    with reading(folder):
        if not reads_file(folder):
            require_folder(folder)
        found = _recognize(folder, options)
    if found is None:
        asked = f" as source.layout = {layout!r} asks" if layout != "auto" else ""
        raise NoRawData(
            f"{folder} holds no raw data that this program knows{asked}. {describe_folder(folder)}",
            f"Looked for {', '.join(module.LOOKS_LIKE for module in SOURCES.values())}",
        )
    return select(found, options.selection)


def reads_file(path: Path) -> bool:
    """Whether a path is a file that some form reads alone; OSError if it cannot be looked at."""
    return path.is_file() and any(module.reads_file(path) for module in FILES.values())


def _recognize(folder: Path, options: SourceOptions) -> Source | None:
    fallback: Source | None = None
    modules: Mapping[str, SourceModule] = SOURCES
    if folder.is_file():
        modules = {name: module for name, module in FILES.items() if module.reads_file(folder)}
    for name, module in modules.items():
        if options.layout not in ("auto", name):
            continue
        found = module.recognize(folder, options)
        if found is not None and any(part.kind == "images" and part.path for part in found.parts):
            return found
        # Archives of boxes alone may lie beside an extracted tree, so other forms are tried first.
        fallback = fallback or found
    return fallback
