import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from wizard.errors import Interrupted
from wizard.sources.cache import Arrays, cached


class Maker:
    """Makes arrays, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Arrays:
        self.times += 1
        return {"times": np.array([self.times])}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "raw" / name for name in ("a", "b")]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_bytes(b"x")
    return paths


def taken(tmp_path: Path, make: Maker, files: list[Path], kind: str = "kind") -> int:
    return int(cached(tmp_path / "cache", tmp_path / "raw", kind, make, files=files)["times"][0])


def test_arrays_of_several_files_are_made_once(tmp_path: Path, files: list[Path]) -> None:
    make = Maker()
    assert [taken(tmp_path, make, files) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("change", ["size", "time", "other file", "order", "fewer"])
def test_arrays_are_made_again_where_any_of_the_files_is_another(
    tmp_path: Path, files: list[Path], change: str
) -> None:
    make = Maker()
    taken(tmp_path, make, files)
    if change == "size":
        files[1].write_bytes(b"xy")
    elif change == "time":
        os.utime(files[1], ns=(0, 0))
    elif change == "other file":
        files = [files[0], files[1].rename(tmp_path / "raw" / "c")]
    else:
        files = files[::-1] if change == "order" else files[:1]
    assert taken(tmp_path, make, files) == 2


def test_caches_of_different_kinds_are_kept_apart(tmp_path: Path, files: list[Path]) -> None:
    make = Maker()
    assert [taken(tmp_path, make, files, kind) for kind in ("train", "test", "train")] == [1, 2, 1]


def test_a_damaged_entry_is_made_again(tmp_path: Path, files: list[Path]) -> None:
    make = Maker()
    taken(tmp_path, make, files)
    (entry,) = (tmp_path / "cache").iterdir()
    data = bytearray(entry.read_bytes())
    data[-1] ^= 1
    entry.write_bytes(bytes(data))
    assert taken(tmp_path, make, files) == 2


def test_arrays_of_one_file_need_no_list(tmp_path: Path, files: list[Path]) -> None:
    make = Maker()
    for _ in range(2):
        cached(tmp_path / "cache", files[0], "kind", make)
    assert make.times == 1


def test_an_array_may_have_any_name(tmp_path: Path, files: list[Path]) -> None:
    made = {name: np.array([number]) for number, name in enumerate(("key", "file", "column:key", "args"))}
    calls: list[int] = []

    def make() -> Arrays:
        calls.append(1)
        return made

    for _ in range(2):
        found = cached(tmp_path / "cache", files[0], "kind", make)
        assert {name: array.tolist() for name, array in found.items()} == {k: v.tolist() for k, v in made.items()}
    assert len(calls) == 1


def test_what_several_want_at_once_is_made_once(tmp_path: Path, files: list[Path]) -> None:
    class Slow(Maker):
        def __call__(self) -> Arrays:
            time.sleep(0.3)
            return super().__call__()

    make = Slow()
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: taken(tmp_path, make, files), range(4)))
    assert results == [1, 1, 1, 1]
    assert [file.suffix for file in (tmp_path / "cache").iterdir()] == [".npz"]


def test_a_wait_for_another_process_that_makes_them_can_be_ended(tmp_path: Path, files: list[Path]) -> None:
    ready, done = threading.Event(), threading.Event()

    def make() -> Arrays:
        ready.set()
        done.wait()
        return {}

    def stop(_done: int, _total: int) -> None:
        raise Interrupted("stopped")

    with ThreadPoolExecutor(1) as threads:
        threads.submit(cached, tmp_path / "cache", files[0], "kind", make)
        assert ready.wait(30)
        try:
            with pytest.raises(Interrupted):
                cached(tmp_path / "cache", files[0], "kind", Maker(), progress=stop)
        finally:
            done.set()
