"""What is to be said of the parts of raw data: which are missed, and whether an output would lie among them."""

from collections.abc import Collection
from pathlib import Path

from wizard.sources.source import Part, Source
from wizard.sources.split_names import split_of_folder


def missed(raw: Source, part: Part) -> bool:
    """Whether a part is not there and a person would want to know it.

    Only the archives have a test split as a rule, and a folder that is that of one split has no others.
    """
    if part.path is not None or part.kind == "boxes":
        return part.path is None and raw.annotatable
    if part.split == "test":
        return raw.layout == "archives"
    return raw.layout != "folders" or raw.folder not in [each.path for each in raw.parts if each.kind == "images"]


def build_only(parts: Collection[Part]) -> str:
    """The end of a hint about a split that cannot be built: which splits can, judging by a first look."""
    sound = ", ".join(f'"{part.split}"' for part in parts if part.kind == "images" and part.sound)
    return f", or build only what is there: --set 'source.splits=[{sound}]'" if sound else ""


def collision(raw: Source, output: Path, written: Collection[str]) -> Path | None:
    """The folder, read as raw data, that a dataset would be written into; None where they keep apart.

    Args:
        raw: that is read.
        output: the dataset's folder.
        written: names of the folders below it that files are written to; those in it itself do no harm to folders.
    """
    place, root = output.resolve(), raw.folder.resolve()
    below = place.relative_to(root).parts if place.is_relative_to(root) else ()
    if raw.layout != "archives" and any(map(split_of_folder, below)):
        return output
    ours = [(place / name).resolve() for name in written]
    for part in raw.parts:
        for path in part.folders:
            theirs = path.resolve()
            within = any(folder.is_relative_to(theirs) for folder in (place, *ours))
            if within or any(theirs.is_relative_to(folder) for folder in ours):
                return path
    return None
