import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from wizard.show.page_server import served

PAGE = "<!doctype html><title>Größe</title>".encode()


@pytest.fixture
def address() -> Iterator[str]:
    with served(PAGE) as address:
        yield address


def answered(address: str, method: str = "GET", path: str = "") -> tuple[HTTPResponse, bytes]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, path or parts.path)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_the_page_is_at_its_address_as_html_that_nobody_keeps_or_passes_on(address: str) -> None:
    response, body = answered(address)
    assert (response.status, body) == (200, PAGE)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_head_has_the_length_and_no_page(address: str) -> None:
    response, body = answered(address, "HEAD")
    assert (response.status, response.headers["Content-Length"], body) == (200, str(len(PAGE)), b"")


@pytest.mark.parametrize("path", ["/", "/index.html", "/../../etc/passwd", "/caf%C3%A9/"])
def test_nothing_else_is_served(address: str, path: str) -> None:
    assert answered(address, path=path)[0].status == 404
    assert answered(address, path=f"{urlsplit(address).path}x")[0].status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(address: str, method: str) -> None:
    response, body = answered(address, method)
    assert response.status == 501
    assert PAGE not in body


def test_the_address_cannot_be_guessed_and_only_this_machine_reaches_it(address: str) -> None:
    with served(PAGE) as other:
        paths = [urlsplit(each).path for each in (address, other)]
    assert paths[0] != paths[1]
    assert all(len(path.strip("/")) == 22 for path in paths)  # 128 bits
    assert urlsplit(address).hostname == "127.0.0.1"
    port = urlsplit(address).port
    assert port
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=1):  # noqa: PT011
        pass


def test_it_ends_with_its_block_although_a_connection_is_open() -> None:
    with served(PAGE) as address:
        parts = urlsplit(address)
        idle = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        answered(address)


def test_a_browser_that_goes_away_leaves_no_trace_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with served(PAGE * 500_000) as address:
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as gone:
            gone.sendall(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
            gone.recv(1)
        answered(address, "HEAD")
    assert capfd.readouterr() == ("", "")
