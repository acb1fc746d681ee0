"""The targets: image files in folders of classes, and image files in one folder for each split."""

import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from wizard.commit_record import CommitRecord
from wizard.ilsvrc2012.archives import SPLITS
from wizard.targets.dataset import BuiltDataset, Encoded, Loadable
from wizard.targets.expected import Expectation, Planned, Seen
from wizard.targets.image_files import check, loading
from wizard.targets.image_files.writer import ImageFilesWriter, sum_of_files
from wizard.targets.names import JPEG_SUFFIXES, RECORD_FOLDER, SPLIT_FOLDERS
from wizard.targets.presence import wrong_size
from wizard.targets.record_file import read_record
from wizard.targets.sample import OutputSample
from wizard.targets.target import Offer, Target
from wizard.targets.writer import ImageFile, Writer


class ImageFiles(Target):
    """Base of targets whose shards are image files, named so that a reader learns the class from the name alone."""

    unit: ClassVar[str] = "image files"
    one_file_per_image: ClassVar[bool] = True
    stores_labels: ClassVar[bool] = False
    has_distinct_places: ClassVar[bool] = True

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(map(self.image_folder, SPLITS))

    def image_folder(self, split: str) -> str:
        """The folder of a split's image files, below the output folder."""
        raise NotImplementedError

    def path_in_folder(self, name: str, wnid: str) -> str:
        """The path of an image below the folder of its split, by its name below its class."""
        raise NotImplementedError

    def file(self, shard: str) -> str:
        return f"{RECORD_FOLDER}/{shard}.json"

    def place(self, split: str, name: str, wnid: str) -> str:
        """The file of an image; its name says that it is a JPEG, which all stored images are.

        >>> FlatFolders().place("validation", "ILSVRC2012_val_00030987.JPEG", "n04548280")
        'val_flatten/n04548280_ILSVRC2012_val_00030987.JPEG'
        >>> ClassFolders().place("train", "cats/old/1.png", "cats")
        'train/cats/old/1.png.jpg'
        """
        name = posixpath.normpath(name)  # those of records may be ./a.jpg
        below = name.removeprefix(f"{wnid}/") if wnid else name
        if PurePosixPath(below).suffix.lower() not in JPEG_SUFFIXES:
            below += ".jpg"
        return f"{self.image_folder(split)}/{self.path_in_folder(below, wnid)}"

    def writer(self, folder: Path, split: str, shard: str) -> Writer:
        return ImageFilesWriter(folder, shard, lambda sample: self.place(split, sample.name, sample.wnid))

    def encode(self, sample: OutputSample) -> bytes:
        return sample.stored.jpeg

    def sidecars(self, dataset: BuiltDataset) -> dict[str, bytes]:
        """synsets.txt: a line "wnid words" a class, the last without an end, as deep-vision's has them."""
        if not dataset.classes.whole_imagenet:
            return {}
        named = zip(dataset.classes.names, dataset.classes.words, strict=True)
        return {"synsets.txt": "\n".join(f"{name} {words}" for name, words in named).encode()}

    def foreign_files(self, folder: Path) -> list[str]:
        firsts = (_first_file(folder, place) for place in self.places)
        return sorted(first for first in firsts if first)

    def missing(self, folder: Path, result: CommitRecord) -> str:
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
        return check.wrong_list(expected)

    def stored(self, expected: Expectation) -> Iterator[ImageFile]:
        return iter(check.recorded_files(expected))

    def seen(self, item: ImageFile, planned: Planned, expected: Expectation) -> Seen:
        place = self.place(expected.result.split, planned.name, planned.wnid)
        if item.path != place:
            return Seen(0, [f"its record lists {item.path}, expected {place}"])
        return Seen(0, [f"{place}: {what}" for what in check.wrong_file(Path(expected.folder), item)])

    def strays(self, folder: Path, expectations: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
        for split in SPLITS:
            planned: set[str] = set()
            for expected in expectations:
                if expected.result.split == split:
                    planned.update(self._planned(expected))
            yield from check.strays(folder, self.image_folder(split), planned)

    def files_of(self, expected: Expectation) -> Iterator[str]:
        return (f"{expected.folder}/{path}" for path in self._planned(expected))

    def items(self, files: Sequence[str]) -> Iterator[str]:
        return iter(files)

    def encoded(self, item: str) -> Encoded:
        """What a file holds.

        Raises:
            OSError: it cannot be read.
        """
        return Encoded(Path(item).read_bytes(), None, {})

    def loading(self, dataset: Loadable) -> list[str]:
        folder = f"{dataset.output}/{self.image_folder(dataset.split)}"
        if dataset.split == "test":
            return loading.unlabelled(folder)
        return self.loading_labelled(dataset, folder)

    def loading_labelled(self, dataset: Loadable, folder: str) -> list[str]:
        """Code that loads the images of a split's folder with their labels."""
        raise NotImplementedError

    def _planned(self, expected: Expectation) -> list[str]:
        split = expected.result.split
        return [self.place(split, image.name, image.wnid) for image in expected.images]


@dataclass(frozen=True, kw_only=True)
class ClassFolders(ImageFiles):
    """Image files in folders of classes."""

    format: ClassVar[str] = "folders"
    offer: ClassVar[Offer] = Offer(
        title="Folders of classes",
        about="train/<wnid>/, as PyTorch's ImageFolder and timm read",
        help="Folders hold a file for each image, a million in all, as PyTorch's ImageFolder and timm read them.",
        short="folders of classes",
        folder="images",
    )
    what: ClassVar[str] = "image files in folders of classes"
    classes_are_folders: ClassVar[bool] = True

    @property
    def ingredients(self) -> dict[str, str]:
        return {"format": "image files in folders of classes, version 1"}

    def image_folder(self, split: str) -> str:
        """As PyTorch code has it."""
        return SPLIT_FOLDERS[split]

    def path_in_folder(self, name: str, wnid: str) -> str:
        """In the folder of its class, if it has one."""
        return f"{wnid}/{name}" if wnid else name

    def loading_labelled(self, dataset: Loadable, folder: str) -> list[str]:
        """torchvision, timm and Keras."""
        return loading.class_folders(dataset, folder)


@dataclass(frozen=True, kw_only=True)
class FlatFolders(ImageFiles):
    """Image files in one folder for each split, their names beginning with their class."""

    format: ClassVar[str] = "flat"
    offer: ClassVar[Offer] = Offer(
        title="Flat folders",
        about="train_flatten/<wnid>_<number>.JPEG",
        help="",
        short="flat folders",
        folder="images-flat",
    )
    what: ClassVar[str] = "image files in one folder a split"
    classes_are_folders: ClassVar[bool] = False

    @property
    def ingredients(self) -> dict[str, str]:
        return {"format": "image files in one folder a split, version 1"}

    def image_folder(self, split: str) -> str:
        """As deep-vision's scripts have it."""
        return f"{SPLIT_FOLDERS[split]}_flatten"

    def path_in_folder(self, name: str, wnid: str) -> str:
        """The class, then the name with its folders."""
        flat = name.replace("/", "_")
        return flat if not wnid or flat.startswith(f"{wnid}_") else f"{wnid}_{flat}"

    def loading_labelled(self, dataset: Loadable, folder: str) -> list[str]:
        """Plain Python and tf.data."""
        return loading.flat_folder(dataset, folder)


def _first_file(folder: Path, below: str) -> str:
    """A link to a folder counts as a file: what is written below it would be written over what it leads to."""
    for root, folders, names in os.walk(folder / below):
        found = names or [name for name in folders if (Path(root) / name).is_symlink()]
        if found:
            return (Path(root) / min(found)).relative_to(folder).as_posix()
    return ""
