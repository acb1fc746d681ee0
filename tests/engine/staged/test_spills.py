"""Spills on disk: written in sorted runs, read back in the order of positions, and never wrong without a word."""

import errno
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import google_crc32c
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.engine.staged.gather import gather
from wizard.engine.staged.spill import SpillFiles, SpillRecord, SpillWriter, holds, read_record
from wizard.errors import MachineError

COUNT = 40
ENDS = np.array([10, 25, COUNT], np.int64)


def content(position: int) -> bytes:
    return b"%d " % position * (1 + position % 7)


def spill(folder: Path, name: str, runs: list[list[int]]) -> SpillRecord:
    with SpillWriter(folder, name, ENDS) as writer:
        for run in runs:
            writer.add_run((at, content(at), google_crc32c.value(content(at))) for at in sorted(run))
        images = sum(map(len, runs))
        more = {"shards": (0, 1, 2), "images": images, "skipped": 0, "bytes_in": images}
        return writer.commit(plan_id="p", layout="l", stretches=(0, 1), **more)


def gathered(folder: Path, records: list[SpillRecord], *, window: int = 1 << 20) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes, int]] = []
    for first, end in zip([0, *ENDS[:-1].tolist()], ENDS.tolist(), strict=True):
        found += gather(folder, records, ENDS, first, end, window=window)
    return [(position, data) for position, data, _ in found]


@given(st.permutations(range(COUNT)), st.sets(st.integers(1, COUNT - 1), max_size=6), st.integers(1, 400))
def test_images_of_any_spills_come_in_the_order_of_their_positions(
    order: list[int], cuts: set[int], window: int
) -> None:
    bounds = [0, *sorted(cuts), COUNT]
    parts = [order[start:end] for start, end in pairwise(bounds)]
    with TemporaryDirectory() as folder:
        records = [spill(Path(folder), f"s{number}", [part]) for number, part in enumerate(parts[1:])]
        records.append(spill(Path(folder), "runs", [parts[0][::2], parts[0][1::2]]))
        assert gathered(Path(folder), records, window=window) == [(at, content(at)) for at in range(COUNT)]


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = spill(tmp_path, "s", [[3, 1], [30]])
    assert read_record(tmp_path, "s") == record
    assert record.run_ends == (2, 3)
    assert record.bytes_out == sum(len(content(at)) for at in (1, 3, 30))


def test_a_spill_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with SpillWriter(tmp_path, "s", ENDS) as writer:
        writer.add_run([(1, b"x", 0)])
        assert [*tmp_path.iterdir()]
    assert [*tmp_path.iterdir()] == []


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def double(file: Path) -> None:
    file.write_bytes(file.read_bytes() * 2)


@pytest.mark.parametrize("change", [flip, cut, Path.unlink])
@pytest.mark.parametrize("which", ["images", "index"])
def test_a_spill_altered_between_the_passes_is_named_and_removed(
    tmp_path: Path, change: Callable[[Path], None], which: str
) -> None:
    records = [spill(tmp_path, "even", [[*range(0, COUNT, 2)]]), spill(tmp_path, "odd", [[*range(1, COUNT, 2)]])]
    files = SpillFiles(folder=tmp_path, name="odd")
    change(files.images(0) if which == "images" else files.index)
    with pytest.raises(MachineError, match=str(tmp_path)) as error:
        gathered(tmp_path, records)
    assert "Run the same command again" in error.value.hint
    assert read_record(tmp_path, "odd") is None


@given(st.integers(0, 28 * COUNT - 1), st.integers(1, 255))
@example(712, 1)  # the last image of a file, a byte longer
def test_no_altered_index_gives_other_images(at: int, change: int) -> None:
    with TemporaryDirectory() as folder:
        record = spill(Path(folder), "s", [[*range(COUNT)]])
        index = SpillFiles(folder=Path(folder), name="s").index
        data = bytearray(index.read_bytes())
        data[at] ^= change
        index.write_bytes(data)
        with pytest.raises(MachineError):
            gathered(Path(folder), [record])


def test_an_image_that_no_spill_has_is_missed(tmp_path: Path) -> None:
    record = spill(tmp_path, "s", [[at for at in range(COUNT) if at != 12]])
    with pytest.raises(MachineError, match="position 12 is missing"):
        gathered(tmp_path, [record])


def test_a_spill_holds_only_the_shards_and_volumes_that_are_there_in_full(tmp_path: Path) -> None:
    record = spill(tmp_path, "s", [[*range(COUNT)]])
    files = SpillFiles(folder=tmp_path, name="s")
    assert holds(tmp_path, record, [0, 2], [0, 1, 2])
    assert not holds(tmp_path, record, [3], [0])
    files.images(1).unlink()
    assert holds(tmp_path, record, [0], [0, 2])
    assert not holds(tmp_path, record, [0], [0, 1])
    double(files.images(2))
    assert not holds(tmp_path, record, [0], [2])


def test_spills_that_the_system_lets_nobody_open_now_are_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = spill(tmp_path, "s", [[*range(COUNT)]])

    def none_left(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(np, "memmap", none_left)
    with pytest.raises(MachineError, match=r"cannot be read: Too many open files\."):
        gathered(tmp_path, [record])
    assert read_record(tmp_path, "s") == record


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_a_spill_that_is_read_keeps_one_file_open(tmp_path: Path) -> None:
    records = [spill(tmp_path, f"s{number}", [[*range(number, COUNT, 20)]]) for number in range(20)]
    before = open_files()
    reading = gather(tmp_path, records, ENDS, 0, ENDS[0])
    next(reading)
    assert open_files() - before <= len(records) + 1


def test_images_read_in_small_pieces_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = spill(tmp_path, "s", [[*range(0, COUNT, 2)], [*range(1, COUNT, 2)]])
    monkeypatch.setattr("wizard.engine.staged.gather._AT_ONCE", 20)
    assert gathered(tmp_path, [record]) == [(at, content(at)) for at in range(COUNT)]
