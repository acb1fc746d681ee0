"""Reads a Parquet file of images back, row by row, and says what is wrong with a row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from wizard.errors import MachineError
from wizard.formats.parquet_file import INSTALL, ParquetDamage, give_back_memory, is_installed, naming_damage, opened
from wizard.targets import images
from wizard.targets.expected import Expectation, Planned, Seen, ShardDamage
from wizard.targets.labels import StoredLabels
from wizard.targets.parquet.features import METADATA, schema, stored_path


class Row(NamedTuple):
    """A stored image; a value that is null is None."""

    jpeg: bytes | None
    path: str | None
    label: int | None

    def seen(self, planned: Planned) -> Seen:
        """What is wrong with it."""
        wrong = []
        path = stored_path(planned.name, planned.wnid)
        if self.path != path:
            wrong.append(f"its path is {self.path}, expected {path}")
        if self.label != planned.label:
            wrong.append(f"its label is {self.label}, expected {planned.label}")
        if self.jpeg is None:
            return Seen(0, [*wrong, "its image has no bytes"])
        return Seen(0, [*wrong, *images.wrong(self.jpeg, {})])


def rows(path: Path, expected: Expectation | None = None) -> Iterator[Row]:
    """The rows of a file, in order; with an expectation, after a look at its columns.

    Raises:
        ShardDamage: it is damaged, or has other columns.
        OSError: it cannot be read.
        MachineError: pyarrow is not installed.
    """
    if not is_installed():
        raise MachineError("pyarrow, which reads Parquet files, is not installed.", f"Install it: {INSTALL}")
    give_back_memory()
    try:
        with opened(path) as file:
            if expected is not None:
                _require_columns(file.schema_arrow, expected)
            # One at a time, so that damage is found where it is; more are not faster.
            batches = file.iter_batches(batch_size=1, use_threads=False)
            while True:
                with naming_damage():
                    found = next(batches, None)
                    if found is None:
                        return
                    (row,) = found.to_pylist()
                image = row["image"] or {}
                yield Row(image.get("bytes"), image.get("path"), row["label"])
    except ParquetDamage as damage:
        raise ShardDamage(f"it cannot be read: {damage}") from damage


def _require_columns(found: Any, expected: Expectation) -> None:
    wanted = schema(StoredLabels(classes=expected.classes, base=expected.label_base))
    if not found.equals(wanted):
        columns = [", ".join(f"{field.name}: {field.type}" for field in each) for each in (found, wanted)]
        raise ShardDamage(f"its columns are {columns[0]}, expected {columns[1]}")
    if (found.metadata or {}).get(METADATA) != wanted.metadata[METADATA]:
        raise ShardDamage("its metadata names other features or classes than those of this dataset")
