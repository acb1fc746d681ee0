"""Finds the list with the classes of a split's flat images, such as Tiny ImageNet's `val/val_annotations.txt`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.mounts import filesystem
from wizard.sources.split_names import may_be_of, splits_in
from wizard.sources.trees.find_splits import Found
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList, below, class_list, is_there, key_in, same_class
from wizard.sources.trees.lists.parse import SUFFIXES, read_list
from wizard.sources.trees.split_dirs import SplitDir

_LOOKED_AT = 50  # most files that are tried in one folder


def label_flat(found: Found, bounds: Bounds) -> Found:
    """The splits, with a list for each whose images are not in class folders and not named after a class.

    If a list exists but cannot be used, the split's folder says why.
    """
    top = found.top
    split_dirs: dict[Split, SplitDir] = {}
    lists: dict[Split, ClassList] = {}
    why: list[str] = []
    for split in [split for split in SPLITS if split in found.split_dirs]:
        split_dir = found.split_dirs[split]
        train = split_dirs.get("train")  # comes first: None for itself
        try:
            listed = _list_of(split, split_dir, top, bounds)
            if listed is None:
                _check_folders(split, split_dir, top)
            else:
                _check_classes(listed, train)
        except InputError as error:
            split_dirs[split] = split_dir.refused(error.what, error.hint)
            continue
        if listed is None:
            split_dirs[split] = _with_classes(split, split_dir)
            continue
        lists[split] = listed
        why.append(listed.why(top, split))
        known = train.classes if train else ()
        names = sorted({same_class(name, known) or name for name in listed.names})
        split_dirs[split] = replace(listed.split_dir(top), folders=tuple(names))
    why += _box_files(top, split_dirs.get("train"))
    return replace(found, split_dirs=split_dirs, lists=lists, why=tuple(why))


def _list_of(split: Split, split_dir: SplitDir, top: Path, bounds: Bounds) -> ClassList | None:
    if not _without_classes(split_dir):
        return None
    found: list[ClassList] = []
    for path in _candidates(split, split_dir.path, top):
        lines = read_list(path)
        entries = below(lines, split_dir.path, top) if lines else []
        if lines is None or not _names_some(entries, split_dir, headed=lines.headed):
            continue
        bounds.check(str(path))
        found.append(class_list(lines, split_dir.path, _here(entries, path.parent, top)))
        found[0].must_agree(found[-1], f"give different classes for the images in {split_dir.path}")
    return found[0] if found else None


def _without_classes(split_dir: SplitDir) -> bool:
    if split_dir.problem or split_dir.shared or split_dir.classes or not split_dir.images:
        return False
    return not any(map(parse_image_name, split_dir.images))


def _with_classes(split: Split, split_dir: SplitDir) -> SplitDir:
    if split == "test" or not _without_classes(split_dir):
        return split_dir
    return split_dir.refused(
        f"The classes of the images in {split_dir.path}, such as {split_dir.images[0]}, are not known: they are not in "
        "class folders, and no list beside them names them.",
        "Put each image into a folder named after its class, or add a list to that folder: labels.csv, with the "
        "columns filename,label",
    )


def _names_some(entries: Sequence[tuple[str, str]], split_dir: SplitDir, *, headed: bool) -> bool:
    """Whether a list gives classes and names images that were seen; without a header, its first line must name one."""
    if not any(name for _, name in entries) or not (headed or is_there(split_dir.path, entries[0][0])):
        return False
    images = {image for image, _ in entries}
    return any(key_in(images, image) for image in split_dir.images)


def _here(entries: Sequence[tuple[str, str]], *above: Path) -> list[tuple[str, str]]:
    folders = {image.rpartition("/")[0] for image, _ in entries} - {""}
    others = {folder for folder in folders if any(_is_folder(path / folder) for path in above)}
    return [entry for entry in entries if entry[0].rpartition("/")[0] not in others]


def _is_folder(path: Path) -> bool:
    try:
        return filesystem.is_dir(path)
    except (OSError, ValueError):  # as in `is_there`
        return False


def _check_classes(listed: ClassList, train: SplitDir | None) -> None:
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


def _box_files(top: Path, train: SplitDir | None) -> list[str]:
    """A note on Tiny ImageNet's boxes, in pixels in a file in each class folder, which are not read."""
    if train is None or not train.folders or train.problem:
        return []
    path = train.path / train.folders[0] / f"{train.folders[0]}_boxes.txt"
    return [f"Boxes, as in {path.relative_to(top)}, are not read."] if filesystem.is_file(path) else []


def _candidates(split: Split, folder: Path, top: Path) -> Iterator[Path]:
    for path in (folder, *folder.parents):
        if not path.is_relative_to(top):
            return
        with reading(path):
            files = [
                file
                for file in filesystem.iterdir(path)
                if file.suffix.lower() in SUFFIXES and may_be_of(split, file.name)
            ]
        # Tables first: a folder may hold a text file beside each image.
        files.sort(key=lambda file: (file.suffix.lower() == ".txt", file.name))
        yield from (file for file in files[:_LOOKED_AT] if not file.name.startswith(".") and filesystem.is_file(file))


def _check_folders(split: Split, split_dir: SplitDir, top: Path) -> None:
    """Checks a split's class folders against the lists that are named after it.

    A list whose classes have other names than the folders is ignored.
    """
    if split_dir.problem or split_dir.shared or not split_dir.folders:
        return
    classes = frozenset(split_dir.folders)
    for path in _candidates(split, split_dir.path, top):
        lines = read_list(path) if splits_in(path.name) else None
        if lines is None or not lines.headed:
            continue
        meant: dict[str, str | None] = {}
        for image, name in below(lines, split_dir.path, top):
            folder = image.partition("/")[0]
            said = meant.setdefault(name, same_class(name, classes))
            if folder != image and folder in classes and said not in (None, folder):
                raise InputError(
                    f"{path} says that {split_dir.path}/{image} is an image of {said}, but it is in the folder of "
                    f"{folder}.",
                    "Move the image to the right folder; or correct the list, or move the list away",
                )
