import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from traceback import format_exception
from urllib.parse import urlsplit

import pytest

from tests.download.fetching import DATA, NAME, Asked, Download, archive, serving
from tests.download.http.test_auth import cookies, line
from tests.download.server import (
    Answer,
    Gzip,
    LoginPage,
    NeedBasic,
    NeedDigest,
    NoLength,
    NoRange,
    NotHttp,
    RedirectTo,
    Rule,
    Server,
    Silent,
    Status,
    make_certificate,
    page,
)
from tests.download.server import Asked as Request
from wizard.download.errors import DownloadError
from wizard.download.http.auth import ACCESS_KEY, USERNAME, Credentials
from wizard.download.http.fetch import fetch_file, find_status
from wizard.errors import UsageError

ANN = Credentials(username="ann", secret="sesame-42")
EVE = Credentials(username="eve", secret="guess-42")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(USERNAME, raising=False)
    monkeypatch.delenv(ACCESS_KEY, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def refused(download: Download) -> DownloadError:
    with pytest.raises(DownloadError) as raised:
        download.run()
    return raised.value


def sent(server: Server, header: str, host: str) -> set[str]:
    return {asked.headers.get(header, "") for asked in server.asked if asked.host == host}


@pytest.mark.parametrize(
    "rule",
    [NeedBasic("ann", "sesame-42"), NeedDigest("ann", "sesame-42"), NeedDigest("ann", "sesame-42", "SHA-256")],
    ids=["basic", "digest, MD5", "digest, SHA-256"],
)
@pytest.mark.parametrize("connections", [1, 4])
def test_a_name_and_key_are_asked_for_once_and_again_where_they_are_refused(
    server: Server, download: Download, rule: Rule, connections: int
) -> None:
    asker = Asked([EVE, ANN])
    server.rules = [rule]
    download.asker, download.connections = asker, connections
    download.run()
    assert download.data == DATA
    assert asker.asked == [("credentials", "127.0.0.1", False), ("credentials", "127.0.0.1", True)]
    clear = "the connection to 127.0.0.1 is not encrypted (http), so others can read a user name and key on the way"
    assert download.notes == ([clear] if isinstance(rule, NeedBasic) else [])
    assert "42" not in repr((download.reported, asker.asked))


def test_variables_do_without_a_question(server: Server, download: Download, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame-42")
    asker = Asked()
    server.rules = [NeedBasic("ann", "sesame-42")]
    download.asker = asker
    download.run()
    assert (download.data, asker.asked) == (DATA, [])
    assert [asked.status for asked in server.asked] == [401, 206, 206]


def test_nothing_is_asked_or_sent_where_nothing_is_wanted(
    server: Server, download: Download, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame-42")
    asker = Asked([ANN])
    download.asker = asker
    download.run()
    assert asker.asked == []
    assert sent(server, "authorization", "127.0.0.1") == sent(server, "cookie", "127.0.0.1") == {""}


def test_another_host_gets_neither_key_nor_cookies(server: Server, download: Download, tmp_path: Path) -> None:
    server.rules = [NeedBasic("ann", "sesame-42", host="127.0.0.1"), RedirectTo(server.other, host="127.0.0.1")]
    download.asker = Asked([ANN])
    download.cookies = cookies(tmp_path, line("127.0.0.1", value="mine"), line("localhost", value="theirs"))
    download.run()
    assert download.data == DATA
    assert sent(server, "authorization", "localhost") == sent(server, "cookie", "localhost") == {""}
    assert len(sent(server, "authorization", "127.0.0.1") - {""}) == 1
    assert sent(server, "cookie", "127.0.0.1") == {"session=mine"}


class Session(Rule):
    """Leads whoever brings no cookie back to the same address, with one."""

    def change(self, asked: Request, answer: Answer, /) -> Answer:
        if "cookie" in asked.headers:
            return answer
        return page(302, "Once more.", Location=asked.path, Set_Cookie="visit=7; Path=/")


class Marking(Rule):
    """Sets a cookie with each answer."""

    def change(self, _asked: Request, answer: Answer, /) -> Answer:
        answer.headers["Set-Cookie"] = "mark=8; Path=/"
        return answer


def test_a_cookie_that_the_server_sets_is_sent_back_to_it_alone(server: Server, download: Download) -> None:
    server.rules = [Marking(host="localhost"), Session(host="127.0.0.1"), RedirectTo(server.other, host="127.0.0.1")]
    download.run()
    assert download.data == DATA
    assert sent(server, "cookie", "127.0.0.1") == {"", "visit=7"}
    assert sent(server, "cookie", "localhost") == {""}


def test_cookies_that_come_with_challenges_are_sent_back_with_the_next_request(
    server: Server, download: Download
) -> None:
    server.rules = [Challenging("ann", "sesame-42")]
    download.asker = Asked([ANN])
    download.run()
    assert download.data == DATA
    visits = ["", "visit=1", "visit=1", "visit=2", "visit=2"]
    assert [(asked.status, asked.headers.get("cookie", "")) for asked in server.asked] == list(
        zip([401, 401, 206, 401, 206], visits, strict=True)
    )


class Challenging(NeedDigest):
    """Sets another cookie with each challenge."""

    number = 0

    def change(self, asked: Request, answer: Answer, /) -> Answer:
        changed = super().change(asked, answer)
        if changed is not answer:
            self.number += 1
            changed.headers["Set-Cookie"] = f"visit={self.number}; Path=/"
        return changed


def test_another_host_that_asks_for_a_login_is_reported_and_gets_none(server: Server, download: Download) -> None:
    asker = Asked([ANN])
    server.rules = [NeedBasic("ann", "sesame-42", host="localhost"), RedirectTo(server.other, host="127.0.0.1")]
    download.asker = asker
    error = refused(download)
    assert error.what == (
        "127.0.0.1 redirects to localhost, which asks for a user name. "
        "Credentials for one host are never sent to another."
    )
    assert error.hint == "If the archives are at localhost, give its address: --base URL"
    assert asker.asked == []


class Challenge(Rule):
    """Asks who it is in a way of its own."""

    header = ""

    def change(self, _asked: Request, _answer: Answer, /) -> Answer:
        return page(401, "Who?", WWW_Authenticate=self.header)


@pytest.mark.parametrize(
    "header",
    [
        'Digest realm="a", nonce="b", algorithm=SHA-512-256',
        'Digest realm="a", nonce="b", qop="auth-int"',
        "Digest realm",
        'Digest nonce="b"',
        'Basic realm="a", Digest realm="a", nonce="b"',
    ],
)
def test_a_challenge_that_is_not_understood_is_said_at_once(
    server: Server, download: Download, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame-42")
    rule = Challenge()
    rule.header = header
    server.rules = [rule]
    error = refused(download)
    assert error.what.startswith("127.0.0.1 asks for a login (401) in a way ")
    assert "--cookies FILE" in error.hint
    assert download.waits == []


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_login_page_is_known_and_cookies_are_asked_for_once(
    server: Server, download: Download, tmp_path: Path, content_type: str
) -> None:
    server.rules = [Typed(content_type), LoginPage("session=42")]
    asker = Asked(cookies_=[cookies(tmp_path, line("127.0.0.1"))])
    download.asker = asker
    download.run()
    assert download.data == DATA
    assert asker.asked == [("cookies", "127.0.0.1", "")]


class Typed(Rule):
    """A login page that says to be of some type, to those without cookies."""

    def __init__(self, content_type: str) -> None:
        super().__init__()
        self.content_type = content_type

    def change(self, asked: Request, answer: Answer, /) -> Answer:
        return answer if "cookie" in asked.headers else page(200, "\n <!doctype HTML><html>", self.content_type)


def test_a_login_page_without_cookies_ends_it(server: Server, download: Download) -> None:
    server.rules = [LoginPage("session=42")]
    error = refused(download)
    assert error.what == "127.0.0.1 answered with a web page instead of the archive, probably a login page."
    assert error.hint == (
        "Log in to 127.0.0.1 with a browser, export its cookies (with an extension such as Get cookies.txt LOCALLY), "
        "and give the file: --cookies FILE. Or give the address of a mirror: --base URL"
    )


def test_expired_cookies_are_reported_with_their_date(server: Server, download: Download, tmp_path: Path) -> None:
    server.rules = [LoginPage("session=42")]
    download.cookies = cookies(tmp_path, line("127.0.0.1", until="1700000000"))
    assert refused(download).what == (
        "127.0.0.1 answered with a web page instead of the archive, even with "
        f"{download.cookies}, whose cookies for 127.0.0.1 expired on 2023-11-14."
    )
    assert sent(server, "cookie", "127.0.0.1") == {""}


def test_a_session_that_ends_on_the_way_costs_nothing_that_came(
    server: Server, download: Download, tmp_path: Path
) -> None:
    download.folder.mkdir()
    download.part.write_bytes(DATA[:1_000_000])
    asker = Asked(cookies_=[cookies(tmp_path, line("127.0.0.1"))])
    download.asker = asker
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [Typed("application/octet-stream")]
        fetch_file(found, session)
    assert download.data == DATA
    assert asker.asked == [("cookies", "127.0.0.1", "")]
    assert server.sent_twice(NAME) <= 512 * 2 + (1 << 16)
    assert download.notes == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Server, download: Download, status: int) -> None:
    server.rules = [RedirectTo(f"{server.other}{NAME}", status=status, host="127.0.0.1")]
    download.run()
    assert download.data == DATA


@pytest.mark.parametrize(
    ("to", "what"),
    [
        ("file:///etc/passwd", "redirects to file:///etc/passwd, which is not followed."),
        ("ftp://me:sesame-42@example.org/a", "redirects to ftp://example.org/a, which is not followed."),
        ("http://a.org:x/", "redirects to an invalid address."),
    ],
)
def test_unsafe_redirects_are_not_followed(server: Server, download: Download, to: str, what: str) -> None:
    server.rules = [RedirectTo(to)]
    error = refused(download)
    assert error.what == f"{server.base}{NAME} {what}"
    assert error.hint == "Check the base address"


def test_a_loop_is_left(server: Server, download: Download) -> None:
    server.rules = [RedirectTo(f"{server.base}{NAME}")]
    assert refused(download).what == f"{server.base}{NAME} redirects without end."
    assert len(server.asked) == 10


@pytest.mark.parametrize(
    ("status", "what", "hint"),
    [
        (404, "{} is not there (404).", f"Check the base address, or leave {NAME} out: --what says what to fetch"),
        (403, "{}: access is refused (403 Forbidden).", "If a browser that is logged in may fetch it"),
        (451, "{}: the server answered 451 Unavailable For Legal Reasons.", "Check the base address"),
    ],
)
def test_what_never_helps_is_not_tried_again(
    server: Server, download: Download, status: int, what: str, hint: str
) -> None:
    server.rules = [Status(status)]
    error = refused(download)
    assert error.what == what.format(f"{server.base}{NAME}")
    assert error.hint.startswith(hint)
    assert (len(server.asked), download.waits) == (1, [])


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Status(500, times=1), "127.0.0.1 cannot answer (500 Internal Server Error)"),
        (Silent(times=1), "the connection broke (the server hung up without a valid answer)"),
        (Silent(times=1, reset=True), "the connection broke (Connection reset by peer)"),
        (NotHttp(times=1), "the connection broke (the server hung up without a valid answer)"),
    ],
)
def test_what_may_help_is_tried_again(server: Server, download: Download, rule: Rule, reason: str) -> None:
    server.rules = [rule]
    download.run()
    [wait] = download.waits
    assert (wait.reason[: len(reason)], wait.attempt) == (reason, 1)
    assert download.data == DATA


