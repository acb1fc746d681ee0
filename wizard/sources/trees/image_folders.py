"""Folders of images as raw data: what all their forms have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import BOXES, SPLITS, Split
from wizard.sources import locate
from wizard.sources.annotations import read_box_folder, read_boxes
from wizard.sources.classes import Classes
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.located import located
from wizard.sources.options import Labels
from wizard.sources.remarks import in_words
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Kind, Part, Progress, Source
from wizard.sources.trees.find_splits import Found
from wizard.sources.trees.labeling import Labeling
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.reader import read_listed
from wizard.sources.trees.sorter import Sorter
from wizard.sources.trees.tables import Folders

_NAMES: Mapping[Split, str] = {"train": "train", "validation": "val", "test": "test"}  # as most people's folders


@dataclass(kw_only=True, eq=False)
class ImageFolders(Source):
    """A tree of images.

    Attributes:
        found: its splits, in `folder` or below.
        annotations: the archive, or the folder of XML files, of each split.
        classes: that labels count in.
        box_names: what the annotations of each split would be called, where they are missing.
    """

    folder: Path
    what: str
    why: tuple[str, ...]
    found: Found
    annotations: Mapping[Split, Path]
    classes: Classes
    bounds: Bounds
    annotatable: bool
    box_names: Mapping[Split, str]
    label_choices: tuple[Labels, ...] = ("auto", "ilsvrc2012", "folders", "numbers")
    parts: tuple[Part, ...] = field(init=False)

    def __post_init__(self) -> None:
        boxes = [self._annotated(split) for split in BOXES] if self.annotatable else []
        self.parts = (*(self._images(split) for split in SPLITS), *boxes)

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """Every file is looked at. Nothing is cached: a folder does not show that a file in it was written again."""
        del cache
        self.require([split], [])
        if split in self.found.lists:
            return located(read_listed(split, self.found.lists[split], self.classes, self.bounds, progress))
        folders = Folders(
            split=split,
            split_dir=self.found.split_dirs[split],
            labeling=Labeling(self.classes),
            bounds=self.bounds,
            top=self.found.top,
        )
        return located(folders.table(progress))

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """The boxes of a folder or an archive of annotations."""
        path = self.path("boxes", split)
        if filesystem.is_dir(path):
            return read_box_folder(path, self.bounds, progress)
        return read_boxes(path, cache, progress)

    def _where(self, kind: Kind) -> Path:
        return self.found.top if kind == "images" else self.folder

    def _images(self, split: Split) -> Part:
        split_dir = self.found.split_dirs.get(split)
        if split_dir is None:
            given = self.folder in [each.pieces[0].path for each in self.found.split_dirs.values()]
            return Part(name=_NAMES[split], kind="images", split=split, expected=split != "test" and not given)
        if split_dir.empty:
            sorter = Sorter()
            sorter.leave(str(split_dir.path))
            held = f" It holds {in_words(sorter.left_out)}." if sorter.left_out else ""
            split_dir = split_dir.refused(
                f"{split_dir.path} holds neither images nor class folders.{held}", "Unpack its images there"
            )
        first, *more = (piece.path for piece in split_dir.pieces)
        top = self.found.top
        names = [str(path.relative_to(top)) if path != top else path.name for path in (first, *more)]
        return Part(
            name=f"{names[0]} … {names[-1]}" if more else names[0],
            kind="images",
            split=split,
            path=first,
            problem=split_dir.problem,
            hint=split_dir.hint,
            more=tuple(more),
        )

    def _annotated(self, split: Split) -> Part:
        path = self.annotations.get(split)
        if path is None:
            return Part(name=self.box_names[split], kind="boxes", split=split)
        problem = hint = ""
        try:
            self.bounds.check(str(path))
            if not filesystem.is_dir(path):
                with reading(path):
                    locate.sniff(path)
        except InputError as error:
            problem, hint = error.what, error.hint
        return Part(name=path.name, kind="boxes", split=split, path=path, problem=problem, hint=hint)
