"""Serves one page to browsers on this machine, or at the other end of an ssh tunnel."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread

HOST = "127.0.0.1"
_TIMEOUT = 10
"""Seconds after which a connection that sends nothing is closed."""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@contextmanager
def served(page: bytes) -> Iterator[str]:
    """Serves an HTML page while the block runs; yields its address.

    Only this machine is listened to, but on it everyone: the address has 128 random bits that nobody guesses.

    Raises:
        OSError: no port can be had.
    """
    path = f"/{secrets.token_urlsafe(16)}/"
    with _Server(page, path) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}{path}"
        finally:
            server.shutdown()


class _Server(ThreadingTCPServer):
    # Not HTTPServer, which asks a name server for this machine's name.
    daemon_threads = True  # an open connection must not keep the program

    def __init__(self, page: bytes, path: str) -> None:
        self.page, self.path = page, path.encode()
        super().__init__((HOST, 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of a browser that has gone away: a traceback would be written into the terminal's picture."""
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _TIMEOUT
    server_version, sys_version = "imagenet-setup", ""

    def do_GET(self) -> None:
        """Answers with the page, if the address is its own."""
        self._answer(self.server.page)

    def do_HEAD(self) -> None:
        """Answers as to GET, without the page."""
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        if not secrets.compare_digest(self.path.encode(), self.server.path):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.page)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Logs no request."""
