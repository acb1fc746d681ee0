"""Opens a Parquet file; what is no whole Parquet file is named as what it is."""

import importlib
import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from wizard.errors import InputError, reading
from wizard.formatting import human_bytes
from wizard.sources.locate import says_html

INSTALL = "Install it: pip install pyarrow"
AGAIN = "Download it again, or copy it again from where it is whole"
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"  # at both ends; of an encrypted footer
_LFS = b"version https://git-lfs"
_HEAD = 512
_SMALLEST = 12  # bytes: the magic twice, and the footer's length
_BUFFER = 1 << 20
"""Bytes of a column that are read at once; without a limit, pyarrow would read all of a row group's images at once."""


def is_installed() -> bool:
    """Whether pyarrow can be imported, without importing it."""
    try:
        return importlib.util.find_spec("pyarrow") is not None
    except ValueError:  # imported in a way that leaves no trace of its origin, or barred
        return False


def not_installed(folder: Path) -> InputError:
    """The error for Parquet files where pyarrow is not there."""
    return InputError(f"{folder} holds Parquet files, and pyarrow, which reads them, is not installed.", INSTALL)


def open_parquet(path: Path) -> Any:
    """A `pyarrow.parquet.ParquetFile`, which the caller closes; it reads on one thread and checks pages' CRCs.

    Raises:
        InputError: it cannot be read, is no whole Parquet file, or pyarrow is not installed.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise not_installed(path.parent) from error
    _require_whole(path)
    with damage_named(path, "its footer cannot be read"):
        return parquet.ParquetFile(
            path, buffer_size=_BUFFER, pre_buffer=False, memory_map=False, page_checksum_verification=True
        )


@cache
def give_back_memory() -> None:
    """Lets pyarrow keep no memory for later in this process.

    With its default, mimalloc, workers had 302 MB at most, 251 MB with jemalloc, which not all builds of pyarrow have.
    """
    lib = importlib.import_module("pyarrow")
    with suppress(NotImplementedError):
        lib.jemalloc_set_decay_ms(0)
        lib.set_memory_pool(lib.jemalloc_memory_pool())


@contextmanager
def damage_named(path: Path, where: str) -> Iterator[None]:
    """Turns pyarrow's errors in the block into an InputError; `where` says what was being read, as a clause."""
    lib = importlib.import_module("pyarrow.lib")
    try:
        yield
    except (lib.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno and error.errno > 0:
            with reading(path):
                raise
        why = " ".join(str(error).split()).rstrip(".")
        raise InputError(f"{path} is damaged: {where} ({why}).", AGAIN) from error


def _require_whole(path: Path) -> None:
    """Looks at both ends of a file.

    Raises:
        InputError: they are not those of a Parquet file.
    """
    with reading(path), path.open("rb") as file:
        head = file.read(_HEAD)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_MAGIC)))
        tail = file.read()
    if not size:
        raise InputError(f"{path} is empty: it has 0 bytes.", AGAIN)
    if head.startswith(_LFS):
        raise _pointer(path, head)
    if _ENCRYPTED in (head[: len(_MAGIC)], tail):
        raise InputError(
            f"{path} is an encrypted Parquet file, which this program cannot read.", "Write it unencrypted"
        )
    if head[: len(_MAGIC)] != _MAGIC:
        seen = "begins with zeros" if not any(head) else f"begins with {head[:16]!r}"
        kind = "is a web page, most likely of a login" if says_html(head) else f"{seen}, not with PAR1"
        raise InputError(f"{path} ({human_bytes(size)}) is no Parquet file: it {kind}.", AGAIN)
    if tail != _MAGIC or size < _SMALLEST:
        raise InputError(
            f"{path} ({human_bytes(size)}) begins as a Parquet file, but has no footer at its end: it was cut off, or "
            "its download or copy did not finish.",
            AGAIN,
        )


def _pointer(path: Path, head: bytes) -> InputError:
    stated = re.search(rb"^size (\d+)", head, re.MULTILINE)
    size = f" of {human_bytes(int(stated[1]))}" if stated else ""
    return InputError(
        f"{path} is a git-lfs pointer, a line of text that stands for the file{size}, not the Parquet file itself.",
        "Fetch the files with `git lfs pull` in that repository, or with imagenet-setup download --base huggingface",
    )
