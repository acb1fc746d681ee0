"""Where annotations lie beside folders of images."""

from collections.abc import Mapping
from pathlib import Path

from wizard.errors import reading
from wizard.ilsvrc2012.archives import BOXES, Split

FOLDERS: dict[Split, tuple[str, ...]] = {
    "train": ("bbox_train", "bounding_boxes/train", "bounding_boxes"),
    "validation": ("bbox_val", "bounding_boxes/val", "bounding_boxes/validation"),
}
"""Names of folders that extracted annotations are met in."""
NAMES: Mapping[Split, str] = {split: f"bbox_{'val' if split == 'validation' else split}/" for split in BOXES}


def annotations(top: Path) -> dict[Split, Path]:
    """The folder, or else the archive, of annotations of each split that lies in a folder.

    Raises:
        InputError: the folder cannot be looked into.
    """
    found = {}
    for split, names in FOLDERS.items():
        with reading(top):
            folders = [top / name for name in names if _has_annotations(top / name)]
            archives = [top / name for name in BOXES[split].names if (top / name).is_file()]
        if folders or archives:
            found[split] = [*folders, *archives][0]
    return found


def _has_annotations(folder: Path) -> bool:
    return folder.is_dir() and any(entry.is_dir() or entry.suffix == ".xml" for entry in folder.iterdir())
