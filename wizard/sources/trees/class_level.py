"""Decides which folders below a split's folder are its classes: those directly in it, or those further down.

Folders that are all named as synsets are classes. Else `RULES` is the whole decision: of the rows for this
`source.folders`, the first that holds decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, get_args

from wizard.errors import Hint, InputError
from wizard.formatting import few
from wizard.ilsvrc2012.archives import Split
from wizard.sources.options import DoubtfulFolders, FolderRole
from wizard.sources.split_names import WRAPPERS, among, is_filler, split_of_folder
from wizard.sources.trees.image_names import is_wnid
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.split_dirs import Glimpse, Glimpses, SplitDir, look_into, pieces_of, together

_SOME = 3
_REARRANGE = "Put each class's images into one folder of its name"


def at_class_level(split_dir: SplitDir, glimpses: Glimpses, bounds: Bounds, role: FolderRole) -> SplitDir:
    """The folder, the one given or further down, whose folders are classes.

    Raises:
        DoubtfulFolders: there is more than one reading, and `role` does not settle it.
        InputError: a folder on the way cannot be read or leads out of the bounds, or folders further down are splits.
    """
    if all(map(is_wnid, split_dir.folders)):  # first: a glimpse into each of ImageNet's thousand folders takes time
        return split_dir
    below = {name: glimpses.at(split_dir.path / name) for name in split_dir.folders}
    level = Level(
        split_dir=split_dir,
        glimpses=glimpses,
        bounds=bounds,
        role=role,
        below=below,
        deep={name: each.folders for name, each in below.items() if each.deep},
        flat=[name for name, each in below.items() if each.images],
    )
    for rule in RULES:
        found = rule.look(level) if role in rule.roles else None
        if found:
            return rule.outcome(level, found)
    raise AssertionError("the last rule always holds")


class Level(NamedTuple):
    """Folders that may be classes.

    Attributes:
        below: a glimpse into each.
        deep: those that hold no image themselves, but folders with images: these.
        flat: those that hold images.
    """

    split_dir: SplitDir
    glimpses: Glimpses
    bounds: Bounds
    role: FolderRole
    below: Mapping[str, Glimpse]
    deep: Mapping[str, tuple[str, ...]]
    flat: Sequence[str]

    @property
    def path(self) -> Path:
        """The folder that holds them."""
        return self.split_dir.path

    def decide(self, split_dir: SplitDir) -> SplitDir:
        """The same decision for another folder."""
        return at_class_level(split_dir, self.glimpses, self.bounds, self.role)


def _sole(level: Level) -> str:
    holding = [name for name, each in level.below.items() if not each.bare] or list(level.below)
    only = holding[0]
    if level.split_dir.images or level.split_dir.archives or len(holding) > 1 or is_wnid(only):
        return ""
    if level.below[only].bare:  # no image, but it may hold class archives
        return only if only.lower() in WRAPPERS and not look_into(level.path / only).empty else ""
    own = split_of_folder(level.path.name)
    if is_filler(only) or (own and split_of_folder(only) == own):
        return only
    within = level.below[only].folders
    a_class = len(within) == 1 and is_filler(within[0]) and level.glimpses.at(level.path / only / within[0]).images
    return only if within and not a_class and len(level.below) == 1 else ""


def _in_sole(level: Level, only: str) -> SplitDir:
    path = level.path / only
    level.bounds.check(str(path))
    return level.decide(look_into(path))


def _idle(level: Level) -> tuple[str, ...]:
    """Folders beside those of classes that hold no images, and are named as no class is: val/images, once sorted."""
    fillers = [name for name, each in level.below.items() if each.bare and is_filler(name)]
    classes = any(not each.bare and not is_filler(name) for name, each in level.below.items())
    return tuple(name for name in fillers if look_into(level.path / name).empty) if classes else ()


def _without_idle(level: Level, idle: tuple[str, ...]) -> SplitDir:
    classes = tuple(name for name in level.split_dir.folders if name not in idle)
    return level.decide(replace(level.split_dir, folders=classes, others=level.split_dir.others | {*idle}, idle=idle))


def _divided(level: Level) -> str:
    """A folder that holds splits: it is a dataset, or a class that was split; else empty."""
    for name in level.deep:
        splits = _splits_in(level, name)
        if splits and (len(level.deep) == 1 or "train" in splits or len(splits) > 1):
            return name
    return ""


def _refuse_divided(level: Level, name: str) -> SplitDir:
    splits = _splits_in(level, name)
    others = [other for other in level.deep if other != name and _splits_in(level, other)]
    raise InputError(
        f"{level.path} holds no splits itself, but {name}/ in it has folders of {' and '.join(splits)}"
        f"{_and_so(others)}.",
        Hint(
            f"If {name}/ is a dataset, give that folder: {{}}; if it is a class, "
            f"put the splits above the classes: {splits[0]}/{name}/",
            f"source.path={level.path / name}",
        ),
    )


def _splits_in(level: Level, name: str) -> list[Split]:
    return sorted({each.split for each in among(level.deep[name]).values()})


def _dataset(level: Level) -> str:
    """A folder with other folders beside the one of its images, as VOC2012 has beside JPEGImages; else empty."""
    fillers = [name for name, within in level.deep.items() if len(within) == 1 and is_filler(within[0])]
    return next((name for name in fillers if len(look_into(level.path / name).folders) > 1), "")


def _doubt_dataset(level: Level, name: str) -> SplitDir:
    images, classes = level.deep[name][0], list(level.deep)
    beside = [f"{other}/" for other in look_into(level.path / name).folders if other != images]
    raise DoubtfulFolders(
        f"{level.path / name} looks like a dataset, not like a class: its images lie in {images}/, beside "
        f"{few(beside, _SOME)} without images. Nothing says their classes.",
        {"classes": f"{few(classes, _SOME)} {'is the class' if len(classes) == 1 else 'are the classes'}"},
        _REARRANGE,
    )


def _same_either_way(level: Level) -> bool:
    """Whether each of these folders holds just one folder of images, so that both readings give the same classes.

    If classes beside them hold images themselves, that folder may have any name; else its name must be a generic one.
    """
    inner = {name: within[0] for name, within in level.deep.items() if len(within) == 1}
    flat = all(level.glimpses.at(level.path / name / below).images for name, below in inner.items())
    if any(map(is_filler, level.flat)) or len(inner) < len(level.deep) or not flat:
        return False
    alike = len(inner) > 1 and len(set(inner.values())) == 1
    named = all(is_filler(below) or below.lower() == name.lower() for name, below in inner.items())
    return bool(level.flat) or alike or named


def _lower(level: Level, _: object) -> SplitDir:
    pieces = pieces_of([level.decide(look_into(level.path / name)) for name in level.deep])
    if level.split_dir.images or level.split_dir.archives:
        pieces.append(replace(level.split_dir, folders=(), others=frozenset(level.split_dir.folders)))
    seen: dict[str, Path] = {}
    for piece in pieces:
        for name in piece.classes:
            if name in seen:
                raise InputError(
                    f"{seen[name] / name} and {piece.path / name} have the same name and would become one class.",
                    Hint("Rename one of them, or use the upper folders: {}", "source.folders=classes"),
                )
            seen[name] = piece.path
    return together(level.path, pieces)


def _doubt(level: Level, _: object) -> SplitDir:
    names = sorted({*level.deep, *level.flat})
    readings: dict[FolderRole, str] = {"classes": f"{few(names, _SOME)} are the classes, each with everything below it"}
    unnamed = next(filter(is_filler, level.flat), None)
    if unnamed is not None:
        names.remove(unnamed)
        reason = f"{level.path / unnamed} holds images, but its name is not that of a class; beside it "
        reason += f"{'is' if len(names) == 1 else 'are'} {few(names, _SOME)}."
        raise DoubtfulFolders(reason, readings, _REARRANGE)
    name = next((name for name, within in level.deep.items() if len(within) > 1), next(iter(level.deep)))
    holds = f"{level.path / name} holds no images itself, but folders of them ({few(level.deep[name], _SOME)})"
    if level.flat:
        hold = "holds" if len(level.flat) == 1 else "hold"
        reason = f"{holds}, while {few(level.flat, _SOME)} beside it {hold} images."
        raise DoubtfulFolders(reason, readings, _REARRANGE)
    lower = dict.fromkeys(chain.from_iterable(level.deep.values()))
    readings["superclasses"] = f"the folders in them are the classes ({few(lower, _SOME)})"
    raise DoubtfulFolders(f"{holds}{_and_so([other for other in level.deep if other != name])}.", readings)


def _and_so(others: list[str]) -> str:
    if not others:
        return ""
    return f", and so {'does' if len(others) == 1 else 'do'} {few(others, _SOME)}"


def _here(level: Level, _: object) -> SplitDir:
    return level.split_dir


class Rule(NamedTuple):
    """A row: for which `source.folders`, what must be seen, and what follows from it."""

    roles: tuple[FolderRole, ...]
    look: Callable[[Level], Any]
    outcome: Callable[[Level, Any], SplitDir]


ANY: tuple[FolderRole, ...] = get_args(FolderRole)
# fmt: off
RULES = (
    #    source.folders                      what is seen                  outcome
    Rule(ANY,                                _sole,                        _in_sole),
    Rule(ANY,                                _idle,                        _without_idle),
    Rule(ANY,                                _divided,                     _refuse_divided),
    Rule(("auto", "splits", "superclasses"), _dataset,                     _doubt_dataset),
    Rule(("classes",),                       lambda _: True,               _here),
    Rule(ANY,                                _same_either_way,             _here),
    Rule(("superclasses",),                  lambda level: not level.flat, _lower),
    Rule(ANY,                                lambda _: True,               _doubt),
)
# fmt: on
