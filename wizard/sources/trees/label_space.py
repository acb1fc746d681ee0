"""Whose labels the images of class folders get: ImageNet's thousand, or those of the folders.

`RULES` is the whole decision: the first row whose conditions hold decides. `REASONS` says why, as a person reads it:
a text, and the settings that it has a {} for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from wizard.errors import Hint, InputError
from wizard.formatting import counted
from wizard.ilsvrc2012.archives import CLASSES, Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import HIGHEST, Classes, are_numbers, as_text, by_number, imagenet, of_folders
from wizard.sources.options import Labels
from wizard.sources.trees.image_names import is_wnid, parse_image_name
from wizard.sources.trees.split_dirs import SplitDir

Amount = Literal["none", "some", "too many"]
Outcome = Literal[
    "imagenet", "numbers", "ids", "names", "synsets", "text", "unknown", "no classes", "too many", "no number"
]
_MOST = 32_767  # classes that a table's int16 has room for
_NAMED = 5


class Seen(NamedTuple):
    """What the decision depends on.

    Attributes:
        asked: source.labels.
        official: whether all synsets are there, or images or archives named as in ILSVRC2012 lie in no class's folder.
        unknown: whether a class is named after none of ImageNet's synsets.
        classes: whether there are any, and not too many.
        numbers: whether all classes are numbers.
        ids: whether lists give the classes by number, so that they have an order.
    """

    asked: Labels
    official: bool
    unknown: bool
    classes: Amount
    numbers: bool
    ids: bool


Rule = tuple[Labels | None, bool | None, bool | None, Amount | None, bool | None, bool | None, Outcome]
"""What must have been seen, None for anything, and what follows."""
YES, NO, ANY = True, False, None
# fmt: off
RULES: tuple[Rule, ...] = (
    # asked        official unknown   classes     numbers ids   outcome
    ("ilsvrc2012", ANY,     YES,      ANY,        ANY,    ANY,  "unknown"),
    ("ilsvrc2012", ANY,     NO,       ANY,        ANY,    ANY,  "imagenet"),
    ("auto",       YES,     YES,      ANY,        ANY,    ANY,  "unknown"),
    ("auto",       YES,     NO,       ANY,        ANY,    ANY,  "imagenet"),
    (ANY,          ANY,     ANY,      "none",     ANY,    ANY,  "no classes"),
    (ANY,          ANY,     ANY,      "too many", ANY,    ANY,  "too many"),
    ("auto",       ANY,     ANY,      ANY,        ANY,    YES,  "ids"),
    ("auto",       ANY,     ANY,      ANY,        YES,    ANY,  "numbers"),
    ("numbers",    ANY,     ANY,      ANY,        YES,    ANY,  "numbers"),
    ("numbers",    ANY,     ANY,      ANY,        NO,     ANY,  "no number"),
    ("folders",    ANY,     ANY,      ANY,        YES,    ANY,  "text"),
    (ANY,          ANY,     YES,      ANY,        ANY,    ANY,  "names"),
    (ANY,          ANY,     NO,       ANY,        ANY,    ANY,  "synsets"),
)
# fmt: on
REASONS: Mapping[Outcome, tuple[str, ...]] = {
    "imagenet": ("{official}: labels are ImageNet's.",),
    "ids": (
        "{classes}: labels follow their numbers in the lists ({first} is the first); {{}} sorts them by name.",
        "source.labels=folders",
    ),
    "numbers": (
        "{classes} named by numbers: labels are these numbers, {range} (output.label_base = 1 adds 1 to each).",
    ),
    "text": (
        "{classes}: labels are those of the folders, sorted by name as text; {{}} uses the numbers themselves.",
        "source.labels=numbers",
    ),
    "names": ("{classes}: labels are those of the folders, sorted by name.",),
    "synsets": (
        "{classes}, all of them ImageNet's: labels are those of the folders; {{}} gives those of the full set.",
        "source.labels=ilsvrc2012",
    ),
}


def decide(seen: Seen) -> Outcome:
    """Applies the rules.

    >>> decide(Seen("auto", official=False, unknown=True, classes="some", numbers=False, ids=False))
    'names'
    """
    return next(
        rule[-1] for rule in RULES if all(condition in (ANY, fact) for condition, fact in zip(rule, seen, strict=False))
    )


@dataclass(frozen=True, kw_only=True)
class LabelSpace:
    """The classes that labels count in, whether they are ImageNet's, and why, with the key that changes it."""

    classes: Classes
    imagenet: bool
    why: tuple[str, ...]


