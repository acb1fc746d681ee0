import random
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.download.server import (
    ChangeAfter,
    Cut,
    CutAt,
    Damaged,
    Gzip,
    LoginPage,
    NeedBasic,
    NeedDigest,
    NoLength,
    NoRange,
    NotHttp,
    RedirectTo,
    Rule,
    Served,
    Server,
    Short,
    Silent,
    Slow,
    Stall,
    Status,
    WrongRange,
    make_certificate,
)

BROKEN = [Silent(), Silent(reset=True), NotHttp(), Short(by=10)]
WAYS = [NoRange(), NoLength(), NoLength(chunked=False), Gzip()]
DATA = random.Random(5).randbytes(3_000_000)
NAME = "a.tar"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server({NAME: Served(data=DATA)}) as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as made:
        yield made


def fetch(client: httpx.Client, server: Server, span: str | None = None) -> httpx.Response:
    return client.get(server.base + NAME, headers={} if span is None else {"Range": f"bytes={span}"})


def fetch_what_comes(client: httpx.Client, server: Server, start: int = 0) -> bytes:
    got = b""
    try:
        with client.stream("GET", server.base + NAME, headers={"Range": f"bytes={start}-"}) as response:
            for part in response.iter_raw():
                got += part
    except httpx.TransportError:
        pass
    return got


@pytest.mark.parametrize("path", [False, True], ids=["bytes", "path"])
def test_a_file_is_served_whole_and_in_parts(server: Server, client: httpx.Client, tmp_path: Path, path: bool) -> None:
    if path:
        (tmp_path / NAME).write_bytes(DATA)
        server.files[NAME] = Served(data=tmp_path / NAME)
    assert fetch(client, server).content == DATA
    for span, part in {"10-19": DATA[10:20], "2999990-": DATA[-10:], "-7": DATA[-7:], "5-9999999": DATA[5:]}.items():
        answer = fetch(client, server, span)
        assert (answer.status_code, answer.content) == (206, part)
    assert fetch(client, server, "3000000-").headers["Content-Range"] == "bytes */3000000"
    head = client.head(server.base + NAME)
    assert (head.headers["Content-Length"], head.content) == ("3000000", b"")
    assert client.get(server.base + "b.tar").status_code == 404


def test_what_was_asked_and_sent_is_known(server: Server, client: httpx.Client) -> None:
    fetch(client, server, "100-199")
    fetch(client, server, "150-299")
    client.get(server.other + NAME, headers={"Cookie": "a=b"})
    assert [(each.first, each.last, each.status, each.host) for each in server.asked] == [
        (100, 199, 206, "127.0.0.1"),
        (150, 299, 206, "127.0.0.1"),
        (None, None, 200, "localhost"),
    ]
    assert server.asked[2].headers["cookie"] == "a=b"
    assert server.sent_ranges(NAME) == [(100, 200), (150, 300), (0, len(DATA))]
    assert server.sent_twice(NAME) == 250


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_a_cut_breaks_the_connection_within_a_body(server: Server, client: httpx.Client, reset: bool) -> None:
    server.rules = [Cut(after=123_456, reset=reset, times=1)]
    with pytest.raises(httpx.ReadError if reset else httpx.RemoteProtocolError):
        fetch(client, server)
    assert server.sent_ranges(NAME) == [(0, 123_456)]
    assert fetch(client, server).content == DATA


def test_a_client_that_resumes_after_each_cut_gets_every_byte_once(server: Server, client: httpx.Client) -> None:
    places = random.Random(1).sample(range(1, len(DATA)), 20)
    server.rules = [CutAt(places)]
    got = b""
    while len(got) < len(DATA):
        got += fetch_what_comes(client, server, len(got))
    assert got == DATA
    assert len(server.asked) == 21
    assert server.sent_twice(NAME) == 0


@pytest.mark.parametrize("rule", BROKEN, ids=["FIN", "RST", "no HTTP", "short"])
def test_what_breaks_the_protocol_is_an_error_to_a_client(server: Server, client: httpx.Client, rule: Rule) -> None:
    server.rules = [rule]
    with pytest.raises(httpx.TransportError):
        fetch(client, server)


