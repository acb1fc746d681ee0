"""The sidecars of image files: which of them a profile may ask for, and what each is."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from wizard.errors import InputError
from wizard.targets.image_files import dinov2, lists
from wizard.targets.option import Allowed, Option

if TYPE_CHECKING:
    from wizard.targets.image_files.listing import Listing
    from wizard.targets.written import Content, WrittenDataset

METADATA = "metadata"
"""The key of [output]."""
DINOV2, MMPRETRAIN, SWIN = "dinov2", "mmpretrain", "swin"
"""Its values, beside classes.json's name."""
OPTION = Option(
    allowed=(
        Allowed(DINOV2, "DINOv2", "labels.txt and extra/*.npy", "metadata for DINOv2", ("folders",)),
        Allowed(MMPRETRAIN, "mmpretrain", "meta/train.txt, meta/val.txt", "lists for mmpretrain"),
        Allowed(SWIN, "Swin Transformer", "train_map.txt, val_map.txt, for zipped folders", "lists for Swin"),
        Allowed(lists.CLASSES, "classes.json", "each label's class and name, as in Keras", "classes.json"),
    ),
    description="whose metadata is written beside the images; dinov2 is for folders of classes",
    text="Metadata files beside the images?",
    label="Metadata",
    help="ImageFolder, timm and Keras need none. DINOv2 and mmpretrain read lists of the images and their labels.",
    many=True,
)


def metadata_files(
    asked: Collection[str], dataset: "WrittenDataset", path: Callable[[str, str, str], str]
) -> "dict[str, Content]":
    """The files that are asked for, by their paths below the output folder.

    Args:
        asked: values of `output.metadata`.
        dataset: whose image files are described.
        path: gives the path of an image below its split's folder, from its split, name and wnid.
    """
    from wizard.targets.image_files import dinov2_extra  # with listing, it takes NumPy
    from wizard.targets.image_files.listing import listing

    classes = dataset.classes
    files: dict[str, Content] = {}
    if DINOV2 in asked:
        files["labels.txt"] = dinov2_extra.labels(classes)
    if lists.CLASSES in asked:
        files[lists.CLASSES] = lists.classes_json(classes)
    if {DINOV2, MMPRETRAIN, SWIN}.isdisjoint(asked):
        return files
    for split in dict.fromkeys(shard.split for shard in dataset.shards):
        listed = listing(dataset.images(split), classes, partial(path, split))
        files |= _of_split(asked, split, listed, dataset)
    return files


def require_readable(asked: Collection[str], split: str, name: str, wnid: str, folder: str, path: str) -> None:
    """Requires that the readers of the files that are asked for find an image.

    Args:
        asked: values of `output.metadata`.
        split: the image's.
        name: its name in the raw data.
        wnid: its class's name; empty where it has none.
        folder: that of its split.
        path: its place below that folder.

    Raises:
        InputError: one of them would not.
    """
    if DINOV2 in asked:
        _require(DINOV2, f"{split}: {name} would become {folder}/{path}", dinov2.why_not(split, path, wnid))
    if MMPRETRAIN in asked:
        _require(MMPRETRAIN, f"{split}: {name} would become {folder}/{path}", lists.why_not_mmpretrain(path, wnid))


def remarks(asked: Collection[str], images: Mapping[str, int]) -> Iterator[str]:
    """What a person should know of these readers, given how many images each split has."""
    if DINOV2 in asked:
        yield from dinov2.remarks(images)


def _require(reader: str, would_become: str, why_not: str) -> None:
    if why_not:
        raise InputError(
            f'{would_become}, and {why_not} (output.metadata has "{reader}").',
            f'Rename the images in the raw data, or leave "{reader}" out of output.metadata',
        )


def _of_split(asked: Collection[str], split: str, listed: "Listing", dataset: "WrittenDataset") -> "dict[str, Content]":
    from wizard.targets.image_files import dinov2_extra

    files: dict[str, Content] = {}
    if DINOV2 in asked:
        files |= dinov2_extra.arrays(split, listed, dataset.classes)
    if MMPRETRAIN in asked:
        files |= lists.mmpretrain(split, listed)
    if SWIN in asked:
        files |= lists.swin(split, listed)
    return files
