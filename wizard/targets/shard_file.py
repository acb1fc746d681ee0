"""The writer of a shard that is a single file."""

import hashlib
import os
from pathlib import Path
from typing import Self

from wizard.storage import create_temporary, make_folders, publish, start_writing_back
from wizard.targets.sample import OutputSample
from wizard.targets.target import Target
from wizard.targets.writer import Committed

_AHEAD = 8 << 20
"""Bytes of a shard after which they begin their way to the disk, so that its commit need not wait for all of them."""


class ShardFile:
    """Writes a shard that is one file; leaving the block before `commit` leaves nothing.

    Attributes:
        temporary: where it lies until it is whole.
        size: bytes so far.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, shard: str, target: Target) -> None:
        self._encode, self._trailer = target.encoder(), target.trailer
        self._path = folder / target.file(shard)
        make_folders(folder, self._path.parent)
        handle, self.temporary = create_temporary(self._path.parent, f"{shard}-")
        self._file = os.fdopen(handle, "wb", buffering=1 << 20)
        self._digest = hashlib.sha256()
        self._sent = 0
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        finally:
            self.temporary.unlink(missing_ok=True)

    def write(self, sample: OutputSample) -> None:
        self.append(self._encode(sample))

    def append(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)
        self.send_ahead()

    def commit(self) -> Committed:
        self.append(self._trailer)
        self.publish()
        return Committed(bytes=self.size, sha256=self._digest.hexdigest())

    def send_ahead(self) -> None:
        """Begins to write to the disk what was written to the file, once this is much."""
        if self.size - self._sent >= _AHEAD:
            start_writing_back(self._file.fileno(), self._sent, self.size - self._sent)
            self._sent = self.size

    def publish(self) -> None:
        """Flushes the whole file to the disk and puts it in place."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        publish(self.temporary, self._path)
