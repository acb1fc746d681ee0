"""What the answers' defaults come from: the raw data that was found, the disks, the last profile."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from wizard import saved
from wizard.engine.events import Preparing
from wizard.errors import InputError, SetupError
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.preflight.machine import disk
from wizard.prepare import Report
from wizard.profile import Profile
from wizard.sources.archives import Progress
from wizard.sources.detect import Found, detect
from wizard.sources.survey import Survey, survey

_LIKELY = (".", "raw-data", "imagenet", "~/imagenet/raw-data", "~/imagenet", "~/data/imagenet", "~/Downloads")
"""Where people keep the archives; looked at for a first default."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known while the questions are asked.

    Attributes:
        folder: the raw data's; None before it is known.
        found: the official archives, there or not.
        surveys: what the sound ones of images hold.
        last: the profile that was saved last; None where there is none.
        names: of the saved profiles.
    """

    folder: Path | None = None
    found: tuple[Found, ...] = ()
    surveys: Mapping[Split, Survey] = field(default_factory=dict)
    last: Profile | None = None
    names: frozenset[str] = frozenset()

    @property
    def splits(self) -> list[Split]:
        """The splits whose images are there."""
        return [split for split in SPLITS if split in self.surveys]

    def boxes(self, split: Split) -> bool:
        """Whether the bounding boxes of a split are there."""
        return any(each.kind == "boxes" and each.split == split and each.sound for each in self.found)


def first_facts() -> Facts:
    """What is known before the first question."""
    profiles = saved.latest_first()
    last = None
    with suppress(SetupError):
        last = saved.load(str(profiles[0].path)) if profiles else None
    return Facts(last=last, names=frozenset(each.name for each in profiles))


def look(facts: Facts, folder: Path, report: Report) -> Facts:
    """The same facts with those of a folder of raw data.

    Args:
        facts: what is known.
        folder: where the raw data should be.
        report: told how far the reading of headers is.

    Raises:
        InputError: there is no such folder, or it cannot be looked into.
    """
    found, surveys = [], {}
    for each in detect(folder):
        seen = each
        if each.sound and each.path is not None and each.kind == "images":
            try:
                surveys[each.split] = survey(each.path, each.split, cache_folder(), _progress(report, each.path.name))
            except InputError as error:
                seen = replace(each, problem=error.what, hint=error.hint)
        found.append(seen)
    return replace(facts, folder=folder, found=tuple(found), surveys=surveys)


def _progress(report: Report, name: str) -> Progress:
    return lambda done, total: report(Preparing(step=f"headers of {name}", done=done, total=total))


def likely_source(facts: Facts) -> str | None:
    """A folder that holds archives of images: the last profile's, else one of the usual places."""
    places = ([facts.last.source.path] if facts.last else []) + list(_LIKELY)
    for place in places:
        folder = Path(place).expanduser()
        try:
            if any(each.sound and each.kind == "images" for each in detect(folder)):
                return str(folder.absolute()) if place in (".", "raw-data", "imagenet") else place
        except (InputError, OSError):
            continue
    return None


def likely_output(folder: Path, name: str = "tfrecords") -> Path:
    """A new folder beside the raw data; elsewhere under the home folder where that disk has more room."""
    beside, home = folder.parent / name, Path.home() / "imagenet" / name
    try:
        return home if disk(home).free > 2 * disk(beside).free else beside
    except OSError:
        return beside
