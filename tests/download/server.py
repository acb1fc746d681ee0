"""A web server on loopback that has every fault of a real one, on demand.

`Server.files` are what it serves, `Server.rules` what it does otherwise, `Server.asked` what came and what was sent.
Rules may be changed while it runs; they are applied in their order to the ordinary answer, until one of them answers
in the file's stead. A rule alters at most `times` answers, to requests of `name`, by `method` and for `host` alone.
"""

import base64
import fcntl
import gzip
import hashlib
import io
import socket
import ssl
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from urllib.parse import unquote, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

FOLDER = "/2012/"
REALM = "ImageNet"
_BLOCK = 1 << 20
_PATIENCE = 60.0
"""Seconds that a connection may idle."""
_DRAINING = 5.0
"""Seconds that a client has to take what was sent before a reset."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A file: bytes in memory, or a path to many of them."""

    data: bytes | Path
    etag: str | None = '"1"'
    last_modified: str | None = None
    content_type: str = "application/x-tar"
    ranges: bool = True

    @property
    def size(self) -> int:
        return len(self.data) if isinstance(self.data, bytes) else self.data.stat().st_size

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data) if isinstance(self.data, bytes) else self.data.open("rb")


@dataclass(kw_only=True)
class Asked:
    """A request, and what became of it.

    Attributes:
        path: as it was sent, with a query.
        headers: their names in lower case.
        first: byte of the range that was asked for; None without one, or where it counts from the end.
        last: byte of that range, itself within it; None where it is open.
        status: of the answer; 0 before there is one.
        start: byte of the file that the answer's body begins with.
        count: bytes of that body handed to the system; after a cut, all of them have reached the client's system.
        of_file: whether the body is the file's, and no rule's.
        sending: whether bytes are on their way that `count` does not know of yet.
    """

    method: str
    path: str
    headers: dict[str, str]
    first: int | None = None
    last: int | None = None
    status: int = 0
    start: int = 0
    count: int = 0
    of_file: bool = False
    sending: bool = False

    @property
    def name(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(FOLDER)

    @property
    def host(self) -> str:
        return self.headers.get("host", "").rpartition(":")[0]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is sent: a status, headers, `count` bytes of `body` from `start` on; the rest spoils it on its way."""

    status: int
    headers: dict[str, str]
    body: Served
    start: int
    count: int
    of_file: bool = True
    cut: int | None = None
    reset: bool = False
    stall: tuple[int, float] | None = None
    rate: float | None = None
    length: bool = True
    chunked: bool = False
    damaged: int | None = None
    raw: bytes | None = None


def page(status: int, text: str, content_type: str = "text/html", **headers: str) -> Answer:
    """An answer without the file; underscores in names of headers become hyphens."""
    body = Served(data=text.encode(), etag=None, content_type=content_type, ranges=False)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status=status,
        headers={"Content-Type": content_type, **named},
        body=body,
        start=0,
        count=body.size,
        of_file=False,
    )


def ordinary(asked: Asked, served: Served) -> Answer:
    """What a server without faults answers, as RFC 9110 has it for whole files and for one range."""
    size = served.size
    stated = {"Content-Type": served.content_type, "ETag": served.etag, "Last-Modified": served.last_modified}
    stated["Accept-Ranges"] = "bytes" if served.ranges else "none"
    headers = {name: value for name, value in stated.items() if value is not None}
    if asked.headers.get("if-match", served.etag) not in (served.etag, "*"):
        return page(412, "It has changed.")
    span = _span(asked.headers.get("range", ""), size) if served.ranges and _unchanged(asked, served) else None
    if span is None:
        return Answer(status=200, headers=headers, body=served, start=0, count=size)
    start, end = span
    if start >= size:
        return page(416, "There is no such range.", Content_Range=f"bytes */{size}")
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Answer(status=206, headers=headers, body=served, start=start, count=end - start)


@dataclass(kw_only=True)
class Rule:
    """What the server does otherwise."""

    times: int | None = None
    name: str | None = None
    method: str | None = None
    host: str | None = None

    def applied(self, asked: Asked, answer: Answer) -> Answer:
        wanted = (self.name or asked.name, self.method or asked.method, self.host or asked.host)
        if self.times == 0 or wanted != (asked.name, asked.method, asked.host):
            return answer
        changed = self.change(asked, answer)
        if changed is not answer and self.times is not None:
            self.times -= 1
        return changed

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        raise NotImplementedError


@dataclass
class Cut(Rule):
    """Ends the connection after so many bytes of a body: with a FIN, or with a RST."""

    after: int
    reset: bool = False

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        if asked.method == "HEAD" or self.after >= answer.count:
            return answer
        return replace(answer, cut=self.after, reset=self.reset)


@dataclass
class CutAt(Rule):
    """Ends the connection at places of the file, each once, whoever comes by it; by turns with a FIN and a RST."""

    places: list[int]
    reset: bool = False

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        met = [place for place in self.places if answer.start < place < answer.start + answer.count]
        if asked.method == "HEAD" or not met:
            return answer
        self.places.remove(min(met))
        self.reset = not self.reset
        return replace(answer, cut=min(met) - answer.start, reset=self.reset)


@dataclass
class Silent(Rule):
    """Ends the connection without a word."""

    reset: bool = False

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        return replace(answer, raw=b"", reset=self.reset, of_file=False)


@dataclass
class NotHttp(Rule):
    """Answers with what is no HTTP, and hangs up."""

    data: bytes = b"220 ftp.example.org ready\r\n"

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        return replace(answer, raw=self.data, of_file=False)


@dataclass
class Status(Rule):
    """Answers with a status; `retry_after` are seconds or a date."""

    code: int
    retry_after: int | str | None = None
    text: str = "<html><body>Something is amiss.</body></html>"

    def change(self, _asked: Asked, _answer: Answer, /) -> Answer:
        return page(
            self.code, self.text, **({} if self.retry_after is None else {"Retry_After": str(self.retry_after)})
        )


@dataclass
class Stall(Rule):
    """Sends nothing for so many seconds, after so many bytes of a body; with -1, before the headers."""

    after: int
    seconds: float

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        return replace(answer, stall=(self.after, self.seconds))


@dataclass
class Slow(Rule):
    """Sends a body at no more than this rate."""

    bytes_per_second: float

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        return replace(answer, rate=self.bytes_per_second)


@dataclass
class NeedBasic(Rule):
    """401 without this user name and password."""

    user: str
    password: str

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        right = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if asked.headers.get("authorization") == f"Basic {right}":
            return answer
        return page(401, "Who are you?", WWW_Authenticate=f'Basic realm="{REALM}"')


@dataclass
class NeedDigest(Rule):
    """401 without the answer to a challenge that this user name and password lead to (RFC 7616, qop=auth)."""

    user: str
    password: str
    algorithm: str = "MD5"

    NONCE: ClassVar[str] = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        if self._right(asked):
            return answer
        challenge = f'Digest realm="{REALM}", qop="auth", algorithm={self.algorithm}, nonce="{self.NONCE}", opaque="o"'
        return page(401, "Who are you?", WWW_Authenticate=challenge)

    def _right(self, asked: Asked) -> bool:
        kind, _, rest = asked.headers.get("authorization", "").partition(" ")
        given = parse_keqv_list(parse_http_list(rest)) if kind.lower() == "digest" else {}
        if (given.get("nonce"), given.get("uri"), given.get("username")) != (self.NONCE, asked.path, self.user):
            return False
        who = self._hash(f"{self.user}:{REALM}:{self.password}")
        what = self._hash(f"{asked.method}:{asked.path}")
        proof = ":".join((who, self.NONCE, given.get("nc", ""), given.get("cnonce", ""), "auth", what))
        return given.get("response") == self._hash(proof)

    def _hash(self, text: str) -> str:
        return hashlib.new(self.algorithm.replace("-", "").lower(), text.encode()).hexdigest()


@dataclass
class LoginPage(Rule):
    """200 and a page, as if that were the file, without this cookie."""

    cookie: str
    text: str = "<!DOCTYPE html>\n<html><body><form action='/login'>Log in</form></body></html>"

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        given = [each.strip() for each in asked.headers.get("cookie", "").split(";")]
        return answer if self.cookie in given else page(200, self.text)


@dataclass
class RedirectTo(Rule):
    """Sends the client elsewhere; the file's name follows an address that ends in a slash."""

    url: str
    status: int = 302

    def change(self, asked: Asked, _answer: Answer, /) -> Answer:
        return page(self.status, "Elsewhere.", Location=self.url + (asked.name if self.url.endswith("/") else ""))


@dataclass
class Short(Rule):
    """States that the file has so many bytes more than it has, and hangs up where those should come."""

    by: int

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        headers, size = dict(answer.headers), answer.body.size + self.by
        end = answer.start + answer.count
        longer = self.by if end == answer.body.size else 0
        if "Content-Range" in headers:
            headers["Content-Range"] = f"bytes {answer.start}-{end + longer - 1}/{size}"
        return replace(answer, headers=headers, count=answer.count + longer)


@dataclass
class ChangeAfter(Rule):
    """After so many GETs the file is another one."""

    requests: int
    to: Served

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        if self.requests > 0:
            self.requests -= asked.method == "GET"
            return answer
        return ordinary(asked, self.to)


@dataclass
class NoRange(Rule):
    """The whole file, whatever range is asked for."""

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        return ordinary(asked, replace(answer.body, ranges=False))


@dataclass
class NoLength(Rule):
    """States no Content-Length: in chunks, or to the connection's end."""

    chunked: bool = True

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        return replace(answer, length=False, chunked=self.chunked)


@dataclass
class WrongRange(Rule):
    """A range that starts `by` bytes late; Content-Range is true if `reported`, else as requested."""

    by: int
    reported: bool = True

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        if answer.status != 206:
            return answer
        start, size = answer.start + self.by, answer.body.size
        end = min(size, answer.start + answer.count + (0 if self.reported else self.by))
        stated = f"bytes {start}-{end - 1}/{size}" if self.reported else answer.headers["Content-Range"]
        return replace(answer, start=start, count=end - start, headers={**answer.headers, "Content-Range": stated})


@dataclass
class Damaged(Rule):
    """The byte at this place of the file is another one."""

    at: int

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        return replace(answer, damaged=self.at) if answer.start <= self.at < answer.start + answer.count else answer


@dataclass
class Gzip(Rule):
    """Compresses the whole file on the way where the client takes that; or does `call` it so, as it is."""

    call: bool = False

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        headers = {**answer.headers, "Content-Encoding": "gzip"}
        if self.call:
            return replace(answer, headers=headers)
        if "gzip" not in asked.headers.get("accept-encoding", ""):
            return answer
        with answer.body.open() as file:
            packed = replace(answer.body, data=gzip.compress(file.read()), ranges=False)
        return replace(ordinary(asked, packed), headers={**ordinary(asked, packed).headers, "Content-Encoding": "gzip"})


class Server:
    """The server; it runs as long as its `with` block is open.

    Args:
        files: what it serves, by name.
        rules: what it does otherwise.
        certificate: a PEM file of a key and its certificate, to serve https.

    Attributes:
        base: the address of its folder, by 127.0.0.1.
        other: the same folder by localhost: another host as far as cookies and credentials go.
        asked: every request, in the order they came.
    """

    def __init__(self, files: dict[str, Served] | None = None, *rules: Rule, certificate: Path | None = None) -> None:
        self.files = files or {}
        self.rules = list(rules)
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = _Http(self)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is left to the connection's own thread.
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "http" if certificate is None else "https"
        port = self._http.server_address[1]
        self.base = f"{scheme}://127.0.0.1:{port}{FOLDER}"
        self.other = f"{scheme}://localhost:{port}{FOLDER}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.close_all()
        assert not self._http.errors, self._http.errors

    def answer(self, asked: Asked) -> Answer:
        """What to send, once the rules have had their say."""
        with self._lock:
            self.asked.append(asked)
            known = urlsplit(asked.path).path.startswith(FOLDER) and asked.name in self.files
            answer = ordinary(asked, self.files[asked.name]) if known else page(404, "There is no such file.")
            for rule in self.rules:
                if not answer.of_file:
                    break
                answer = rule.applied(asked, answer)
        asked.status, asked.start, asked.of_file = answer.status, answer.start, answer.of_file
        return answer

    def sent_ranges(self, name: str) -> list[tuple[int, int]]:
        """Which bytes of a file were sent, answer by answer: the first, and the one after the last.

        Those that a client which went away has never read count too, as far as the system had taken them.
        """
        retry_policy = time.monotonic() + _DRAINING
        while any(asked.sending for asked in self.asked) and time.monotonic() < retry_policy:
            time.sleep(0.001)
        sent = [asked for asked in self.asked if asked.name == name and asked.of_file and asked.count]
        return [(asked.start, asked.start + asked.count) for asked in sent]

    def sent_twice(self, name: str) -> int:
        """Bytes of a file that were sent more than once; those that came a third time count twice."""
        again = reached = 0
        for start, end in sorted(self.sent_ranges(name)):
            again += max(0, min(end, reached) - start)
            reached = max(reached, end)
        return again


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, server: Server) -> None:
        self.test = server
        self.errors: list[BaseException] = []
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the signature is given
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.errors.append(error)

    def close_all(self) -> None:
        """Ends what clients keep alive, so that no thread outlives a test."""
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _PATIENCE
    server: _Http

    def do_GET(self) -> None:
        asked = Asked(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        asked.first, asked.last = _asked_range(asked.headers.get("range", ""))
        answer = self.server.test.answer(asked)
        if answer.stall and answer.stall[0] < 0:
            self.server.test.closing.wait(answer.stall[1])
        if answer.raw is not None:
            self.connection.sendall(answer.raw)
            self._hang_up(answer)
            return
        self._head(answer)
        if self.command != "HEAD":
            self._body(asked, answer)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _head(self, answer: Answer) -> None:
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.length:
            self.send_header("Content-Length", str(answer.count))
        elif answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Connection", "close")
        self.end_headers()

    def _body(self, asked: Asked, answer: Answer) -> None:
        there = min(answer.count, answer.body.size - answer.start)
        end = there if answer.cut is None else min(there, answer.cut)
        began = time.monotonic()
        with answer.body.open() as file:
            while asked.count < end:
                stop = end
                if answer.stall and asked.count < answer.stall[0]:
                    stop = min(end, answer.stall[0])
                elif answer.stall and asked.count == answer.stall[0]:
                    self.server.test.closing.wait(answer.stall[1])
                size = min(stop - asked.count, _BLOCK if answer.rate is None else max(1, int(answer.rate / 50)))
                if answer.rate is not None:
                    due = began + (asked.count + size) / answer.rate
                    self.server.test.closing.wait(max(0.0, due - time.monotonic()))
                asked.sending = True
                try:
                    self._send(asked, answer, file, size)
                finally:
                    asked.sending = False
        if end < answer.count:
            self._hang_up(answer)
        elif answer.chunked:
            self.wfile.write(b"0\r\n\r\n")
        elif not answer.length:
            self._hang_up(answer)

    def _send(self, asked: Asked, answer: Answer, file: BinaryIO, size: int) -> None:
        at = answer.start + asked.count
        if answer.damaged is None and not answer.chunked:
            file.seek(at)
            try:
                self.connection.sendfile(file, at, size)
            finally:  # which leaves the file where it came to, also when the client goes away
                asked.count += file.tell() - at
            return
        file.seek(at)
        data = bytearray(file.read(size))
        if answer.damaged is not None and at <= answer.damaged < at + size:
            data[answer.damaged - at] ^= 0xFF
        self.wfile.write(b"%x\r\n%b\r\n" % (size, bytes(data)) if answer.chunked else data)
        asked.count += size

    def _hang_up(self, answer: Answer) -> None:
        self.close_connection = True
        if not answer.reset:
            self.connection.shutdown(socket.SHUT_WR)
            return
        # What a client has not been handed yet would be lost with a RST, and `Asked.count` would be wrong.
        retry_policy = time.monotonic() + _DRAINING
        while _unsent(self.connection) and time.monotonic() < retry_policy:
            time.sleep(0.001)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        socket.close(self.connection.detach())


def make_certificate(folder: Path) -> Path:
    """A PEM file of a key and a certificate that it has signed itself, for localhost and 127.0.0.1; needs openssl."""
    key, made = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both


def _asked_range(text: str) -> tuple[int | None, int | None]:
    first, _, last = text.removeprefix("bytes=").partition("-")
    return (int(first) if first.isdigit() else None), (int(last) if first.isdigit() and last.isdigit() else None)


def _span(text: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last; None where not one range is asked for, or not in this way."""
    first, dash, last = text.removeprefix("bytes=").partition("-")
    if not text.startswith("bytes=") or not dash or not (first + last).isdigit():
        return None
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _unchanged(asked: Asked, served: Served) -> bool:
    """Whether a range may be sent; a weak ETag is no proof of that."""
    known = asked.headers.get("if-range")
    return known is None or (known in (served.etag, served.last_modified) and not known.startswith("W/"))


def _unsent(connection: socket.socket) -> int:
    waiting = bytearray(4)
    fcntl.ioctl(connection, termios.TIOCOUTQ, waiting)
    return int.from_bytes(waiting, sys.byteorder)
