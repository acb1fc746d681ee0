"""Seek points of gzip files: places in the middle where unpacking can begin, kept beside the indexes of archives.

Without them every worker unpacks a file from its start, so that eight workers unpack it eight times. They are found by
the package rapidgzip, if it is installed, in a pass of its own that uses all cores.
"""

import io
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

from wizard.folders import cache_folder
from wizard.sources.cache import Arrays, cached, known

SPACING: Final = 1 << 25
"""Bytes of the file between two points: when a worker jumps, it unpacks half of that in vain; a point takes 32 kB."""
_HUGE: Final = 1 << 36
"""Bytes of a file whose points would take too much memory in each worker; it gets half as many."""
_KIND: Final = "seek1"
_MODULE: Final = "rapidgzip"


class SeekableGzip:
    """A gzip file with seek points: forwards as fast as any, and it jumps to about where it is sent."""

    def __init__(self, path: Path, points: bytes) -> None:
        self._file = _open(path, 1)
        self._file.import_index(io.BytesIO(points))

    def read(self, size: int, /) -> bytes:
        """The next bytes; OSError if they cannot be unpacked."""
        try:
            return cast(bytes, self._file.read(size))
        except (RuntimeError, ValueError) as error:
            raise OSError(str(error)) from error

    def seek(self, offset: int) -> None:
        """Goes to a place in what the file unpacks to."""
        self._file.seek(offset)

    def close(self) -> None:
        """Closes the file, and ends the package's thread, which would end the whole process with it otherwise."""
        self._file.close()


def find_seek_points(path: Path, size: int, cores: int, progress: Callable[[int, int], None]) -> None:
    """Finds and keeps the seek points of a gzip file that unpacks to `size` bytes; nothing without rapidgzip.

    A file that cannot be unpacked is left without them: whoever reads it says what is wrong.
    """
    if find_spec(_MODULE) is None:
        return

    def make() -> Arrays:
        found = io.BytesIO()
        with _open(path, cores) as file:
            for place in range(0, size, SPACING):
                file.seek(place)
                file.read(1)
                progress(place, size)
            file.seek(0, io.SEEK_END)
            file.export_index(found)
        return {"points": np.frombuffer(found.getvalue(), np.uint8)}

    try:
        cached(cache_folder(), path, _KIND, make, progress=progress)
    except (RuntimeError, ValueError):
        return


def seekable(path: Path) -> SeekableGzip | None:
    """A gzip file with the seek points that were kept for it; None if there are none."""
    if find_spec(_MODULE) is None:
        return None
    arrays = known(cache_folder(), path, _KIND)
    if arrays is None:
        return None
    try:
        return SeekableGzip(path, arrays["points"].tobytes())
    except (RuntimeError, ValueError):  # found by a version of the package that wrote them in another way
        return None


@cache
def _package() -> Any:
    return import_module(_MODULE)


def _open(path: Path, cores: int) -> Any:
    spacing = SPACING if path.stat().st_size < _HUGE else 2 * SPACING
    return _package().RapidgzipFile(str(path), parallelization=cores, chunk_size=spacing)
