"""Job: everything that is decided about a build, decided once by `resolve` and read by everyone after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.engine.transform import Recipe
from wizard.ilsvrc2012.archives import Split
from wizard.profile import Profile
from wizard.sources.classes import Classes
from wizard.sources.source import Source, Survey
from wizard.targets.target import Target


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """What is decided about the output. Where the source cannot be read, this is all that can be.

    Attributes:
        label_base: stored label of rank 0.
        shards: how many each requested split is written to.
        recipes: what becomes of the images of each requested split.
        workers: how many processes; the pre-flight lowers it where memory is short.
    """

    profile: Profile
    target: Target
    label_base: int
    shards: Mapping[Split, int]
    recipes: Mapping[Split, Recipe]
    workers: int

    @property
    def output(self) -> Path:
        """The dataset's folder, absolute."""
        return self.profile.output_path

    @property
    def skip_bad(self) -> bool:
        """Whether an image that cannot be decoded is left out instead of stopping the build."""
        return self.profile.output.on_bad_image == "skip"


@dataclass(frozen=True, kw_only=True, eq=False)
class Job(Settings):
    """All that is decided about a build.

    Surveys of all sources but official archives hold their tables, which `make_plan` takes over; an archive of the
    official size is taken at its word here, because indexing it takes minutes and `check` needs none of it.

    Attributes:
        surveys: of the requested splits.
        annotated: the splits whose bounding boxes are read from annotations beside the images.
        classes: that labels count in.
    """

    source: Source
    surveys: Mapping[Split, Survey]
    annotated: tuple[Split, ...]
    classes: Classes

    def fraction(self, split: Split) -> float:
        """The part of a split's images that is asked for, if all classes were of one size."""
        wanted, classes = self.profile.source.classes, self.surveys[split].classes
        return 1.0 if wanted is None or not classes else min(1.0, wanted / classes)

    @property
    def images(self) -> float:
        """About how many images are asked for; exact where all classes are."""
        return sum(survey.images * self.fraction(split) for split, survey in self.surveys.items())