def test_a_file_of_unknown_size_is_not_fetched(server: Server, download: Download) -> None:
    server.rules = [NoRange(), NoLength()]
    assert refused(download).what == (
        f"{server.base}{NAME}: the server does not report its size, so a complete download cannot be recognized."
    )


@pytest.mark.parametrize("rule", [Gzip(), Gzip(call=True)], ids=["on demand", "in name"])
def test_nothing_is_unpacked_on_the_way(server: Server, download: Download, rule: Rule) -> None:
    server.rules = [rule]
    download.run()
    assert download.data == DATA
    assert sent(server, "accept-encoding", "127.0.0.1") == {"identity"}


@pytest.mark.usefixtures("server")
def test_a_cookie_that_cannot_be_sent_is_said_without_it(download: Download, tmp_path: Path) -> None:
    download.cookies = cookies(tmp_path, line("127.0.0.1", value="sesame\x0b42"))
    error = refused(download)
    assert "42" not in str(error)


class _Tunnel(StreamRequestHandler):
    server: "Proxy"

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(f"HTTP/1.1 {self.server.status}\r\nContent-Length: 0\r\n\r\n".encode())
        if self.server.to is None:
            return
        with socket.create_connection(self.server.to) as onward:
            back = threading.Thread(target=_pump, args=(onward, self.connection))
            back.start()
            _pump(self.connection, onward)
            back.join()


