"""Arrays that are costly to make from files, kept in a folder of their own.

An entry is good while the files have the paths, sizes and mtimes that it was made with, and its own sha256 holds;
otherwise it is rebuilt. A cache folder that cannot be written only costs time.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wizard.errors import MachineError
from wizard.lock import Waiting, waiting_lease
from wizard.storage import replacing

Arrays = dict[str, npt.NDArray[Any]]

_COLUMN = "column:"  # before the names of arrays, which savez's own arguments and the key must not meet
_KEY = "key"
_DIGEST = 32  # bytes of the sha256 that an entry begins with; the rest is an npz file


def fingerprint(path: Path) -> str:
    """The state of a file: path, size in bytes, and mtime in ns."""
    stat = path.stat()
    return json.dumps([str(path.resolve()), stat.st_size, stat.st_mtime_ns])


def cached(
    folder: Path,
    path: Path,
    kind: str,
    make: Callable[[], Arrays],
    *,
    files: Sequence[Path] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Arrays:
    """The arrays that `make` gives for the file at `path`, from the cache where they are there and good.

    Args:
        folder: the cache folder; need not exist.
        path: the archive, or the folder of `files`.
        kind: what the arrays are, with a version of their form.
        make: called when they are not there, stale or damaged.
        files: that they are made from, in order, where that is not the file at `path` alone.
        progress: called while another process makes them, with nothing done of 1; what it raises ends the wait.
    """
    sources = (path,) if files is None else files
    key = _state(sources)
    entry = _entry(folder, path, kind)
    arrays = _load(entry, key)
    if arrays is not None:
        return arrays
    with _alone(entry, Waiting(check=lambda: progress(0, 1))):
        arrays = _load(entry, key)
        if arrays is None:
            arrays = make()
            if key == _state(sources):
                _save(entry, key, arrays)
    return arrays


@contextmanager
def _alone(entry: Path, waiting: Waiting) -> Iterator[None]:
    """Has others that want the same entry wait for it, on all machines that share the folder.

    To index ImageNet's archives takes more than a million reads, which the slices of a build need not do one by one.
    """
    with ExitStack() as held:
        with suppress(OSError, MachineError):  # the folder cannot be written, so that nothing can be shared
            entry.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(waiting_lease(entry.with_suffix(".lease"), f"{entry} is being made.", waiting))
        yield


def known(folder: Path, path: Path, kind: str) -> Arrays | None:
    """The arrays that were made for the file at `path`; None if they are not in the cache, or no longer good."""
    return _load(_entry(folder, path, kind), _state((path,)))


def _entry(folder: Path, path: Path, kind: str) -> Path:
    return folder / f"{kind}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]}.npz"


def _state(files: Sequence[Path]) -> str:
    return hashlib.sha256("\n".join(map(fingerprint, files)).encode()).hexdigest()


def _load(entry: Path, key: str) -> Arrays | None:
    try:
        with entry.open("rb") as file:
            stated = file.read(_DIGEST)
            if stated != hashlib.file_digest(file, "sha256").digest():
                return None
            file.seek(_DIGEST)
            with np.load(file, allow_pickle=False) as stored:
                if str(stored[_KEY]) != key:
                    return None
                columns = [name for name in stored.files if name.startswith(_COLUMN)]
                return {name.removeprefix(_COLUMN): stored[name] for name in columns}
    except OSError:
        return None


def _save(entry: Path, key: str, arrays: Arrays) -> None:
    with suppress(OSError):  # a cache folder that cannot be written costs time, nothing else
        entry.parent.mkdir(parents=True, exist_ok=True)
        with replacing(entry) as file:
            file.write(bytes(_DIGEST))
            # Any: NumPy before 2.2 has no parameter allow_pickle, which later ones would take for one of the names.
            columns: dict[str, Any] = {f"{_COLUMN}{name}": array for name, array in arrays.items()}
            np.savez(file, **columns | {_KEY: np.array(key)})
            file.seek(_DIGEST)
            digest = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            file.write(digest)
