"""NAME.part: always the file's first bytes without a gap, so that curl or wget could resume it too; and its MD5."""

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Self

from wizard.download.http.remote import Remote
from wizard.errors import reading, writing
from wizard.storage import write_whole

_CHUNK = 1 << 20


class Part:
    """A file under way, and what is known of the server's, which is kept beside it in NAME.part.json.

    What is appended is hashed from memory, in order. What an earlier run left is read once, by `md5`. A part that has
    no byte at the end of its `with` block is deleted.

    Raises:
        MachineError: from every method that writes, where the system refuses.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path, self.final = folder / f"{name}.part", folder / name
        self._record = folder / f"{name}.part.json"
        # Without a thread of its own for the MD5, a fast mirror's files took 40 % more time (1.2 GB over loopback).
        self._hasher = ThreadPoolExecutor(max_workers=1)
        self._hashing: list[Future[None]] = []
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self._hasher.shutdown()
        if not self.size:
            self._forget()
            with suppress(OSError):
                self.path.unlink()

    @property
    def undisturbed(self) -> bool:
        """Whether the file is as large as it was made here: nobody else has written to it."""
        return os.fstat(self._file.fileno()).st_size == self.size

    def append(self, data: bytes) -> None:
        """Writes bytes at the end; as many as there is room for, where the disk is full."""
        if self._hashed == self.size:
            wait(self._hashing)  # no more than one piece waits to be hashed
            self._hashing = [self._hasher.submit(self._md5.update, data)]
            self._hashed += len(data)
        left = memoryview(data)
        with writing(self.path):
            while left:
                count = self._file.write(left)
                self.size += count
                left = left[count:]

    def has(self, data: bytes, start: int) -> bool:
        """Whether these bytes are there, from `start` on."""
        with reading(self.path), self.path.open("rb") as file:
            file.seek(start)
            return file.read(len(data)) == data

    def md5(self, progress: Callable[[int, int], None]) -> str:
        """The MD5 of the whole part, in hex; reads those bytes of it that were not hashed yet.

        Args:
            progress: called with the bytes hashed and their total.

        Raises:
            InputError: they cannot be read.
        """
        wait(self._hashing)
        with reading(self.path), self.path.open("rb", buffering=0) as file:
            file.seek(self._hashed)
            while self._hashed < self.size:
                chunk = file.read(min(_CHUNK, self.size - self._hashed))
                if not chunk:
                    raise OSError(None, "the file is shorter than what was written", str(self.path))
                self._md5.update(chunk)
                self._hashed += len(chunk)
                progress(self._hashed, self.size)
        return self._md5.hexdigest()

    def restart(self) -> None:
        """Discards the bytes that are there."""
        with writing(self.path):
            self._file.truncate(0)
        self._begin(0)

    def remember(self, remote: Remote) -> None:
        """Records which version of the server's file this is a part of."""
        with writing(self._record):
            write_whole(self._record, json.dumps(asdict(remote)).encode())

    def finish(self) -> None:
        """The file is complete: flushes it to disk, and gives it its name."""
        with writing(self.path):
            os.fsync(self._file.fileno())
            self._file.close()
            self.path.replace(self.final)
        self._forget()

    def set_aside(self) -> Path:
        """The file is not what it should be: keeps it as NAME.bad, and begins an empty one."""
        self._file.close()
        self._forget()
        kept = set_aside(self.path, self.final)
        self._open()
        return kept

    def _open(self) -> None:
        with writing(self.path):
            self._file = self.path.open("ab", buffering=0)
            self._begin(self._file.seek(0, os.SEEK_END))

    def _begin(self, size: int) -> None:
        self.size = size
        self._hashed = 0
        self._md5 = hashlib.md5(usedforsecurity=False)

    def _forget(self) -> None:
        with suppress(OSError):
            self._record.unlink(missing_ok=True)


def remembered(folder: Path, name: str) -> Remote | None:
    """Which version of the server's file NAME.part is a part of; None where that is not known."""
    try:
        record = Remote(**json.loads((folder / f"{name}.part.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return record if all(type(getattr(record, each.name)) is each.type for each in fields(record)) else None


def set_aside(path: Path, final: Path) -> Path:
    """Keeps a file under the final name with .bad behind it, or .bad2 and so on where that is taken.

    Raises:
        MachineError: the system refuses.
    """
    number = 1
    while (kept := final.with_name(f"{final.name}.bad{'' if number == 1 else number}")).exists():
        number += 1
    with writing(path):
        path.replace(kept)
    return kept
