import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import tar
from wizard.formats.padding import BLOCK, is_padding, skip_zeros
from wizard.formats.tar import members

FORMATS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
FILES = [("a/b", b"x" * 600), ("n" * 120, b""), ("c", b"\0" * 1024)]
END = 2 * BLOCK
"""Bytes of zeros at the end of every archive."""


def walked(data: bytes, end: int | None) -> tuple[list[tuple[str, bytes]], list[tuple[int, int]]]:
    """Names and contents of the members, and the calls of `ended`."""
    calls: list[tuple[int, int]] = []
    found = members(io.BytesIO(data), 0, end, ended=lambda size, zeros: calls.append((size, zeros)))
    return [(member.name, data[member.offset : member.offset + member.size]) for member in found], calls


@given(form=FORMATS, padding=st.integers(0, 20_000) | st.integers(1, 9).map(lambda n: n << 19), known=st.booleans())
def test_any_number_of_zeros_ends_an_archive_of_any_format(form: int, padding: int, known: bool) -> None:
    bare = tar(FILES[::2] if form == tarfile.USTAR_FORMAT else FILES, form).rstrip(b"\0")
    bare += bytes(BLOCK * 2 + -len(bare) % BLOCK)  # the last file is of zeros
    data = bare + bytes(BLOCK + padding)
    files, calls = walked(data, len(data) if known else None)
    assert files == (FILES[::2] if form == tarfile.USTAR_FORMAT else FILES)
    assert calls == [(len(data), BLOCK + padding)]


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
@pytest.mark.parametrize("blocks", [1, 2, 10, 20, 64, 126, 128, 512, 1024, 2048])
def test_the_padding_of_tar_is_recognized_at_every_usual_blocking_factor(tmp_path: Path, blocks: int) -> None:
    for size in (0, 1, 9_000, 70_000, 600_000, 1_048_000):
        (tmp_path / "file").write_bytes(b"x" * size)
        subprocess.run(["tar", "-b", str(blocks), "-cf", "a.tar", "file"], cwd=tmp_path, check=True)
        data = (tmp_path / "a.tar").read_bytes()
        files, [(size_seen, zeros)] = walked(data, len(data))
        assert files == [("file", b"x" * size)]
        assert size_seen == len(data)
        assert is_padding(size_seen, zeros)


def test_half_an_archive_of_zeros_is_not_padding_unless_a_larger_record_size_fits() -> None:
    for records in range(4, 400):
        size = records * 10_240
        assert not is_padding(size, size // 2) or size % (1 << 16) == 0


@pytest.mark.parametrize("megabytes", [2, 10, 1200])
def test_more_zeros_than_the_largest_record_are_not_padding(megabytes: int) -> None:
    assert not is_padding(1 << 40, megabytes * 10**6)


def sparse(path: Path, place: int) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 41)
        if place:
            file.seek(place)
            file.write(b"data")


@pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="needs a system that reports holes")
@pytest.mark.parametrize(
    ("place", "expected"), [(0, (1 << 41, b"")), ((1 << 40) + 700, ((1 << 40) + 512, b"data"))], ids=["none", "data"]
)
def test_a_hole_of_two_terabytes_is_skipped_without_reading(
    tmp_path: Path, place: int, expected: tuple[int, bytes]
) -> None:
    sparse(tmp_path / "file", place)
    with (tmp_path / "file").open("rb", buffering=0) as file:
        at, block = skip_zeros(file, 0, 1 << 41)
    assert (at, block.strip(b"\0")) == expected


def opened(path: Path) -> io.FileIO:
    return io.FileIO(path)


@pytest.mark.parametrize("open_file", [opened, lambda path: path.open("rb")], ids=["unbuffered", "buffered"])
@given(zeros=st.integers(0, 3 << 20), start=st.integers(0, 2000), end=st.integers(0, 4 << 20))
def test_the_first_block_with_data_is_found_before_the_end(
    tmp_path_factory: pytest.TempPathFactory,
    open_file: Callable[[Path], io.FileIO],
    zeros: int,
    start: int,
    end: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "zeros"
    path.write_bytes(bytes(start + zeros) + b"x")
    end = min(max(end, start), start + zeros + 1)
    with open_file(path) as file:
        file.seek(start)
        at, block = skip_zeros(file, start, end)
    if end <= start + zeros:
        assert (at, block) == (end, b"")
    else:
        assert at == start + zeros // BLOCK * BLOCK
        assert block == bytes(zeros % BLOCK) + b"x"
