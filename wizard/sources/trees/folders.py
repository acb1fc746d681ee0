"""Extracted trees, folders of classes, and flat images that carry their class in their name."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from wizard.errors import reading
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import BOXES, Split
from wizard.sources.mounts import filesystem
from wizard.sources.options import Labels, SourceOptions
from wizard.sources.source import Source
from wizard.sources.split_names import missing_parts
from wizard.sources.trees.find_splits import Found, SplitFinder
from wizard.sources.trees.image_folders import ImageFolders
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.label_space import label_space
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.find import find_listed_splits, unread_lists
from wizard.sources.trees.lists.flat import label_flat
from wizard.sources.trees.split_dirs import SplitDir, idle_folders, pieces_of

LOOKS_LIKE = (
    "an extracted tree (train/<wnid>/*.JPEG, val/), images named <name>_<wnid>.JPEG, or folders of classes "
    "(train/<class>/*.jpg)"
)
_BETWEEN = re.compile(r"[\s_-]+")
# Common names of folders of extracted annotations.
_BOX_FOLDERS: dict[Split, tuple[str, ...]] = {
    "train": ("bbox_train", "bounding_boxes/train", "bounding_boxes"),
    "validation": ("bbox_val", "bounding_boxes/val", "bounding_boxes/validation"),
}
_BOX_NAMES: Mapping[Split, str] = {split: f"bbox_{'val' if split == 'validation' else split}/" for split in BOXES}


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """Folders of images: splits at any depth, or one split; see `SourceModule`.

    Refuses a folder whose labels cannot be determined as asked.
    """
    bounds = Bounds.of(folder, follow=options.follow)
    found = find_listed_splits(folder, bounds)
    if found:
        return _tree(found, options.labels, bounds)
    found = SplitFinder(bounds=bounds, role=options.role).find(folder)
    if found:
        return _tree(label_flat(found, bounds), options.labels, bounds)
    return None


def _tree(found: Found, labels: Labels, bounds: Bounds) -> ImageFolders:
    top = found.top
    unread = [] if found.lists else unread_lists(Path(bounds.root))
    split_dirs = {split: _misspelled(split_dir, found.split_dirs) for split, split_dir in found.split_dirs.items()}
    decided = label_space(split_dirs, labels, found.order)
    train = split_dirs.get("train")
    if train and not decided.imagenet:
        split_dirs = {split: _of_another_dataset(split_dir, train) for split, split_dir in split_dirs.items()}
    annotations = _annotations(top)
    names = chain.from_iterable(split_dir.images for split_dir in split_dirs.values())
    suffixed = any(name.suffixed for name in map(parse_image_name, names) if name)
    what = "an extracted ILSVRC2012 tree" if decided.imagenet else "folders of classes"
    if suffixed:
        what = "images named as in Hugging Face's old archives"
    if found.lists.keys() == split_dirs.keys():
        what = "images with lists of their classes"
    return ImageFolders(
        folder=top,
        what=what,
        why=(
            _seen(top, split_dirs),
            *_beside(found.beside),
            *_twice(split_dirs),
            *idle_folders(split_dirs.values()),
            *_gaps(split_dirs),
            *_apart(split_dirs),
            *found.why,
            *unread,
            *decided.why,
        ),
        found=replace(found, split_dirs=split_dirs),
        annotations=annotations,
        classes=decided.classes,
        bounds=bounds,
        annotatable=bool(annotations) or (decided.imagenet and not suffixed),
        box_names=_BOX_NAMES,
    )


def _of_another_dataset(split_dir: SplitDir, train: SplitDir) -> SplitDir:
    """A split that has none of train's classes is of another dataset, or its folders are no classes."""
    unlike = train.classes and split_dir.classes and not train.classes & split_dir.classes
    if not unlike or split_dir.listed or split_dir.problem:
        return split_dir
    return split_dir.refused(
        f"None of the folders in {split_dir.path} ({few(split_dir.folders)}) is a class of train.",
        "Name its folders as those of train, or put images that have no labels into the folder itself",
    )


def _misspelled(split_dir: SplitDir, split_dirs: Mapping[Split, SplitDir]) -> SplitDir:
    """One class spelled in two ways would be two: in a split, its parts, or in it and train.

    Within a split, the capital and the small form of one letter are two classes, as in datasets of handwriting.
    """
    if split_dir.problem:
        return split_dir
    seen: dict[str, str] = {}
    for name in sorted(split_dir.classes):
        letter = len(name.strip()) == 1
        other = seen.setdefault(name.strip() if letter else _normalized_name(name), name)
        if other != name:
            return _two_ways(split_dir, name, split_dir, other)
    train = split_dirs.get("train", split_dir)
    theirs = {_normalized_name(name): name for name in train.classes}
    for name in sorted(split_dir.classes - train.classes):
        if _normalized_name(name) in theirs:
            return _two_ways(split_dir, name, train, theirs[_normalized_name(name)])
    return split_dir


