import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.reads import Reads, Seek, Shim, compiler, watching

pytestmark = pytest.mark.skipif(sys.platform != "linux" or compiler() is None, reason="needs Linux and a C compiler")

_BIG = 1 << 20


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    """Watches two folders, the first of which has a file of 1 MB."""
    for folder in ("raw", "raw-too", "work"):
        (tmp_path / folder).mkdir()
    (tmp_path / "raw" / "file").write_bytes(bytes(_BIG))
    return watching(tmp_path / "raw", tmp_path / "raw-too", work=tmp_path / "work")


def reading(shim: Shim, code: str, seek: Seek = "strict", delay: float = 0.0) -> Reads:
    """What a program reads of the first folder; `fd` is its file."""
    opened = f"import os, mmap; fd = os.open({str(shim.roots[0] / 'file')!r}, os.O_RDONLY)\n"
    subprocess.run([sys.executable, "-c", opened + code], check=True, env={**os.environ, **shim.env(seek, delay)})
    return shim.look()[0]


def test_only_the_first_of_reads_that_follow_each_other_is_a_seek(shim: Shim) -> None:
    found = reading(shim, "for _ in range(4): os.read(fd, 1000)")
    assert found == Reads(reads=4, bytes=4000, strict=1, skip=1, head=1)


def test_a_small_gap_is_a_seek_in_the_strict_sense_only(shim: Shim) -> None:
    found = reading(shim, "for place in (0, 50_000, 100_000): os.pread(fd, 1000, place)")
    assert (found.strict, found.skip, found.head) == (3, 1, 1)


def test_a_large_gap_and_a_step_back_are_seeks(shim: Shim) -> None:
    found = reading(shim, "for place in (0, 500_000, 100): os.pread(fd, 1000, place)")
    assert (found.strict, found.skip) == (3, 3)


def test_what_the_system_was_asked_for_ahead_needs_the_head_once(shim: Shim) -> None:
    asked = "os.posix_fadvise(fd, 0, 900_000, os.POSIX_FADV_WILLNEED)\n"
    found = reading(shim, asked + "for place in (800_000, 100, 400_000): os.pread(fd, 1000, place)")
    assert (found.strict, found.head) == (3, 1)


def test_places_that_are_read_in_turn_share_one_head(shim: Shim) -> None:
    opened = f"other = os.open({str(shim.roots[0] / 'file')!r}, os.O_RDONLY); os.lseek(other, 500_000, 0)\n"
    found = reading(shim, opened + "for _ in range(3): os.read(fd, 131_072), os.read(other, 131_072)")
    assert (found.strict, found.head) == (2, 4)


def test_what_ends_with_the_file_counts_as_much_as_there_was(shim: Shim) -> None:
    assert reading(shim, f"os.pread(fd, 1000, {_BIG} - 10)").bytes == 10


def test_a_seek_takes_its_time_in_all_processes(shim: Shim) -> None:
    began = time.monotonic()
    path = str(shim.roots[0] / "file")
    child = f"import os; f = os.open({path!r}, 0); [os.pread(f, 10, n * 1000) for n in range(20)]"
    started = f"[subprocess.Popen([sys.executable, '-c', {child!r}]) for _ in range(2)]"
    code = f"import subprocess, sys\nfor each in {started}: each.wait()"
    assert reading(shim, code, delay=0.02).strict == 40
    assert time.monotonic() - began >= 40 * 0.02


def test_only_the_kind_that_is_asked_for_takes_its_time(shim: Shim) -> None:
    began = time.monotonic()
    assert reading(shim, "for n in range(20): os.pread(fd, 10, n * 1000)", "skip", 1.0).strict == 20
    assert time.monotonic() - began < 10


def test_only_the_roots_on_the_slow_disk_take_their_time(shim: Shim) -> None:
    began = time.monotonic()
    code = f"import os; f = os.open({str(shim.roots[0] / 'file')!r}, 0); os.pread(f, 10, 0)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **shim.env(delay=20.0, slow=0)})
    assert shim.look()[0].strict == 1
    assert time.monotonic() - began < 20


def test_files_beside_the_folders_are_not_counted(shim: Shim, tmp_path: Path) -> None:
    beside = tmp_path / "raw-beside"
    beside.write_bytes(bytes(100))
    assert reading(shim, f"open({str(beside)!r}, 'rb').read()") == Reads()


def test_python_files_and_mapped_ones_are_seen(shim: Shim) -> None:
    code = f"open({str(shim.roots[0] / 'file')!r}, 'rb').read(); mmap.mmap(fd, 5000, prot=mmap.PROT_READ)"
    found = reading(shim, code)
    assert (found.bytes, found.mapped) == (_BIG, 5000)
