"""file:// addresses for httpx: files of this machine, or of a share mounted on it."""

import re
from collections.abc import Iterator
from email.utils import formatdate
from io import RawIOBase

import httpx

from wizard.download.address import local_path

_CHUNK = 1 << 16
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class FileTransport(httpx.BaseTransport):
    """Serves files, and ranges of them, like a web server."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.BaseTransport."""
        path = local_path(request.url)
        try:
            state = path.stat()
            file = path.open("rb", buffering=0)
        except OSError as error:
            status = 403 if isinstance(error, PermissionError) else 404
            return httpx.Response(status, text=str(error.strerror), request=request)
        size = state.st_size
        head = {"ETag": f'"{state.st_mtime_ns:x}-{size:x}"', "Last-Modified": formatdate(state.st_mtime, usegmt=True)}
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        stop = min(size, int(asked[2]) + 1) if asked and asked[2] else size
        if asked and start >= size:
            file.close()
            return httpx.Response(416, headers={"Content-Range": f"bytes */{size}"}, request=request)
        head["Content-Length"] = str(stop - start)
        if asked:
            head["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        file.seek(start)
        stream = _Stream(file, stop - start)
        return httpx.Response(206 if asked else 200, headers=head, stream=stream, request=request)


class _Stream(httpx.SyncByteStream):
    """The next bytes of an open file.

    Args:
        file: is closed with the stream.
        left: how many bytes.
    """

    def __init__(self, file: RawIOBase, left: int) -> None:
        self._file, self._left = file, left

    def __iter__(self) -> Iterator[bytes]:
        try:
            while self._left:
                chunk = self._file.read(min(_CHUNK, self._left))
                if not chunk:
                    raise httpx.ReadError("the file became shorter")
                self._left -= len(chunk)
                yield chunk
        except OSError as error:
            raise httpx.ReadError(str(error.strerror)) from error

    def close(self) -> None:
        self._file.close()
