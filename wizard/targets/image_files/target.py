"""The targets: image files in folders of classes, and image files in one folder for each split."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from wizard.ilsvrc2012.archives import SPLITS
from wizard.targets.dataset import Encoded
from wizard.targets.expected import Expectation, Planned, Seen
from wizard.targets.image_files import metadata_trainers, trainers
from wizard.targets.image_files.sidecars import METADATA, OPTION, metadata_files, remarks, require_readable
from wizard.targets.names import RECORD_FOLDER, SPLIT_FOLDERS, jpeg_suffix, normalized
from wizard.targets.option import Option, given
from wizard.targets.presence import wrong_size
from wizard.targets.target import Offer, Target
from wizard.targets.trainer import Trainer

if TYPE_CHECKING:
    from wizard.commit_record import CommitRecord
    from wizard.sources.readers import Form
    from wizard.targets.image_files.check import StoredFile
    from wizard.targets.sample import OutputSample
    from wizard.targets.writer import Encoder, Writer
    from wizard.targets.written import Content, WrittenDataset


@dataclass(frozen=True, kw_only=True)
class ImageFiles(Target):
    """Base of targets whose shards are image files, named so that a reader learns the class from the name alone.

    Attributes:
        metadata: the trainers for which there are files beside the images, and "classes.json".
    """

    metadata: tuple[str, ...] = ()

    options: ClassVar[Mapping[str, Option]] = {METADATA: OPTION}
    unit: ClassVar[str] = "image files"
    one_file_per_image: ClassVar[bool] = True
    stores_labels: ClassVar[bool] = False
    has_distinct_places: ClassVar[bool] = True

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: "Form") -> Self:
        """Values of `metadata` have one order, whatever that of the profile."""
        asked = given(cls.options, output).get(METADATA, ())
        return cls(metadata=tuple(str(value) for value in OPTION.values if value in asked))

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(map(self.image_folder, SPLITS))

    def image_folder(self, split: str) -> str:
        """The folder of a split's image files: as PyTorch code has it; a flat one as deep-vision's scripts have it."""
        return SPLIT_FOLDERS[split] if self.classes_are_folders else f"{SPLIT_FOLDERS[split]}_flatten"

    def file(self, shard: str) -> str:
        return f"{RECORD_FOLDER}/{shard}.json"

    def place(self, split: str, name: str, wnid: str) -> str:
        """The file of an image; its name says that it is a JPEG, which all stored images are.

        >>> FlatFolders().place("validation", "ILSVRC2012_val_00030987.JPEG", "n04548280")
        'val_flatten/n04548280_ILSVRC2012_val_00030987.JPEG'
        >>> ClassFolders().place("train", "cats/old/1.png", "cats")
        'train/cats/old/1.png.jpg'
        """
        name = normalized(name)  # those of records may be ./a.jpg
        path = name.removeprefix(f"{wnid}/") if wnid else name
        if not jpeg_suffix(path):
            path += ".jpg"
        separator = "/"
        if not self.classes_are_folders:
            path, separator = path.replace("/", "_"), "_"
        if wnid and (self.classes_are_folders or not path.startswith(f"{wnid}_")):
            path = f"{wnid}{separator}{path}"
        return f"{self.image_folder(split)}/{path}"

    def require_readable(self, split: str, name: str, wnid: str) -> None:
        if self.metadata:
            path = self._path_in_split(split, name, wnid)
            require_readable(self.metadata, split, name, wnid, self.image_folder(split), path)

    def remarks(self, images: Mapping[str, int]) -> Iterator[str]:
        return remarks(self.metadata, images)

    def writer(self, folder: Path, split: str, shard: str) -> "Writer":
        from wizard.targets.image_files.writer import ImageFilesWriter

        return ImageFilesWriter(folder, shard, lambda sample: self.place(split, sample.name, sample.wnid))

    def encoder(self) -> "Encoder":
        return _jpeg

    def sidecars(self, dataset: "WrittenDataset") -> "Mapping[str, Content]":
        """What `metadata` asks for, and synsets.txt: "wnid words" a class, without an end, as deep-vision's scripts."""
        files = metadata_files(self.metadata, dataset, self._path_in_split)
        if dataset.classes.whole_imagenet:
            named = zip(dataset.classes.names, dataset.classes.words, strict=True)
            files["synsets.txt"] = "\n".join(f"{name} {words}" for name, words in named).encode()
        return files

    def _path_in_split(self, split: str, name: str, wnid: str) -> str:
        """The path of an image below the folder of its split."""
        return self.place(split, name, wnid).removeprefix(f"{self.image_folder(split)}/")

    def listing(self, folder: Path) -> Iterator[str]:
        for place in self.places:
            yield from _files_below(folder, place)

    def missing(self, folder: Path, result: "CommitRecord") -> str:
        from wizard.targets.image_files.writer import sum_of_files
        from wizard.targets.record_file import read_record

        record = self.file(result.shard)
        try:
            files = read_record(folder, result.shard).files
        except OSError:
            return f"{record} is gone"
        except ValueError:
            return f"{record} has changed"
        if sum_of_files(files) != result.sha256:
            return f"{record} has changed"
        return next(filter(None, (wrong_size(folder, file.path, file.bytes) for file in files)), "")

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        from wizard.targets.image_files import check

        return check.wrong_list(expected)

    def stored(self, expected: Expectation) -> Iterator["StoredFile"]:
        from wizard.targets.image_files import check

        return check.stored_files(expected)

    def seen(self, item: "StoredFile", planned: Planned, expected: Expectation) -> Seen:
        return item.seen(Path(expected.folder), self.place(expected.result.split, planned.name, planned.wnid))

    def files_of(self, expected: Expectation) -> list[str]:
        split = expected.result.split
        return [self.place(split, image.name, image.wnid) for image in expected.images]

    def items(self, files: Sequence[str]) -> Iterator[str]:
        return iter(files)

    def encoded(self, item: str) -> Encoded:
        return Encoded(Path(item).read_bytes(), None, {})