def label_space(splits: Mapping[Split, SplitDir], asked: Labels, ids: tuple[str, ...] = ()) -> LabelSpace:
    """Whose labels those of the splits are.

    Args:
        splits: where the images of each split lie.
        asked: source.labels.
        ids: the classes in the order of the numbers that lists give them; empty if they give none.

    Raises:
        InputError: they cannot be labeled as asked, or this cannot be decided.
    """
    names = _names(splits)
    unknown = [name for name in names if name not in ranks()]
    sign = "" if _of_full_imagenet(unknown, names) else _official_sign(splits, len(names) - len(unknown))
    amount: Amount = "some" if len(names) <= _MOST else "too many"
    outcome = decide(Seen(asked, bool(sign), bool(unknown), amount if names else "none", are_numbers(names), bool(ids)))
    facts = {
        "classes": counted(len(names), "class"),
        "official": sign or f"{len(names):,} of ImageNet's {CLASSES:,} synsets are there",
        "first": next(iter(ids), ""),
        "range": "",
    }
    more: tuple[str, ...] = ()
    match outcome:
        case "unknown":
            raise _unknown_class(splits, unknown, sign if asked == "auto" else "")
        case "no classes":
            raise _no_classes(splits, asked)
        case "too many":
            raise InputError(
                f"{len(names):,} class folders are there, more than the {_MOST:,} that labels count to.",
                "Give a folder of fewer classes",
            )
        case "no number":
            other = next(name for name in names if not are_numbers([name]))
            raise InputError(
                f"{_folder_of(splits, other)} is not a number from 0 to {HIGHEST:,}, as "
                'source.labels = "numbers" requires.',
                Hint("Remove or rename it; or use labels from the sorted names: {}", "source.labels=folders"),
            )
        case "imagenet":
            classes = imagenet()
        case "numbers":
            classes, facts["range"], more = by_number(names), _range(names), _text_order(names)
        case _:
            classes = of_folders(ids if outcome == "ids" else tuple(names))
    text, *settings = REASONS[outcome]
    why = Hint(text.format(**facts), *settings)
    return LabelSpace(classes=classes, imagenet=outcome == "imagenet", why=(why, *more))


def _names(splits: Mapping[Split, SplitDir]) -> list[str]:
    """A split whose folders have nothing in common with train's says nothing of the classes."""
    train = splits["train"].classes if "train" in splits else frozenset()
    found = set(train)
    for split_dir in splits.values():
        theirs = split_dir.classes
        if not split_dir.problem and (not train or split_dir.listed or theirs & train or theirs <= ranks().keys()):
            found |= theirs
    return sorted(found)


def _official_sign(splits: Mapping[Split, SplitDir], synsets: int) -> str:
    if synsets == CLASSES:
        return f"All {CLASSES:,} synsets of ImageNet are there"
    for split_dir in splits.values():
        if split_dir.archives:
            return f"{split_dir.path.name}/ holds class archives, as {split_dir.archives[0]}.tar"
        named = next(filter(parse_image_name, split_dir.images), None)
        if named:
            return f"{split_dir.path.name}/ holds images named as in ILSVRC2012, as {named}"
    return ""


def _of_full_imagenet(unknown: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the classes are some of ImageNet-21k's, most of which ILSVRC2012 does not have, or all of them."""
    return len(unknown) * 2 > len(names) and all(map(is_wnid, unknown))


def _range(names: Collection[str]) -> str:
    numbers = sorted(map(int, names))
    gaps = numbers[-1] - numbers[0] + 1 - len(numbers)
    without = f", {gaps:,} of which have no folder" if gaps else ""
    return f"{numbers[0]:,} to {numbers[-1]:,}{without}"


def _text_order(names: Collection[str]) -> tuple[str, ...]:
    text = as_text(names)
    return (Hint(f"{text[:1].upper()}{text[1:]}; {{}} does that.", "source.labels=folders"),) if text else ()


def _unknown_class(splits: Mapping[Split, SplitDir], unknown: Sequence[str], sign: str) -> InputError:
    more = f", nor are {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
    return InputError(
        (f"{sign}, but " if sign else "")
        + f"{_folder_of(splits, unknown[0])} is not named after one of ImageNet's synsets{more}.",
        Hint("Remove or rename it; or take labels from the folders as they are: {}", "source.labels=folders"),
    )


def _no_classes(splits: Mapping[Split, SplitDir], asked: Labels) -> InputError:
    first = next(iter(splits.values())).pieces[0]
    if first.problem:
        return InputError(first.problem, first.hint)
    needs, hint = ", and names say no class", "Put each image into a folder of its class's name: train/<class>/*.jpg"
    if asked == "folders":
        needs = ', as source.labels = "folders" needs'
        hint = "Give a folder of class folders, or leave source.labels as it is where names say the class"
    seen = f" It holds {', '.join(first.images[:_NAMED])}." if first.images else ""
    return InputError(f"{first.path} holds no folders of classes{needs}.{seen}", hint)


def _folder_of(splits: Mapping[Split, SplitDir], name: str) -> Path:
    return next(split_dir.of_class(name) for split_dir in splits.values() if name in split_dir.classes)
