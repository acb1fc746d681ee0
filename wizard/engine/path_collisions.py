"""Whether each image of a plan has a place of its own in the output, where its readers look for it."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from wizard.engine.plan import Plan, SplitPlan
from wizard.errors import InputError
from wizard.sources.classes import UNLABELED
from wizard.sources.names import in_lists, unsafe
from wizard.sources.samples import SampleTable
from wizard.targets.names import normalized
from wizard.targets.target import Target

_LONGEST_NAME = 255
"""Bytes, on all usual file systems."""
_SOME = 1000
"""Images of a split that are looked at first, about."""


def require_distinct_paths(plan: Plan) -> None:
    """Requires that no two images become one file or one sample, and that none lies outside the output folder.

    Raises:
        InputError: one would, or its name would be longer than a file's may be; it is named, or the class is.
    """
    for name in plan.classes.names:
        why = unsafe(name) or ("has / in it" if "/" in name else "")
        if why:
            raise InputError(f"The name of the class {name!r} {why}.", "Rename the class in the raw data")
    if plan.target.has_distinct_places:
        for split in plan.splits:
            _require_distinct(plan, split)


def require_some_readable(target: Target, split: str, table: SampleTable) -> None:
    """Looks at some images of a split, from its first to its last, before all of them are looked at.

    Raises:
        InputError: the target's readers would not find one of them; it is named.
    """
    count = len(table)
    for row in range(0, count, max(1, count // _SOME)):
        target.require_readable(split, table.name[row].decode(), table.classes.name(int(table.label[row])))


def _require_distinct(plan: Plan, split: SplitPlan) -> None:
    # A million places would take 150 MB, their hashes take 8. Equal hashes are only a reason to look closer.
    hashes = np.fromiter((hash(place) for _, place in _places(plan, split)), np.int64, count=len(split.table))
    hashes.sort()
    if not (hashes[1:] == hashes[:-1]).any():
        return
    taken: dict[str, str] = {}
    for name, place in _places(plan, split):
        other = taken.setdefault(place, name)
        if other != name:
            raise InputError(
                f"{split.split}: {other} and {name} would both become {place}.", "Rename one of them in the raw data"
            )


def _places(plan: Plan, split: SplitPlan) -> Iterator[tuple[str, str]]:
    """The name of each row of the table, and the file or the sample's key that it becomes.

    Raises:
        InputError: no file can be named so, or the target's readers would not find it there.
    """
    table, target = split.table, plan.target
    classes = {rank: table.classes.name(rank) for rank in (UNLABELED, *range(len(table.classes)))}
    names = chain.from_iterable(in_lists(table.name))
    for name, rank in zip(map(bytes.decode, names), map(int, table.label), strict=True):
        target.require_readable(split.split, name, classes[rank])
        place = target.place(split.split, name, classes[rank])
        if target.one_file_per_image and _is_too_long(place):
            raise InputError(
                f"{split.split}: {name} would become {place}, longer than the {_LONGEST_NAME} bytes of a file's name.",
                "Rename it in the raw data",
            )
        yield name, normalized(place)


def _is_too_long(place: str) -> bool:
    # A character has four bytes at most.
    return 4 * len(place) > _LONGEST_NAME and any(len(part.encode()) > _LONGEST_NAME for part in place.split("/"))
