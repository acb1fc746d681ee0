"""Writer of a shard whose bytes array_record's own writer puts into the file."""

import hashlib
from pathlib import Path

from wizard.formats.array_record import ArrayRecordWriter
from wizard.targets.shard_file import ShardFile
from wizard.targets.target import Target
from wizard.targets.writer import Committed


class ArrayRecordShard(ShardFile):
    """Writes one ArrayRecord file; until `commit`, `size` is the bytes of records.

    The package's writer opens the temporary file once more, by its name; the handle here serves to flush it.
    """

    def __init__(self, folder: Path, shard: str, target: Target) -> None:
        super().__init__(folder, shard, target)
        try:
            self._records = ArrayRecordWriter(self.temporary)
        except BaseException:
            self.__exit__()
            raise

    def append(self, content: bytes) -> None:
        """Appends a record."""
        self._records.write(content)
        self.size += len(content)
        self.send_ahead()

    def commit(self) -> Committed:
        self._records.close()
        # Its bytes come from C++ and are seen here for the first time: they are in memory still.
        with self.temporary.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            self.size = file.tell()
        self.publish()
        return Committed(bytes=self.size, sha256=digest)
