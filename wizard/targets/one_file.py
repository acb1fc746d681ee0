"""Base of the formats whose shards are single files, and the writer of such a shard."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from wizard.commit_record import CommitRecord
from wizard.ilsvrc2012.archives import SPLITS
from wizard.storage import create_temporary, make_folders, publish, start_writing_back
from wizard.targets.expected import Expectation
from wizard.targets.presence import wrong_size
from wizard.targets.sample import OutputSample
from wizard.targets.target import Target
from wizard.targets.writer import Committed, Writer

_AHEAD = 8 << 20
"""Bytes of a shard after which they begin their way to the disk, so that its commit need not wait for all of them."""


class OneFileShards(Target):
    """Base of targets whose shards are single files, each a row of encoded images and a trailer."""

    def writer(self, folder: Path, split: str, shard: str) -> Writer:
        return ShardFile(folder, shard, self)

    def listing(self, folder: Path) -> Iterator[str]:
        for place in self.places:
            for split in SPLITS:
                for file in sorted((folder / place).glob(f"{split}-*")):
                    yield file.relative_to(folder).as_posix()

    def missing(self, folder: Path, result: CommitRecord) -> str:
        return wrong_size(folder, self.file(result.shard), result.bytes_out)

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        with expected.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        if size != expected.result.bytes_out:
            yield f"it has {size:,} bytes, expected {expected.result.bytes_out:,}"
        if digest != expected.result.sha256:
            yield f"its sha256 is {digest}, expected {expected.result.sha256}"

    def files_of(self, expected: Expectation) -> list[str]:
        return [self.file(expected.result.shard)]


class ShardFile:
    """Writes a shard that is one file; leaving the block before `commit` leaves nothing.

    Attributes:
        temporary: where it lies until it is whole.
        size: bytes so far.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, shard: str, target: Target) -> None:
        self._target = target
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
        self.append(self._target.encode(sample))

    def append(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)
        self.send_ahead()

    def commit(self) -> Committed:
        self.append(self._target.trailer)
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
