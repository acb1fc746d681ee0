"""Decides which folders below a split's folder are its classes: those directly in it, or those further down.

The first row that holds decides:

    what the folder holds                                          source.folders  outcome
    no folders, or only folders named as synsets                   any             these are the classes
    one folder with all images in it, which is no class itself     any             look into that one
    empty folders named as images/ beside others                   any             the others alone
    folders with splits in them                                    any             refused
    a dataset, such as VOC's JPEGImages/ beside Annotations/       not "classes"   doubtful
    anything else                                                  "classes"       these are the classes
    classes that hold one folder of images each                    any             these are the classes
    nothing but folders of folders of images                       "superclasses"  those inside are the classes
    anything else                                                  any             doubtful
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from wizard.errors import Hint, InputError
from wizard.formatting import few
from wizard.sources.options import DoubtfulFolders, FolderRole
from wizard.sources.split_names import among, is_filler, split_of_folder
from wizard.sources.trees.image_names import is_wnid
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.split_dirs import Glimpse, Glimpses, SplitDir, look_into, together

_SOME = 3
_REARRANGE = "Put each class's images into one folder of its name"
Below = Mapping[str, Glimpse]


def at_class_level(place: SplitDir, glimpses: Glimpses, bounds: Bounds, role: FolderRole) -> SplitDir:
    """The place whose folders are classes.

    Raises:
        DoubtfulFolders: there is more than one reading, and `role` does not settle it.
        InputError: a folder on the way cannot be read or leads out of the bounds, or folders further down are splits.
    """
    if not place.folders or all(map(is_wnid, place.folders)):
        return place
    below = {name: glimpses.at(place.path / name) for name in place.folders}
    only = _passed_through(place, below, glimpses)
    if only:
        path = place.path / only
        bounds.check(str(path))
        return at_class_level(look_into(path), glimpses, bounds, role)
    idle = _idle(place.path, below)
    if idle:
        classes = tuple(name for name in place.folders if name not in idle)
        left = replace(place, folders=classes, others=place.others | {*idle}, idle=idle)
        return at_class_level(left, glimpses, bounds, role)
    deep = {name: each for name, each in below.items() if each.deep}
    refuse_splits_below(place.path, deep)
    flat = [name for name, each in below.items() if each.images]
    unnamed = [name for name in flat if is_filler(name)]
    if role != "classes":
        _refuse_datasets(place.path, deep)
    if role == "classes" or (not unnamed and _each_holds_one(place.path, deep, glimpses, beside=bool(flat))):
        return place
    if role == "superclasses" and not flat:
        return _lower(place, deep, glimpses, bounds)
    raise _doubt(place.path, deep, flat, unnamed)


def refuse_splits_below(path: Path, deep: Below) -> None:
    """Refuses folders that hold splits: they are datasets, or classes that were each split.

    Raises:
        InputError: there are such folders.
    """
    for name, each in deep.items():
        splits = sorted({found.split for found in among(each.folders).values()})
        if splits and (len(deep) == 1 or "train" in splits or len(splits) > 1):
            others = [other for other in deep if other != name and among(deep[other].folders)]
            raise InputError(
                f"{path} holds no splits itself, but {name}/ in it has folders of {' and '.join(splits)}"
                f"{_and_so(others)}.",
                Hint(
                    f"If {name}/ is a dataset, give that folder: {{}}; if it is a class, "
                    f"put the splits above the classes: {splits[0]}/{name}/",
                    f"source.path={path / name}",
                ),
            )


def _refuse_datasets(path: Path, deep: Below) -> None:
    """VOC2012/JPEGImages lies beside folders of other things, as a class's one folder of images does not.

    Raises:
        DoubtfulFolders: a folder that might be a class's looks like a dataset.
    """
    for name, each in deep.items():
        if len(each.folders) > 1 or not is_filler(each.folders[0]):
            continue
        beside = [f"{other}/" for other in look_into(path / name).folders if other != each.folders[0]]
        if beside:
            raise DoubtfulFolders(
                f"{path / name} looks like a dataset, not like a class: its images lie in {each.folders[0]}/, beside "
                f"{few(beside, _SOME)} without images. Nothing says their classes.",
                {"classes": f"{few(list(deep), _SOME)} {'is the class' if len(deep) == 1 else 'are the classes'}"},
                _REARRANGE,
            )


def _passed_through(place: SplitDir, below: Below, glimpses: Glimpses) -> str:
    """The one folder that holds everything, if it is not a class; else empty."""
    holding = [name for name, each in below.items() if not each.bare]
    if len(holding) != 1 or place.images or place.archives or is_wnid(holding[0]):
        return ""
    only = holding[0]
    own = split_of_folder(place.path.name)
    if is_filler(only) or (own and split_of_folder(only) == own):
        return only
    within = below[only].folders
    a_class = len(within) == 1 and is_filler(within[0]) and glimpses.at(place.path / only / within[0]).images
    return only if within and not a_class and len(below) == 1 else ""


def _idle(path: Path, below: Below) -> tuple[str, ...]:
    """Folders beside those of classes that hold no images, and are named as no class is: val/images, once sorted."""
    if all(each.bare or is_filler(name) for name, each in below.items()):
        return ()
    return tuple(name for name, each in below.items() if each.bare and is_filler(name) and look_into(path / name).empty)


def _each_holds_one(path: Path, deep: Below, glimpses: Glimpses, *, beside: bool) -> bool:
    """Whether each of these folders holds just one folder of images, so that both readings give the same classes.

    If classes beside them hold images themselves, that folder may have any name; else its name must be a generic one.
    """
    inner = {name: each.folders[0] for name, each in deep.items() if len(each.folders) == 1}
    if len(inner) < len(deep) or not all(glimpses.at(path / name / below).images for name, below in inner.items()):
        return False
    alike = len(deep) > 1 and len(set(inner.values())) == 1
    return beside or alike or all(is_filler(below) or below.lower() == name.lower() for name, below in inner.items())


def _lower(place: SplitDir, deep: Below, glimpses: Glimpses, bounds: Bounds) -> SplitDir:
    """The folders inside the superclass folders."""
    parts = [at_class_level(look_into(place.path / name), glimpses, bounds, "superclasses") for name in deep]
    pieces = [piece for part in parts for piece in part.pieces]
    if place.images or place.archives:
        pieces.append(replace(place, folders=(), others=frozenset(place.folders)))
    seen: dict[str, Path] = {}
    for piece in pieces:
        for name in piece.classes:
            if name in seen:
                raise InputError(
                    f"{seen[name] / name} and {piece.path / name} have the same name and would become one class.",
                    Hint("Rename one of them, or use the upper folders: {}", "source.folders=classes"),
                )
            seen[name] = piece.path
    return together(place.path, pieces)


def _doubt(path: Path, deep: Below, flat: list[str], unnamed: list[str]) -> DoubtfulFolders:
    names = sorted({*deep, *flat})
    upper = f"{few(names, _SOME)} are the classes, each with everything below it"
    if unnamed:
        beside = [name for name in names if name != unnamed[0]]
        return DoubtfulFolders(
            f"{path / unnamed[0]} holds images, but its name is not that of a class; beside it "
            f"{'is' if len(beside) == 1 else 'are'} {few(beside, _SOME)}.",
            {"classes": upper},
            _REARRANGE,
        )
    name = next((name for name, each in deep.items() if len(each.folders) > 1), next(iter(deep)))
    within = deep[name].folders
    holds = f"{path / name} holds no images itself, but folders of them ({few(within, _SOME)})"
    if flat:
        return DoubtfulFolders(
            f"{holds}, while {few(flat, _SOME)} beside it {'holds' if len(flat) == 1 else 'hold'} images.",
            {"classes": upper},
            _REARRANGE,
        )
    lower = list(dict.fromkeys(below for each in deep.values() for below in each.folders))
    others = [other for other in deep if other != name]
    return DoubtfulFolders(
        f"{holds}{_and_so(others)}.",
        {"classes": upper, "superclasses": f"the folders in them are the classes ({few(lower, _SOME)})"},
    )


def _and_so(others: list[str]) -> str:
    if not others:
        return ""
    return f", and so {'does' if len(others) == 1 else 'do'} {few(others, _SOME)}"
