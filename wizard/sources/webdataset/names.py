"""Names of the samples of a split: official ones, those that their json gives, or their keys."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.sources.names import in_lists, unsafe
from wizard.sources.webdataset.columns import Columns
from wizard.sources.webdataset.groups import stem_of

_Names = npt.NDArray[np.bytes_]
_PLAIN = re.compile(rb"[\w-]+(?:[./][\w-]+)*", re.ASCII)
"""Names that are safe, as most are: found so in a twentieth of the time."""
_TWICE = "Remove the shard that is there twice, or write the shards again without this sample"


def unique_names(columns: Columns) -> _Names:
    """The name of each sample: bytes[n], UTF-8.

    Official names stay. All others are the file names of the samples' json, if each has one that may be a name and no
    two the same; else the keys, with the suffix of a JPEG; after the shard's name, if a key is there twice.

    Raises:
        InputError: an image of ImageNet is there twice.
    """
    official = columns.official
    _refuse_doubled(columns, np.flatnonzero(official))
    others = np.flatnonzero(~official)
    if not len(others):
        return columns.name
    taken = columns.name[official]
    for names in (columns.name[others], _keys(columns, others), _prefixed(columns, others)):
        if _usable(names, taken):
            return _with(columns.name, others, names)
    raise _clash(columns, others)


def _usable(names: _Names, taken: _Names) -> bool:
    if len(np.unique(names)) < len(names) or np.isin(names, taken).any():
        return False
    return not any(unsafe(name.decode()) for some in in_lists(names) for name in some if not _PLAIN.fullmatch(name))


def _keys(columns: Columns, rows: npt.NDArray[np.intp]) -> _Names:
    return np.char.add(columns.sample[rows], columns.suffix[rows])


def _prefixed(columns: Columns, rows: npt.NDArray[np.intp]) -> _Names:
    stems = [*_stems(columns)]
    prefix = np.array([f"{stem}/".encode() for stem in stems], np.bytes_)[columns.file[rows]]
    return np.char.add(prefix, _keys(columns, rows))


def _stems(columns: Columns) -> Iterator[str]:
    """Names of shards without suffix, and with their folder where two are named alike."""
    counts = Counter(stem_of(path) for path in columns.files.files)
    for path in columns.files.files:
        stem = stem_of(path)
        yield stem if counts[stem] == 1 else f"{path.parent.name}/{stem}"


def _with(names: _Names, rows: npt.NDArray[np.intp], others: _Names) -> _Names:
    width = max(names.dtype.itemsize, others.dtype.itemsize)
    merged = names.astype(f"S{width}")
    merged[rows] = others
    return merged


def _refuse_doubled(columns: Columns, rows: npt.NDArray[np.intp]) -> None:
    order = rows[np.argsort(columns.name[rows], kind="stable")]
    twins = np.flatnonzero(columns.name[order][1:] == columns.name[order][:-1])
    if len(twins):
        one, other = (int(order[twins[0] + step]) for step in (0, 1))
        raise InputError(
            f"{columns.where(one)} and {columns.where(other)} are both the image {columns.name[one].decode()}.", _TWICE
        )


def _clash(columns: Columns, rows: npt.NDArray[np.intp]) -> InputError:
    names = _prefixed(columns, rows)
    bad = next((at for at, name in enumerate(names.tolist()) if unsafe(name.decode())), None)
    if bad is not None:
        return InputError(f"{columns.where(int(rows[bad]))} has a key that {unsafe(names[bad].decode())}.", _TWICE)
    return InputError(f"{columns.where(int(rows[0]))} is named as another image of its split.", _TWICE)
