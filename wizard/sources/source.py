"""Source: the Protocol of every form of raw data, with its parts, surveys and boxes."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from wizard.errors import Hint, InputError, UsageError
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.archives import CLASSES, IMAGES, Split
from wizard.sources.folder_contents import describe_folder
from wizard.sources.options import Labels
from wizard.sources.readers import Form
from wizard.sources.samples import SampleTable
from wizard.sources.split_names import split_of_folder

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is: bytes, or files."""
Kind = Literal["images", "boxes"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of raw data: an archive, the folder of a split, annotations.

    Attributes:
        name: its name, or the name that it would have.
        path: None if it is missing.
        bytes: its size if it is a file, else 0.
        problem: what is wrong with it at first sight, in sentences; usually empty.
        hint: how to fix that.
        more: further folders, if it is spread over several.
        expected: whether a person would want to know that it is missing.
    """

    name: str
    kind: Kind
    split: Split
    path: Path | None = None
    bytes: int = 0
    problem: str = ""
    hint: str = ""
    more: tuple[Path, ...] = ()
    expected: bool = True

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
        path: its archive or folder.
        bytes: size of the archive, or of all images if there is none.
        image_bytes: size of all images.
        classes: number of classes that have images.
        official: whether the archive has exactly the official size, so that the published counts are used.
        table: the images, if they had to be looked at one by one; without the boxes of annotations.
        shards: number of TFRecord files; 0 for any other form.
        md5: the official sum of the archive, in hex; empty if there is none, or it cannot be the official archive.
        verified: when it was found to have this sum, as local time for a person; empty if that is not known.
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
    md5: str = ""
    verified: str = ""


class BoxTable(NamedTuple):
    """The boxes of a split.

    Attributes:
        names: bytes[n], the image that each box belongs to, with .JPEG; sorted.
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1.
        rejected: how many others the rules turned away.
        warnings: sentences without a full stop.
    """

    names: npt.NDArray[np.bytes_]
    boxes: Boxes
    rejected: int
    warnings: tuple[str, ...] = ()


class Source(Protocol):
    """Raw data in one of the forms that people have it in.

    A form's class inherits from this one and gives what has no default: the attributes without a value, and `table`.

    Attributes:
        folder: the folder that holds it.
        what: its form in words: "the official archives".
        why: the evidence for that form, in sentences.
        parts: the parts that this form can have, present or missing.
        form: what the bytes of a sample are: an image, or a tf.train.Example.
        official: whether its files come from image-net.org, with published checksums and counts.
        inferred: whether the reading rests on names and contents, so that a build reports `why`.
        label_choices: the accepted values of `source.labels`.
        labels_are: whose labels they are if there is no choice, as the end of a sentence.
        own_boxes: whether images carry their own boxes; there are then no separate annotations.
        annotatable: whether boxes can come from annotation files. If neither, a build stores none, and says so.
    """

    folder: Path
    what: str
    why: tuple[str, ...]
    parts: tuple[Part, ...]
    form: Form = "image"
    official: bool = False
    inferred: bool = True
    label_choices: tuple[Labels, ...] = ("auto",)
    labels_are: str = "its own"
    own_boxes: bool = False
    annotatable: bool = False

    def require(self, splits: Collection[Split], boxes: Collection[Split]) -> None:
        """Requires that the images of these splits, and the annotations of those, are there and sound at first sight.

        Raises:
            InputError: something is missing or is not what its name says.
        """
        sound = ", ".join(f'"{part.split}"' for part in self.parts if part.kind == "images" and part.sound)
        fewer = Hint(", or build only what is there: {}", f"source.splits=[{sound}]") if sound else Hint("")
        if '"train"' in sound and "validation" in splits and self._parts("images", ["validation"])[0].path is None:
            fewer += Hint(", or hold images of train out: {}", "source.holdout=10%")
        _require(self._where("images"), self._parts("images", splits), fewer)
        train = any(part.kind == "boxes" and part.split == "train" and part.path for part in self.parts)
        less = f"source.boxes={'train' if train else 'none'}"
        without = Hint(", or do without the boxes, which classification does not need: {}", less)
        _require(self._where("boxes"), self._parts("boxes", boxes), without)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """Looks at a split as quickly as can be.

        Raises:
            InputError: it is damaged, or not what its name says.
        """
        return surveyed(split, self.path("images", split), self.table(split, cache, progress))

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """The images of a split, without the boxes of annotations; indexes are cached in a folder.

        Raises:
            InputError: it is damaged, holds a name twice, or names that no output could have.
        """
        ...

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """All boxes of a split's annotations; none where images bring their own.

        Raises:
            InputError: they are damaged, or cannot be read.
        """
        del split, cache, progress
        return BoxTable(np.empty(0, np.bytes_), np.empty((0, 4)), 0)

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """Compares the official MD5 sums of what is asked for, and yields a sentence about each.

        Raises:
            InputError: a sum is another.
            UsageError: this form has no official sums.
        """
        del splits, boxes, cache, step
        raise UsageError(
            f"--md5 is for the official archives; {self.folder} holds {self.what}, for which there are no official "
            "sums.",
            "Run without --md5: unless image.check says otherwise, a damaged image is found when it is decoded",
        )

    def path(self, kind: Kind, split: Split) -> Path:
        """Where the images or the annotations of a split lie.

        Raises:
            InputError: they are missing, or not what their name says.
        """
        self.require([split] if kind == "images" else [], [split] if kind == "boxes" else [])
        return next(part.path for part in self._parts(kind, [split]) if part.path is not None)

    def _where(self, kind: Kind) -> Path:
        del kind
        return self.folder

    def _parts(self, kind: Kind, splits: Collection[Split]) -> list[Part]:
        mine = {part.split: part for part in self.parts if part.kind == kind}
        return [mine.get(split) or Part(name=split, kind=kind, split=split) for split in splits]


def _require(folder: Path, parts: Collection[Part], way_out: str) -> None:
    missing = [part.name for part in parts if part.path is None]
    if missing:
        are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        raise InputError(
            f"{' and '.join(missing)} {are} missing in {folder}. {describe_folder(folder)}",
            f"Put {them} there" + way_out,
        )
    for part in parts:
        if part.problem:
            raise InputError(part.problem, part.hint + way_out)


def surveyed(split: Split, path: Path, table: SampleTable) -> Survey:
    """The survey of a split that was looked at image by image."""
    size = int(table.size.sum())
    return Survey(
        split=split,
        path=path,
        bytes=size,
        images=len(table),
        image_bytes=size,
        classes=len(table.ranks),
        table=table,
    )


def differences(table: SampleTable, split: Split) -> list[str]:
    """What a split lacks of the official one, in sentences; empty where it lacks nothing, or is another dataset's.

    What a profile leaves out is not missed, and `selected` notes what was missing before.
    """
    if not table.classes.whole_imagenet or table.selection:
        return []
    classes, official = len(table.ranks), IMAGES[split].images
    found = []
    if classes != CLASSES and split != "test":
        found.append(f"{split} has {classes:,} of {CLASSES:,} classes; labels stay those of the full set")
    if len(table) != official:
        found.append(f"{split} has {len(table):,} images, the official one {official:,}")
    return found


def overlap(source: Source, output: Path, written: Collection[str]) -> Path | None:
    """The folder, read as raw data, that a dataset would be written into; None where they keep apart.

    Files are `written` to folders of these names below `output`; those in it itself do no harm to folders.
    """
    resolved, root = output.resolve(), source.folder.resolve()
    below = resolved.relative_to(root).parts if resolved.is_relative_to(root) else ()
    if any(part.folders for part in source.parts) and any(map(split_of_folder, below)):
        return output  # a folder named as a split would be read as one the next time
    ours = [(resolved / name).resolve() for name in written]
    for part in source.parts:
        for path in part.folders:
            theirs = path.resolve()
            within = any(folder.is_relative_to(theirs) for folder in (resolved, *ours))
            if within or any(theirs.is_relative_to(folder) for folder in ours):
                return path
    return None
