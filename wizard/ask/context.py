"""What is known while the questions are asked: the raw data that was found, the disks, the last profile."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import profile_files, profile_store
from wizard.errors import Hint, InputError, SetupError
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.machine.disks import disk_of
from wizard.profile import Profile
from wizard.sources.classes import Classes, are_numbers, imagenet
from wizard.sources.options import FOLLOW, SourceOptions

# What opens raw data, and decides about a build from it, is imported where it is used: the first question is put before
# any is named.
if TYPE_CHECKING:
    from wizard.planning import Job, Report
    from wizard.sources.class_counts import ClassCounts
    from wizard.sources.source import Part, Source, Survey

_USUAL = Profile.model_validate({"source": {"path": "raw"}, "image": {"resize": "shortest"}, "output": {"path": "out"}})
_AS_IT_IS = SourceOptions()


@dataclass(frozen=True, kw_only=True)
class Context:
    """What is known while the questions are asked.

    Attributes:
        folder: the raw data's; None, as `raw`, before it is known.
        surveys: what the readable splits of images hold.
        counts: the same images by class.
        options: how the folder was read.
        last: the profile that was saved last; None where there is none.
        names: of the saved profiles.
    """

    folder: Path | None = None
    raw: "Source | None" = None
    parts: "tuple[Part, ...]" = ()
    surveys: "Mapping[Split, Survey]" = field(default_factory=dict)
    counts: "Mapping[Split, ClassCounts]" = field(default_factory=dict)
    options: SourceOptions = _AS_IT_IS
    last: Profile | None = None
    names: frozenset[str] = frozenset()

    @property
    def usual(self) -> Profile:
        """The last profile, else a default one, whose paths mean nothing."""
        return self.last or _USUAL

    def job(self, profile: Profile) -> "Job":
        """What a profile would build from this raw data, which must be known.

        Raises:
            UsageError: it asks for what this raw data cannot give.
        """
        from wizard.planning import decide

        assert self.raw is not None
        return decide(profile, self.raw, self.surveys)

    @property
    def splits(self) -> list[Split]:
        """The splits whose images are there."""
        return [split for split in SPLITS if split in self.surveys]

    @property
    def unreadable(self) -> list[Split]:
        """The splits whose images are there but cannot be read, such as an incomplete set of files.

        Without those behind a link that the person did not want to be followed.
        """
        images = [each for each in self.parts if each.kind == "images" and each.path is not None]
        return [each.split for each in images if each.problem and not follows_link(each.hint)]

    def boxes(self, split: Split) -> bool:
        """Whether the bounding boxes of a split are there, in files beside the images."""
        there = any(each.kind == "boxes" and each.split == split and each.sound for each in self.parts)
        return there and self.raw is not None and self.raw.annotatable

    @property
    def reading(self) -> dict[str, str]:
        """How the folder was read, where the person was asked, as a profile says it."""
        links = {"source.links": "follow"} if self.options.follow else {}
        return links if self.options.role == "auto" else {**links, "source.folders": self.options.role}

    @cached_property
    def classes(self) -> Classes:
        """The classes of the raw data."""
        tables = (survey.table for survey in self.surveys.values())
        return next((table.classes for table in tables if table is not None), imagenet())

    @property
    def lacks_validation(self) -> bool:
        """Whether there is no validation but what may be held out of train."""
        from wizard.sources.selected import lacks_validation

        return self.raw is not None and "train" in self.surveys and lacks_validation(self.raw)

    @property
    def escaping_link(self) -> str:
        """Which link leads out of the folder and was not followed, in a sentence; empty where none does."""
        return next((each.problem for each in self.parts if follows_link(each.hint)), "")

    @property
    def from_records(self) -> bool:
        """Whether the raw data are TFRecords."""
        return self.raw is not None and self.raw.form == "example"

    @cached_property
    def classes_in_doubt(self) -> frozenset[str]:
        """Class folders with two possible sets of labels; empty where there is one."""
        from wizard.sources.labels_in_doubt import classes_in_doubt

        return frozenset() if self.raw is None else classes_in_doubt(self.raw, self.surveys)

    @property
    def of_numbers(self) -> bool:
        """Whether class folders are numbers, which may be the labels."""
        return are_numbers(self.classes_in_doubt)


def follows_link(hint: str) -> bool:
    """Whether what a hint proposes is to follow a link out of the raw data's folder."""
    return isinstance(hint, Hint) and FOLLOW in hint.settings


def first_context() -> Context:
    """What is known before the first question."""
    profiles = profile_files.latest_first()
    last = None
    with suppress(SetupError):  # an invalid profile only costs its defaults
        last = profile_store.load(str(profiles[0].path)) if profiles else None
    return Context(last=last, names=frozenset(each.name for each in profiles))


def with_source(context: Context, folder: Path, report: "Report", options: SourceOptions = _AS_IT_IS) -> Context:
    """The same context with the raw data of a folder, opened and surveyed.

    Raises:
        DoubtfulFolders: it can be read in more than one way, and `options` do not settle it.
        InputError: there is no such folder, it cannot be read, or it holds no raw data.
        UsageError: it has not what the options select from.
    """
    from wizard.planning import step
    from wizard.sources.class_counts import count_splits
    from wizard.sources.opening import open_source

    raw = open_source(
        folder,
        options.layout,
        options.labels,
        follow=options.follow,
        role=options.role,
        selection=options.selection,
        progress=step(report, "the archive's index"),
    )
    parts, surveys = [], {}
    for each in raw.parts:
        part = each
        if each.sound and each.kind == "images":
            try:
                surveys[each.split] = raw.survey(each.split, cache_folder(), step(report, f"a look at {each.split}"))
            except InputError as error:  # the other splits may still be built
                part = replace(each, problem=error.what, hint=error.hint)
        parts.append(part)
    counts = count_splits(surveys, cache_folder())
    return replace(context, folder=folder, raw=raw, parts=tuple(parts), surveys=surveys, counts=counts, options=options)


def likely_output(folder: Path, name: str = "tfrecords") -> Path:
    """A new folder beside the raw data; elsewhere under the home folder where that disk has more room."""
    beside, home = folder.parent / name, Path.home() / "imagenet" / name
    try:
        # The person chose the disk of the raw data, so another one must have much more room to be proposed.
        return home if disk_of(home).free > 2 * disk_of(beside).free else beside
    except OSError:
        return beside
