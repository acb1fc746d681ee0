"""Job: all decisions about a build, made once by `resolve`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.engine.recipe_words import Kept, kept
from wizard.engine.transform import Recipe
from wizard.ilsvrc2012.archives import Split
from wizard.machine.cores import usable_cores
from wizard.profile import Profile
from wizard.slices import WHOLE, Slice
from wizard.sources.classes import Classes
from wizard.sources.source import Source, Survey
from wizard.targets.target import Target
from wizard.targets.trainer import Trainer


@dataclass(frozen=True, kw_only=True, eq=False)
class Settings:
    """The decisions about the output: all that can be made if the source cannot be read.

    Attributes:
        trainer: what the dataset is for.
        label_base: stored label of rank 0.
        shards: how many each requested split is written to.
        recipes: how the images of each requested split are stored.
        workers: how many processes; the pre-flight lowers it where memory is short.
        slice: which of the shards this run builds.
    """

    profile: Profile
    target: Target
    trainer: Trainer
    label_base: int
    shards: Mapping[Split, int]
    recipes: Mapping[Split, Recipe]
    workers: int
    slice: Slice = WHOLE

    @property
    def shard_names(self) -> list[str]:
        """The names of all shards, as the plan will have them; of the slice's, `slice.among` these."""
        counts = self.shards.items()
        return [self.target.shard(split, index, count) for split, count in counts for index in range(count)]

    @property
    def cores(self) -> int:
        """How many of the workers have a core to themselves; those on other machines all have."""
        return min(self.workers, usable_cores()) if self.profile.run.engine == "local" else self.workers

    @property
    def output(self) -> Path:
        """The dataset's folder, absolute."""
        return self.profile.output_path

    @property
    def skip_bad(self) -> bool:
        """Whether an image that cannot be decoded is left out instead of stopping the build."""
        return self.profile.output.on_bad_image == "skip"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the source is read; the shards have the same bytes either way.

    Attributes:
        staged: whether it is read once and in order, with images spilled on their way into shards; else every shard
            reads its own images where they lie.
        why: the reason, for a person, without a full stop; empty where there is nothing to say.
        is_slow: whether that is the slow way for this source.
    """

    staged: bool = False
    why: str = ""
    is_slow: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Job(Settings):
    """All decisions about a build.

    Surveys of all sources but official archives hold their tables, which `make_plan` takes over; an archive of the
    official size is taken at its word here, because indexing it takes minutes and `check` needs none of it.

    Attributes:
        surveys: of the requested splits.
        annotated: the splits whose bounding boxes are read from annotations beside the images.
        classes: those of the labels.
        reading: how the source is read. Where it could be either way, the pre-flight decides.
    """

    source: Source
    surveys: Mapping[Split, Survey]
    annotated: tuple[Split, ...]
    classes: Classes
    reading: Reading = Reading()

    def fraction(self, split: Split) -> float:
        """The share of a split's images that is requested, if all classes had the same size."""
        wanted, classes = self.profile.source.classes, self.surveys[split].classes
        return 1.0 if wanted is None or not classes else min(1.0, wanted / classes)

    def conversions(self, split: Split) -> dict[str, int]:
        """How many images of a split become JPEGs although others keep their bytes, by what they are.

        As far as is known without decoding them; of all classes, even if only some are requested.
        """
        table = self.surveys[split].table
        return {} if table is None or not self.recipes[split].keeps_some else table.formats.converted

    def kept(self, split: Split) -> Kept:
        """How many of a split's images are in a format that can keep its bytes, as far as `conversions` knows."""
        return kept(self.surveys[split].images, sum(self.conversions(split).values()))

    @property
    def images(self) -> float:
        """Approximate number of requested images; exact if all classes are requested."""
        return sum(survey.images * self.fraction(split) for split, survey in self.surveys.items())
