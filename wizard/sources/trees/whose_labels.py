"""Decides whose labels a tree's are: ImageNet's thousand, or those of the folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import CLASSES, Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import Classes, imagenet, of_folders
from wizard.sources.trees.official_names import said
from wizard.sources.trees.places import Place

Labels = Literal["auto", "ilsvrc2012", "folders"]
_MOST = 32_767
"""Classes that a table's int16 has room for."""
_NAMED = 5


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


def decide(places: Mapping[Split, Place], labels: Labels) -> Decided:
    """Whose labels those of the splits are.

    Left to itself, the decision is ImageNet's where all of its synsets are there, or images or archives named as in
    ILSVRC2012 lie in no class's folder; else the folders' own.

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
    if strangers:
        why = f"{told}: labels are those of the folders, sorted by name."
    else:
        why = (
            f"{told}, all of them ImageNet's: labels are those of the folders; "
            "--set source.labels=ilsvrc2012 gives those of the full set."
        )
    return Decided(classes=of_folders(tuple(names)), imagenet=False, why=(why,))


def _names(places: Mapping[Split, Place]) -> list[str]:
    """A split whose folders have nothing in common with train's says nothing of the classes."""
    train = places["train"].classes if "train" in places else frozenset()
    found = set(train)
    for place in places.values():
        if not train or place.listed or place.classes & train or place.classes <= ranks().keys():
            found |= place.classes
    return sorted(found)


def _sign(places: Mapping[Split, Place], names: list[str], strangers: list[str]) -> str:
    """What says that a tree is ImageNet's; empty where nothing does."""
    if len(names) - len(strangers) == CLASSES:
        return f"All {CLASSES:,} synsets of ImageNet are there"
    for place in places.values():
        if place.archives:
            return f"{place.path.name}/ holds class archives, as {place.archives[0]}.tar"
        named = next((name for name in place.images if said(name)), None)
        if named:
            return f"{place.path.name}/ holds images named as in ILSVRC2012, as {named}"
    return ""


def _refuse_strangers(places: Mapping[Split, Place], strangers: list[str], sign: str) -> None:
    where = next(place.path for place in places.values() if strangers[0] in place.classes)
    more = f", nor are {len(strangers) - 1:,} more" if len(strangers) > 1 else ""
    raise InputError(
        (f"{sign}, but " if sign else "") + f"{where / strangers[0]} is named by none of ImageNet's synsets{more}.",
        "Remove or rename it; or take labels from the folders as they are: --set source.labels=folders",
    )


def _refuse_unlabelled(places: Mapping[Split, Place], labels: Labels) -> None:
    place = next(iter(places.values()))
    seen = f" It holds {', '.join(place.images[:_NAMED])}." if place.images else ""
    if labels == "folders":
        hint = "Give a folder of class folders, or leave source.labels as it is where names say the class"
    else:
        hint = "Put each image into a folder of its class's name: train/<class>/*.jpg"
    asked = f', as source.labels = "{labels}" needs' if labels == "folders" else ", and names say no class"
    problem = place.problem or f"{place.path} holds no folders of classes{asked}.{seen}"
    raise InputError(problem, place.hint or hint)
