"""Extracted trees, folders of classes, and flat images that carry their class in their name."""

import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import Split
from wizard.sources.raw import RawData
from wizard.sources.trees import box_places
from wizard.sources.trees.image_folders import ImageFolders
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import Lists
from wizard.sources.trees.lists.find import find_splits
from wizard.sources.trees.lists.flat import label_flat
from wizard.sources.trees.lists.ids import in_order
from wizard.sources.trees.lists.unread import unread_lists
from wizard.sources.trees.official_names import said
from wizard.sources.trees.places import Place, holds_images, look, shared_places, split_of_folder, split_places
from wizard.sources.trees.whose_labels import Labels, decide

_WRAPPER = "ILSVRC2012"
_NO_CLASSES = {"bbox_train", "bbox_val", "bounding_boxes", "data", _WRAPPER}
_SAMPLED = 8
_LOOKED_AT = 100


def open_folders(folder: Path, labels: Labels, *, follow: bool) -> RawData | None:
    """The raw data of a folder of images; None where it holds none.

    Raises:
        InputError: it cannot be looked into, it holds archives that must be unpacked first, or its labels cannot be
            told as asked.
    """
    bounds = Bounds.of(folder, follow=follow)
    lists = find_splits(folder, bounds)
    if lists:
        return _tree(folder, lists, labels, bounds)
    for top in (folder, folder / _WRAPPER):
        places = _places(top, bounds) if top.is_dir() else {}
        if places:
            return _tree(folder, label_flat(top, places, bounds), labels, bounds)
    for place in (folder, folder / "data"):
        if place.is_dir():
            _explain(place)
    return None


def _tree(folder: Path, lists: Lists, labels: Labels, bounds: Bounds) -> ImageFolders:
    top, places = lists.top, lists.places
    told = [] if lists.lists else unread_lists(Path(bounds.root))
    decided = in_order(decide(places, labels), lists, labels)
    places = {split: _strange(place, places, imagenet=decided.imagenet) for split, place in places.items()}
    annotations = box_places.annotations(top)
    suffixed = any(spoken.suffixed for place in places.values() for spoken in map(said, place.images) if spoken)
    if suffixed:
        what = "images named as in Hugging Face's old archives"
    else:
        what = "an extracted ILSVRC2012 tree" if decided.imagenet else "folders of classes"
    if lists.lists.keys() == places.keys():
        what = "images with lists of their classes"
    return ImageFolders(
        folder=folder,
        top=top,
        layout="folders",
        what=what,
        why=(_seen(top, places), *_twice(places), *lists.why, *told, *decided.why),
        places=places,
        annotations=annotations,
        classes=decided.classes,
        bounds=bounds,
        annotatable=bool(annotations) or (decided.imagenet and not suffixed),
        box_names=box_places.NAMES,
        lists=lists.lists,
    )


def _places(top: Path, bounds: Bounds) -> dict[Split, Place]:
    """Folders of splits; else the folder is that of a split itself; else splits share it."""
    places = split_places(top, bounds)
    if any(not place.empty or place.problem for place in places.values()):
        return places
    _point_below(top)
    place = look(top)
    others = frozenset(name for name in place.folders if name in _NO_CLASSES or split_of_folder(name))
    folders = tuple(name for name in place.folders if name not in others)
    if place.archives or _are_classes(top, folders):
        return {split_of_folder(top.resolve().name) or "train": replace(place, folders=folders, others=others)}
    return shared_places(top)


def _point_below(top: Path) -> None:
    """A folder above the right one would look like one of classes, each of which holds all the splits."""
    with reading(top), os.scandir(top) as entries:
        some = [entry.name for entry in islice(entries, _SAMPLED) if entry.is_dir() and entry.name != _WRAPPER]
    for name in some:
        with reading(top / name), os.scandir(top / name) as entries:
            splits = {split for entry in islice(entries, _LOOKED_AT) if (split := split_of_folder(entry.name))}
        if "train" in splits or len(splits) > 1:
            raise InputError(
                f"{top} holds no images by itself, but {name}/ in it has folders of {' and '.join(sorted(splits))}.",
                f"Give that folder: --set source.path={shlex.quote(str(top / name))}",
            )


def _are_classes(top: Path, folders: tuple[str, ...]) -> bool:
    """Any folder holds folders; those of classes hold images, most of them at least."""
    some = folders[:_SAMPLED]
    holding = 0
    for name in some:
        with suppress(InputError):
            holding += holds_images(top / name)
    return holding * 2 > len(some)


def _strange(place: Place, places: Mapping[Split, Place], *, imagenet: bool) -> Place:
    """A split that has none of train's classes is of another dataset, or its folders are no classes."""
    train = places.get("train")
    if imagenet or train is None or place.listed:
        return place
    if not (train.classes and place.classes) or train.classes & place.classes:
        return place
    return replace(
        place,
        problem=f"None of the folders in {place.path} ({_few(place.folders)}) is a class of train.",
        hint="Name its folders as those of train, or put images that have no labels into the folder itself",
    )


def _seen(top: Path, places: Mapping[Split, Place]) -> str:
    held = []
    for split, place in places.items():
        if place.listed:
            held.append(place.listed)
        elif place.path == top:
            held.append(f"images of {split}" if place.shared else f"{_count(place)}, taken for {split}")
        else:
            held.append(f"{place.path.relative_to(top)}/ ({place.problem or _count(place)})")
    return f"{top} holds {' and '.join(held)}."


def _count(place: Place) -> str:
    counts = ((len(place.folders), "class folders"), (len(place.archives), "class archives"))
    told = [f"{count:,} {kind}" for count, kind in counts if count]
    if place.images:
        told.append(f"images in no class's folder, as {place.images[0]}")
    return ", ".join(told)


def _twice(places: Mapping[Split, Place]) -> list[str]:
    both = [(place.path, sorted({*place.folders} & {*place.archives})) for place in places.values()]
    return [
        f"{path} holds {_few(names)} both as folder and as archive; the archive is read, as it is whole by its headers."
        for path, names in both
        if names
    ]


def _few(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _SAMPLED:,} more" if len(names) > _SAMPLED else ""
    return ", ".join(names[:_SAMPLED]) + more


def _explain(folder: Path) -> None:
    """Archives that hold such images, but cannot be read in place."""
    with reading(folder):
        packed = sorted(path.name for path in folder.glob("*_images*.tar.gz"))
        parquet = next(folder.glob("*.parquet"), None)
    splits = sorted({name.partition("_images")[0] for name in packed} & {"train", "val", "test"})
    if splits:
        raise InputError(
            f"{folder} holds {_few(packed)}, Hugging Face's old archives: they are compressed, so that images in them "
            "cannot be read in place.",
            f"Unpack them once: cd {shlex.quote(str(folder))}{''.join(map(_unpacking, splits))}; then give that folder",
        )
    if parquet is not None:
        raise InputError(
            f"{folder} holds Parquet files ({parquet.name}), which this version does not read.",
            "Fetch the official archives, or export the images to folders: train/<class>/*.jpg",
        )


def _unpacking(split: str) -> str:
    return f" && mkdir {split} && for f in {split}_images*.tar.gz; do tar -xzf $f -C {split}; done"
