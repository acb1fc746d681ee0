"""Finds the list with the classes of a split's flat images, such as Tiny ImageNet's `val/val_annotations.txt`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.split_names import WRAPPERS, may_be_of, splits_in
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList, Lists, below, is_there, key_in, same_class, unique
from wizard.sources.trees.lists.parse import SUFFIXES, Lines, read_list
from wizard.sources.trees.split_dirs import SplitDir, look_into

_LOOKED_AT = 50  # most files that are tried in one folder


def label_flat(top: Path, places: Mapping[Split, SplitDir], bounds: Bounds) -> Lists:
    """The splits, with a list for each whose images are not in class folders and not named after a class.

    If a list exists but cannot be used, the split's place says why.
    """
    found: dict[Split, SplitDir] = {}
    lists: dict[Split, ClassList] = {}
    why: list[str] = []
    for split in [split for split in SPLITS if split in places]:
        found[split] = _unwrapped(places[split], bounds)
        try:
            listed = _list_of(split, found[split], top, bounds)
            if listed is None:
                _check_folders(split, found[split], top)
                found[split] = _with_classes(found[split], split)
                continue
            _check_classes(listed, found["train"] if split != "train" and "train" in found else None)
        except InputError as error:
            found[split] = replace(found[split], problem=error.what, hint=error.hint)
            continue
        lists[split] = listed
        why.append(listed.why(top, split))
        names = _meant(listed, found["train"]) if "train" in found else listed.names
        found[split] = replace(listed.place(top), folders=names)
    return Lists(top=top, places=found, lists=lists, why=(*why, *_box_files(top, found.get("train"))))


def _unwrapped(place: SplitDir, bounds: Bounds) -> SplitDir:
    """The inner folder, if a split's folder holds just one called images/."""
    if place.problem or place.images or place.archives or len(place.folders) != 1:
        return place
    if place.folders[0].lower() not in WRAPPERS:
        return place
    path = place.path / place.folders[0]
    try:
        bounds.check(str(path))
        inner = look_into(path)
    except InputError as error:
        return replace(place, problem=error.what, hint=error.hint)
    return place if inner.empty else inner


def _list_of(split: Split, place: SplitDir, top: Path, bounds: Bounds) -> ClassList | None:
    """The list that names a split's images, in their folder or in one above it, up to the top."""
    if place.problem or place.shared or place.classes or not place.images or any(map(parse_image_name, place.images)):
        return None
    found: list[ClassList] = []
    for path in _candidates(split, place.path, top):
        lines = read_list(path)
        if lines is None or not _names_some(lines, place, top):
            continue
        bounds.check(str(path))
        classes = unique(lines, _here(below(lines, place.path, top), path.parent, top))
        found.append(ClassList(path=path, folder=place.path, classes=classes, boxes=lines.boxes))
    for other in found[1:]:
        if other.classes != found[0].classes:
            raise InputError(
                f"{found[0].path} and {other.path} give different classes for the images in {place.path}.",
                "Move away the one that should not be used",
            )
    return found[0] if found else None


def _with_classes(place: SplitDir, split: Split) -> SplitDir:
    """Refuses images without any classes, except in test."""
    unsaid = place.images and not any(map(parse_image_name, place.images))
    if split == "test" or place.problem or place.shared or place.classes or not unsaid:
        return place
    return replace(
        place,
        problem=f"The classes of the images in {place.path}, such as {place.images[0]}, are not known: they are not in "
        "class folders, and no list beside them names them.",
        hint="Put each image into a folder named after its class, or add a list to that folder: labels.csv, with the "
        "columns filename,label",
    )


def _names_some(lines: Lines, place: SplitDir, top: Path) -> bool:
    """Whether a list gives classes and names images that were seen; without a header, its first line must name one."""
    entries = below(lines, place.path, top)
    if not entries or not any(name for _, name in entries):
        return False
    images = {image for image, _ in entries}
    if not lines.headed and not is_there(place.path, entries[0][0]):
        return False
    return any(key_in(images, image) for image in place.images)


def _here(entries: list[tuple[str, str]], *above: Path) -> list[tuple[str, str]]:
    """The entries without those for images in other existing folders, as one list may cover several folders."""
    folders = {image.rpartition("/")[0] for image, _ in entries} - {""}
    others = {folder for folder in folders if any(_is_folder(path / folder) for path in above)}
    return [entry for entry in entries if entry[0].rpartition("/")[0] not in others]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # as in `is_there`
        return False


def _check_classes(listed: ClassList, train: SplitDir | None) -> None:
    """Refuses a list with classes that are not among train's class folders, if it has any."""
    if train is None or train.listed or not train.classes:
        return
    unknown = next((name for name in listed.names if same_class(name, train.classes) is None), None)
    if unknown is not None:
        image = next(image for image, name in listed.classes.items() if name == unknown)
        raise InputError(
            f"{listed.path} says that {image} is an image of {unknown}, which is not one of the "
            f"{len(train.classes):,} classes in {train.path}.",
            "Correct the list, or move it away to leave the images without classes",
        )


def _meant(listed: ClassList, train: SplitDir) -> tuple[str, ...]:
    return tuple(sorted({same_class(name, train.classes) or name for name in listed.names}))


def _box_files(top: Path, train: SplitDir | None) -> list[str]:
    """A note on Tiny ImageNet's boxes, in pixels in a file in each class folder, which are not read."""
    if train is None or not train.folders or train.problem:
        return []
    path = train.path / train.folders[0] / f"{train.folders[0]}_boxes.txt"
    return [f"Boxes, as in {path.relative_to(top)}, are not read."] if path.is_file() else []


def _candidates(split: Split, folder: Path, top: Path) -> Iterator[Path]:
    """The files in a split's folder, and in those above it up to the top.

    Raises:
        InputError: a folder cannot be read.
    """
    for place in (folder, *folder.parents):
        if not place.is_relative_to(top):
            return
        with reading(place):
            named = [path for path in place.iterdir() if path.suffix.lower() in SUFFIXES]
        meant = [path for path in named if may_be_of(split, path.name)]
        # Tables first: a folder may hold a text file beside each image.
        meant.sort(key=lambda path: (path.suffix.lower() == ".txt", path.name))
        yield from (path for path in meant[:_LOOKED_AT] if not path.name.startswith(".") and path.is_file())


def _check_folders(split: Split, place: SplitDir, top: Path) -> None:
    """Checks a split's class folders against the lists that are named after it.

    A list whose classes have other names than the folders is ignored.

    Raises:
        InputError: a list gives an image another class than its folder, or cannot be read.
    """
    if place.problem or place.shared or not place.folders:
        return
    classes = frozenset(place.folders)
    for path in _candidates(split, place.path, top):
        lines = read_list(path) if splits_in(path.name) else None
        if lines is None or not lines.headed:
            continue
        meant: dict[str, str | None] = {}
        for image, name in below(lines, place.path, top):
            folder = image.partition("/")[0]
            said = meant.setdefault(name, same_class(name, classes))
            if folder != image and folder in classes and said not in (None, folder):
                raise InputError(
                    f"{path} says that {place.path}/{image} is an image of {said}, but it is in the folder of "
                    f"{folder}.",
                    "Move the image to the right folder; or correct the list, or move the list away",
                )
