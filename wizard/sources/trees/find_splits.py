"""Finds the folders of splits, by their names and by what is beside them."""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.formatting import few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.options import DoubtfulFolders, FolderRole
from wizard.sources.split_names import among, are_parts, by_number, is_filler, part_numbers, split_of_dataset
from wizard.sources.trees.class_level import at_class_level
from wizard.sources.trees.image_names import is_wnid, parse_image_name, passed_over
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.split_dirs import Glimpses, SplitDir, look_into, shared_places, together

NO_CLASSES = {"bbox_train", "bbox_val", "bounding_boxes", "data", "ILSVRC2012"}
"""Folders that may be beside class folders."""
_DEEPEST = 5  # most nested folders around the splits' folders
_SAMPLED = 8
_SOME = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """The location of splits.

    Attributes:
        top: the folder that holds their folders, or is the folder of one.
        places: the place of each split.
        beside: folders of images there that belong to no split, and are not read.
    """

    top: Path
    places: Mapping[Split, SplitDir]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SplitFinder:
    """Finds the folders of splits.

    Attributes:
        bounds: how far links may lead.
        role: how to read doubtful folders.
        glimpses: the folders looked into so far.
    """

    bounds: Bounds
    role: FolderRole = "auto"
    glimpses: Glimpses = field(default_factory=Glimpses)

    def find(self, top: Path, *, own: Split | None = None, around: int = _DEEPEST) -> Found | None:
        """The splits in a folder; else in the one folder that holds all its images; else the folder is one split.

        Raises:
            DoubtfulFolders: folders can be read in more than one way.
            InputError: it cannot be read, or several of its folders hold splits.
        """
        seen = look_into(top)
        own = _own_split(top) or own
        places = self.places(top)
        named = {split: place for split, place in places.items() if not place.empty or place.problem}
        splits = {_name_in(top, piece) for place in named.values() for piece in place.pieces}
        others = [name for name in seen.folders if not (name in NO_CLASSES or name in among(seen.folders))]
        if named:
            beside = tuple(name for name in others if self.glimpses.holds_images(top / name))
            if self._are_splits(top, own, named, beside):
                return Found(top=top, places=places, beside=beside)
        folders = tuple(sorted({*others, *splits}))
        place = replace(seen, folders=folders, others=frozenset(seen.folders) - {*folders})
        within = self._within(top, place, own, around) if around else None
        if within:
            return within
        if place.archives or self._are_classes(place):
            place = at_class_level(place, self.glimpses, self.bounds, self.role)
            return Found(top=top, places={own or "train": place})
        shared = shared_places(top)
        return Found(top=top, places=shared) if shared else None

    def places(self, top: Path) -> dict[Split, SplitDir]:
        """The splits' folders in a folder, including empty ones.

        Raises:
            DoubtfulFolders: it is not clear which of their folders are classes.
            InputError: the folder cannot be read, or holds the folds of a cross-validation.
        """
        with reading(top), os.scandir(top) as entries:
            names = [entry.name for entry in entries if entry.is_dir() or (entry.is_symlink() and not entry.is_file())]
        by_split: dict[Split, list[str]] = defaultdict(list)
        for name, parsed in among(name for name in names if not passed_over(name)).items():
            by_split[parsed.split].append(name)
        _refuse_folds(top, by_split)
        return {split: self._of_split(top, by_split[split]) for split in SPLITS if split in by_split}

    def _of_split(self, top: Path, names: list[str]) -> SplitDir:
        """The place of one split: numbered parts are joined; of other folders, only one may hold anything."""
        places = [self._checked(top / name) for name in sorted(names, key=by_number)]
        if len(places) > 1 and are_parts(names):
            return together(top, [_not_empty(place) for place in places])
        full = [place for place in places if not place.empty or place.problem]
        if len(full) > 1:
            named = " and ".join(str(place.path) for place in full)
            return replace(full[0], problem=f"{named} are the same split.", hint="Remove those that are not meant")
        return [*full, *places][0]

    def _checked(self, path: Path) -> SplitDir:
        try:
            self.bounds.check(str(path))
            return at_class_level(look_into(path), self.glimpses, self.bounds, self.role)
        except DoubtfulFolders:
            raise
        except InputError as error:
            return SplitDir(path=path, problem=error.what, hint=error.hint)

    def _are_splits(
        self, top: Path, own: Split | None, named: Mapping[Split, SplitDir], beside: tuple[str, ...]
    ) -> bool:
        """Whether folders named as splits are splits, although there are other folders with images beside them.

        Raises:
            DoubtfulFolders: they may just as well be classes.
        """
        if not beside or self.role == "splits":
            return True
        if all(map(is_wnid, beside)) and "train" not in named:
            raise _doubt(top, named, beside)
        if any(place.problem or _imagenets(place) for place in named.values()):
            return True
        of_classes = any(place.classes for place in named.values())
        if of_classes and "train" in named and len(named) > 1:
            return True
        if of_classes and len(beside) == 1 and self.glimpses.at(top / beside[0]).images:
            return True
        if self.role == "classes" or (own and not of_classes):
            return False
        raise _doubt(top, named, beside)

    def _within(self, top: Path, place: SplitDir, own: Split | None, around: int) -> Found | None:
        """The splits in the one folder that holds all images, unless it may be a class itself."""
        folders = {*place.folders, *(place.others & NO_CLASSES)}
        if place.archives or not folders or all(map(is_wnid, folders)) or any(map(parse_image_name, place.images)):
            return None
        holding = list(islice((name for name in sorted(folders) if self.glimpses.holds_images(top / name)), 2))
        if len(holding) != 1 or is_wnid(holding[0]):
            return None
        only = holding[0]
        around_them = self.glimpses.at(top / only).deep or is_filler(only) or only in NO_CLASSES
        return self.find(top / only, own=own, around=around - 1) if around_them else None

    def _are_classes(self, place: SplitDir) -> bool:
        """Whether its folders are classes: most of them, in a sample, hold images."""
        some = place.folders[:_SAMPLED]
        return sum(self.glimpses.holds_images(place.path / name) for name in some) * 2 > len(some)


