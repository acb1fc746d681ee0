"""What the wnids of classes and names say about labels: whether these are ImageNet's, and which of them is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import UNLABELED
from wizard.sources.webdataset.columns import Columns

_RELABEL = (
    "Write this sample again with the label of its class, or remove it; if the labels are others on purpose, give the "
    "samples keys and file names of their own"
)
_NO_RANK = -10
_WNIDS = 10**8  # wnids have eight digits
_RARE = 10  # a wnid has another label than usual in one of so many samples at most, where that is a mistake
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Wnids:
    """The labels of all splits beside the wnids that their classes or names say.

    Attributes:
        splits: in whose order the samples are.
        label: int64[n]; -1 for none.
        wnid: int64[n], see `row.Row`.
    """

    splits: Sequence[Columns]
    label: Ints
    wnid: Ints

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """bool[n], whether a sample has a label and a wnid."""
        known: npt.NDArray[np.bool_] = (self.label != UNLABELED) & (self.wnid > 0)
        return known

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """int64[k, 2], labels and wnids that go together, sorted; and int64[k], in how many samples."""
        # As one number each, which sorts far faster than rows do.
        both = self.label[self.known] * _WNIDS + self.wnid[self.known]
        codes, counts = np.unique(both, return_counts=True)
        return np.stack([codes // _WNIDS, codes % _WNIDS], axis=1), counts.astype(np.int64)

    @property
    def one_each(self) -> bool:
        """Whether each label has one wnid, and no two the same."""
        pairs, _ = self.pairs
        return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))

    def imagenets_base(self) -> int | None:
        """The label of ImageNet's first class; None if they are not ImageNet's labels.

        Raises:
            InputError: they are, but one is wrong.
        """
        rank = np.full(len(self.wnid), _NO_RANK)
        rank[self.known] = _ranks(self.wnid[self.known])
        agreeing = {base: int((self.known & (self.label == rank + base)).sum()) for base in (0, 1)}
        base = max(agreeing, key=lambda each: agreeing[each])
        count = int(self.known.sum())
        if not count or agreeing[base] * 2 < count:
            return None
        wrong = np.flatnonzero(self.known & (self.label != rank + base))
        if not len(wrong):
            return base
        if self._numbered_in_order():
            return None  # some of ImageNet's classes, renumbered, of which the first have the same labels both ways
        meant = int(rank[wrong[0]]) + base
        says = f"whose label is {meant}" if meant >= 0 else "which is not a class of ILSVRC2012"
        raise self._wrong(wrong, f"{says}, as the labels of {agreeing[base]:,} other samples are ImageNet's")

    def require_consistent(self) -> None:
        """Requires that a wnid does not have another label in a few samples than in all others.

        Classes may be merged, which gives a label several wnids, and labels may have nothing to do with wnids.

        Raises:
            InputError: a sample has another label.
        """
        pairs, counts = self.pairs
        if not len(pairs):
            return
        order = np.lexsort((-counts, pairs[:, 1]))
        usual = np.concatenate([[True], np.diff(pairs[order, 1]) != 0])
        rare = order[~usual]
        if not len(rare) or counts[rare].sum() * _RARE > counts.sum():
            return
        label, wnid = pairs[rare[0]].tolist()
        usually = next(int(each) for each, of in pairs[order[usual]].tolist() if of == wnid)
        wrong = np.flatnonzero((self.label == label) & (self.wnid == wnid))
        raise self._wrong(wrong, f"whose label is {usually} in all others")

    def _wrong(self, rows: npt.NDArray[np.intp], says: str) -> InputError:
        """The error for samples with a wrong label."""
        first = row = int(rows[0])
        for columns in self.splits:
            if row < len(columns):
                break
            row -= len(columns)
        more = f" (and {len(rows) - 1:,} more)" if len(rows) > 1 else ""
        return InputError(
            f"{columns.where(row)}{more} has the label {self.label[first]}, but its name or class says "
            f"n{self.wnid[first]:08d}, {says}.",
            _RELABEL,
        )

    def _numbered_in_order(self) -> bool:
        """Whether labels number the sorted wnids from 0 or 1, without gaps."""
        pairs, _ = self.pairs
        first = int(pairs[0, 0])
        in_order = np.array_equal(pairs[:, 0], first + np.arange(len(pairs))) and (np.diff(pairs[:, 1]) > 0).all()
        return self.one_each and first in (0, 1) and bool(in_order)


def _ranks(wnid: Ints) -> Ints:
    values, inverse = np.unique(wnid, return_inverse=True)
    known = ranks()
    return np.array([known.get(f"n{value:08d}", _NO_RANK) for value in values.tolist()], np.int64)[inverse]
