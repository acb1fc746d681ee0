"""Content of members of archives: how a worker reads the rows of a table, and how lists beside them are read."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Final

from wizard.errors import InputError, reading
from wizard.sources import streams
from wizard.sources.mounts.mount import Form, Mount, form_of
from wizard.sources.mounts.zip_content import AHEAD, ZipDamage, zip_content, zip_head
from wizard.sources.readers import BYTE_RANGES, Content, OpenFiles, Reader, Sample, whole

_CHANGED: Final = "Copy or download the archive again, or leave it alone while a run reads it, and start again"


def read_member(mount: Mount, offset: int, size: int, name: str) -> bytes:
    """A member's content.

    Raises:
        InputError: the archive is damaged there, or has changed.
        OSError: it cannot be read.
    """
    path = Path(mount.path)
    if mount.form == "stream":
        data = streams.read(path, offset, size)
    else:
        with path.open("rb", buffering=0) as file:
            if mount.form == "zip":
                return _of_zip(file, offset, size, f"{path}: {name}")
            file.seek(offset)
            data = file.read(size)
    if len(data) < size:
        raise InputError(f"{path} ends inside {name}.", _CHANGED)
    return data


def head_of(mount: Mount, offset: int, size: int, name: str) -> bytes:
    """The first bytes of a member of a zip archive.

    Raises:
        InputError: the archive is damaged there, or has changed.
        OSError: it cannot be read.
    """
    with Path(mount.path).open("rb", buffering=0) as file:
        try:
            return zip_head(file, offset, size)
        except ZipDamage as error:
            raise InputError(f"{mount.path}: {name} {error}.", _CHANGED) from error


def _of_zip(file: IO[bytes], offset: int, size: int, where: str) -> bytes:
    try:
        return zip_content(file, offset, size)
    except ZipDamage as error:
        raise InputError(f"{where} {error}.", _CHANGED) from error


def _read_zipped(samples: Iterable[Sample]) -> Iterator[Content]:
    with OpenFiles() as files:
        for sample, file in files.asked_ahead(samples, more=AHEAD):
            with reading(sample.file):
                content = _of_zip(file, sample.offset, sample.size, sample.place)
            yield Content(sample, content)


def _read_streamed(samples: Iterable[Sample]) -> Iterator[Content]:
    for sample in samples:
        yield Content(sample, whole(streams.read(Path(sample.file), sample.offset, sample.size), sample))


def _read_mixed(samples: Iterable[Sample]) -> Iterator[Content]:
    for sample in samples:
        with reading(sample.file):
            form = _form(sample.file)
        yield from _BY_FORM[form]([sample])


@lru_cache(maxsize=256)
def _form(path: str) -> Form:
    """A file that is no archive is an image, which is read as a range of its bytes too."""
    try:
        return form_of(Path(path))
    except InputError:
        return "tar"


_BY_FORM = {"tar": BYTE_RANGES.read, "zip": _read_zipped, "stream": _read_streamed}
_ZIPPED = Reader(read=_read_zipped)
_STREAMED = Reader(read=_read_streamed, in_order=True)
_MIXED = Reader(read=_read_mixed)
_MIXED_STREAMS = Reader(read=_read_mixed, in_order=True)


def reader_for(forms: frozenset[Form]) -> Reader:
    """The reader for a table whose images lie in archives of these forms, and in files of their own, as in "tar"."""
    if len(forms) == 1:
        return {"tar": BYTE_RANGES, "zip": _ZIPPED, "stream": _STREAMED}[next(iter(forms))]
    return _MIXED_STREAMS if "stream" in forms else _MIXED
