"""Writes one Parquet file, some images at a time, so that a worker holds a row group and no more."""

import importlib
from pathlib import Path
from typing import Any

from wizard.formats.parquet_file import give_back_memory
from wizard.targets.labels import StoredLabels
from wizard.targets.parquet.features import LABEL, PATH, schema, stored_path
from wizard.targets.sample import OutputSample
from wizard.targets.shard_file import ShardFile
from wizard.targets.target import Target
from wizard.targets.writer import Committed

ROWS = 100
"""Images in a row group, which readers read as a whole: what `datasets` has on the hub, 2.13 to 4.0, and what it still
takes at once where it makes Arrow files of images (config.py)."""
MOST = 32 << 20
"""Bytes of images in a row group: fewer than `ROWS` where they are large. A worker holds them twice."""
_OPTIONS = {
    "compression": "NONE",  # JPEGs do not get smaller, and all else is 40 bytes per image
    "use_dictionary": False,
    "write_statistics": [PATH, LABEL],  # those of the images would be images
    "write_page_index": True,  # as datasets does: readers that want some rows find their pages
    "write_page_checksum": True,
    "write_batch_size": 1,  # images after which pyarrow looks whether a page has its 1 MB
}


class ParquetWriter(ShardFile):
    """Writes one Parquet file.

    Raises:
        ImportError: pyarrow is not installed.
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, shard: str, target: Target, labels: StoredLabels | None) -> None:
        self._arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
        give_back_memory()
        self._schema = schema(labels)
        super().__init__(folder, shard, target)
        self._images: list[bytes] = []
        self._paths: list[str] = []
        self._labels: list[int] = []
        self._waiting = 0
        self._parquet = parquet.ParquetWriter(self._arrow.PythonFile(_Sink(self), "w"), self._schema, **_OPTIONS)

    def __exit__(self, *error: object) -> None:
        try:
            self._parquet.close()
        finally:
            # It refers to this writer, which Python cannot see: neither would ever be freed.
            self._parquet = None
            super().__exit__(*error)

    def write(self, sample: OutputSample) -> None:
        jpeg = sample.stored.jpeg
        if self._waiting + len(jpeg) > MOST or len(self._images) == ROWS:
            self._write_rows()
        self._images.append(jpeg)
        self._paths.append(stored_path(sample.name, sample.wnid))
        self._labels.append(sample.label)
        self._waiting += len(jpeg)

    def commit(self) -> Committed:
        self._write_rows()
        self._parquet.close()
        return super().commit()

    def _write_rows(self) -> None:
        """Writes the images that wait as a row group."""
        if not self._images:
            return
        arrow = self._arrow
        columns = [arrow.array(self._images, arrow.binary()), arrow.array(self._paths, arrow.string())]
        labels = arrow.array(self._labels, arrow.int64())
        self._images, self._paths, self._labels, self._waiting = [], [], [], 0
        images = arrow.StructArray.from_arrays(columns, fields=list(self._schema.field(0).type))
        self._parquet.write_table(arrow.table([images, labels], schema=self._schema))


class _Sink:
    """A shard's file as pyarrow writes to it: in order, without seeking."""

    closed = False

    def __init__(self, shard: ShardFile) -> None:
        self._shard = shard

    def write(self, content: Any) -> int:
        self._shard.append(content)
        return len(content)

    def tell(self) -> int:
        return self._shard.size

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