class Proxy(ThreadingTCPServer):
    """A proxy that leads every tunnel to one server, or refuses it with a status."""

    def __init__(self, status: str, to: tuple[str, int] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.status, self.to = status, to


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(status: str = "200 OK", to: Server | None = None) -> Iterator[str]:
    """The address of a proxy, with a password in it."""
    with Proxy(status, None if to is None else ("127.0.0.1", urlsplit(to.base).port or 0)) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://me:hunter2@127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def test_a_proxy_that_wants_a_login_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    download = Download(tmp_path / "to", "https://a.example/2012/")
    with proxy("407 Proxy Authentication Required") as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        error = refused(download)
    assert error.what == "The proxy for a.example asks for a login (407)."
    assert download.waits == []


def test_a_proxy_that_fails_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    download = Download(tmp_path / "to", "https://a.example/2012/")
    with proxy("502 Bad Gateway") as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        refused(download)
    assert {wait.reason for wait in download.waits} == {
        "the proxy for a.example refuses to connect to it (502 Bad Gateway)"
    }


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        (
            "ALL_PROXY",
            "socks5://me:hunter2@127.0.0.1:9",
            "The proxy in ALL_PROXY is a SOCKS proxy, and support for those is not installed.",
        ),
        ("HTTPS_PROXY", "http://me:hunter2#x@proxy:3128", "The value of HTTPS_PROXY is not a valid address."),
        ("https_proxy", "ftp://me:hunter2@proxy:3128", "The value of https_proxy is not a valid address."),
        ("NO_PROXY", "::1/hunter2", "The value of NO_PROXY is not a valid address."),
        (
            "SSL_CERT_FILE",
            "/nonexistent/hunter2.pem",
            "The certificates in SSL_CERT_FILE cannot be read: No such file or directory.",
        ),
        (
            "SSL_CERT_FILE",
            __file__,
            "The certificates in SSL_CERT_FILE cannot be read: it has none in PEM format.",
        ),
    ],
)
@pytest.mark.usefixtures("server")
def test_a_variable_that_does_not_do_is_named_without_what_it_holds(
    download: Download, monkeypatch: pytest.MonkeyPatch, name: str, value: str, what: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    for other in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as raised:
        download.run()
    assert raised.value.what == what
    assert "hunter2" not in "".join(format_exception(raised.value))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is nothing here that makes a certificate")
class TestCertificates:
    def test_one_that_nobody_knows_is_refused_at_once(self, tmp_path: Path) -> None:
        with serving(certificate=make_certificate(tmp_path)) as server:
            download = Download(tmp_path / "to", server.base)
            error = refused(download)
        assert error.what == ("The certificate of 127.0.0.1 cannot be trusted: self-signed certificate.")
        assert error.hint == (
            "Certificates are always checked. If your site has its own authority, set SSL_CERT_FILE=ITS.pem"
        )
        assert download.waits == []

    def test_one_of_an_authority_that_the_person_names_is_trusted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate = make_certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with serving(certificate=certificate) as server:
            download = Download(tmp_path / "to", server.base, asker=Asked([ANN]))
            server.rules = [NeedBasic("ann", "sesame-42")]
            download.run()
        assert (download.data, download.notes) == (DATA, [])

    def test_a_key_that_was_asked_for_in_secret_is_not_sent_in_the_clear(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate = make_certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        # Ports 80 and 443 are nobody's to take, so two proxies lead from there to the servers.
        with serving(certificate=certificate) as secure, serving() as clear, proxy(to=secure) as tunnel:
            monkeypatch.setenv("HTTP_PROXY", clear.base.removesuffix("/2012/"))
            monkeypatch.setenv("HTTPS_PROXY", tunnel)
            clear.rules = [RedirectTo("https://localhost/2012/")]
            secure.rules = [NeedBasic("ann", "sesame-42")]
            download = Download(tmp_path / "to", "http://localhost/2012/", asker=Asked([ANN]))
            download.run()
        assert (download.data, download.notes) == (DATA, [])
        assert {asked.headers.get("authorization", "") for asked in clear.asked} == {""}
        assert [asked.status for asked in secure.asked] == [401, 206, 206]
