"""Extracted trees, folders of classes, and flat images that carry their class in their name."""

import re
import shlex
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.formatting import few
from wizard.ilsvrc2012.archives import BOXES, Split
from wizard.sources.options import Labels, SourceOptions
from wizard.sources.source import Source
from wizard.sources.split_names import missing_parts
from wizard.sources.trees.find_splits import Found, SplitFinder
from wizard.sources.trees.image_folders import ImageFolders
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.label_space import label_space
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import Lists
from wizard.sources.trees.lists.find import find_listed_splits, unread_lists
from wizard.sources.trees.lists.flat import label_flat
from wizard.sources.trees.split_dirs import SplitDir, idle_folders

LOOKS_LIKE = (
    "an extracted tree (train/<wnid>/*.JPEG, val/), images named <name>_<wnid>.JPEG, or folders of classes "
    "(train/<class>/*.jpg)"
)
_BETWEEN = re.compile(r"[\s_-]+")
# Names of folders that extracted annotations are met in.
_BOX_FOLDERS: dict[Split, tuple[str, ...]] = {
    "train": ("bbox_train", "bounding_boxes/train", "bounding_boxes"),
    "validation": ("bbox_val", "bounding_boxes/val", "bounding_boxes/validation"),
}
_BOX_NAMES: Mapping[Split, str] = {split: f"bbox_{'val' if split == 'validation' else split}/" for split in BOXES}


def recognise(folder: Path, options: SourceOptions) -> Source | None:
    """Folders of images: splits at any depth, or one split; see `registry.SourceModule`.

    A folder whose labels cannot be told as asked, or with archives that must be unpacked first, is refused.
    """
    bounds = Bounds.of(folder, follow=options.follow)
    lists = find_listed_splits(folder, bounds)
    if lists:
        return _tree(Found(top=lists.top, places=lists.places), lists, options.labels, bounds)
    found = SplitFinder(bounds=bounds, role=options.role).find(folder)
    if found:
        return _tree(found, label_flat(found.top, found.places, bounds), options.labels, bounds)
    for place in (folder, folder / "data"):
        if place.is_dir():
            _explain(place)
    return None


def _tree(found: Found, lists: Lists, labels: Labels, bounds: Bounds) -> ImageFolders:
    top = found.top
    told = [] if lists.lists else unread_lists(Path(bounds.root))
    places = {split: _misspelt(place, lists.places) for split, place in lists.places.items()}
    decided = label_space(places, labels, lists.order)
    places = {split: _of_another_dataset(place, places, imagenet=decided.imagenet) for split, place in places.items()}
    annotations = _annotations(top)
    names = [parse_image_name(name) for place in places.values() for name in place.images]
    suffixed = any(name.suffixed for name in names if name)
    if suffixed:
        what = "images named as in Hugging Face's old archives"
    else:
        what = "an extracted ILSVRC2012 tree" if decided.imagenet else "folders of classes"
    if lists.lists.keys() == places.keys():
        what = "images with lists of their classes"
    return ImageFolders(
        folder=top,
        top=top,
        what=what,
        why=(
            _seen(top, places),
            *_beside(found),
            *_twice(places),
            *idle_folders(places),
            *_gaps(places),
            *_apart(places),
            *lists.why,
            *told,
            *decided.why,
        ),
        places=places,
        annotations=annotations,
        classes=decided.classes,
        bounds=bounds,
        annotatable=bool(annotations) or (decided.imagenet and not suffixed),
        box_names=_BOX_NAMES,
        lists=lists.lists,
    )


def _of_another_dataset(place: SplitDir, places: Mapping[Split, SplitDir], *, imagenet: bool) -> SplitDir:
    """A split that has none of train's classes is of another dataset, or its folders are no classes."""
    train = places.get("train")
    if imagenet or train is None or place.listed or place.problem:
        return place
    if not (train.classes and place.classes) or train.classes & place.classes:
        return place
    return replace(
        place,
        problem=f"None of the folders in {place.path} ({few(place.folders)}) is a class of train.",
        hint="Name its folders as those of train, or put images that have no labels into the folder itself",
    )


def _misspelt(place: SplitDir, places: Mapping[Split, SplitDir]) -> SplitDir:
    """One class spelt in two ways would be two: in a split, its parts, or in it and train.

    Within a split, the capital and the small form of one letter are two classes, as in datasets of handwriting.
    """
    if place.problem:
        return place
    seen: dict[str, str] = {}
    for name in sorted(place.classes):
        letter = len(name.strip()) == 1
        other = seen.setdefault(name.strip() if letter else _spelt(name), name)
        if other != name:
            return _two_ways(place, name, place, other)
    train = places.get("train", place)
    theirs = {_spelt(name): name for name in train.classes}
    for name in sorted(place.classes - train.classes):
        if _spelt(name) in theirs:
            return _two_ways(place, name, train, theirs[_spelt(name)])
    return place


