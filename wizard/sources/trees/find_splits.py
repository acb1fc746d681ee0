"""Finds the folders of splits, by their names and by what is beside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.formatting import few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.mounts import filesystem
from wizard.sources.options import DoubtfulFolders, FolderRole
from wizard.sources.split_names import among, are_parts, by_number, is_filler, part_numbers, split_of_dataset
from wizard.sources.trees.class_level import at_class_level
from wizard.sources.trees.image_names import is_wnid, parse_image_name, passed_over
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList
from wizard.sources.trees.split_dirs import KEPT, Glimpses, SplitDir, look_into, pieces_of, together

_NO_CLASSES = {"bbox_train", "bbox_val", "bounding_boxes", "data", "ILSVRC2012"}  # may be beside class folders
_DEEPEST = 5  # most nested folders around the splits' folders
_SAMPLED = 8
_SOME = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """The splits of a dataset.

    Attributes:
        top: the folder that holds their folders, or is the folder of one.
        split_dirs: where the images of each split lie.
        beside: folders of images there that belong to no split, and are not read.
        lists: the lists, for splits whose classes come from one.
        why: what the lists provide, in sentences.
        order: the classes in the order of their ids in the lists; empty if these give no ids.
    """

    top: Path
    split_dirs: Mapping[Split, SplitDir]
    beside: tuple[str, ...] = ()
    lists: Mapping[Split, ClassList] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SplitFinder:
    """Finds the folders of splits, with links only within `bounds`, and doubtful folders read as `role` says."""

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
        split_dirs = self.named(top)
        full = {split: split_dir for split, split_dir in split_dirs.items() if not split_dir.empty}
        splits = _names_in(top, full)
        others = [name for name in seen.folders if not (name in _NO_CLASSES or name in among(seen.folders))]
        if full:
            beside = tuple(name for name in others if self.glimpses.holds_images(top / name))
            if self._are_splits(top, own, full, beside):
                return Found(top=top, split_dirs=split_dirs, beside=beside)
        folders = tuple(sorted({*others, *splits}))
        split_dir = replace(seen, folders=folders, others=frozenset(seen.folders) - {*folders})
        within = self._within(split_dir, own, around) if around else None
        if within:
            return within
        if split_dir.archives or self._are_classes(split_dir):
            split_dir = at_class_level(split_dir, self.glimpses, self.bounds, self.role)
            return Found(top=top, split_dirs={own or "train": split_dir})
        shared = _sharing(top)
        return Found(top=top, split_dirs=shared) if shared else None

    def named(self, top: Path) -> dict[Split, SplitDir]:
        """The splits whose folders, or numbered parts, are in a folder, including empty ones.

        Raises:
            InputError: it cannot be read, its folders can be read in two ways, or are folds of a cross-validation.
        """
        with reading(top), filesystem.scandir(top) as entries:
            names = [entry.name for entry in entries if entry.is_dir() or (entry.is_symlink() and not entry.is_file())]
        by_split: dict[Split, list[str]] = defaultdict(list)
        for name, parsed in among(name for name in names if not passed_over(name)).items():
            by_split[parsed.split].append(name)
        sorted_names = {split: sorted(by_split[split], key=by_number) for split in SPLITS if split in by_split}
        parts = {split: names for split, names in sorted_names.items() if len(names) > 1 and are_parts(names)}
        _refuse_folds(top, parts)
        found = {}
        for split, names in sorted_names.items():
            dirs = [self._checked(top / name) for name in names]
            found[split] = _parts_of(top, dirs) if split in parts else _only_full(dirs)
        return found

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
        if not beside or self.role == "splits":
            return True
        if all(map(is_wnid, beside)) and "train" not in named:
            raise _doubt(top, named, beside)
        if any(split_dir.problem or _imagenets(split_dir) for split_dir in named.values()):
            return True
        of_classes = any(split_dir.classes for split_dir in named.values())
        if of_classes and "train" in named and len(named) > 1:
            return True
        if of_classes and len(beside) == 1 and self.glimpses.at(top / beside[0]).images:
            return True
        if self.role == "classes" or (own and not of_classes):
            return False
        raise _doubt(top, named, beside)

    def _within(self, split_dir: SplitDir, own: Split | None, around: int) -> Found | None:
        folders = {*split_dir.folders, *(split_dir.others & _NO_CLASSES)}
        if split_dir.archives or all(map(is_wnid, folders)) or any(map(parse_image_name, split_dir.images)):
            return None
        paths = (split_dir.path / name for name in sorted(folders))
        holding = list(islice((path for path in paths if self.glimpses.holds_images(path)), 2))
        if len(holding) != 1 or is_wnid(holding[0].name):
            return None
        only = holding[0]
        around_them = self.glimpses.at(only).deep or is_filler(only.name) or only.name in _NO_CLASSES
        return self.find(only, own=own, around=around - 1) if around_them else None

    def _are_classes(self, split_dir: SplitDir) -> bool:
        some = split_dir.folders[:_SAMPLED]
        return sum(self.glimpses.holds_images(split_dir.path / name) for name in some) * 2 > len(some)


def _refuse_folds(top: Path, parts: Mapping[Split, list[str]]) -> None:
    """Where several splits have parts of the same numbers, one fold's validation images are another's to train on."""
    for one, other in combinations(parts, 2):
        if part_numbers(parts[one]) & part_numbers(parts[other]):
            raise InputError(
                f"{top} holds {few(parts[one], _SOME)} and {few(parts[other], _SOME)}, which look like the folds of a "
                f"cross-validation: an image of {one} in one fold may be one of {other} in another.",
                "Give a folder that holds one fold's folders alone; if they are parts of one split each, rename them "
                "so that no two splits have a part of the same number",
            )


def _parts_of(top: Path, parts: Sequence[SplitDir]) -> SplitDir:
    hint = "Unpack that part there, or remove its empty folder"
    full = [part.refused(f"{part.path} holds no images.", hint) if part.empty else part for part in parts]
    return together(top, full)


def _only_full(split_dirs: Sequence[SplitDir]) -> SplitDir:
    """Of several folders of one split that are no parts, only one may hold anything."""
    full = [split_dir for split_dir in split_dirs if not split_dir.empty]
    if len(full) < 2:
        return [*full, *split_dirs][0]
    paths = " and ".join(str(split_dir.path) for split_dir in full)
    return full[0].refused(f"{paths} are the same split.", "Remove those that are not meant")


def _own_split(top: Path) -> Split | None:
    path = top.resolve()
    return split_of_dataset(path.name) or (split_of_dataset(path.parent.name) if is_filler(path.name) else None)


def _sharing(top: Path) -> dict[Split, SplitDir]:
    seen: dict[Split, list[str]] = defaultdict(list)
    with reading(top), filesystem.scandir(top) as entries:
        for entry in entries:
            parsed = parse_image_name(entry.name)
            if parsed is not None:
                seen[parsed.split].append(entry.name)
                if len(seen) == len(SPLITS):
                    break
    return {split: SplitDir(path=top, images=tuple(names[:KEPT]), shared=True) for split, names in seen.items()}


def _names_in(top: Path, split_dirs: Mapping[Split, SplitDir]) -> list[str]:
    return sorted({piece.path.relative_to(top).parts[0] for piece in pieces_of(split_dirs.values())})


def _imagenets(split_dir: SplitDir) -> bool:
    wnids = bool(split_dir.classes) and all(map(is_wnid, split_dir.classes))
    return wnids or any(map(parse_image_name, split_dir.images))


def _doubt(top: Path, named: Mapping[Split, SplitDir], beside: tuple[str, ...]) -> DoubtfulFolders:
    names = _names_in(top, named)
    are = "is" if len(names) == 1 else "are"
    found = f"{few([f'{name}/' for name in names], _SOME)} in {top} {are} named as a split"
    splits = f"{few(names, _SOME)} {are} read, and {few(beside, _SOME)} left out"
    if all(map(is_wnid, beside)):
        return DoubtfulFolders(
            f"{found}, and there are {len(beside):,} class folders beside it, such as {beside[0]}/.",
            {"splits": splits},
            "Put the class folders into the folder of their split, such as train/",
        )
    return DoubtfulFolders(
        f"{found}, but {few([f'{name}/' for name in beside], _SOME)} beside it "
        f"{'holds' if len(beside) == 1 else 'hold'} images as well: they may all be classes.",
        {"splits": splits, "classes": f"all {len(names) + len(beside):,} folders are classes"},
    )
