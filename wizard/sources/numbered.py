"""Classes named by numbers: the number is the label."""

from collections.abc import Collection
from itertools import accumulate

from wizard.errors import InputError
from wizard.sources.classes import Classes

HIGHEST = 32_766
"""The highest number that fits an int16 label, even if 1 is added for labels from 1."""


def are_numbers(names: Collection[str]) -> bool:
    """Whether all names are plain decimal numbers that can be labels, with or without leading zeros.

    >>> are_numbers(["0", "10"]), are_numbers(["00042"]), are_numbers(["1.5"]), are_numbers(["100000"])
    (True, True, False, False)
    """
    return bool(names) and all(name.isascii() and name.isdecimal() and int(name) <= HIGHEST for name in names)


def by_number(names: Collection[str]) -> Classes:
    """Classes whose rank is their number; a number without a folder becomes a class too, so that there are no gaps.

    Raises:
        InputError: two names are the same number.
    """
    known: dict[int, str] = {}
    for name in sorted(names):
        other = known.setdefault(int(name), name)
        if other != name:
            raise InputError(
                f"The class folders {other} and {name} are the same number.",
                "Rename one of them, or use labels from the sorted names: --set source.labels=folders",
            )
    widths = {len(name) for name in names}
    width = widths.pop() if len(widths) == 1 else 1
    all_names = tuple(known.get(number, f"{number:0{width}}") for number in range(max(known) + 1))
    return Classes(names=all_names, words=all_names)


def numbered(classes: Classes) -> bool:
    """Whether every class's name is its rank.

    >>> numbered(Classes(names=("00", "01"), words=("00", "01"))), numbered(Classes(names=("0", "10"), words=("", "")))
    (True, False)
    """
    return are_numbers(classes.names) and all(int(name) == rank for rank, name in enumerate(classes.names))


def as_text(names: Collection[str]) -> str:
    """How sorting the names as text, as ImageFolder does, would change the labels; empty if it would not.

    >>> as_text(["0", "1", "2", "10"])
    'sorted as text, as ImageFolder does, 10 would come before 2 and class 2 would get label 3'
    """
    text = sorted(names)
    ranks = {name: rank for rank, name in enumerate(text)}
    wrong = next((name for name in sorted(names, key=int) if ranks[name] != int(name)), None)
    if wrong is None:
        return ""
    would = f"class {wrong} would get label {ranks[wrong]:,}"
    highest = accumulate(map(int, text), max)
    late = min((int(name) for name, most in zip(text, highest, strict=True) if int(name) < most), default=None)
    if late is None:
        return f"sorted as text, as ImageFolder does, {would}"
    early = next(name for name in text if int(name) > late)
    return f"sorted as text, as ImageFolder does, {early} would come before {late} and {would}"
