"""What is known while the questions are asked: the raw data that was found, the disks, the last profile."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from wizard import profile_store
from wizard.errors import Hint, InputError, SetupError
from wizard.events import Preparing
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.machine.disks import disk_of
from wizard.planning import Job, Report, decide
from wizard.profile import Profile
from wizard.sources.class_counts import ClassCounts, count_splits
from wizard.sources.classes import Classes, are_numbers, as_text, imagenet
from wizard.sources.options import FolderRole, Labels
from wizard.sources.registry import open_source
from wizard.sources.source import Part, Progress, Source, Survey
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.listing import FOLLOW

_LIKELY = (".", "raw-data", "imagenet", "~/imagenet/raw-data", "~/imagenet", "~/data/imagenet", "~/Downloads")
"""Where people keep the archives; looked at for a first default."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What is known while the questions are asked.

    Attributes:
        folder: the raw data's; None before it is known.
        raw: the raw data; None before it is known.
        parts: of it, there or not.
        surveys: what the readable splits of images hold.
        counts: the same images by class.
        follow: whether links that lead out of the folder were followed.
        role: how to read folders that can be read in more than one way, as chosen.
        last: the profile that was saved last; None where there is none.
        names: of the saved profiles.
    """

    folder: Path | None = None
    raw: Source | None = None
    parts: tuple[Part, ...] = ()
    surveys: Mapping[Split, Survey] = field(default_factory=dict)
    counts: Mapping[Split, ClassCounts] = field(default_factory=dict)
    follow: bool = False
    role: FolderRole = "auto"
    last: Profile | None = None
    names: frozenset[str] = frozenset()

    def job(self, profile: Profile) -> Job:
        """What a profile would build from this raw data, which must be known.

        Raises:
            UsageError: it asks for what this raw data cannot give.
        """
        assert self.raw is not None
        return decide(profile, self.raw, self.surveys)

    @property
    def splits(self) -> list[Split]:
        """The splits whose images are there."""
        return [split for split in SPLITS if split in self.surveys]

    def boxes(self, split: Split) -> bool:
        """Whether the bounding boxes of a split are there."""
        there = any(each.kind == "boxes" and each.split == split and each.sound for each in self.parts)
        return there and self.annotatable

    @property
    def reading(self) -> dict[str, str]:
        """How the folder was read, where the person was asked, as a profile says it."""
        links = {"source.links": "follow"} if self.follow else {}
        return links if self.role == "auto" else {**links, "source.folders": self.role}

    @property
    def annotatable(self) -> bool:
        """Whether this form of raw data may have bounding boxes in files beside the images."""
        return self.raw is not None and self.raw.annotatable

    @cached_property
    def classes(self) -> Classes:
        """That the labels of the raw data count in."""
        tables = (survey.table for survey in self.surveys.values())
        return next((table.classes for table in tables if table is not None), imagenet())

    @property
    def escaping_link(self) -> str:
        """Which link leads out of the folder and was not followed, in a sentence; empty where none does."""
        return next((each.problem for each in self.parts if follows_link(each.hint)), "")

    @property
    def from_records(self) -> bool:
        """Whether the raw data are TFRecords."""
        return self.raw is not None and self.raw.form == "example"

    @cached_property
    def labels_ambiguous(self) -> bool:
        """Whether class folders are some of ImageNet's, or numbers, so that there are two possible sets of labels.

        Images that lie in no class's folder say by their names that ImageNet's are meant.
        """
        if self.raw is None or "folders" not in self.raw.label_choices:
            return False
        if self.of_numbers:
            return True
        labelled = [survey for survey in self.surveys.values() if survey.split != "test"]
        if any(map(_named_as_imagenet, labelled)):
            return False
        present = self._present
        return bool(present) and len(present) < len(ranks()) and present <= ranks().keys()

    @cached_property
    def of_numbers(self) -> bool:
        """Whether class folders are numbers, which may be the labels."""
        return self.raw is not None and "numbers" in self.raw.label_choices and are_numbers(self._present)

    @cached_property
    def text_order(self) -> str:
        """How sorting the numbers as text would change the labels; empty if it would not."""
        return as_text(self._present) if self.of_numbers else ""

    @cached_property
    def _present(self) -> set[str]:
        """The classes that have images, not counting test."""
        tables = [survey.table for split, survey in self.surveys.items() if split != "test"]
        some = [table for table in tables if table is not None]
        return {table.classes.names[rank] for table in some for rank in set(table.label.tolist()) if rank >= 0}


def _named_as_imagenet(survey: Survey) -> bool:
    """Whether images are not in class folders, and their names, rather than a list, give their classes."""
    table = survey.table
    if table is None or str(survey.path) not in table.files:
        return False
    row = int(np.flatnonzero(table.file == table.files.index(str(survey.path)))[0])
    return parse_image_name(table.name[row].decode()) is not None


def follows_link(hint: str) -> bool:
    """Whether what a hint proposes is to follow a link out of the raw data's folder."""
    return isinstance(hint, Hint) and FOLLOW in hint.settings


