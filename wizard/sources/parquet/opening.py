"""Opens a Parquet file; what is no whole Parquet file is named as what it is."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wizard.errors import InputError, reading
from wizard.formats import parquet_file
from wizard.formats.parquet_file import INSTALL, ParquetDamage
from wizard.formatting import human_bytes
from wizard.sources.locate import says_html

AGAIN = "Download it again, or copy it again from where it is whole"
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"  # at both ends; of an encrypted footer
_LFS = b"version https://git-lfs"
_HEAD = 512
_SMALLEST = 12  # bytes: the magic twice, and the footer's length


def not_installed(folder: Path) -> InputError:
    """The error for Parquet files where pyarrow is not there."""
    what = f"{folder} holds Parquet files, and pyarrow, which reads them, is not installed."
    return InputError(what, f"Install it: {INSTALL}")


def open_parquet(path: Path) -> Any:
    """A `pyarrow.parquet.ParquetFile`, which the caller closes; it reads on one thread and checks pages' CRCs.

    Raises:
        InputError: it cannot be read, is no whole Parquet file, or pyarrow is not installed.
    """
    _require_whole(path)
    try:
        with damage_named(path, "its footer cannot be read"):
            return parquet_file.opened(path)
    except ImportError as error:
        raise not_installed(path.parent) from error


@contextmanager
def damage_named(path: Path, where: str) -> Iterator[None]:
    """Turns pyarrow's errors in the block into an InputError; `where` says what was being read, as a clause."""
    try:
        with reading(path), parquet_file.naming_damage():
            yield
    except ParquetDamage as damage:
        raise InputError(f"{path} is damaged: {where} ({damage}).", AGAIN) from damage


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
        raise InputError(f"{path} ({human_bytes(size)}) is not a Parquet file: it {kind}.", AGAIN)
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
