"""Where a dataset prepared by TFDS lies: DATA_DIR/NAME[/CONFIG]/VERSION/, and which version is read."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wizard.errors import Hint, InputError
from wizard.formatting import few
from wizard.sources.split_names import split_of_folder
from wizard.sources.tfds.info import FEATURES, INFO
from wizard.sources.tfds.shard_names import DEFAULT
from wizard.sources.trees.image_names import is_wnid, passed_over

INCOMPLETE = "incomplete."
"""How the names begin that TFDS gives to what it has not finished (`tensorflow_datasets/core/constants.py`)."""
_NUMBERS = r"\d+\.\d+\.\d+"
_VERSION = re.compile(_NUMBERS, re.ASCII)
# As TFDS names the folder in which it prepares a version, and as older versions of it did.
_STOPPED = re.compile(rf"{re.escape(INCOMPLETE)}\w+_{_NUMBERS}|{_NUMBERS}\.incomplete\w+", re.ASCII)
_DEEPEST = 3  # from DATA_DIR to a version of a dataset's configuration
_MOST = 64  # entries of a folder above a version; trees of class folders have more, and are not searched
_LISTED = 5


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The folder of a version, and sentences on what lies beside it and is not read."""

    folder: Path
    beside: tuple[str, ...] = ()


@dataclass
class _Found:
    """The versions below a folder by the folder that holds them, and what stopped runs of TFDS left."""

    versions: dict[Path, list[Path]] = field(default_factory=lambda: defaultdict(list))
    stopped: list[Path] = field(default_factory=list)


def find_prepared(folder: Path) -> Prepared | None:
    """The version that a folder holds: it is one itself, or a dataset's folder, or a data_dir with one dataset.

    Of several versions, the newest is taken.

    Raises:
        InputError: there is more than one dataset or configuration, or none that was prepared to its end.
        OSError: a folder cannot be looked into.
    """
    if _is_prepared(folder):
        return Prepared(folder=folder)
    found = _Found()
    _search(folder, found, _DEEPEST)
    if not found.versions:
        if found.stopped:
            raise InputError(
                f"{folder} holds no dataset that TensorFlow Datasets prepared to its end; "
                f"{few(found.stopped, _LISTED)} is what a stopped run of it left.",
                "Run download_and_prepare of tensorflow_datasets again, to its end",
            )
        return None
    if len(found.versions) > 1:
        raise InputError(
            f"{folder} holds more than one dataset or configuration of TensorFlow Datasets: "
            f"{few(sorted(map(str, found.versions)), _LISTED)}.",
            Hint("Say which one is meant: {}", f"source.path={min(found.versions)}"),
        )
    versions = sorted(next(iter(found.versions.values())), key=_by_value)
    return Prepared(folder=versions[-1], beside=tuple(_on_others(versions, found.stopped)))


def _on_others(versions: list[Path], stopped: list[Path]) -> Iterator[str]:
    *older, newest = versions
    if older:
        yield (
            f"The newest version, {newest.name}, is read; beside it "
            f"{'lies' if len(older) == 1 else 'lie'} {few([path.name for path in older], _LISTED)}, which source.path "
            "may name instead."
        )
    if stopped:
        yield f"What a stopped run of TensorFlow Datasets left is ignored: {few([p.name for p in stopped], _LISTED)}."


def _search(folder: Path, found: _Found, deepest: int) -> None:
    for name in _folders(folder):
        path = folder / name
        if _STOPPED.fullmatch(name):
            found.stopped.append(path)
        elif _VERSION.fullmatch(name):
            if _is_prepared(path):
                found.versions[folder].append(path)
        elif deepest > 1 and not _cannot_hold_versions(name):
            _search(path, found, deepest - 1)


def _cannot_hold_versions(name: str) -> bool:
    return passed_over(name) or name.startswith(INCOMPLETE) or is_wnid(name) or split_of_folder(name) is not None


def _folders(folder: Path) -> list[str]:
    """The names of the folders in one that holds few things, sorted; else none."""
    names: list[str] = []
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries, 1):
            if count > _MOST:
                return []
            if entry.is_dir():
                names.append(entry.name)
    return sorted(names)


def _is_prepared(folder: Path) -> bool:
    """Whether it holds shards named as by TFDS, or the descriptions that TFDS writes last."""
    described = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            may_be = "-of-" in entry.name and not entry.name.startswith(INCOMPLETE)
            if may_be and DEFAULT.fullmatch(entry.name):
                return True
            if entry.name in (INFO, FEATURES):
                described.add(entry.name)
    return len(described) == 2


def _by_value(version: Path) -> list[int]:
    return [int(part) for part in version.name.split(".")]