def _two_ways(split_dir: SplitDir, name: str, others: SplitDir, other: str) -> SplitDir:
    first, second = _where(split_dir, name), _where(others, other)
    if _looks(name) == _looks(other):
        first, second = ascii(first), ascii(second)
    return split_dir.refused(
        f"{first} and {second} would be two classes, but their names differ only in how they are spelled.",
        "Give the folders of a class the same name everywhere; where they are two classes, names that differ in "
        "more than that",
    )


def _where(split_dir: SplitDir, name: str) -> str:
    return f"{name} of the {split_dir.listed}" if split_dir.listed else str(split_dir.of_class(name))


def _normalized_name(name: str) -> str:
    """A name without what is written in several ways: Unicode form, case, and separators between words."""
    return unicodedata.normalize("NFC", _BETWEEN.sub(" ", unicodedata.normalize("NFC", name.strip()).casefold()))


def _looks(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _gaps(split_dirs: Mapping[Split, SplitDir]) -> Iterator[str]:
    for split, split_dir in split_dirs.items():
        missing = missing_parts(part.path.name for part in split_dir.parts)
        if missing:
            numbers = few([f"{number:,}" for number in missing])
            yield f"{split} has numbered parts, of which these are missing: {numbers}."


def _apart(split_dirs: Mapping[Split, SplitDir]) -> Iterator[str]:
    train = split_dirs["train"].classes if "train" in split_dirs else frozenset()
    for split, split_dir in split_dirs.items():
        if not (train and split_dir.classes) or split_dir.problem:
            continue
        more, fewer = sorted(split_dir.classes - train), sorted(train - split_dir.classes)
        if more:
            yield f"{split} has classes that train does not have: {few(more)}."
        if fewer:
            yield f"{split} does not have these classes of train: {few(fewer)}."


def _seen(top: Path, split_dirs: Mapping[Split, SplitDir]) -> str:
    held = []
    for split, split_dir in split_dirs.items():
        if split_dir.listed:
            held.append(split_dir.listed)
        elif split_dir.path == top and not split_dir.parts:
            held.append(f"images of {split}" if split_dir.shared else f"{_count(split_dir)}, taken for {split}")
        else:
            paths = [piece.path for piece in split_dir.pieces] if split_dir.path == top else [split_dir.path]
            named = " and ".join(f"{path.relative_to(top)}/" for path in paths)
            held.append(f"{named} ({split_dir.problem or _count(split_dir)})")
    return f"{top} holds {' and '.join(held)}."


def _beside(names: Sequence[str]) -> Iterator[str]:
    if len(names) == 1:
        yield f"{names[0]}/ beside them holds images too: it is not a split, and is left out."
    elif names:
        named = few([f"{name}/" for name in names])
        yield f"{named} beside them hold images too: they are not splits, and are left out."


def _count(split_dir: SplitDir) -> str:
    counts = ((len(split_dir.folders), "class folder"), (len(split_dir.archives), "class archive"))
    parts = [counted(count, kind) for count, kind in counts if count]
    if split_dir.images:
        parts.append(f"images in no class's folder, as {split_dir.images[0]}")
    return ", ".join(parts)


def _twice(split_dirs: Mapping[Split, SplitDir]) -> Iterator[str]:
    for piece in pieces_of(split_dirs.values()):
        names = sorted({*piece.folders} & {*piece.archives})
        if names:
            yield (
                f"{piece.path} holds {few(names)} both as a folder and as an archive; the archive is read, because it "
                "can be checked for completeness."
            )


def _annotations(top: Path) -> dict[Split, Path]:
    found = {}
    for split, names in _BOX_FOLDERS.items():
        with reading(top):
            folders = [top / name for name in names if _has_annotations(top / name)]
            archives = [top / name for name in BOXES[split].names if filesystem.is_file(top / name)]
        if folders or archives:
            found[split] = [*folders, *archives][0]
    return found


def _has_annotations(folder: Path) -> bool:
    if not filesystem.is_dir(folder):
        return False
    with filesystem.scandir(folder) as entries:
        return any(entry.is_dir() or entry.name.endswith(".xml") for entry in entries)
