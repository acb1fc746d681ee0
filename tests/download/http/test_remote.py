from datetime import UTC, datetime

import pytest

from wizard.download.http.remote import Remote, parse_response, retry_after, same_file
from wizard.download.retry_policy import RetryPolicy

YEAR = 365 * 86_400.0


def remote(**fields: object) -> Remote:
    return Remote(**{"server": "http://a:80", "size": 9, "etag": "", "modified": "", "ranges": True, **fields})  # type: ignore[arg-type]


def test_a_whole_answer_and_a_part_of_one_are_understood() -> None:
    head = {"etag": '"1"', "last-modified": "then"}
    whole = parse_response(200, {**head, "content-length": "9"}, "s")
    part = parse_response(206, {**head, "content-length": "4", "content-range": "bytes 5-8/9"}, "s")
    assert whole == (Remote(server="s", size=9, etag='"1"', modified="then", ranges=False), 0)
    assert part == (Remote(server="s", size=9, etag='"1"', modified="then", ranges=True), 5)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"content-length": "²"}),
        (206, {"content-length": "4"}),
        (206, {"content-range": "bytes 5-8/*"}),
        (206, {"content-range": "lines 5-8/9"}),
    ],
)
def test_an_answer_without_a_size_is_no_remote_file(status: int, headers: dict[str, str]) -> None:
    assert parse_response(status, headers, "s") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"etag": '"1"'}, {"etag": '"1"'}, True),
        ({"etag": '"1"'}, {"etag": '"2"'}, False),
        ({"etag": '"1"', "size": 8}, {"etag": '"1"'}, False),
        ({"etag": '"1"', "modified": "m"}, {"etag": '"2"', "modified": "m"}, True),
        ({"etag": '"1"', "modified": "m"}, {"etag": '"2"', "modified": "n"}, False),
        ({"modified": "m"}, {"modified": "n"}, False),
        ({"modified": "m"}, {}, False),
        ({"etag": '"1"'}, {}, False),
        ({}, {}, True),
    ],
)
def test_the_same_version_is_recognized_by_its_headers(
    one: dict[str, object], other: dict[str, object], same: bool
) -> None:
    assert same_file(remote(**one), remote(**other)) is same


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 10:00:30", 0.0),
        ("", 0.0),
        ("²", 0.0),
        ("-5", 0.0),
        ("9" * 400, YEAR),
        ("Sun, 22 Nov 2099 10:00:30 GMT", YEAR),
        (f"Sun, 22 Nov {'9' * 20} 10:00:30 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, datetime(2026, 11, 22, 10, tzinfo=UTC)) == seconds


def test_waits_double_up_to_five_minutes_and_a_server_may_ask_for_an_hour() -> None:
    real = RetryPolicy()
    waits = [real.wait(attempt) for attempt in range(1, 14)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, None]
    assert [real.wait(1, 40), real.wait(8, 40), real.wait(1, 3600), real.wait(1, 3601)] == [40, 128, 3600, None]
