"""Target: the interface of an output format to the rest of the package."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self

from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import Classes
from wizard.targets.dataset import Encoded
from wizard.targets.expected import Expectation, Planned, Seen
from wizard.targets.labels import StoredLabels
from wizard.targets.option import Option, given
from wizard.targets.trainer import Trainer

if TYPE_CHECKING:
    from wizard.commit_record import CommitRecord
    from wizard.formats.example import Values
    from wizard.sources.readers import Form
    from wizard.targets.writer import Encoder, Writer
    from wizard.targets.written import Content, WrittenDataset

USUAL_SHARDS: Mapping[Split, int] = {"train": 1024, "validation": 128, "test": 128}
"""As build_imagenet_data.py writes."""


class Offer(NamedTuple):
    """How the wizard offers a target.

    Attributes:
        title: in the list of formats.
        about: who reads it, beside the title.
        help: a sentence for the help text of the question; may be empty.
        short: in the review.
        folder: usual name of an output folder.
    """

    title: str
    about: str
    help: str
    short: str
    folder: str


class Target(Protocol):
    """An output format with its options: a frozen dataclass, pickled by class, compared and hashed by value.

    A format derives from this class, or from `OneFileShards` if its shards are single files, and gives what has no
    default here. Whoever reads a profile imports the modules of all formats, for their names, options and trainers. So
    these import what encodes, writes, checks and reads in the methods that use it: `encoder`, `writer`, `stored` and
    others that are called once for many images.

    Attributes:
        format: name, as `output.format` has it.
        offer: how the wizard offers it.
        what: what is written, in words.
        unit: what one stored image is called, in the plural.
        options: keys of a profile's [output] section that are for this target, by name.
        trainers: what opens the datasets, the most usual one first; its program is shown if a profile names none.
        one_file_per_image: whether a shard is many image files, of which readers find each by itself.
        stores_labels: whether labels are stored; else they follow from the names of files.
        classes_are_folders: whether readers number the classes of each split by its folders.
        boxes_are_usual: whether scripts that write this format store boxes, and pipelines that read it use them.
        has_distinct_places: whether each image has a path or key of its own, which `place` gives.
        trailer: bytes that every shard has after its last image.
        writing: bytes of memory that a worker needs to write shards, beside the images that it encodes.
        beside: globs of files that it puts beside its shards, below the output folder.
    """

    format: ClassVar[str]
    offer: ClassVar[Offer]
    what: ClassVar[str]
    unit: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    trainers: ClassVar[tuple[Trainer, ...]]
    one_file_per_image: ClassVar[bool] = False
    stores_labels: ClassVar[bool] = True
    classes_are_folders: ClassVar[bool] = False
    boxes_are_usual: ClassVar[bool] = False
    has_distinct_places: ClassVar[bool] = False
    trailer: ClassVar[bytes] = b""
    writing: ClassVar[int] = 0
    beside: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def lacking(cls) -> str:
        """The command that installs the packages which write this format; empty if nothing is missing."""
        return ""

    @classmethod
    def require_installed(cls) -> None:
        """Requires the packages that write this format, if they are not this program's own dependencies.

        Raises:
            UsageError: one is missing; it says how to install it.
        """
        return

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: "Form") -> Self:
        """The target that a profile asks for.

        Args:
            output: the profile's [output] section, as far as it is known.
            form: of the source's samples.

        Raises:
            UsageError: it asks for what this form cannot give.
        """
        return cls(**given(cls.options, output))

    @classmethod
    def first_label(cls, output: Mapping[str, Any]) -> int:
        """Usual label of the first class, by a profile's [output] section as far as it is known."""
        return 0

    @classmethod
    def usual_shards(cls, output: Mapping[str, Any]) -> Mapping[Split, int]:
        """How many shards ImageNet's splits are usually written to, by such a section."""
        return USUAL_SHARDS

    @classmethod
    def from_manifest(cls, options: Mapping[str, Any]) -> Self:
        """The target that a manifest states; of an older version, options may be missing.

        Raises:
            TypeError: an option is not known.
        """
        return cls(**options)

    def for_classes(self, classes: Classes) -> Self:
        """The target for a dataset of these classes, where its names say whose they are.

        Raises:
            UsageError: no dataset of these classes can have the form that was asked for.
        """
        return self

    @classmethod
    def variants(cls) -> tuple[Self, ...]:
        """One target for each set of places that its options can lead to."""
        return (cls(),)

    @property
    def ingredients(self) -> dict[str, str]:
        """What it adds to the plan id, by name; changes whenever the same images would give other bytes or places."""
        return {"format": f"{self.what}, version 1"}

    @property
    def part(self) -> str:
        """What a person calls a shard: where each image is a file of its own, nobody sees any."""
        return "part" if self.one_file_per_image else "shard"

    @property
    def has_boxes(self) -> bool:
        """Whether what is written for an image has a place for its boxes."""
        return False

    @property
    def keeps_features(self) -> bool:
        """Whether the features of a source's records, with their labels, are stored as they are."""
        return False

    @property
    def places(self) -> tuple[str, ...]:
        """Folders below the output folder that shards or images are written to; "" is that folder itself."""
        return ("",)

    def shard(self, split: str, index: int, shards: int) -> str:
        """The name of a shard, which begins with its split and -."""
        return f"{split}-{index:05d}-of-{shards:05d}"

    def file(self, shard: str) -> str:
        """The file that a shard is, below the output folder; of image files, the commit record that lists them."""
        return shard

    def title(self, shard: str) -> str:
        """What people find a shard by: its file; where images are files, its own name."""
        return shard if self.one_file_per_image else self.file(shard)

    def place(self, split: str, name: str, wnid: str) -> str:
        """The path below the output folder, or the key, of an image; see `has_distinct_places`.

        Its name is that in the raw data, with / between the parts; its wnid is empty where it has no class.
        """
        return name

    def require_readable(self, split: str, name: str, wnid: str) -> None:
        """Requires that the readers for which there are sidecars find an image in its place; see `place`.

        Raises:
            InputError: they look for other names.
        """
        return

    def remarks(self, images: Mapping[str, int]) -> Iterator[str]:
        """What a person should know of readers, given how many images each split has: sentences without a full stop."""
        return iter(())

    def encoder(self) -> "Encoder":
        """What gives the serialized form of an image."""

    def fixed_bytes(self, labels: StoredLabels) -> int:
        """Bytes of a shard that it has whatever images it holds, for the estimate."""
        return len(self.trailer)

    def writer(self, folder: Path, split: str, shard: str) -> "Writer":
        """What writes a shard into the output folder.

        Raises:
            OSError: the folder cannot be written.
        """

    def labeled_writer(self, folder: Path, split: str, shard: str, labels: StoredLabels) -> "Writer":
        """As `writer`, for a target whose shards say what their labels mean."""
        return self.writer(folder, split, shard)

    def sidecars(self, dataset: "WrittenDataset") -> "Mapping[str, Content]":
        """Files that describe the dataset to this format's readers, by their paths below the output folder."""
        return {}

    def listing(self, folder: Path) -> Iterator[str]:
        """Files that this format's readers would find, by their paths below a folder; an empty folder ends with /."""

    def missing(self, folder: Path, result: "CommitRecord") -> str:
        """A clause on a missing file of a finished shard, or one of another size; empty if there is none."""

    def wrong_beside(self, folder: Path, result: "CommitRecord") -> str:
        """A clause on a file beside a finished shard that does not match it; empty if there is none."""
        return ""

    def restore_beside(self, folder: Path, shard: str) -> None:
        """Restores the files beside a shard from the shard itself; removes them if the shard is gone.

        Raises:
            ShardDamage: the shard cannot be read.
        """
        return

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        """Clauses on what is wrong with a shard as a whole: its size and its sha256.

        Raises:
            OSError: it cannot be read.
            ShardDamage: it is so damaged that there is no point in looking at its images.
        """

    def stored(self, expected: Expectation) -> Iterator[Any]:
        """What a shard holds, image by image, in any form that `seen` takes.

        Raises:
            OSError: it cannot be read.
            ShardDamage: it cannot be read further.
        """

    def seen(self, item: Any, planned: Planned, expected: Expectation) -> Seen:
        """What is wrong with one image of `stored`, which best knows it itself."""

    def strays(self, folder: Path, expectations: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
        """Files that this format's readers would find and that are no part of the dataset, each with a clause on it."""
        planned: set[str] = set()
        for expected in expectations:
            planned.update(self.files_of(expected))
        for path in self.listing(folder):
            if path.endswith("/"):
                yield path, "it is an empty folder, which a trainer takes for a class"
            elif path not in planned:
                yield path, "it is not part of this dataset, but a trainer's reader would find it"

    def first_features(self, file: Path) -> "Mapping[str, Values]":
        """The features of the first record of a file; empty where the format has none.

        Raises:
            OSError: it cannot be read.
            ValueError: it is damaged.
        """
        return {}

    def files_of(self, expected: Expectation) -> list[str]:
        """The files of a shard that a trainer would read, in order, below the dataset's folder."""

    def items(self, files: Sequence[str]) -> Iterator[Any]:
        """What these files hold, image by image, in order; `encoded` gives the image, in another thread."""

    def encoded(self, item: Any) -> Encoded:
        """The image of an item."""

    def as_trained(self, files: Sequence[str]) -> Iterator[Encoded]:
        """The images of these files as a training pipeline gives them."""
        return map(self.encoded, self.items(files))
