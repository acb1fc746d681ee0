import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from wizard.errors import InputError
from wizard.sources.cache import fingerprint
from wizard.sources.checksums import verify_md5, when_verified


class Meter:
    """Counts the bytes that were read."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, done: int, total: int) -> None:
        assert done <= total
        self.done = done


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.tar"
    path.write_bytes(b"content")
    return path


GOOD = hashlib.md5(b"content").hexdigest()


def test_a_verified_sum_is_remembered_until_the_file_changes(archive: Path, tmp_path: Path) -> None:
    first, second, third = Meter(), Meter(), Meter()
    assert verify_md5(archive, GOOD, tmp_path / "cache", first) == "now"
    assert verify_md5(archive, GOOD, tmp_path / "cache", second) != "now"
    os.utime(archive, ns=(1, 1))
    assert verify_md5(archive, GOOD, tmp_path / "cache", third) == "now"
    assert [meter.done for meter in (first, second, third)] == [7, 0, 7]


def test_a_sum_of_a_file_that_changed_meanwhile_is_not_remembered(archive: Path, tmp_path: Path) -> None:
    def touch(_done: int, _total: int) -> None:
        os.utime(archive, ns=(1, 1))

    assert verify_md5(archive, GOOD, tmp_path / "cache", touch) == "now"
    assert when_verified(archive, GOOD, tmp_path / "cache") == ""


def test_a_wrong_md5_is_refused_and_not_remembered(archive: Path, tmp_path: Path) -> None:
    for _ in range(2):
        meter = Meter()
        with pytest.raises(InputError, match=f"its MD5 is {GOOD}, the official one 00"):
            verify_md5(archive, "00", tmp_path / "cache", meter)
        assert meter.done == 7


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}'])
def test_a_damaged_memory_is_forgotten(archive: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "md5.json").write_text(content)
    assert verify_md5(archive, GOOD, tmp_path, Meter()) == "now"


def test_when_a_sum_was_verified_is_known_while_the_file_stays(archive: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert when_verified(archive, GOOD, cache) == ""
    before = time.strftime("%Y-%m-%d %H:%M")
    verify_md5(archive, GOOD, cache, Meter())
    assert before <= when_verified(archive, GOOD, cache) <= time.strftime("%Y-%m-%d %H:%M")
    assert when_verified(archive, "00", cache) == ""
    os.utime(archive, ns=(1, 1))
    assert when_verified(archive, GOOD, cache) == ""


def test_a_deleted_file_does_not_count_as_verified(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.tar cannot be read"):
        when_verified(tmp_path / "gone.tar", GOOD, tmp_path)


@pytest.mark.parametrize("entry", [1, [], {}, {"md5": GOOD}, {"verified": "2026"}])
def test_a_memory_of_another_form_is_forgotten(archive: Path, tmp_path: Path, entry: object) -> None:
    (tmp_path / "md5.json").write_text(json.dumps({fingerprint(archive): entry}))
    assert when_verified(archive, GOOD, tmp_path) == ""
    assert verify_md5(archive, GOOD, tmp_path, Meter()) == "now"