def _two_ways(place: SplitDir, name: str, others: SplitDir, other: str) -> SplitDir:
    first, second = _where(place, name), _where(others, other)
    if _looks(name) == _looks(other):
        first, second = ascii(first), ascii(second)
    return replace(
        place,
        problem=f"{first} and {second} would be two classes, but their names differ only in how they are spelt.",
        hint="Give the folders of a class the same name everywhere; where they are two classes, names that differ in "
        "more than that",
    )


def _where(place: SplitDir, name: str) -> str:
    """The folder of a class, or what a list calls it."""
    if place.listed:
        return f"{name} of the {place.listed}"
    return str(next(piece.path for piece in place.pieces if name in piece.classes) / name)


def _spelt(name: str) -> str:
    """A name without what people write in more than one way: Unicode's form, capitals, and what is between words."""
    return unicodedata.normalize("NFC", _BETWEEN.sub(" ", unicodedata.normalize("NFC", name.strip()).casefold()))


def _looks(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _gaps(places: Mapping[Split, SplitDir]) -> list[str]:
    """Notes on missing parts, which may not have been unpacked."""
    told = []
    for split, place in places.items():
        missing = missing_parts(part.path.name for part in place.parts)
        if missing:
            numbers = few([f"{number:,}" for number in missing])
            told.append(f"{split} has numbered parts, of which these are missing: {numbers}.")
    return told


def _apart(places: Mapping[Split, SplitDir]) -> list[str]:
    """Notes on splits whose classes differ from train's."""
    train = places["train"].classes if "train" in places else frozenset()
    told = []
    for split, place in places.items():
        more, fewer = sorted(place.classes - train), sorted(train - place.classes)
        if not (train and place.classes) or place.problem:
            continue
        if more:
            told.append(f"{split} has classes that train does not have: {few(more)}.")
        if fewer:
            told.append(f"{split} does not have these classes of train: {few(fewer)}.")
    return told


def _seen(top: Path, places: Mapping[Split, SplitDir]) -> str:
    held = []
    for split, place in places.items():
        if place.listed:
            held.append(place.listed)
        elif place.parts and place.path == top:
            named = " and ".join(f"{part.path.relative_to(top)}/" for part in place.parts)
            held.append(f"{named} ({place.problem or _count(place)})")
        elif place.path == top:
            held.append(f"images of {split}" if place.shared else f"{_count(place)}, taken for {split}")
        else:
            held.append(f"{place.path.relative_to(top)}/ ({place.problem or _count(place)})")
    return f"{top} holds {' and '.join(held)}."


def _beside(found: Found) -> list[str]:
    named = [f"{name}/" for name in found.beside]
    if not named:
        return []
    if len(named) == 1:
        return [f"{named[0]} beside them holds images too: it is not a split, and is left out."]
    return [f"{few(named)} beside them hold images too: they are not splits, and are left out."]


def _count(place: SplitDir) -> str:
    counts = ((len(place.folders), "class folder"), (len(place.archives), "class archive"))
    told = [f"{count:,} {kind}{'' if count == 1 else 's'}" for count, kind in counts if count]
    if place.images:
        told.append(f"images in no class's folder, as {place.images[0]}")
    return ", ".join(told)


def _twice(places: Mapping[Split, SplitDir]) -> list[str]:
    pieces = [piece for place in places.values() for piece in place.pieces]
    both = [(piece.path, sorted({*piece.folders} & {*piece.archives})) for piece in pieces]
    return [
        f"{path} holds {few(names)} both as a folder and as an archive; the archive is read, because it can be checked "
        "for completeness."
        for path, names in both
        if names
    ]


def _explain(folder: Path) -> None:
    """Archives that hold such images, but cannot be read in place."""
    with reading(folder):
        packed = sorted(path.name for path in folder.glob("*_images*.tar.gz"))
        parquet = next(folder.glob("*.parquet"), None)
    splits = sorted({name.partition("_images")[0] for name in packed} & {"train", "val", "test"})
    if splits:
        raise InputError(
            f"{folder} holds {few(packed)}, Hugging Face's old archives: they are compressed, so the images in them "
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


def _annotations(top: Path) -> dict[Split, Path]:
    """The folder, or else the archive, of annotations of each split that lies in a folder.

    Raises:
        InputError: the folder cannot be looked into.
    """
    found = {}
    for split, names in _BOX_FOLDERS.items():
        with reading(top):
            folders = [top / name for name in names if _has_annotations(top / name)]
            archives = [top / name for name in BOXES[split].names if (top / name).is_file()]
        if folders or archives:
            found[split] = [*folders, *archives][0]
    return found


def _has_annotations(folder: Path) -> bool:
    return folder.is_dir() and any(entry.is_dir() or entry.suffix == ".xml" for entry in folder.iterdir())
