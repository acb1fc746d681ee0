"""The result of a build, for the summary and for programs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.commit_record import SkippedImage
from wizard.engine.loading import Loading
from wizard.sources.glance import Glance
from wizard.targets.target import Target


@dataclass(frozen=True, kw_only=True)
class SplitSummary:
    """The result of a split, including earlier runs.

    Attributes:
        unlabelled: images that have no class.
        kept: images that kept their bytes; None, as `reencoded`, if shards of an older version do not tell.
        reencoded: JPEGs that were encoded again.
        smaller: images smaller than the size that was asked for, which keep theirs; None as `kept`.
        unboxed: images of which the crop left no bounding box; None as `kept`.
        converted: images of other formats, or in CMYK, that became RGB JPEGs, by what they were.
        checks: how its images were checked, as in `transform.Check`; each has one of them.
    """

    split: str
    images_in: int
    images_out: int
    boxes: int
    shards: int
    bytes_in: int
    bytes_out: int
    unlabelled: int = 0
    kept: int | None = None
    reencoded: int | None = None
    smaller: int | None = None
    unboxed: int | None = None
    converted: Mapping[str, int] = field(default_factory=dict)
    checks: tuple[str, ...] = ("decode",)


@dataclass(frozen=True, kw_only=True)
class BuildResult:
    """The result of a build; the dataset is complete.

    Attributes:
        converted: how many images were converted, by kind.
        skipped: images that were left out.
        seconds: wall time of this run's building, without the reading of headers.
        images_built: images that this run built; the others were there before.
        label_base: stored label of rank 0.
        classes: how many the labels count.
        loading: how it is opened.
        imagenet: whether they are ImageNet's, so that its counts are what to expect.
        glance: the classes, labels and images that it holds; None if they have not been counted.
    """

    output: str
    plan_id: str
    splits: tuple[SplitSummary, ...]
    converted: dict[str, int]
    skipped: tuple[SkippedImage, ...]
    seconds: float
    images_built: int
    label_base: int
    target: Target
    loading: Loading
    classes: int = 1000
    imagenet: bool = True
    glance: Glance | None = None


@dataclass(frozen=True, kw_only=True)
class SliceResult:
    """The result of a slice while shards of others are missing, so that nothing describes the dataset yet.

    Attributes:
        slice: which one, as "3/16".
        shards: that it has.
        images_out: in these.
        skipped: images of these that were left out.
        seconds: wall time of this run's building.
        images_built: images that this run built; the others of the slice were there before.
        shards_done: of all slices, just now.
        shards_planned: of all slices.
    """

    output: str
    plan_id: str
    slice: str
    shards: int
    images_out: int
    bytes_out: int
    skipped: tuple[SkippedImage, ...]
    seconds: float
    images_built: int
    shards_done: int
    shards_planned: int
