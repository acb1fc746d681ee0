"""Numbered sets of files, as train-00017-of-00294.tfrecord: whether all numbers are there, each once, of one set."""

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

NUMBER: re.Pattern[str] = re.compile(r"(\d+)-of-(\d+)", re.ASCII)
"""A file's number and the count of its set; numbers begin at 0, or at 1."""
_LISTED = 5
_ONE_SET = "Keep only one set of them in the folder"


class SetProblem(NamedTuple):
    """What is wrong with a numbered set, in sentences, and what to do about it."""

    problem: str
    hint: str


def set_problem(paths: Sequence[Path], what: str) -> SetProblem | None:
    """What does not fit in names that say -of-: all numbers of one count must be there, each once.

    Args:
        paths: the files of one set, in any order; of their names alone.
        what: of what they are, as the end of "the files of …": a split.

    Returns:
        None if nothing is wrong, or no name says -of-.

    >>> set_problem([Path("raw/test-00000-of-00003.parquet"), Path("raw/test-00002-of-00003.parquet")], "test").problem
    '1 of the 3 files of test is missing in raw: test-00001-of-00003.parquet.'
    """
    matches = {path: NUMBER.search(path.name) for path in paths}
    counted = {path: match for path, match in matches.items() if match}
    if not counted:
        return None
    by_count = {int(match[2]): path for path, match in counted.items()}
    unnumbered = next((path for path in paths if path not in counted), None)
    if len(by_count) > 1 or unnumbered:
        one, other = [*by_count.values(), unnumbered][:2]
        return SetProblem(f"The files of {what} belong to more than one set: {one} and {other}.", _ONE_SET)
    count = next(iter(by_count))
    numbers: dict[int, Path] = {}
    for path, match in counted.items():
        other = numbers.setdefault(int(match[1]), path)
        if other != path:
            return SetProblem(f"{other} and {path} are both number {int(match[1]):,} of {what}.", "Remove one of them")
    first = 1 if count in numbers and 0 not in numbers else 0
    beyond = next((number for number in numbers if not first <= number < first + count), None)
    if beyond is not None:
        return SetProblem(
            f"{numbers[beyond]} is number {beyond:,} of {count:,} files of {what}.", "Remove what does not belong"
        )
    if len(numbers) == count:
        return None
    missing = (number for number in range(first, first + count) if number not in numbers)
    return _lacking(what, list(islice(missing, _LISTED)), count, len(numbers), next(iter(counted)))


def _lacking(what: str, some: Sequence[int], count: int, there: int, like: Path) -> SetProblem:
    """The problem of a set of which only some files are there; `some` are the first missing numbers."""
    stem, number, rest = re.split(r"([0-9]+)(?=-of-[0-9])", like.name, maxsplit=1)
    names = ", ".join(f"{stem}{each:0{len(number)}}{rest}" for each in some)
    lacking = count - there
    more = f" and {lacking - len(some):,} more" if lacking > len(some) else ""
    return SetProblem(
        f"{lacking:,} of the {count:,} files of {what} {'is' if lacking == 1 else 'are'} missing in {like.parent}: "
        f"{names}{more}.",
        "Download or build them again",
    )