@dataclass(frozen=True, kw_only=True)
class ClassFolders(ImageFiles):
    """Image files in folders of classes."""

    format: ClassVar[str] = "folders"
    offer: ClassVar[Offer] = Offer(
        title="Folders of classes",
        about="train/<class>/, as PyTorch's ImageFolder and timm read",
        help="Folders of classes hold one file per image, as PyTorch's ImageFolder and timm read them.",
        short="folders of classes",
        folder="images",
    )
    what: ClassVar[str] = "image files in folders of classes"
    trainers: ClassVar[tuple[Trainer, ...]] = (*trainers.FOLDERS, *metadata_trainers.FOLDERS)
    classes_are_folders: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class FlatFolders(ImageFiles):
    """Image files in one folder for each split, their names beginning with their class."""

    format: ClassVar[str] = "flat"
    offer: ClassVar[Offer] = Offer(
        title="Flat folders",
        about="train_flatten/<class>_<name>.JPEG",
        help="",
        short="flat folders",
        folder="images-flat",
    )
    what: ClassVar[str] = "image files in one folder per split"
    trainers: ClassVar[tuple[Trainer, ...]] = (*trainers.FLAT, *metadata_trainers.FLAT)

    @property
    def ingredients(self) -> dict[str, str]:
        return {"format": "image files in one folder a split, version 1"}  # hashed into plan ids, so these words stay


def _jpeg(sample: "OutputSample") -> bytes:
    return sample.stored.jpeg


def _files_below(folder: Path, below: str) -> Iterator[str]:
    """Files by their paths, without a look at any, and empty folders, with / at the end.

    A link to a folder counts as a file: what is written below it would be written over what it leads to.
    """
    try:
        entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    if not entries:
        yield f"{below}/"
    for entry in entries:
        path = f"{below}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(folder, path)
        else:
            yield path
