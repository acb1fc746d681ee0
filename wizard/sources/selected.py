"""A source as a profile selects from it: without small classes, with a part of train as validation."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from wizard.errors import UsageError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.samples import SampleTable, SelectionNote
from wizard.sources.selection import Selection
from wizard.sources.source import BoxTable, Kind, Part, Progress, Source, Survey, differences, surveyed
from wizard.sources.subsets import ClassFilter, frequent_classes, split_train

_SUBSET = "Fine if a subset of ImageNet is intended"


def select(source: Source, selection: Selection) -> Source:
    """The source as selected; the source itself if nothing is.

    Raises:
        UsageError: there is no train to select from, or there is a validation split already.
    """
    if not selection:
        return source
    if not _has(source, "train"):
        raise UsageError(
            f"{selection.setting} is about the images of train, of which {source.folder} has none.",
            "Leave it out, or give the folder that holds train",
        )
    if selection.holdout and _has(source, "validation"):
        where = next(part.path for part in source.parts if part.kind == "images" and part.split == "validation")
        raise UsageError(
            f"{selection.setting} makes validation from images of train, but there is one already: {where}.",
            "Leave source.holdout out",
        )
    return Selected(source, selection)


def lacks_validation(source: Source) -> bool:
    """Whether a source has train but no validation of its own, so that images can be held out."""
    own = source.origin if isinstance(source, Selected) else source
    return _has(own, "train") and not _has(own, "validation")


def _has(source: Source, split: Split) -> bool:
    return any(part.kind == "images" and part.split == split and part.path is not None for part in source.parts)


class Selected(Source):
    """A selection of another source, whose tables are read once.

    Attributes:
        origin: the source that it is a selection of.
    """

    def __init__(self, origin: Source, selection: Selection) -> None:
        self.origin = origin
        self.folder = origin.folder
        self.what = origin.what
        self.why = origin.why
        self.form = origin.form
        self.official = origin.official
        self.inferred = origin.inferred
        self.label_choices = origin.label_choices
        self.labels_are = origin.labels_are
        self.own_boxes = origin.own_boxes
        self.annotatable = origin.annotatable
        self._selection = selection
        self._surveys: dict[Split, Survey] = {}
        self._tables: dict[Split, SampleTable] = {}
        self._filter: ClassFilter | None = None
        self.parts = tuple(self._with_held_out(origin.parts) if selection.holdout else origin.parts)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """Images are counted as selected; the archive that holds them, if there is one, is that of the origin."""
        table = self.table(split, cache, progress)
        found = self._surveys[self._origin_of(split)]
        return replace(surveyed(split, found.path, table), shards=found.shards, md5=found.md5, verified=found.verified)

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """The selected images; of train, both parts are made at once."""
        if split not in self._tables and "train" not in self._tables:
            self._read_train(cache, progress)
        if split not in self._tables:
            table = self._read(split, cache, progress)
            self._tables[split] = self._filter.apply(table) if self._filter else table
        return self._tables[split]

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """The boxes of held-out images are those of train."""
        return self.origin.boxes(self._origin_of(split), cache, progress)

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """Sums of the origin's archives."""
        return self.origin.verify_checksums(self._origins_of(splits), self._origins_of(boxes), cache, step)

    def _where(self, kind: Kind) -> Path:
        return self.origin._where(kind)

    def _read_train(self, cache: Path, progress: Progress) -> None:
        train = self._read("train", cache, progress)
        if self._selection.min_images:
            self._filter, note = frequent_classes(train, self._selection.min_images)
            train = self._filter.apply(train)
            train = replace(train, selection=(*train.selection, note))
        if self._selection.holdout:
            train, self._tables["validation"] = split_train(train, self._selection.holdout)
        self._tables["train"] = train

    def _read(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """The origin's table, with notes on what it lacks before anything is selected."""
        survey = self.origin.survey(split, cache, progress)
        table = survey.table
        if table is None:
            table = self.origin.table(split, cache, progress)
        self._surveys[split] = replace(survey, table=None)
        missing = (SelectionNote(f"before the selection, {text}", _SUBSET) for text in differences(table, split))
        return replace(table, selection=tuple(missing))

    def _origin_of(self, split: Split) -> Split:
        return "train" if split == "validation" and self._selection.holdout else split

    def _origins_of(self, splits: Collection[Split]) -> list[Split]:
        return list(dict.fromkeys(map(self._origin_of, splits)))

    def _with_held_out(self, parts: Collection[Part]) -> Iterator[Part]:
        for part in parts:
            if part.split != "validation":
                yield part
            if part.split == "train":
                yield replace(part, name=f"{part.name}, held out", split="validation", expected=False)
