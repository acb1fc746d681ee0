"""Extracted trees, folders of classes, and flat images that carry their class in their name."""

from pathlib import Path
from typing import Literal

from wizard.sources.raw import RawData


def open_folders(folder: Path, labels: Literal["auto", "ilsvrc2012", "folders"], *, follow: bool) -> RawData | None:
    """The raw data of a folder of images; None where it holds none."""
    del folder, labels, follow
    return None
