import hashlib
import os
from pathlib import Path

import pytest

from wizard.errors import InputError
from wizard.sources.checksums import verify_md5


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


def test_another_sum_is_refused_and_not_remembered(archive: Path, tmp_path: Path) -> None:
    for _ in range(2):
        meter = Meter()
        with pytest.raises(InputError, match=f"its MD5 is {GOOD}, the official one 00"):
            verify_md5(archive, "00", tmp_path / "cache", meter)
        assert meter.done == 7


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}'])
def test_a_damaged_memory_is_forgotten(archive: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "md5.json").write_text(content)
    assert verify_md5(archive, GOOD, tmp_path, Meter()) == "now"
