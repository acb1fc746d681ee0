"""What every form of raw data is to the rooms above: its parts, what they hold, and where the images' bytes lie."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from wizard.errors import UsageError
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.archives import CLASSES, IMAGES, Split
from wizard.sources.samples import SampleTable

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is: bytes, or files."""
Layout = Literal["archives", "folders", "kaggle", "tfrecords"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of raw data: an archive, the folder of a split, annotations.

    Attributes:
        name: what it is called, or would be.
        kind: what it holds.
        split: of which split.
        path: where it lies; None where it is missing.
        bytes: its size, where it is a file; else 0.
        problem: what is wrong with it at first sight, in sentences; empty where nothing is.
        hint: what to do about that.
        more: the other folders, if it is spread over several.
    """

    name: str
    kind: Literal["images", "boxes"]
    split: Split
    path: Path | None = None
    bytes: int = 0
    problem: str = ""
    hint: str = ""
    more: tuple[Path, ...] = ()

    @property
    def folders(self) -> list[Path]:
        """The folders that hold it; none if it is a file."""
        return [path for path in (self.path, *self.more) if path is not None and path.is_dir()]

    @property
    def sound(self) -> bool:
        """Whether it is there and nothing is wrong with it at first sight."""
        return self.path is not None and not self.problem


@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """A split of raw data at a glance.

    Attributes:
        split: which.
        path: its archive or folder.
        bytes: of the archive; where there is none, of the images.
        images: how many it holds.
        image_bytes: what they come to together.
        classes: how many classes they are of.
        official: whether the archive has exactly the official one's size, whose counts are then taken for granted.
        table: the images, where they had to be looked at one by one; without boxes of their own annotations.
        shards: files of records that it lies in; 0 where it lies in none.
    """

    split: Split
    path: Path
    bytes: int
    images: int
    image_bytes: int
    classes: int
    official: bool = False
    table: SampleTable | None = None
    shards: int = 0


class BoxTable(NamedTuple):
    """The boxes of a split.

    Attributes:
        names: bytes[n], the image that each box belongs to, with .JPEG; sorted.
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1.
        rejected: how many others the rules turned away.
        warnings: things that a person should check, in sentences without a full stop.
    """

    names: npt.NDArray[np.bytes_]
    boxes: Boxes
    rejected: int
    warnings: tuple[str, ...] = ()


class Source(Protocol):
    """Raw data in one of the forms that people have it in.

    Attributes:
        folder: that holds it.
        layout: its form, as a profile names it.
        what: its form in words: "the official archives".
        why: what was seen that says so, in sentences.
        parts: all that this form could have, there or missing.
        own_boxes: whether images bring their boxes along, and there are no annotations beside them.
        annotatable: whether annotations can be asked for; never where images bring their boxes, and where not, a build
            does without and says so.
    """

    folder: Path
    layout: Layout
    what: str
    why: tuple[str, ...]
    parts: tuple[Part, ...]
    own_boxes: bool
    annotatable: bool

    def require(self, splits: Collection[Split], boxes: Collection[Split]) -> None:
        """Sees to it that the images of these splits, and the annotations of those, are there and sound at first sight.

        Raises:
            InputError: something is missing or is not what its name says.
        """

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """Looks at a split as quickly as can be.

        Raises:
            InputError: it is damaged, or not what its name says.
        """

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """The images of a split, without the boxes of annotations.

        Args:
            split: which.
            cache: folder of cached indexes.
            progress: told how far the look is.

        Raises:
            InputError: it is damaged, holds a name twice, or names that no output could have.
        """

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """All boxes of a split's annotations; none where images bring their own.

        Raises:
            InputError: they are damaged, or cannot be read.
        """

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """Proves the official MD5 sums of what is asked for, and tells each in a sentence.

        Raises:
            InputError: a sum is another.
            UsageError: this form has no official sums.
        """


def without_sums(raw: Source) -> UsageError:
    """What --md5 is told where there is nothing to compare with."""
    return UsageError(
        f"--md5 is for the official archives; {raw.folder} holds {raw.what}, for which there are no official sums.",
        "Run without --md5: every image is decoded on the way, so one that is damaged is found all the same",
    )


def surveyed(split: Split, path: Path, table: SampleTable, *, shards: int = 0) -> Survey:
    """The survey of a split that was looked at image by image."""
    size = int(table.size.sum())
    labels = np.unique(table.label[table.label >= 0])
    return Survey(
        split=split,
        path=path,
        bytes=size,
        images=len(table),
        image_bytes=size,
        classes=len(labels),
        table=table,
        shards=shards,
    )


def differences(table: SampleTable, split: Split) -> list[str]:
    """What a split lacks of the official one, in sentences; empty where it lacks nothing, or is another dataset's."""
    if not table.classes.whole_imagenet:
        return []
    classes = len(np.unique(table.label[table.label >= 0]))
    official = IMAGES[split].images
    told = []
    if classes != CLASSES and split != "test":
        told.append(f"{split} has {classes:,} of {CLASSES:,} classes; labels stay those of the full set")
    if len(table) != official:
        told.append(f"{split} has {len(table):,} images, the official one {official:,}")
    return told