def _refuse_folds(top: Path, by_split: Mapping[Split, list[str]]) -> None:
    """Where several splits have parts of the same numbers, one fold's validation images are another's to train on.

    Raises:
        InputError: it looks so.
    """
    parts = {split: sorted(names, key=by_number) for split, names in by_split.items() if len(names) > 1}
    numbers = {split: part_numbers(names) for split, names in parts.items() if are_parts(names)}
    for one, other in combinations(numbers, 2):
        if numbers[one] & numbers[other]:
            raise InputError(
                f"{top} holds {few(parts[one], _SOME)} and {few(parts[other], _SOME)}, which look like the folds of a "
                f"cross-validation: an image of {one} in one fold may be one of {other} in another.",
                "Give a folder that holds one fold's folders alone; if they are parts of one split each, rename them "
                "so that no two splits have a part of the same number",
            )


def _own_split(top: Path) -> Split | None:
    """The split named by the folder or, if its name is a generic one such as images/, by the folder above it."""
    path = top.resolve()
    return split_of_dataset(path.name) or (split_of_dataset(path.parent.name) if is_filler(path.name) else None)


def _name_in(top: Path, place: SplitDir) -> str:
    return place.path.relative_to(top).parts[0]


def _imagenets(place: SplitDir) -> bool:
    return any(map(parse_image_name, place.images)) or (bool(place.classes) and all(map(is_wnid, place.classes)))


def _not_empty(part: SplitDir) -> SplitDir:
    if not part.empty or part.problem:
        return part
    return replace(
        part, problem=f"{part.path} holds no images.", hint="Unpack that part there, or remove its empty folder"
    )


def _doubt(top: Path, named: Mapping[Split, SplitDir], beside: tuple[str, ...]) -> DoubtfulFolders:
    names = sorted({_name_in(top, piece) for place in named.values() for piece in place.pieces})
    told = (
        f"{few([f'{name}/' for name in names], _SOME)} in {top} {'is' if len(names) == 1 else 'are'} named as a split"
    )
    splits = f"{few(names, _SOME)} {'is' if len(names) == 1 else 'are'} read, and {few(beside, _SOME)} left out"
    if all(map(is_wnid, beside)):
        return DoubtfulFolders(
            f"{told}, and there are {len(beside):,} class folders beside it, such as {beside[0]}/.",
            {"splits": splits},
            "Put the class folders into the folder of their split, such as train/",
        )
    return DoubtfulFolders(
        f"{told}, but {few([f'{name}/' for name in beside], _SOME)} beside it "
        f"{'holds' if len(beside) == 1 else 'hold'} images as well: they may all be classes.",
        {"splits": splits, "classes": f"all {len(names) + len(beside):,} folders are classes"},
    )
