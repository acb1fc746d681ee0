import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import zstandard

from wizard.errors import InputError
from wizard.sources import streams

CONTENT = os.urandom(700_000) + bytes(10_000) + os.urandom(300_000)
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "Zstandard": zstandard.ZstdCompressor(write_checksum=True).compress,  # as the zstd command writes them
}


@pytest.fixture(params=PACK)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    path.write_bytes(_packed(request.param))
    return path


@cache
def _packed(form: str) -> bytes:
    return PACK[form](CONTENT)


def test_tells_the_compression_by_the_first_bytes(packed: Path) -> None:
    assert streams.compression(packed.read_bytes()[:8]) == packed.name


def test_reads_forwards_and_back(packed: Path) -> None:
    for offset, size in ((0, 10), (5, 700_000), (900_000, 100), (20, 30), (1_009_990, 10)):
        assert streams.read(packed, offset, size) == CONTENT[offset : offset + size]


def test_gives_less_where_the_stream_ends(packed: Path) -> None:
    assert streams.read(packed, len(CONTENT) - 5, 10) == CONTENT[-5:]
    assert streams.read(packed, len(CONTENT) + 5, 10) == b""


def test_reads_members_of_several_gzip_streams_as_one(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"abc") + gzip.compress(b"def"))
    assert streams.read(path, 1, 4) == b"bcde"


def test_a_file_that_changes_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"abc"))
    assert streams.read(path, 0, 3) == b"abc"
    path.write_bytes(gzip.compress(b"other"))
    assert streams.read(path, 0, 3) == b"oth"


@pytest.mark.parametrize("form", ["gzip", "bzip2", "xz"])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, form: str) -> None:
    path = tmp_path / "cut"
    path.write_bytes(PACK[form](CONTENT)[:500_000])
    with pytest.raises(InputError, match=r"cut \(500\.0 kB\) is cut off, after"):
        streams.read(path, 0, len(CONTENT))


def test_a_damaged_file_is_named(packed: Path) -> None:
    data = bytearray(packed.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff" * 2000
    packed.write_bytes(data)
    with pytest.raises(InputError, match="is damaged"):
        streams.read(packed, 0, len(CONTENT) + 1)


def test_reading_goes_on_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(CONTENT)[:500_000])
    with pytest.raises(InputError):
        streams.read(path, 600_000, 10)
    assert streams.read(path, 100, 10) == CONTENT[100:110]


def test_refuses_what_unpacks_to_zeros_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_WINDOW", 1 << 22)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(os.urandom(1000)) + gzip.compress(bytes(1 << 23)))
    with pytest.raises(InputError, match=r"bomb\.gz is not what it seems to be"):
        streams.read(path, 1 << 23, 1)


def test_refuses_a_file_that_is_not_compressed(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"<html>")
    with pytest.raises(InputError, match="is not compressed: it begins with b'<html>'"):
        streams.read(tmp_path / "x.gz", 0, 1)


def test_names_the_package_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.tar.zst"
    path.write_bytes(PACK["Zstandard"](b"abc"))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(InputError) as caught:
        streams.read(path, 0, 1)
    assert "pip install zstandard" in caught.value.hint


@pytest.mark.skipif(shutil.which("gzip") is None, reason="there is no gzip here")
def test_reads_what_gzip_itself_writes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(CONTENT)
    subprocess.run(["gzip", "-1", str(tmp_path / "x")], check=True)
    assert streams.read(tmp_path / "x.gz", 800_000, 50) == CONTENT[800_000:800_050]


def test_tells_how_much_of_the_file_was_taken(packed: Path) -> None:
    with streams.open_stream(packed) as stream:
        stream.seek(0, io.SEEK_SET)
        assert streams.packed_position(stream) <= packed.stat().st_size
        while stream.read(1 << 16):
            pass
        assert streams.packed_position(stream) == packed.stat().st_size


def test_going_back_a_little_does_not_unpack_again(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with streams.open_stream(packed) as stream:
        stream.seek((1 << 17) * 3 + 10)  # just behind a border between two buffers
        stream.read(5)
        taken = streams.packed_position(stream)
        monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened again"))
        for offset in ((1 << 17) * 3 - 100, (1 << 17) * 3 + 15, (1 << 17) * 3 - 8):
            stream.seek(offset)
            assert stream.read(1000) == CONTENT[offset : offset + 1000]
        assert streams.packed_position(stream) >= taken
