from pathlib import Path

import pytest

from tests.benchmarks import crew

ROWS = 23


def prepare(folder: Path) -> crew.Work:
    def work(chunks: crew.Chunks, number: int) -> None:
        (folder / str(number)).write_text(" ".join(str(row) for rows in chunks for row in rows))

    return work


def prepare_badly(folder: Path) -> crew.Work:
    raise OSError(f"{folder} cannot be read")


def test_every_row_is_worked_on_once(tmp_path: Path) -> None:
    shift = crew.work(prepare, tmp_path, rows=ROWS, chunk=4, processes=2)

    done = [int(row) for number in range(2) for row in (tmp_path / str(number)).read_text().split()]
    assert sorted(done) == list(range(ROWS))
    assert 0 <= shift.idle <= shift.seconds


def test_a_process_that_fails_ends_all_of_them(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="prepare_badly: a process failed"):
        crew.work(prepare_badly, tmp_path, rows=ROWS, chunk=4, processes=2)
