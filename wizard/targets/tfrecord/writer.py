"""Writer of a TFRecord shard that has an index."""

from pathlib import Path

from wizard.targets.shard_file import ShardFile
from wizard.targets.target import Target
from wizard.targets.tfrecord import index
from wizard.targets.writer import Committed


class IndexedShardFile(ShardFile):
    """Writes a shard and its index."""

    def __init__(self, folder: Path, shard: str, target: Target) -> None:
        super().__init__(folder, shard, target)
        self._folder, self._shard = folder, shard
        self._lines: list[str] = []

    def append(self, content: bytes) -> None:
        if content:
            self._lines.append(index.line(self.size, len(content)))
        super().append(content)

    def commit(self) -> Committed:
        """Puts the index in place first: a shard that is there has one."""
        index.FILES.write(self._folder, self._shard, "".join(self._lines))
        return super().commit()
