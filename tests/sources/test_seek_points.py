import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.sources.making import nothing
from wizard.folders import cache_folder
from wizard.sources import seek_points, streams

SIZE = 11_250_000
SPACING = 1 << 22
"""An eighth of the usual, as the file is."""


@pytest.fixture(autouse=True)
def _spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (seek_points, streams):
        monkeypatch.setattr(module, "SPACING", SPACING)


@pytest.fixture(scope="module")
def content() -> bytes:
    random = np.random.default_rng(7)
    return (random.integers(0, 240, SIZE, np.uint8) // 2).tobytes()


@pytest.fixture(scope="module")
def packed(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "x.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(content)
    return path


@pytest.fixture
def with_points(packed: Path) -> Path:
    seek_points.find_seek_points(packed, SIZE, 2, nothing)
    streams._kept_open.cache_clear()
    return packed


def test_reads_the_same_bytes_from_anywhere(with_points: Path, content: bytes) -> None:
    assert seek_points.seekable(with_points) is not None
    for offset in (0, 10_000_000, 10_100_000, 10, 5_600_000, 5_599_999, SIZE - 5):
        assert streams.read(with_points, offset, 1000) == content[offset : offset + 1000]


def test_reads_no_more_than_the_stretch_between_two_points(with_points: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = seek_points.SeekableGzip.read

    def counted(self: seek_points.SeekableGzip, size: int) -> bytes:
        read.append(size)
        return plain(self, size)

    monkeypatch.setattr(seek_points.SeekableGzip, "read", counted)
    streams.read(with_points, 10_600_000, 1000)
    assert sum(read) < 1_000_000


def test_a_file_that_has_changed_has_no_points(with_points: Path) -> None:
    with_points.touch()
    assert seek_points.seekable(with_points) is None


def test_without_the_package_nothing_is_kept(packed: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setitem(sys.modules, "rapidgzip", None)
    monkeypatch.setattr(seek_points, "find_spec", lambda _name: None)
    seek_points.find_seek_points(packed, SIZE, 2, nothing)
    assert not list(cache_folder().glob("seek1-*"))
    assert streams.read(packed, 1000, 10) == content[1000:1010]


def test_a_file_that_cannot_be_unpacked_is_left_without_points(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 100)[:-9])
    seek_points.find_seek_points(path, 25_600, 2, nothing)
    assert seek_points.seekable(path) is None
