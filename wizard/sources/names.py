"""Names of images: those that no output may have, and columns of millions of them."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import numpy.typing as npt

# Some of these would do something to a person's terminal where the name is printed.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Safe at a glance, as all but a few of millions are; looking closer takes ten times longer.
_PLAIN = re.compile(r"\w[\w-]*(?:[./]\w[\w-]*)*", re.ASCII)
_LISTED = 1 << 13


def unsafe(name: str) -> str:
    """Why a name from raw data may not become a file's name, as the end of a sentence; empty where it may.

    >>> unsafe("train/../../x.JPEG")
    'has .. in it'
    >>> unsafe("n01440764/n01440764_10026.JPEG")
    ''
    """
    if _PLAIN.fullmatch(name):
        return ""
    if not name:
        return "is empty"
    if _CONTROL.search(name):
        return "has a control character in it"
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or name.startswith("\\"):
        return "is an absolute path"
    if ".." in name.replace("\\", "/").split("/"):
        return "has .. in it"
    if name.endswith("/"):
        return "ends in /, as a folder's does"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    return ""


def in_lists(names: npt.NDArray[np.bytes_]) -> Iterator[list[bytes]]:
    """A column's names as lists of some at a time: as objects, all of 13 million would take a gigabyte.

    >>> [*in_lists(np.array([b"a", b"b"]))]
    [[b'a', b'b']]
    """
    for start in range(0, len(names), _LISTED):
        yield names[start : start + _LISTED].tolist()


def hash_order(names: npt.NDArray[np.bytes_], key: bytes) -> npt.NDArray[np.intp]:
    """The order of the names' keyed hashes: a fixed shuffle that does not depend on the input order.

    Args:
        names: bytes[n].
        key: 64 bytes at most.

    Returns:
        intp[n], a permutation.
    """
    keyed = hashlib.blake2b(digest_size=8, key=key)

    def digest(name: bytes) -> bytes:
        copied = keyed.copy()
        copied.update(name)
        return copied.digest()

    hashes = np.empty(len(names), np.uint64)
    done = 0
    for some in in_lists(names):
        hashes[done : done + len(some)] = np.frombuffer(b"".join(map(digest, some)), ">u8")
        done += len(some)
    return sorted_by(hashes, names)


def sorted_by(hashes: npt.NDArray[np.uint64], names: npt.NDArray[np.bytes_]) -> npt.NDArray[np.intp]:
    """The rows by hash, and by name where hashes are equal: intp[n]."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    # Sorting by both takes five times longer; of a million images, two have one hash with a chance of 3 in 100 million.
    equal = (ordered[1:] == ordered[:-1]).any()
    return np.lexsort((names, hashes)) if equal else order
