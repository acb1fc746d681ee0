"""Opens raw data of any form."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from wizard.errors import NoRawData, reading
from wizard.sources.folder_contents import describe_folder
from wizard.sources.locate import require_folder
from wizard.sources.options import FolderRole, Labels, SourceOptions
from wizard.sources.registry import SOURCES, SourceForm
from wizard.sources.selected import select
from wizard.sources.selection import EVERYTHING, Selection
from wizard.sources.source import Source
from wizard.sources.source_module import FileModule


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
    """The raw data in a folder, or in a file that is all of it; the other arguments are those of `SourceOptions`.

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
            f"Looked for {', '.join(form.load().LOOKS_LIKE for form in SOURCES.values())}",
        )
    return select(found, options.selection)


def reads_file(path: Path) -> bool:
    """Whether a path is a file that some form reads alone; OSError if it cannot be looked at."""
    return path.is_file() and any(_reads_file(form, path) for form in SOURCES.values())


def _reads_file(form: SourceForm, path: Path) -> bool:
    return form.may_be_a_file and cast(FileModule, form.load()).reads_file(path)


def _recognize(folder: Path, options: SourceOptions) -> Source | None:
    fallback: Source | None = None
    is_file = folder.is_file()
    for name, form in SOURCES.items():
        if options.layout not in ("auto", name) or (is_file and not _reads_file(form, folder)):
            continue
        found = form.load().recognize(folder, options)
        if found is not None and any(part.kind == "images" and part.path for part in found.parts):
            return found
        # Archives of boxes alone may lie beside an extracted tree, so other forms are tried first.
        fallback = fallback or found
    return fallback
