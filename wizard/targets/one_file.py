"""Base of the formats whose shards are single files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.ilsvrc2012.archives import SPLITS
from wizard.targets.expected import Expectation
from wizard.targets.presence import wrong_size
from wizard.targets.target import Target

if TYPE_CHECKING:
    from wizard.commit_record import CommitRecord
    from wizard.targets.writer import Writer


class OneFileShards(Target):
    """Base of targets whose shards are single files, each a row of encoded images and a trailer."""

    def writer(self, folder: Path, split: str, shard: str) -> "Writer":
        from wizard.targets.shard_file import ShardFile

        return ShardFile(folder, shard, self)

    def listing(self, folder: Path) -> Iterator[str]:
        for place in self.places:
            for split in SPLITS:
                for file in sorted((folder / place).glob(f"{split}-*")):
                    yield file.relative_to(folder).as_posix()

    def missing(self, folder: Path, result: "CommitRecord") -> str:
        return wrong_size(folder, self.file(result.shard), result.bytes_out)

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        import hashlib

        with expected.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        if size != expected.result.bytes_out:
            yield f"it has {size:,} bytes, expected {expected.result.bytes_out:,}"
        if digest != expected.result.sha256:
            yield f"its sha256 is {digest}, expected {expected.result.sha256}"

    def files_of(self, expected: Expectation) -> list[str]:
        return [self.file(expected.result.shard)]
