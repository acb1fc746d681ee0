"""Reads compressed files forwards, as if they were what they unpack to: gzip, bzip2, xz, Zstandard.

A stream stays open in its process from one call to the next, because the next image usually follows the last one; going
back means unpacking from the start again, so callers read in the order of offsets.
"""

import atexit
import bz2
import gzip
import io
import lzma
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol, cast

from wizard.errors import InputError, reading
from wizard.formatting import human_bytes
from wizard.sources.cache import fingerprint
from wizard.sources.seek_points import SPACING, SeekableGzip, seekable

_CHUNK: Final = 1 << 20
_BUFFER: Final = 1 << 17
"""Bytes that are unpacked at once: a read from gzip's own file costs as much as parsing a small member."""
_LOOKBACK: Final = 1 << 12
"""Bytes before those read last to which a walk over headers may go back without unpacking again."""
_OPEN: Final = 4
"""Streams that stay open in a process: some splits are several archives."""
_WINDOW: Final = 1 << 28
_MOST_RATIO: Final = 200
"""Images hardly shrink and lists of boxes shrink to a thirtieth; zeros shrink to a thousandth in gzip, or far less."""
_AGAIN = "Download or copy it again; if it is complete where it came from, unpack it there to see whether it is damaged"
_lock = threading.Lock()


class _Unpacker(Protocol):
    """What the modules of all forms give: a file that is read forwards."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _Zstandard:
    """Zstandard by the package of that name, with errors as the standard library's modules raise them.

    The package does not tell a file that is cut off from one that ends; what is inside has to.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            package = import_module("zstandard")
        except ImportError as error:
            raise InputError(
                f"{file.name} is compressed with Zstandard, and the package that unpacks it is not installed.",
                "Install it: pip install zstandard",
            ) from error
        # Archives made with zstd --long=31 need a window of 2 GiB.
        decompressor = package.ZstdDecompressor(max_window_size=1 << 31)
        self._stream = decompressor.stream_reader(file, read_size=_BUFFER, read_across_frames=True, closefd=False)
        self._error: type[Exception] = package.ZstdError

    def read(self, size: int, /) -> bytes:
        try:
            return cast(bytes, self._stream.read(size))
        except self._error as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        self._stream.close()


class _Form(NamedTuple):
    """A form of compression: its first bytes, its name, and how its files are unpacked."""

    magic: bytes
    name: str
    unpack: Callable[[IO[bytes]], _Unpacker]


_FORMS = (
    _Form(b"\x1f\x8b", "gzip", lambda file: gzip.GzipFile(fileobj=file, mode="rb")),
    _Form(b"\x28\xb5\x2f\xfd", "Zstandard", _Zstandard),
    _Form(b"BZh", "bzip2", bz2.BZ2File),
    _Form(b"\xfd7zXZ\x00", "xz", lzma.LZMAFile),
)


def compression(head: bytes) -> str:
    """How a file with these first bytes is compressed, in words; empty if it is not.

    >>> compression(bytes.fromhex("1f8b0800")), compression(b"PK")
    ('gzip', '')
    """
    return next((form.name for form in _FORMS if head.startswith(form.magic)), "")


def open_stream(path: Path) -> IO[bytes]:
    """What a compressed file unpacks to: a file that is read, and that seeks, forwards at the cost of unpacking.

    It can seek backwards too, which unpacks from the start again.

    Raises:
        InputError: it cannot be read, is not compressed, or in a form whose package is not installed; reading and
            seeking raise it too, where the file is cut off, damaged, or unpacks to far more than images do.
    """
    return cast(IO[bytes], io.BufferedReader(_Unpacked(path), _BUFFER))


def packed_position(stream: IO[bytes]) -> int:
    """How many bytes of its file a stream has taken in so far, for a report of progress."""
    raw = cast(io.BufferedReader, stream).raw
    assert isinstance(raw, _Unpacked)
    return raw.taken


