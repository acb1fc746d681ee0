"""Folders of images as raw data: what all their forms have in common."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import BOXES, SPLITS, Split
from wizard.sources import locate
from wizard.sources.annotations import read_box_folder, read_boxes
from wizard.sources.classes import Classes
from wizard.sources.left_out import in_words
from wizard.sources.parts import build_only
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Layout, Part, Progress, Survey, surveyed, without_sums
from wizard.sources.trees.labelling import Labelling
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList
from wizard.sources.trees.lists.reader import ListedImages
from wizard.sources.trees.sorter import Sorter
from wizard.sources.trees.split_dirs import SplitDir, default_name
from wizard.sources.trees.tables import Folders


@dataclass(kw_only=True, eq=False)
class ImageFolders:
    """A tree of images; see `raw.Source`.

    Attributes:
        folder: that holds it.
        top: the folder, there or below, that holds the folders of splits, or is that of one.
        layout: its form, as a profile names it.
        what: its form in words.
        why: what was seen that says so, in sentences.
        places: where the images of each split lie.
        annotations: the archive, or the folder of XML files, of each split.
        classes: that labels count in.
        bounds: how far links may lead.
        annotatable: whether annotations can be asked for.
        box_names: what the annotations of each split would be called, where they are missing.
        lists: the lists of the splits whose classes come from a list.
    """

    folder: Path
    top: Path
    layout: Layout
    what: str
    why: tuple[str, ...]
    places: Mapping[Split, SplitDir]
    annotations: Mapping[Split, Path]
    classes: Classes
    bounds: Bounds
    annotatable: bool
    box_names: Mapping[Split, str]
    lists: Mapping[Split, ClassList] = field(default_factory=dict)
    own_boxes: bool = False
    parts: tuple[Part, ...] = field(init=False)

    def __post_init__(self) -> None:
        boxes = [self._annotated(split) for split in BOXES] if self.annotatable else []
        self.parts = (*(self._images(split) for split in SPLITS), *boxes)

    def require(self, splits: Collection[Split], boxes: Collection[Split]) -> None:
        """See `Source.require`."""
        _complete(self.top, [self._images(split) for split in splits], build_only(self.parts))
        train = "train" if "train" in self.annotations else "none"
        without = f", or do without their boxes, which classification does not need: --set source.boxes={train}"
        _complete(self.folder, [self._annotated(split) for split in boxes], without)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """See `Source.survey`; every file is looked at."""
        table = self.table(split, cache, progress)
        return surveyed(split, self.places[split].path, table)

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """See `Source.table`; nothing is cached, for a folder does not show that a file in it was written anew."""
        del cache
        self.require([split], [])
        labelling = Labelling(self.classes)
        if split in self.lists:
            listed = ListedImages(split=split, listed=self.lists[split], classes=self.classes, bounds=self.bounds)
            return listed.table(progress)
        reader = Folders(split=split, place=self.places[split], labelling=labelling, bounds=self.bounds, top=self.top)
        return reader.table(progress)

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """See `Source.boxes`."""
        self.require([], [split])
        path = self.annotations[split]
        if path.is_dir():
            return read_box_folder(path, self.bounds, progress)
        return read_boxes(path, cache, progress)

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """See `Source.verify_checksums`: there are no sums."""
        del splits, boxes, cache, step
        raise without_sums(self)

    def _images(self, split: Split) -> Part:
        place = self.places.get(split)
        if place is None:
            return Part(name=default_name(split), kind="images", split=split)
        problem, hint = place.problem, place.hint
        if place.empty and not problem:
            problem = f"{place.path} holds neither images nor class folders.{_lying_in(place.path)}"
            hint = "Unpack its images there"
        first, *more = (piece.path for piece in place.pieces)
        names = [str(path.relative_to(self.top)) if path != self.top else path.name for path in (first, *more)]
        name = f"{names[0]} … {names[-1]}" if more else names[0]
        return Part(name=name, kind="images", split=split, path=first, problem=problem, hint=hint, more=tuple(more))

    def _annotated(self, split: Split) -> Part:
        path = self.annotations.get(split)
        if path is None:
            return Part(name=self.box_names.get(split, f"annotations of {split}"), kind="boxes", split=split)
        problem = hint = ""
        try:
            self.bounds.check(str(path))
            if not path.is_dir():
                with reading(path):
                    locate.sniff(path)
        except InputError as error:
            problem, hint = error.what, error.hint
        return Part(name=path.name, kind="boxes", split=split, path=path, problem=problem, hint=hint)


def _lying_in(folder: Path) -> str:
    sorter = Sorter()
    sorter.leave(str(folder))
    return f" It holds {in_words(sorter.left_out)}." if sorter.left_out else ""


def _complete(folder: Path, parts: Collection[Part], way_out: str) -> None:
    missing = [part.name for part in parts if part.path is None]
    if missing:
        raise InputError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {folder}. "
            f"{locate.contents(folder)}",
            f"Put {'it' if len(missing) == 1 else 'them'} there{way_out}",
        )
    for part in parts:
        if part.problem:
            raise InputError(part.problem, f"{part.hint}{way_out}")
