"""Writes a shard that is many image files."""

import csv
import ctypes
import hashlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from wizard.storage import make_folders
from wizard.targets.names import STAGING, STATE_FOLDER
from wizard.targets.sample import OutputSample
from wizard.targets.writer import Committed, ImageFile


class ImageFilesWriter:
    """Writes image files, which count only when a commit record lists them.

    The files wait in a folder of their own until all are on disk; a shard that is built again replaces them one by one
    with the same bytes.

    Args:
        place: gives the path of an image below the folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, shard: str, place: Callable[[OutputSample], str]) -> None:
        self._folder, self._place = folder, place
        for needed in (STATE_FOLDER, STAGING):  # but not the folder itself, should it be gone
            (folder / needed).mkdir(exist_ok=True)
        self._waiting = Path(tempfile.mkdtemp(prefix=f"{shard}-", dir=folder / STAGING))
        self._files: list[ImageFile] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._waiting, ignore_errors=True)

    def write(self, sample: OutputSample) -> None:
        """Writes one image file, not yet to its place."""
        jpeg = sample.stored.jpeg
        (self._waiting / str(len(self._files))).write_bytes(jpeg)
        self._files.append(ImageFile(self._place(sample), len(jpeg), hashlib.sha256(jpeg).hexdigest()))
        self.size += len(jpeg)

    def commit(self) -> Committed:
        waiting = [self._waiting / str(number) for number in range(len(self._files))]
        _sync_files(waiting)
        made: set[Path] = set()
        for file, (path, _, _) in zip(waiting, self._files, strict=True):
            target = self._folder / path
            if target.parent not in made:
                make_folders(self._folder, target.parent)
                made.add(target.parent)
            file.replace(target)
        return Committed(bytes=self.size, sha256=sum_of_files(self._files), files=tuple(self._files))


def sum_of_files(files: Iterable[ImageFile]) -> str:
    """The sha256, in hex, of a shard that is many image files: of the CSV table of their paths, sizes and sums."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(ImageFile._fields)
    rows.writerows(files)
    return hashlib.sha256(text.getvalue().encode()).hexdigest()


def _sync_files(files: list[Path]) -> None:
    """Flushes them together where the system can flush one file system, for one by one takes a disk ten times longer.

    Linux's syncfs is not in Python's os (see syncfs(2)).
    """
    if not files:
        return
    syncfs = getattr(ctypes.CDLL(None), "syncfs", None) if sys.platform == "linux" else None
    for file in files:
        handle = os.open(file, os.O_RDWR)
        try:
            if syncfs is not None and syncfs(handle) == 0:
                return
            os.fsync(handle)
        finally:
            os.close(handle)