def test_statuses_are_sent_as_often_as_they_are_wanted(server: Server, client: httpx.Client) -> None:
    server.rules = [Status(503, retry_after=7, times=2), Status(404, name="b.tar"), Status(405, method="HEAD")]
    answers = [fetch(client, server) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert client.head(server.base + NAME).status_code == 405


def test_a_basic_password_is_asked_for(server: Server, client: httpx.Client) -> None:
    server.rules = [NeedBasic("ann", "sésame")]
    assert fetch(client, server).headers["WWW-Authenticate"].startswith("Basic ")
    given = [client.get(server.base + NAME, auth=("ann", secret)).status_code for secret in ("open", "sésame")]
    assert given == [401, 200]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_digest_is_asked_for(server: Server, client: httpx.Client, algorithm: str) -> None:
    server.rules = [NeedDigest("ann", "sesame", algorithm)]
    given = [
        client.get(server.base + NAME, auth=httpx.DigestAuth("ann", secret)).status_code
        for secret in ("open", "sesame")
    ]
    assert given == [401, 200]
    assert "sesame" not in str(server.asked)


def test_a_login_page_comes_in_the_files_stead(server: Server, client: httpx.Client) -> None:
    server.rules = [LoginPage("session=42")]
    answer = fetch(client, server)
    assert (answer.status_code, answer.headers["Content-Type"], answer.content[:5]) == (200, "text/html", b"<!DOC")
    assert server.sent_ranges(NAME) == []
    client.cookies.set("session", "42")
    assert fetch(client, server).content == DATA


def test_a_redirect_leads_to_another_host(server: Server, client: httpx.Client) -> None:
    server.rules = [RedirectTo(server.other, host="127.0.0.1")]
    assert client.get(server.base + NAME, follow_redirects=True).content == DATA
    assert [each.host for each in server.asked] == ["127.0.0.1", "localhost"]


def test_a_changed_file_has_a_new_etag(server: Server, client: httpx.Client) -> None:
    server.rules = [ChangeAfter(1, Served(data=DATA[::-1], etag='"2"'))]
    known = fetch(client, server).headers["ETag"]
    answer = client.get(server.base + NAME, headers={"Range": "bytes=10-", "If-Range": known})
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (200, '"2"', DATA[::-1])
    answer = client.get(server.base + NAME, headers={"Range": "bytes=10-", "If-Range": '"2"'})
    assert (answer.status_code, answer.content) == (206, DATA[::-1][10:])


def test_a_weak_etag_is_no_proof_that_a_file_is_the_same(server: Server, client: httpx.Client) -> None:
    server.files[NAME] = Served(data=DATA, etag='W/"1"')
    answer = client.get(server.base + NAME, headers={"Range": "bytes=10-", "If-Range": 'W/"1"'})
    assert answer.status_code == 200


@pytest.mark.parametrize("rule", WAYS, ids=["no range", "in chunks", "to the end", "gzip"])
def test_a_whole_file_can_come_in_other_ways(server: Server, client: httpx.Client, rule: Rule) -> None:
    server.rules = [rule]
    span = "10-" if isinstance(rule, NoRange) else None
    answer = fetch(client, server, span)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert ("Content-Length" in answer.headers) != isinstance(rule, NoLength)
    assert answer.headers.get("Content-Encoding") == ("gzip" if isinstance(rule, Gzip) else None)


def test_a_range_can_be_another_one_than_was_asked_for(server: Server, client: httpx.Client) -> None:
    server.rules = [WrongRange(by=5)]
    answer = fetch(client, server, "10-19")
    assert (answer.headers["Content-Range"], answer.content) == ("bytes 15-19/3000000", DATA[15:20])
    server.rules = [WrongRange(by=5, reported=False)]
    answer = fetch(client, server, "10-19")
    assert (answer.headers["Content-Range"], answer.content) == ("bytes 10-19/3000000", DATA[15:25])


def test_one_byte_can_be_damaged(server: Server, client: httpx.Client) -> None:
    server.rules = [Damaged(at=1_500_000)]
    got = fetch(client, server).content
    assert [place for place in range(len(DATA)) if got[place] != DATA[place]] == [1_500_000]


def test_a_body_can_stall_and_be_slow(server: Server, client: httpx.Client) -> None:
    server.rules = [Stall(after=1000, seconds=60)]
    with pytest.raises(httpx.ReadTimeout):
        client.get(server.base + NAME, timeout=0.2)
    assert server.sent_ranges(NAME) == [(0, 1000)]
    server.rules = [Slow(bytes_per_second=500_000)]
    began = time.monotonic()
    fetch(client, server, "0-99999")
    assert time.monotonic() - began >= 0.19


def test_nothing_of_it_outlives_its_block(client: httpx.Client) -> None:
    threads = threading.active_count()
    with Server({NAME: Served(data=DATA)}, Stall(after=-1, seconds=60, times=1)) as server:
        with pytest.raises(httpx.ReadTimeout):
            client.get(server.base + NAME, timeout=0.1)
        fetch(client, server)
        assert threading.active_count() > threads
        ended = time.monotonic()
    assert time.monotonic() - ended < 10
    assert threading.active_count() == threads
    with pytest.raises(httpx.ConnectError):
        fetch(client, server)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is nothing here that makes a certificate")
def test_https_is_for_those_who_know_its_certificate(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with Server({NAME: Served(data=DATA)}, certificate=certificate) as server:
        with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError, match="self-signed"):
            fetch(client, server)
        with httpx.Client(trust_env=False, verify=ssl.create_default_context(cafile=certificate)) as client:
            assert client.get(server.other + NAME).content == fetch(client, server).content == DATA
            server.rules = [Cut(after=100_000, reset=True)]
            with pytest.raises(httpx.TransportError):
                fetch(client, server)
