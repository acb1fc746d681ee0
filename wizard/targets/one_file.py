"""What formats whose shards are single files have in common, and the writer of such a shard."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from wizard.commit_record import CommitRecord
from wizard.formats.example import Values
from wizard.ilsvrc2012.archives import SPLITS
from wizard.sources.readers import Form
from wizard.storage import PREFIX, SUFFIX, publish
from wizard.targets.expected import Expectation
from wizard.targets.presence import wrong_size
from wizard.targets.sample import OutputSample
from wizard.targets.target import BuiltDataset, Committed, Writer


class OneFileShards:
    """Base of targets whose shards are single files, each a row of serialised images and a trailer."""

    keys: ClassVar[tuple[str, ...]] = ()
    first_label: ClassVar[int] = 0
    one_file_per_image: ClassVar[bool] = False
    stores_labels: ClassVar[bool] = True
    classes_are_folders: ClassVar[bool] = False
    has_distinct_places: ClassVar[bool] = False
    beside: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: Form) -> Self:
        """A target without options."""
        return cls()

    @classmethod
    def variants(cls) -> tuple[Self, ...]:
        """Without options, there is one."""
        return (cls(),)

    @property
    def has_boxes(self) -> bool:
        """None unless a target says otherwise."""
        return False

    @property
    def keeps_features(self) -> bool:
        """Not unless a target says otherwise."""
        return False

    @property
    def places(self) -> tuple[str, ...]:
        """Shards lie beside each other in the output folder."""
        return ("",)

    @property
    def trailer(self) -> bytes:
        """Empty unless a target says otherwise."""
        return b""

    def shard(self, split: str, index: int, shards: int) -> str:
        """The name of a shard, in TensorFlow's style."""
        return f"{split}-{index:05d}-of-{shards:05d}"

    def file(self, shard: str) -> str:
        """A shard's file has its name."""
        return shard

    def place(self, split: str, name: str, wnid: str) -> str:
        """See `has_distinct_places`."""
        return name

    def encode(self, sample: OutputSample) -> bytes:
        """What is appended to a shard for an image."""
        raise NotImplementedError

    def writer(self, folder: Path, split: str, shard: str) -> Writer:
        """Appends what `encode` gives."""
        return ShardFile(folder, shard, self)

    def weigh(self, sample: OutputSample) -> int:
        """Encodes the image and computes the digest, as the writer does."""
        content = self.encode(sample)
        hashlib.sha256(content).digest()
        return len(content)

    def sidecars(self, dataset: BuiltDataset) -> dict[str, bytes]:
        """None unless a target says otherwise."""
        return {}

    def foreign_files(self, folder: Path) -> list[str]:
        """Files that a glob of a split's shards finds."""
        found = {file for place in self.places for split in SPLITS for file in (folder / place).glob(f"{split}-*")}
        return sorted(file.relative_to(folder).as_posix() for file in found)

    def missing(self, folder: Path, result: CommitRecord) -> str:
        """Compares the file's size."""
        return wrong_size(folder, self.file(result.shard), result.bytes_out)

    def wrong_beside(self, folder: Path, result: CommitRecord) -> str:
        """Nothing lies beside a shard unless a target says otherwise."""
        return ""

    def restore_beside(self, folder: Path, shard: str) -> None:
        """See `wrong_beside`."""

    def remove_beside(self, folder: Path, shard: str) -> None:
        """See `wrong_beside`."""

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        """Compares the file's size and sha256."""
        size = expected.path.stat().st_size
        if size != expected.result.bytes_out:
            yield f"it has {size:,} bytes, expected {expected.result.bytes_out:,}"
        digest = sha256_of(expected.path)
        if digest != expected.result.sha256:
            yield f"its sha256 is {digest}, expected {expected.result.sha256}"

    def strays(self, folder: Path, expectations: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
        """Files that a trainer's glob would find."""
        shards = {self.file(expected.result.shard) for expected in expectations}
        for path in self.foreign_files(folder):
            if path not in shards:
                yield path, "it is no shard of this dataset, but a trainer's glob would find it"

    def first_features(self, file: Path) -> Mapping[str, Values]:
        """None unless the format has features."""
        return {}

    def files_of(self, expected: Expectation) -> Iterator[str]:
        """The shard's file."""
        yield str(expected.path)


class ShardFile:
    """Writes a shard that is one file; leaving the block before `commit` leaves nothing.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, shard: str, target: OneFileShards) -> None:
        self._target = target
        self._path = folder / target.file(shard)
        if self._path.parent != folder:  # an output folder that is gone is not made again
            self._path.parent.mkdir(exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f"{PREFIX}{shard}-", suffix=SUFFIX, dir=self._path.parent)
        self._temporary = Path(temporary)
        self._file = os.fdopen(handle, "wb", buffering=1 << 20)
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, sample: OutputSample) -> None:
        """Appends one image."""
        self.append(self._target.encode(sample))

    def append(self, content: bytes) -> None:
        """Appends serialised bytes."""
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)

    def commit(self) -> Committed:
        """Puts the shard in place, whole and flushed to disk."""
        self.append(self._target.trailer)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        publish(self._temporary, self._path)
        return Committed(bytes=self.size, sha256=self._digest.hexdigest())


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
