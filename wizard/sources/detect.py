"""What lies in a folder of raw data: each official archive, there or missing, sound at first sight or not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import BOXES, IMAGES, SPLITS, Split
from wizard.sources.locate import require_folder, sniff


@dataclass(frozen=True, kw_only=True)
class Found:
    """One of the official archives.

    Attributes:
        name: its official file name.
        kind: what it holds.
        split: of which split.
        path: where it lies; None where it is missing.
        bytes: its size; 0 where it is missing.
        problem: what is wrong with it at first sight, in sentences; empty where nothing is.
        hint: what to do about that.
    """

    name: str
    kind: Literal["images", "boxes"]
    split: Split
    path: Path | None = None
    bytes: int = 0
    problem: str = ""
    hint: str = ""

    @property
    def sound(self) -> bool:
        """Whether it is there and nothing is wrong with it at first sight."""
        return self.path is not None and not self.problem


def detect(folder: Path) -> list[Found]:
    """The archives of images, then those of boxes, each whether there or not.

    Raises:
        InputError: there is no such folder, or it cannot be looked into.
    """
    with reading(folder):
        require_folder(folder)
        there = {entry.name for entry in folder.iterdir()}
    images = [_look(folder, there, (IMAGES[split].name,), "images", split) for split in SPLITS]
    return images + [_look(folder, there, BOXES[split].names, "boxes", split) for split in SPLITS]


def _look(
    folder: Path, there: set[str], names: tuple[str, ...], kind: Literal["images", "boxes"], split: Split
) -> Found:
    name = next((name for name in names if name in there), None)
    if name is None:
        return Found(name=names[0], kind=kind, split=split)
    path = folder / name
    problem = hint = ""
    size = 0
    try:
        with reading(path):
            size = path.stat().st_size
            sniff(path)
    except InputError as error:
        problem, hint = error.what, error.hint
    return Found(name=names[0], kind=kind, split=split, path=path, bytes=size, problem=problem, hint=hint)
