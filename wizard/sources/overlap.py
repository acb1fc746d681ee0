"""Whether a dataset would be written into folders that are read."""

from collections.abc import Collection
from pathlib import Path

from wizard.sources.source import Source
from wizard.sources.split_names import split_of_folder


def overlap(source: Source, output: Path, written: Collection[str]) -> Path | None:
    """The folder, read as raw data, that a dataset would be written into; None where they keep apart.

    Args:
        source: that is read.
        output: the dataset's folder.
        written: names of the folders below it that files are written to; those in it itself do no harm to folders.
    """
    place, root = output.resolve(), source.folder.resolve()
    below = place.relative_to(root).parts if place.is_relative_to(root) else ()
    if any(part.folders for part in source.parts) and any(map(split_of_folder, below)):
        return output  # a folder named as a split would be read as one the next time
    ours = [(place / name).resolve() for name in written]
    for part in source.parts:
        for path in part.folders:
            theirs = path.resolve()
            within = any(folder.is_relative_to(theirs) for folder in (place, *ours))
            if within or any(theirs.is_relative_to(folder) for folder in ours):
                return path
    return None
