"""Decides whose labels a tree's are: ImageNet's thousand, or those of the folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import CLASSES, Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import Classes, imagenet, of_folders
from wizard.sources.numbered import HIGHEST, are_numbers, as_text, by_number
from wizard.sources.options import Labels
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.split_dirs import SplitDir

_MOST = 32_767
"""Classes that a table's int16 has room for."""
_NAMED = 5
_AS_NUMBERS = "--set source.labels=numbers uses the numbers themselves."
_FROM_0 = " (output.label_base = 1 adds 1 to each)"


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Whose labels they are.

    Attributes:
        classes: that labels count in.
        imagenet: whether they are ImageNet's.
        why: in sentences, with the key that changes it.
    """

    classes: Classes
    imagenet: bool
    why: tuple[str, ...]


def decide_labels(places: Mapping[Split, SplitDir], labels: Labels) -> Decided:
    """Whose labels those of the splits are.

    Left to itself, the decision is ImageNet's where all of its synsets are there, or images or archives named as in
    ILSVRC2012 lie in no class's folder; else the folders' own: their numbers, if all of them are numbers.

    Raises:
        InputError: they cannot be what is asked for, or it cannot be told.
    """
    names = _names(places)
    strangers = [name for name in names if name not in ranks()]
    sign = _sign(places, names, strangers)
    if labels == "ilsvrc2012" or (labels == "auto" and sign):
        if strangers:
            _refuse_strangers(places, strangers, sign if labels == "auto" else "")
        why = sign or f"{len(names):,} of ImageNet's {CLASSES:,} synsets are there"
        return Decided(classes=imagenet(), imagenet=True, why=(f"{why}: labels are ImageNet's.",))
    if not names:
        _refuse_unlabelled(places, labels)
    if len(names) > _MOST:
        raise InputError(
            f"{len(names):,} class folders are there, more than the {_MOST:,} that labels count to.",
            "Give a folder of fewer classes",
        )
    told = f"{len(names):,} classes"
    if labels == "numbers" or (labels == "auto" and are_numbers(names)):
        return _decided_by_number(places, names)
    if are_numbers(names):
        why = f"{told}: labels are those of the folders, sorted by name as text; {_AS_NUMBERS}"
    elif strangers:
        why = f"{told}: labels are those of the folders, sorted by name."
    else:
        why = (
            f"{told}, all of them ImageNet's: labels are those of the folders; "
            "--set source.labels=ilsvrc2012 gives those of the full set."
        )
    return Decided(classes=of_folders(tuple(names)), imagenet=False, why=(why,))


def _decided_by_number(places: Mapping[Split, SplitDir], names: list[str]) -> Decided:
    other = next((name for name in names if not are_numbers([name])), None)
    if other is not None:
        raise InputError(
            f'{_lies(places, other)} is not a number from 0 to {HIGHEST:,}, as source.labels = "numbers" requires.',
            "Remove or rename it; or use labels from the sorted names: --set source.labels=folders",
        )
    classes = by_number(names)
    first, last = (sorted(map(int, names))[at] for at in (0, -1))
    gaps = last - first + 1 - len(names)
    without = f", {gaps:,} of which have no folder" if gaps else ""
    why = f"{len(names):,} classes named by numbers: labels are these numbers, {first:,} to {last:,}{without}{_FROM_0}."
    text = as_text(names)
    told = (f"{text[:1].upper()}{text[1:]}; --set source.labels=folders does that.",) if text else ()
    return Decided(classes=classes, imagenet=False, why=(why, *told))


def _names(places: Mapping[Split, SplitDir]) -> list[str]:
    """A split whose folders have nothing in common with train's says nothing of the classes."""
    train = places["train"].classes if "train" in places else frozenset()
    found = set(train)
    for split, place in places.items():
        if place.problem and split != "train":
            continue
        if not train or place.listed or place.classes & train or place.classes <= ranks().keys():
            found |= place.classes
    return sorted(found)


def _sign(places: Mapping[Split, SplitDir], names: list[str], strangers: list[str]) -> str:
    """What says that a tree is ImageNet's; empty where nothing does."""
    if len(names) - len(strangers) == CLASSES:
        return f"All {CLASSES:,} synsets of ImageNet are there"
    for place in places.values():
        if place.archives:
            return f"{place.path.name}/ holds class archives, as {place.archives[0]}.tar"
        named = next((name for name in place.images if parse_image_name(name)), None)
        if named:
            return f"{place.path.name}/ holds images named as in ILSVRC2012, as {named}"
    return ""


def _refuse_strangers(places: Mapping[Split, SplitDir], strangers: list[str], sign: str) -> None:
    more = f", nor are {len(strangers) - 1:,} more" if len(strangers) > 1 else ""
    raise InputError(
        (f"{sign}, but " if sign else "")
        + f"{_lies(places, strangers[0])} is not named after one of ImageNet's synsets{more}.",
        "Remove or rename it; or take labels from the folders as they are: --set source.labels=folders",
    )


def _refuse_unlabelled(places: Mapping[Split, SplitDir], labels: Labels) -> None:
    place = next(iter(places.values())).pieces[0]
    seen = f" It holds {', '.join(place.images[:_NAMED])}." if place.images else ""
    if labels == "folders":
        hint = "Give a folder of class folders, or leave source.labels as it is where names say the class"
    else:
        hint = "Put each image into a folder of its class's name: train/<class>/*.jpg"
    asked = f', as source.labels = "{labels}" needs' if labels == "folders" else ", and names say no class"
    problem = place.problem or f"{place.path} holds no folders of classes{asked}.{seen}"
    raise InputError(problem, place.hint or hint)


def _lies(places: Mapping[Split, SplitDir], name: str) -> Path:
    """The folder of a class."""
    pieces = (piece for place in places.values() for piece in place.pieces)
    return next(piece.path / name for piece in pieces if name in piece.classes)
