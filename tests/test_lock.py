import errno
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import filelock
import pytest

from wizard import lock
from wizard.errors import Interrupted, MachineError
from wizard.lock import Waiting, exclusive_lock, is_held, lease, waiting_lease
from wizard.storage import time_in


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "DURATION", 3.0)
    monkeypatch.setattr(lock, "_BEAT", 0.2)
    monkeypatch.setattr(lock, "_POLL", 0.02)
    monkeypatch.setattr(lock, "_MARGIN", 0.2)


def _hold(file: Path, seconds: float) -> None:
    with lease(file, ""):
        time.sleep(seconds)


@pytest.fixture
def holding() -> Iterator[Callable[[Path], BaseProcess]]:
    """Starts a process that holds a lease for a minute, unless it is killed."""
    if not hasattr(os, "fork"):
        pytest.skip("processes cannot be forked on this system")
    started = []

    def hold(file: Path) -> BaseProcess:
        process = multiprocessing.get_context("fork").Process(target=_hold, args=(file, 60.0))
        process.start()
        started.append(process)
        while not file.exists() or not file.stat().st_size:
            time.sleep(0.01)
        return process

    yield hold
    for process in started:
        process.kill()
        process.join()


def as_on_another_machine(file: Path) -> None:
    """Rewrites a lease as if its holder had another machine's name, keeping its time."""
    before = file.stat()
    file.write_bytes(file.read_bytes().replace(b"host=", b"host=elsewhere-"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_lease_that_lives_is_refused_soon(tmp_path: Path, holding: Callable[[Path], BaseProcess]) -> None:
    holding(tmp_path / "a.lease")
    with pytest.raises(MachineError, match=r"It is taken\."), lease(tmp_path / "a.lease", "It is taken."):
        pass


def test_a_lease_whose_holder_was_killed_here_is_taken_over_at_once(
    tmp_path: Path, holding: Callable[[Path], BaseProcess]
) -> None:
    killed = holding(tmp_path / "a.lease")
    killed.kill()
    killed.join()
    said: list[str] = []
    with lease(tmp_path / "a.lease", "It is taken.", Waiting(say=said.append)) as lost:
        assert not lost()
    assert said == []
    assert not (tmp_path / "a.lease").exists()


def test_a_lease_whose_holder_died_elsewhere_is_taken_over_after_a_while_that_is_announced(
    tmp_path: Path, holding: Callable[[Path], BaseProcess]
) -> None:
    killed = holding(tmp_path / "a.lease")
    killed.kill()
    killed.join()
    as_on_another_machine(tmp_path / "a.lease")
    said: list[str] = []
    begun = time.monotonic()
    with lease(tmp_path / "a.lease", "It is taken.", Waiting(say=said.append)):
        assert time.monotonic() - begun >= lock.DURATION
    assert said == ["It is taken. Waiting for a sign of life from it, for 3 s at most."]


@pytest.fixture
def without_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has filelock find what NFS and sshfs answer: that two names cannot be exchanged."""
    with lease(tmp_path / "first.lease", ""):  # imports what filelock needs for one
        pass
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "filelock"]
    for module in [module for module in ours if "exchange_names" in vars(module)]:
        monkeypatch.setattr(module, "exchange_names", lambda *_: False)


@pytest.mark.usefixtures("without_exchange")
@pytest.mark.parametrize("take", [lease, waiting_lease])
def test_a_dead_holders_lease_is_taken_over_on_file_systems_that_cannot_exchange_names(
    tmp_path: Path,
    holding: Callable[[Path], BaseProcess],
    take: Callable[[Path, str], AbstractContextManager[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "DURATION", 1.0)
    killed = holding(tmp_path / "a.lease")
    killed.kill()
    killed.join()
    as_on_another_machine(tmp_path / "a.lease")
    begun = time.monotonic()
    with take(tmp_path / "a.lease", "It is taken."):
        assert time.monotonic() - begun >= lock.DURATION
        assert (tmp_path / "a.lease").exists()


@pytest.mark.usefixtures("without_exchange")
def test_a_lease_that_lives_is_not_taken_over_on_such_file_systems(
    tmp_path: Path, holding: Callable[[Path], BaseProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    holding(tmp_path / "a.lease")
    before = (tmp_path / "a.lease").read_bytes()
    contender = lock._Contender(tmp_path / "a.lease")
    monkeypatch.setattr(lock, "DURATION", 1.0)
    begun = time.monotonic()
    while time.monotonic() - begun < 2.5:
        assert not contender.attempt()
        time.sleep(0.05)
    assert (tmp_path / "a.lease").read_bytes() == before


def test_sshfs_eperm_for_a_file_that_another_host_makes_means_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.lease"
    real = filelock.SoftFileLease.acquire
    refused: list[int] = []

    def acquire(self: filelock.SoftFileLease, *args: Any, **named: Any) -> Any:
        if not refused:
            refused.append(1)
            file.touch()
            raise PermissionError(errno.EPERM, "Operation not permitted", str(file))
        file.unlink(missing_ok=True)
        return real(self, *args, **named)

    monkeypatch.setattr(filelock.SoftFileLease, "acquire", acquire)
    with waiting_lease(file, ""):
        assert refused


def test_a_lease_of_a_version_that_waits_otherwise_is_respected_and_taken_over(
    tmp_path: Path, holding: Callable[[Path], BaseProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = holding(tmp_path / "a.lease")
    monkeypatch.setattr(lock, "DURATION", 1.0)
    with pytest.raises(MachineError, match=r"It is taken\."), lease(tmp_path / "a.lease", "It is taken."):
        pass
    other.kill()
    other.join()
    as_on_another_machine(tmp_path / "a.lease")
    with lease(tmp_path / "a.lease", "It is taken.") as lost:
        assert not lost()


def test_a_holder_that_was_replaced_learns_of_it(tmp_path: Path) -> None:
    file = tmp_path / "a.lease"
    with lease(file, "") as lost:
        others = file.read_bytes().replace(b"pid=", b"pid=1")
        file.unlink()
        file.write_bytes(others)
        deadline = time.monotonic() + 20
        while not lost() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert lost()
    assert file.read_bytes() == others  # it is the other's, and stays


def test_a_short_lease_waits_until_its_holder_is_done(tmp_path: Path) -> None:
    file = tmp_path / "folder.lease"
    process = multiprocessing.get_context("fork").Process(target=_hold, args=(file, 1.0))
    process.start()
    while not file.exists():
        time.sleep(0.01)
    said: list[str] = []
    with waiting_lease(file, "It is taken.", Waiting(say=said.append)):
        assert said == ["It is taken. Waiting for it."]
    process.join()


def test_another_runs_lease_is_held_while_it_lives(tmp_path: Path, holding: Callable[[Path], BaseProcess]) -> None:
    file = tmp_path / "a.lease"
    assert not is_held(file, time_in(tmp_path))
    process = holding(file)
    assert is_held(file, time_in(tmp_path))
    process.kill()
    process.join()
    assert not is_held(file, time_in(tmp_path))


def test_a_lease_of_another_machine_counts_as_held_until_it_is_old_by_the_file_systems_clock(
    tmp_path: Path, holding: Callable[[Path], BaseProcess]
) -> None:
    file = tmp_path / "a.lease"
    process = holding(file)
    process.kill()
    process.join()
    as_on_another_machine(file)
    touched = file.stat().st_mtime
    assert is_held(file, touched + 1)
    assert not is_held(file, touched + 4)


def test_a_lease_does_not_make_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot be written"), waiting_lease(tmp_path / "gone" / "a.lease", ""):
        pass
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError()])
def test_a_file_system_without_locks_locks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with exclusive_lock(tmp_path / "lock", "It is taken."):
        pass


def test_a_wait_can_be_ended(tmp_path: Path, holding: Callable[[Path], BaseProcess]) -> None:
    holding(tmp_path / "a.lease")

    def stop() -> None:
        raise Interrupted("Stopped.")

    with pytest.raises(Interrupted), waiting_lease(tmp_path / "a.lease", "", Waiting(check=stop)):
        pass


@pytest.mark.parametrize("take", [lambda file: lease(file, ""), lambda file: waiting_lease(file, "")])
def test_what_failed_while_a_lease_was_held_is_not_hidden_by_its_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, take: Callable[[Path], AbstractContextManager[object]]
) -> None:
    release = filelock.SoftFileLease.release

    def released_and_failed(self: filelock.SoftFileLease) -> None:
        release(self)
        raise OSError(errno.EIO, "Input/output error", self.lock_file)

    monkeypatch.setattr(filelock.SoftFileLease, "release", released_and_failed)
    with pytest.raises(MachineError, match=r"train-00001 cannot be written\."), take(tmp_path / "a.lease"):
        raise MachineError("train-00001 cannot be written.")
