"""file:// addresses for httpx: files of this machine, or of a share mounted on it."""

import os
from collections.abc import Iterator
from email.utils import formatdate
from io import RawIOBase
from pathlib import Path

import httpx

_CHUNK = 1 << 16


class FileTransport(httpx.BaseTransport):
    """Serves ranges of files, like a web server."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.BaseTransport; every request must have a Range."""
        path = Path(request.url.path)
        try:
            file = path.open("rb", buffering=0)
        except OSError as error:
            return httpx.Response(403 if isinstance(error, PermissionError) else 404)
        state = os.fstat(file.fileno())
        size = state.st_size
        first, last = request.headers["range"].removeprefix("bytes=").split("-")
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if start >= size:
            file.close()
            return httpx.Response(416)
        file.seek(start)
        headers = {
            "ETag": f'"{state.st_mtime_ns:x}-{size:x}"',
            "Last-Modified": formatdate(state.st_mtime, usegmt=True),
            "Content-Length": str(stop - start),
            "Content-Range": f"bytes {start}-{stop - 1}/{size}",
        }
        return httpx.Response(206, headers=headers, stream=_Stream(file, stop - start))


class _Stream(httpx.SyncByteStream):
    """The next `left` bytes of an open file, which is closed with the stream."""

    def __init__(self, file: RawIOBase, left: int) -> None:
        self._file, self._left = file, left

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._left:
                chunk = self._file.read(min(_CHUNK, self._left))
                if not chunk:
                    raise httpx.ReadError("the file was truncated")
                self._left -= len(chunk)
                yield chunk
        except OSError as error:
            raise httpx.ReadError(str(error.strerror)) from error

    def close(self) -> None:
        self._file.close()
