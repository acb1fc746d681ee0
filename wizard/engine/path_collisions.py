"""Whether each image of a plan has a place of its own in the output."""

import hashlib
import posixpath
from collections.abc import Iterator

import numpy as np

from wizard.engine.plan import Plan, SplitPlan
from wizard.errors import InputError
from wizard.sources.names import unsafe

_LONGEST_NAME = 255
"""Bytes, on all usual file systems."""


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


def _require_distinct(plan: Plan, split: SplitPlan) -> None:
    places = _places(plan, split)
    hashes = (hashlib.blake2b(place.encode(), digest_size=8).digest() for place in places)
    column = np.fromiter((int.from_bytes(each) for each in hashes), np.uint64, count=len(split.table))
    if len(np.unique(column)) == len(column):
        return
    taken: dict[str, str] = {}
    for name, place in zip(map(bytes.decode, split.table.name.tolist()), _places(plan, split), strict=True):
        other = taken.setdefault(place, name)
        if other != name:
            raise InputError(
                f"{split.split}: {other} and {name} would both become {place}.", "Rename one of them in the raw data"
            )


def _places(plan: Plan, split: SplitPlan) -> Iterator[str]:
    """The file, or the sample's key, that each row of the table becomes.

    Raises:
        InputError: no file can be named so.
    """
    table, target = split.table, plan.target
    for name, rank in zip(table.name, table.label, strict=True):
        text = name.decode()
        place = target.place(split.split, text, table.classes.name(rank))
        if target.one_file_per_image and any(len(part.encode()) > _LONGEST_NAME for part in place.split("/")):
            raise InputError(
                f"{split.split}: {text} would become {place}, longer than the {_LONGEST_NAME} bytes of a file's name.",
                "Rename it in the raw data",
            )
        yield posixpath.normpath(place)
