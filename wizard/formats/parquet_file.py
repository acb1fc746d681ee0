"""Parquet files through pyarrow, which is imported where there are some; its many errors become one."""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

INSTALL = "pip install pyarrow"
_BUFFER = 1 << 20
"""Bytes of a column that are read at once; without a limit, pyarrow would read all of a row group's images at once."""


class ParquetDamage(Exception):
    """What pyarrow says of a file that it cannot read."""


def is_installed() -> bool:
    """Whether pyarrow can be imported, without importing it."""
    try:
        return importlib.util.find_spec("pyarrow") is not None
    except ValueError:  # imported in a way that leaves no trace of its origin, or barred
        return False


def installed_version() -> str:
    """The version of pyarrow, which is in every file that it writes; empty if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pyarrow")
    except PackageNotFoundError:
        return ""


def opened(path: Path) -> Any:
    """A `pyarrow.parquet.ParquetFile`, which the caller closes; it reads on one thread and checks pages' CRCs.

    Raises:
        ImportError: pyarrow is not installed.
        ParquetDamage: it is no whole Parquet file.
        OSError: it cannot be read.
    """
    parquet = importlib.import_module("pyarrow.parquet")
    with naming_damage():
        return parquet.ParquetFile(
            path, buffer_size=_BUFFER, pre_buffer=False, memory_map=False, page_checksum_verification=True
        )


@contextmanager
def naming_damage() -> Iterator[None]:
    """Context manager: pyarrow's errors become a ParquetDamage, but for those of the system, which stay OSErrors."""
    lib = importlib.import_module("pyarrow.lib")
    try:
        yield
    except (lib.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno and error.errno > 0:
            raise
        raise ParquetDamage(" ".join(str(error).split()).rstrip(".")) from error


@cache
def give_back_memory() -> None:
    """Lets pyarrow keep no memory for later in this process.

    With its default, mimalloc, workers had 302 MB at most, 251 MB with jemalloc, which not all builds of pyarrow have.
    """
    lib = importlib.import_module("pyarrow")
    with suppress(NotImplementedError):
        lib.jemalloc_set_decay_ms(0)
        lib.set_memory_pool(lib.jemalloc_memory_pool())