def first_context() -> Context:
    """What is known before the first question."""
    profiles = profile_store.latest_first()
    last = None
    with suppress(SetupError):
        last = profile_store.load(str(profiles[0].path)) if profiles else None
    return Context(last=last, names=frozenset(each.name for each in profiles))


def with_source(
    context: Context,
    folder: Path,
    report: Report,
    labels: Labels = "auto",
    *,
    layout: str = "auto",
    follow: bool = False,
    role: FolderRole = "auto",
) -> Context:
    """The same context with the raw data of a folder, opened and surveyed.

    Args:
        context: what is known.
        folder: where the raw data should be.
        report: told how far the survey is.
        labels: whether the labels of class folders are those of ImageNet or of the folders.
        layout: the form that the raw data must have.
        follow: whether links may lead out of the folder.
        role: how to read folders that can be read in more than one way.

    Raises:
        DoubtfulFolders: there are such folders, and `role` does not settle it.
        InputError: there is no such folder, it cannot be read, or it holds no raw data.
    """
    raw = open_source(folder, layout, labels, follow=follow, role=role)
    parts, surveys = [], {}
    for each in raw.parts:
        part = each
        if each.sound and each.kind == "images":
            try:
                surveys[each.split] = raw.survey(each.split, cache_folder(), _progress(report, each.split))
            except InputError as error:
                part = replace(each, problem=error.what, hint=error.hint)
        parts.append(part)
    return replace(
        context,
        folder=folder,
        raw=raw,
        parts=tuple(parts),
        surveys=surveys,
        counts=count_splits(surveys, cache_folder()),
        follow=follow,
        role=role,
    )


def _progress(report: Report, split: Split) -> Progress:
    return lambda done, total: report(Preparing(step=f"a look at {split}", done=done, total=total))


def likely_source(last: str = "") -> str | None:
    """A folder that holds raw data: the last profile's, else one of the usual places."""
    for place in (*([last] if last else []), *_LIKELY):
        folder = Path(place).expanduser()
        try:
            raw = open_source(folder)
        except (InputError, OSError):
            continue
        # Folders of classes, which nobody has named yet, may be anyone's pictures.
        likely = place == last or raw.annotatable or raw.own_boxes
        if likely and any(each.sound and each.kind == "images" for each in raw.parts):
            return str(folder.absolute()) if place in (".", "raw-data", "imagenet") else place
    return None


def likely_output(folder: Path, name: str = "tfrecords") -> Path:
    """A new folder beside the raw data; elsewhere under the home folder where that disk has more room."""
    beside, home = folder.parent / name, Path.home() / "imagenet" / name
    try:
        return home if disk_of(home).free > 2 * disk_of(beside).free else beside
    except OSError:
        return beside