def read(path: Path, offset: int, size: int) -> bytes:
    """Bytes of what a compressed file unpacks to; fewer if it ends before.

    Raises:
        InputError: as by `open_stream`.
    """
    with _lock:  # the estimate of a wizard reads in a thread of its own
        with reading(path):
            state = fingerprint(path)
        stream = _kept_open(path, state, os.getpid())
        try:
            stream.seek(offset)
            return stream.read(size)
        except InputError:
            _kept_open.cache_clear()  # a stream that has failed does not know where it is
            raise


@lru_cache(maxsize=_OPEN)
def _kept_open(path: Path, _state: str, _process: int) -> IO[bytes]:
    return open_stream(path)


atexit.register(_kept_open.cache_clear)  # a stream with seek points must be closed before Python ends


class _Unpacked(io.RawIOBase):
    """The stream without a buffer."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: IO[bytes]
        self._stream: _Unpacker
        self._recent: bytes
        self._replay: bytes
        self._position: int
        self._window: int
        self._window_taken: int
        self._begin()

    @property
    def taken(self) -> int:
        """Bytes of the file that were read so far."""
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        data, self._replay = self._replay[: len(buffer)], self._replay[len(buffer) :]
        if not data:
            with self._naming():
                data = self._stream.read(len(buffer))
            self._recent = self._recent[-_LOOKBACK:] + data
        buffer[: len(data)] = data
        self._position += len(data)
        if self._position - self._window >= _WINDOW and not isinstance(self._stream, SeekableGzip):
            self._check_ratio()
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence != os.SEEK_SET:
            raise io.UnsupportedOperation("where a stream ends is known at its end alone")
        back = self._position - offset + len(self._replay)
        if 0 < back <= len(self._recent):
            self._replay = self._recent[-back:]
            self._position = offset
        elif isinstance(self._stream, SeekableGzip) and not 0 <= offset - self._position <= SPACING:
            with self._naming():
                self._stream.seek(offset)
            self._position = offset
            self._recent = self._replay = b""
        elif offset < self._position:
            self._release()
            self._begin()
        skipped = bytearray(_CHUNK)
        while self._position < offset:
            if not self.readinto(memoryview(skipped)[: offset - self._position]):
                break
        return self._position

    def close(self) -> None:
        if not self.closed:
            self._release()
        super().close()

    def _begin(self) -> None:
        self._position = self._window = self._window_taken = 0
        self._recent = self._replay = b""
        with reading(self._path):
            self._file = self._path.open("rb")
        try:
            with reading(self._path):
                head = self._file.read(max(len(form.magic) for form in _FORMS))
                self._file.seek(0)
            form = next((form for form in _FORMS if head.startswith(form.magic)), None)
            if form is None:
                raise InputError(f"{self._path} is not compressed: it begins with {head!r}.", _AGAIN)
            # What has seek points was unpacked to its end before, so that neither size nor checksum are in doubt.
            points = seekable(self._path) if form.name == "gzip" else None
            self._stream = points or form.unpack(self._file)
        except BaseException:
            self._file.close()
            raise

    def _release(self) -> None:
        if not self._file.closed:
            self._stream.close()
            self._file.close()

    def _check_ratio(self) -> None:
        """Refuses what unpacks to far more than it is; measured in stretches, so that it may begin anywhere."""
        taken = self.taken - self._window_taken
        if (self._position - self._window) > _MOST_RATIO * max(taken, 1):
            raise InputError(
                f"{self._path} is not what it seems to be: from byte {self._window:,} of what it unpacks to, "
                f"{human_bytes(taken)} become {human_bytes(self._position - self._window)} or more, and images never "
                "shrink like that.",
                "Fetch the archive from where it is published, and do not use this one",
            )
        self._window, self._window_taken = self._position, self.taken

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except EOFError as error:
            raise self._damage("is cut off") from error
        except (zlib.error, lzma.LZMAError) as error:
            raise self._damage(f"is damaged ({error})") from error
        except OSError as error:
            if error.errno is None:  # of gzip, bz2 and Zstandard, for wrong checksums and data
                raise self._damage(f"is damaged ({error})") from error
            with reading(self._path):
                raise

    def _damage(self, what: str) -> InputError:
        size = human_bytes(os.fstat(self._file.fileno()).st_size)
        return InputError(
            f"{self._path} ({size}) {what}, after {self._position:,} bytes of what it unpacks to.", _AGAIN
        )
