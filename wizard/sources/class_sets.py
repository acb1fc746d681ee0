"""Compares the classes of a dataset's splits, and reports differences before it is built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wizard.errors import Hint, InputError
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.classes import HIGHEST, are_numbers, as_text, numbered
from wizard.sources.samples import SampleTable

_NAMED = 5


def class_set_notes(
    tables: Mapping[Split, SampleTable], *, in_folders: bool, base: int, sets: bool = True
) -> Iterator[tuple[str, bool]]:
    """Notes on splits whose classes differ from train's, and on class folders that are numbers.

    Args:
        tables: the splits.
        in_folders: whether they are written as class folders, which readers number themselves.
        base: the label that is stored for the first class.
        sets: whether to compare the splits' classes.

    Yields:
        A sentence without its full stop, and whether it is a warning.
    """
    if sets:
        yield from _sets_apart(tables)
    if any(table.reader.form == "image" for table in tables.values()):
        yield from ((text, True) for text in _numbers(tables, in_folders=in_folders, base=base))


def of_first_classes(tables: Mapping[Split, SampleTable], count: int) -> dict[Split, SampleTable]:
    """The tables limited to the first `count` classes: those of train if it is among the splits.

    Raises:
        InputError: a split has no images of them.
    """
    leading = next(tables[split] for split in SPLITS if split in tables)
    chosen = leading.ranks[:count]
    found: dict[Split, SampleTable] = {}
    for split, table in tables.items():
        rows = np.flatnonzero(np.isin(table.label, chosen))
        if not len(rows):
            raise InputError(
                f"{split} has no images of the classes selected by source.classes = {count}.",
                _more_classes(leading.ranks, table.ranks, split),
            )
        # All files stay: if source shards are kept, one with no images left becomes an empty shard.
        found[split] = replace(table.take(rows), files=table.files, file=table.file[rows], left_out=table.left_out)
    return found


def _more_classes(leading: NDArray[np.integer[Any]], present: NDArray[np.integer[Any]], split: Split) -> Hint:
    """How many of the leading classes are enough for a split to have images; leaving it out, if none are."""
    found = np.flatnonzero(np.isin(leading, present))
    others = f"leave {split} out of source.splits"
    if not len(found):
        return Hint(f"{others[:1].upper()}{others[1:]}; it has none of the other splits' classes")
    return Hint(f"Use more classes ({{}}), or {others}", f"source.classes={int(found[0]) + 1}")


def _sets_apart(tables: Mapping[Split, SampleTable]) -> Iterator[tuple[str, bool]]:
    train = tables.get("train")
    if train is None:
        return
    theirs = set(train.ranks.tolist())
    for split, table in tables.items():
        present = set(table.ranks.tolist())
        if split == "train" or not present:
            continue
        more, fewer = sorted(present - theirs), len(theirs - present)
        lacks = f"{counted(fewer, 'class')} of train" if fewer else ""
        if more:
            named = few([table.classes.names[rank] for rank in more], _NAMED)
            also = f"; it has no images of {lacks}" if lacks else ""
            yield f"{split} has {counted(len(more), 'class')} that train does not have: {named}{also}", True
        elif lacks:
            yield f"{split} has no images of {lacks}", False


def _numbers(tables: Mapping[Split, SampleTable], *, in_folders: bool, base: int) -> Iterator[str]:
    """Notes where labels differ from the numbers, or where readers that sort names as text get other labels."""
    table = next(iter(tables.values()))
    names = [table.classes.names[rank] for rank in np.unique(np.concatenate([each.ranks for each in tables.values()]))]
    if not are_numbers(names):
        yield from _numbers_among(names)
    text = as_text(names) if are_numbers(names) else ""
    by_number = are_numbers(names) and numbered(table.classes)
    if by_number and base and not in_folders:
        first = f"class {names[0]} has label {int(names[0]) + base}"
        yield Hint(
            f"Class folders are numbers, and labels from {base} add {base} to each: {first}; labels from 0 are the "
            "numbers unchanged ({})",
            "output.label_base=0",
        )
    if not text:
        return
    if in_folders:
        yield f"Class folders are numbers, but readers of image folders number them on their own: {text}"
    elif by_number:
        yield f"Class folders are numbers, and these are the labels; {text}"
    else:
        yield f"Class folders are numbers, but the labels are not these numbers: {text}"


def _numbers_among(names: Sequence[str]) -> Iterator[str]:
    """A few names among many numbers keep these from being the labels: train/0 … train/99 and train/background."""
    numbers = [name for name in names if name.isascii() and name.isdecimal()]
    others = [name for name in names if name not in numbers]
    if len(numbers) > len(others) and sorted(numbers) != sorted(numbers, key=int):
        because = f"{others[0]} is not one" if others else f"{max(numbers, key=int)} is more than {HIGHEST:,}"
        yield f"Class folders are numbers, but the labels are not these numbers, because {because}: names sort as text"
