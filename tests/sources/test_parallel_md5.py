import hashlib
import threading
import time
from pathlib import Path

import pytest

from wizard.errors import InputError
from wizard.sources import parallel_md5
from wizard.sources.checksums import md5
from wizard.sources.parallel_md5 import hash_while_it_pays
from wizard.sources.source import Progress

CONTENTS = {"a": b"first.", "b": b"second" * 1000, "c": b""}


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in CONTENTS]


class SlowDisk:
    """Reads nothing until it is told to go on."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.go_on = threading.Event()
        self.ended = 0
        patch.setattr(parallel_md5, "md5", self.read)
        patch.setattr(parallel_md5, "_TRIAL", 0.0)
        patch.setattr(parallel_md5, "_POLL", 0.001)

    def read(self, path: Path, progress: Progress) -> str:
        try:
            while not self.go_on.wait(0.001):
                progress(path.stat().st_size // 2, path.stat().st_size)
            return md5(path, progress)
        finally:
            self.ended += 1


def test_every_file_gets_its_own_sum(paths: list[Path]) -> None:
    found = hash_while_it_pays(paths, lambda _done, _total: None, lambda _: False)
    assert found == {path: hashlib.md5(CONTENTS[path.name]).hexdigest() for path in paths}


def test_progress_is_that_of_all_files_together(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    disk, seen = SlowDisk(monkeypatch), []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done:
            disk.go_on.set()

    assert hash_while_it_pays(paths, progress, lambda _: True) is not None
    assert {total for _, total in seen} == {6006}
    assert max(done for done, _ in seen) <= 6006


def test_what_does_not_pay_is_given_up_and_its_threads_end(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    disk, asked = SlowDisk(monkeypatch), []

    def pays(seconds: float) -> bool:
        asked.append(seconds)
        return len(asked) < 3

    assert hash_while_it_pays(paths, lambda _done, _total: None, pays) is None
    assert len(asked) == 3
    assert disk.ended == 3


def test_with_half_of_the_slowest_file_read_as_much_time_is_to_come_as_has_passed(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, read, to_come = SlowDisk(monkeypatch), [0], [0.0]
    begun = time.monotonic()

    def progress(done: int, _total: int) -> None:
        read[0] = done

    def pays(seconds: float) -> bool:
        to_come[0] = seconds
        return read[0] < 3003

    assert hash_while_it_pays(paths, progress, pays) is None
    assert 0 < to_come[0] <= time.monotonic() - begun
    assert disk.ended == 3


def test_an_error_of_progress_ends_the_threads(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hash_while_it_pays(paths, stop, lambda _: True)
    assert disk.ended == 3


def test_a_file_that_cannot_be_read_ends_the_others(paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)
    read = disk.read

    def fail(path: Path, progress: Progress) -> str:
        if path.name == "b":
            raise InputError("gone")
        return read(path, progress)

    monkeypatch.setattr(parallel_md5, "md5", fail)
    with pytest.raises(InputError, match="gone"):
        hash_while_it_pays(paths, lambda _done, _total: None, lambda _: True)
    assert disk.ended == 2
