import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from tests.download.fetching import (
    DATA,
    NAME,
    OTHER,
    QUICK,
    Download,
    archive,
    drawn,
    eventually,
    md5,
    nowhere,
    threads_of_the_core,
)
from tests.download.server import (
    Answer,
    Asked,
    ChangeAfter,
    Cut,
    CutAt,
    NoRange,
    Rule,
    Served,
    Server,
    Slow,
    Stall,
    Status,
    WrongRange,
    ordinary,
)
from wizard.download.errors import DownloadError
from wizard.download.events import Checking, Transferring
from wizard.download.http import transfer
from wizard.download.http.fetch import fetch_file, find_status
from wizard.errors import InputError, Interrupted

BLOCK = 1 << 16
"""Bytes of a block with four connections."""


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_WINDOW", 8 * BLOCK)
    monkeypatch.setattr(transfer, "_PIECE", BLOCK // 4)
    monkeypatch.setattr(transfer, "POLL_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def _nothing_outlives_it() -> Iterator[None]:
    yield
    eventually(lambda: not threads_of_the_core())


class Longer(Rule):
    """A range that goes on to the file's end, though it was asked for less."""

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        if answer.status != 206 or asked.last == 511:
            return answer
        rest = answer.body.size - answer.start
        stated = f"bytes {answer.start}-{answer.body.size - 1}/{answer.body.size}"
        return replace(answer, count=rest, headers={**answer.headers, "Content-Range": stated})


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("seed", range(2))
def test_twenty_interruptions_at_random_offsets_lose_no_bytes(
    server: Server, download: Download, connections: int, seed: int
) -> None:
    server.rules = [CutAt(random.Random(seed).sample(range(600, len(DATA)), 20))]
    download.connections = connections
    assert download.run().md5 == md5(DATA)
    assert (download.data, download.files) == (DATA, [NAME])
    assert server.sent_twice(NAME) == 512  # the file's head, by which it was known
    assert sum(asked.status == 206 for asked in server.asked) >= 21
    assert {wait.reason for wait in download.waits} == {
        "the connection broke (the server hung up before the end)",
        "the connection broke (Connection reset by peer)",
    }
    assert {wait.attempt for wait in download.waits} == {1}


@pytest.mark.parametrize("connections", [1, 4])
def test_twenty_runs_that_are_stopped_go_on_from_the_last_byte(
    server: Server, download: Download, connections: int
) -> None:
    large = drawn(8_000_000)
    server.files[NAME] = Served(data=large)
    server.rules = [Slow(bytes_per_second=12_000_000)]
    download.connections = connections
    had = [0]
    for _ in range(20):
        download.stopping = lambda: download.part.exists() and download.part.stat().st_size > had[-1]
        with pytest.raises(Interrupted, match=f"Stopped; .*B of {NAME} are kept."):
            download.run(archive(large))
        had.append(download.part.stat().st_size)
        eventually(lambda: not threads_of_the_core())  # as where each run is a process
    download.stopping = lambda: False
    download.run(archive(large))
    assert download.data == large
    assert len(set(had)) == 21
    assert (download.waits, download.notes) == ([], [])
    assert first_of_each_run(server) == had


def first_of_each_run(server: Server) -> list[int]:
    """The first byte that each run asked for, after it had looked at the file's head."""
    heads = [number for number, asked in enumerate(server.asked) if asked.last == 511]
    runs = [server.asked[begin + 1 : end] for begin, end in pairwise([*heads, len(server.asked)])]
    return [min(asked.first or 0 for asked in run) for run in runs]


@pytest.mark.parametrize("connections", [1, 4])
def test_a_file_that_changes_on_the_way_is_started_over(server: Server, download: Download, connections: int) -> None:
    download.connections = connections
    server.rules = [Cut(after=40_000, times=9), ChangeAfter(6, Served(data=OTHER, etag='"2"'))]
    assert download.run(archive(OTHER)).md5 == md5(OTHER)
    assert download.data == OTHER
    [note] = download.notes
    assert note.startswith(f"{NAME}: the server's file has changed since ")
    assert note.endswith(" of it arrived; starting over")


def test_last_modified_alone_reveals_a_changed_file(server: Server, download: Download) -> None:
    server.files[NAME] = Served(data=DATA, etag=None, last_modified="Sat, 21 Nov 2026 10:00:00 GMT")
    new = Served(data=OTHER, etag=None, last_modified="Sat, 21 Nov 2026 10:00:01 GMT")
    server.rules = [ChangeAfter(2, new), Cut(after=1_000_000, times=1)]
    download.run(archive(OTHER))
    assert download.data == OTHER
    assert download.notes == [f"{NAME}: the server's file has changed since 1.0 MB of it arrived; starting over"]


@pytest.mark.parametrize("connections", [1, 4])
def test_without_ranges_one_connection_is_used(server: Server, download: Download, connections: int) -> None:
    server.rules = [NoRange(), Cut(after=1_000_000, times=2)]
    download.connections = connections
    download.run()
    assert download.data == DATA
    said = f"{NAME}: this server sends only whole files, over one connection"
    assert download.notes == ([said] if connections > 1 else [])
    assert len(server.sent_ranges(NAME)) <= 3  # a look, which was cut too, and two attempts
    assert all(start == 0 for start, _ in server.sent_ranges(NAME))


@pytest.mark.parametrize("connections", [1, 4])
def test_lost_range_support_is_reported_with_the_bytes_to_refetch(
    server: Server, download: Download, connections: int
) -> None:
    server.rules = [Cut(after=1_000_000, times=1)]
    download.connections = connections
    download.folder.mkdir()
    download.part.write_bytes(DATA[:1_200_000])
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [NoRange()]
        fetch_file(found, session)
    assert (found.state, download.data) == ("partial", DATA)
    one = ", over one connection" if connections > 1 else ""
    assert download.notes == [
        f"{NAME}: this server sends only whole files{one}; the 1.2 MB that are here are sent again and compared"
    ]
    checked = [event for event in download.reported if isinstance(event, Checking)]
    assert checked
    assert all(event.done <= event.total for event in checked)


@pytest.mark.parametrize("connections", [1, 4])
def test_more_than_was_asked_for_is_cut_off(server: Server, download: Download, connections: int) -> None:
    server.rules = [Longer()]
    download.connections = connections
    download.run()
    assert download.data == DATA


def test_bytes_of_an_unrequested_range_are_not_written(server: Server, download: Download) -> None:
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [WrongRange(by=5, times=3)]
        fetch_file(found, session)
    assert download.data == DATA
    assert [(wait.reason, wait.attempt) for wait in download.waits] == [
        ("the server sent other bytes than it was asked for", number) for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("connections", [1, 4])
def test_a_server_that_stalls_is_left_and_asked_again(server: Server, download: Download, connections: int) -> None:
    server.rules = [Stall(after=20_000, seconds=60, times=2)]
    download.connections, download.retry_policy = connections, replace(QUICK, stall=0.3)
    download.run()
    assert download.data == DATA
    assert {wait.reason for wait in download.waits} == {"the server no longer sends anything"}
    assert server.sent_twice(NAME) <= 512


def test_a_busy_server_is_waited_for_as_long_as_it_asks(server: Server, download: Download) -> None:
    download.connections = 4
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [Status(429, retry_after=1, times=4)]
        fetched = fetch_file(found, session)
    assert download.data == DATA
    assert [(wait.reason, wait.seconds) for wait in download.waits] == [
        ("127.0.0.1 is busy (429 Too Many Requests)", 1.0)
    ]
    assert fetched.seconds >= 1


def test_a_busy_server_may_ask_for_a_wait_by_a_date(server: Server, download: Download) -> None:
    then = datetime.now(UTC) + timedelta(seconds=1.5)
    server.rules = [Status(503, retry_after=format_datetime(then, usegmt=True), times=1)]
    download.run()
    [wait] = download.waits
    assert wait.reason == "127.0.0.1 is busy (503 Service Unavailable)"
    assert QUICK.first_wait < wait.seconds <= 1.5 or datetime.now(UTC) >= then.replace(microsecond=0)


def test_a_transfer_gives_up_after_several_attempts_without_a_byte(server: Server, download: Download) -> None:
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [Status(503)]
        with pytest.raises(DownloadError) as raised:
            fetch_file(found, session)
    assert [wait.attempt for wait in download.waits] == [1, 2, 3]
    assert raised.value.what == (
        f"{NAME}: 127.0.0.1 is busy (503 Service Unavailable); given up after 4 attempts without a byte."
    )
    assert raised.value.hint == (
        "What is here is kept: the same command resumes it once the network and the server work again"
    )


def test_too_long_a_wait_is_not_waited(server: Server, download: Download) -> None:
    server.rules = [Status(503, retry_after=7200)]
    with pytest.raises(DownloadError) as raised:
        download.run()
    assert raised.value.what == (
        f"{NAME}: 127.0.0.1 is busy (503 Service Unavailable), and asks for a wait of 120 minutes."
    )
    assert raised.value.hint == "What is here is kept: run the same command again later"
    assert download.waits == []


def test_a_server_that_asks_for_short_waits_for_ever_is_given_up(server: Server, download: Download) -> None:
    server.rules = [Status(503, retry_after=1)]
    download.retry_policy = replace(QUICK, attempts=0)
    with pytest.raises(DownloadError, match="given up after 1 attempt"):
        download.run()


def test_an_address_at_which_nobody_is_is_given_up_sooner(download: Download) -> None:
    download.base = nowhere()
    with pytest.raises(DownloadError) as raised:
        download.run()
    assert raised.value.what == (
        f"{NAME}: 127.0.0.1 cannot be reached (Connection refused); given up after 2 attempts."
    )
    assert raised.value.hint == "Check the network, and the address: --base URL"
    assert [wait.attempt for wait in download.waits] == [1]


def test_an_abandoned_connection_leaves_its_block_to_the_others(server: Server, download: Download) -> None:
    download.connections = 4
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [Status(503, times=13)]  # one more than four connections can bear together, too few for all
        fetch_file(found, session)
    assert download.data == DATA
    assert download.notes[0] == f"{NAME}: continuing with 3 connections"


def test_a_stop_is_noticed_while_the_server_is_silent(server: Server, download: Download) -> None:
    server.rules = [Stall(after=100_000, seconds=60)]
    download.stopping = lambda: download.part.exists() and download.part.stat().st_size >= 90_000
    download.connections = 2
    began = time.monotonic()
    with pytest.raises(Interrupted):
        download.run()
    assert time.monotonic() - began < QUICK.stall
    assert download.part.read_bytes() == DATA[: download.part.stat().st_size]


def test_what_came_before_a_stop_is_written(server: Server, download: Download) -> None:
    with download.session() as session:
        found = find_status(archive(), session)

    def late() -> bool:
        eventually(lambda: len(server.asked) == 2)
        time.sleep(0.2)
        return True

    download.stopping = late
    with download.session() as session, pytest.raises(Interrupted):
        fetch_file(found, session)
    kept = download.part.read_bytes()
    assert kept == DATA[: len(kept)]
    assert len(kept) >= BLOCK // 4


@pytest.mark.parametrize("rule", [Stall(after=-1, seconds=60), Status(503, retry_after=60)], ids=["silent", "busy"])
def test_a_stop_is_noticed_before_the_first_byte(server: Server, download: Download, rule: Rule) -> None:
    server.rules = [rule]
    stop = threading.Event()
    download.stopping, download.retry_policy = stop.is_set, replace(QUICK, stall=60, max_retry_after=60)
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted) as raised:
        download.run()
    assert raised.value.what == "Stopped; what is here is kept."
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("connections", [1, 4])
def test_a_stop_is_noticed_between_two_attempts(server: Server, download: Download, connections: int) -> None:
    download.connections, download.retry_policy = connections, replace(QUICK, max_retry_after=60)
    download.stopping = lambda: bool(download.waits)
    with download.session() as session:
        found = find_status(archive(), session)
        server.rules = [Status(503, retry_after=60)]
        with pytest.raises(Interrupted, match=f"Stopped; 0 bytes of {NAME} are kept."):
            fetch_file(found, session)


def test_progress_counts_what_was_there(server: Server, download: Download) -> None:
    download.folder.mkdir()
    download.part.write_bytes(DATA[:1_000_000])
    server.rules = [Slow(bytes_per_second=20_000_000)]
    download.run()
    reported = [event for event in download.reported if isinstance(event, Transferring)]
    assert all(event.total == len(DATA) and event.done >= 1_000_000 for event in reported)
    assert reported[-1].done == len(DATA)


@pytest.mark.usefixtures("unprivileged")
def test_an_unreadable_part_is_reported_before_any_transfer(server: Server, download: Download) -> None:
    server.rules = [Stall(after=1_000_000, seconds=60, times=1)]
    download.stopping = lambda: download.part.exists() and download.part.stat().st_size > 0
    with pytest.raises(Interrupted):
        download.run()
    server.asked.clear()
    download.stopping = lambda: False
    download.part.chmod(0o200)
    with pytest.raises(InputError) as raised:
        download.run()
    assert raised.value.what == f"{download.part} cannot be read: Permission denied."
    assert server.sent_ranges(NAME) == [(0, 512)]


def test_a_strong_etag_is_sent_as_if_range(server: Server, download: Download) -> None:
    server.rules = [Cut(after=1_000_000, times=1)]
    download.run()
    assert [asked.headers.get("if-range") for asked in server.asked] == [None, '"1"', '"1"']


@pytest.mark.parametrize("connections", [1, 4])
def test_servers_with_etags_of_their_own_and_one_last_modified_cost_no_comparison(
    server: Server, download: Download, connections: int
) -> None:
    class Backends(Rule):
        """Two servers behind one name, each with its own ETag for the same file; they take turns."""

        count = 0

        def change(self, asked: Asked, _answer: Answer, /) -> Answer:
            self.count += 1
            then = "Sat, 21 Nov 2026 10:00:00 GMT"
            return ordinary(asked, Served(data=DATA, etag=f'"{self.count % 2}"', last_modified=then))

    server.rules = [Backends(), Cut(after=1_000_000, times=2)]
    download.connections = connections
    download.run()
    assert (download.data, download.notes) == (DATA, [])
