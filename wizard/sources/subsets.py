"""Subsets of tables: the classes of which there are enough images, and what is held out of train."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.errors import Hint, InputError
from wizard.formatting import counted, few
from wizard.sources.classes import UNLABELED, Classes, numbered
from wizard.sources.held_out import held_out
from wizard.sources.holdout import Holdout
from wizard.sources.samples import SampleTable, SelectionNote

_NAMED = 3
_ORDERS = {"hash": "by the hashes of their names", "name": "the first by name"}
_FEW = Hint("Hold out fewer ({}), or leave such classes out ({})", "source.holdout=10%", "source.min_images=NUMBER")


class ClassFilter(NamedTuple):
    """The classes that are used.

    Attributes:
        rank: int16[n + 1], the new rank of each class; -1 for those that are left out, and at the end for no class.
        kept: bool[n + 1], which are used; images without a class are.
        classes: that the new ranks count in.
    """

    rank: npt.NDArray[np.int16]
    kept: npt.NDArray[np.bool_]
    classes: Classes

    def apply(self, table: SampleTable) -> SampleTable:
        """The table of the images of these classes."""
        rows = np.flatnonzero(self.kept[table.label])
        found = rows_of(table, rows)
        labels = table.source_labels
        if len(labels) and len(self.classes) < len(labels):
            labels = labels[self.kept[:-1]]
        return replace(found, label=self.rank[table.label[rows]], classes=self.classes, source_labels=labels)


def frequent_classes(train: SampleTable, least: int) -> tuple[ClassFilter, SelectionNote]:
    """The classes of which train has that many images, and a note on the others.

    The remaining classes are labeled by their rank among themselves. Labels that mean something outside this source
    stay: ImageNet's, numbers that class folders are named by, and those in records.

    Raises:
        InputError: there is none.
    """
    sizes = np.bincount(train.label[train.label >= 0], minlength=len(train.classes))
    used = sizes >= least
    if not used.any():
        largest = int(sizes.argmax())
        raise InputError(
            f"No class of train has {counted(least, 'image')}, as source.min_images asks: the largest is "
            f"{train.classes.names[largest]} with {int(sizes[largest]):,}.",
            Hint("Ask for fewer: {}", "source.min_images=NUMBER"),
        )
    stay = train.classes.whole_imagenet or numbered(train.classes) or train.reader.form == "example"
    names, words = (
        tuple(text for text, is_used in zip(texts, used.tolist(), strict=True) if is_used)
        for texts in (train.classes.names, train.classes.words)
    )
    rank = np.arange(len(sizes)) if stay else np.cumsum(used) - 1
    rank = np.append(np.where(used, rank, UNLABELED), UNLABELED).astype(np.int16)
    classes = train.classes if stay else Classes(names=names, words=words)
    left_out = np.flatnonzero((sizes > 0) & ~used)
    text = "no class has fewer images than source.min_images asks for"
    if len(left_out):
        labels = "the others keep their labels" if stay else f"labels count the other {int(used.sum()):,}"
        images = counted(int(sizes[left_out].sum()), "image")
        text = (
            f"{_are(len(left_out), f' with fewer than {least:,} images')} left out, {images} in all "
            f"({_named(left_out, train.classes)}); {labels}"
        )
    return ClassFilter(rank, np.append(used, True), classes), SelectionNote(text)


def split_train(train: SampleTable, rule: Holdout) -> tuple[SampleTable, SampleTable]:
    """What is left of train, and what is held out for validation, each with its notes.

    Raises:
        InputError: no class has so many images that any could be held out as asked.
    """
    sizes = np.bincount(train.label[train.label >= 0], minlength=len(train.classes)).astype(np.int64)
    largest = int(sizes.max(initial=0))
    if not largest:
        raise InputError(
            "source.holdout holds images out of each class, and no image of train has a class.",
            "Leave source.holdout out",
        )
    if largest <= max(rule.images, 1):
        raise InputError(
            f"source.holdout = {rule.text} would hold out whole classes: none of train has more than "
            f"{counted(largest, 'image')}, and each must keep one.",
            Hint("Hold out fewer, or a percentage: {}", "source.holdout=10%"),
        )
    held = held_out(rule, train.name, train.label)
    number = int(held.sum())
    there = int((sizes > 1).sum())
    what = f"{rule.images:,}" if rule.images else rule.text
    told = f"{counted(number, 'image')} of {counted(there, 'class')}"
    rule_told = f"{told} are held out for validation: {what} of each class, {_ORDERS[rule.order]}"
    notes = (SelectionNote(rule_told), *_on_small_classes(sizes, rule, train.classes))
    rest = rows_of(train, np.flatnonzero(~held))
    validation = rows_of(train, np.flatnonzero(held))
    return (
        replace(rest, selection=(*train.selection, *notes)),
        replace(validation, left_out=(), copies=None, selection=(SelectionNote(f"{told}, held out of train"),)),
    )


def _on_small_classes(sizes: npt.NDArray[np.int64], rule: Holdout, classes: Classes) -> Iterator[SelectionNote]:
    small = np.flatnonzero((sizes > 1) & (sizes <= rule.images))
    if len(small):
        text = f"{_are(len(small))} too small to hold out {rule.images:,} images: one image of each stays in train"
        yield SelectionNote(f"{text} ({_named(small, classes)})", _FEW)
    single = np.flatnonzero(sizes == 1)
    if len(single):
        text = f"{_are(len(single))} too small to hold out any image ({_named(single, classes)})"
        yield SelectionNote(text, _FEW)


def rows_of(table: SampleTable, rows: npt.NDArray[np.intp]) -> SampleTable:
    """The table of these rows, with what is known of the files beside them."""
    return replace(
        table.take(rows),
        # All files stay: if source shards are kept, one with no images left becomes an empty shard.
        files=table.files,
        file=table.file[rows],
        left_out=table.left_out,
        copies=table.copies,
        unusable=table.unusable,
    )


def _named(ranks: npt.NDArray[np.intp], classes: Classes) -> str:
    return few([classes.names[rank] for rank in ranks.tolist()], _NAMED)


def _are(count: int, with_what: str = "") -> str:
    """Subject and verb of a sentence on classes.

    >>> _are(1), _are(2, " of one image")
    ('1 class is', '2 classes of one image are')
    """
    return f"{counted(count, 'class')}{with_what} {'is' if count == 1 else 'are'}"
