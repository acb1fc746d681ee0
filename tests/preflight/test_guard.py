from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN_SHARDS, VALIDATION_SHARDS, build_dataset, contents, shards
from wizard.commit_record import CommitRecord
from wizard.errors import Interrupted, MachineError
from wizard.events import Heartbeat, Note, ShardDone, WorkerLost
from wizard.machine import disks, load
from wizard.machine.load import MachineLoad
from wizard.preflight import guard
from wizard.preflight.guard import Guard, too_full, too_little_memory

MB, GB = 1_000_000, 1_000_000_000
ALL = TRAIN_SHARDS + VALIDATION_SHARDS


def at(*, disk: float = 100 * GB, used: float = 1 * GB, total: float = 64 * GB) -> MachineLoad:
    return MachineLoad(cpu=50.0, memory_used=int(used), memory_total=int(total), disk_free=int(disk))


def shortage(seen: MachineLoad, soon: int) -> str:
    return too_full(seen.disk_free, soon) or too_little_memory(seen)


def beat(size: int, shard: str = "a", done: int = 100) -> Heartbeat:
    return Heartbeat(worker=1, shard=shard, split="train", done=done, total=100, bytes_in=1, bytes_out=size, rss=1)


def done(size: int) -> ShardDone:
    return ShardDone(
        result=CommitRecord(shard="a", split="train", images=1, boxes=0, bytes_in=1, bytes_out=size, sha256="")
    )


@pytest.mark.parametrize(
    ("seen", "soon"),
    [
        (at(), 0),
        (at(disk=16 * MB), 0),
        (at(disk=1016 * MB), GB),
        (at(used=64 * GB - 256 * MB), 0),
        (at(used=1.9 * GB, total=2 * GB), 0),
    ],
    ids=["plenty", "disk just", "disk with shards just", "memory just", "a twentieth of little memory"],
)
def test_enough_is_no_shortage(seen: MachineLoad, soon: int) -> None:
    assert shortage(seen, soon) == ""


@pytest.mark.parametrize(
    ("seen", "soon", "told"),
    [
        (at(disk=15 * MB), 0, "Only 15.0 MB are free on the output's disk."),
        (at(disk=1000 * MB), GB, "Only 1.0 GB are free on the output's disk."),
        (at(used=63.8 * GB), 0, "Only 200.0 MB of 64.0 GB of memory are left."),
        (at(used=1.95 * GB, total=2 * GB), 0, "Only 50.0 MB of 2.0 GB of memory are left."),
    ],
)
def test_a_shortage_is_reported_in_a_sentence(seen: MachineLoad, soon: int, told: str) -> None:
    assert shortage(seen, soon) == told


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[MachineLoad]:
    """What the guard sees, one look after the other; the last for ever."""
    looks = [at()]
    monkeypatch.setattr(guard, "machine_load", lambda _output: looks.pop(0) if len(looks) > 1 else looks[0])
    monkeypatch.setattr(guard, "free_bytes", lambda _output: looks[0].disk_free)
    monkeypatch.setattr(guard, "_EVERY", 0.0)
    return looks


def test_a_guard_lets_everything_begin_until_the_person_asks(seen: list[MachineLoad]) -> None:
    asked: list[bool] = []
    watching = Guard(Path("/out"), 2, 9, lambda: bool(asked))
    assert list(watching.watch(beat(1))) == seen
    assert not watching()
    asked.append(True)
    assert watching()
    with pytest.raises(Interrupted, match="as it was"), watching.naming_the_shortage():
        raise Interrupted("as it was")


@pytest.mark.parametrize("event", [beat(100 * MB), done(100 * MB)])
def test_the_disk_must_have_room_for_the_shards_under_way(
    seen: list[MachineLoad], event: Heartbeat | ShardDone
) -> None:
    seen[:] = [at(disk=300 * MB)]
    two, four = Guard(Path("/out"), 2, 9, lambda: False), Guard(Path("/out"), 4, 9, lambda: False)
    for watching in (two, four):
        list(watching.watch(event))
        list(watching.watch(beat(1)))
    assert (two(), four()) == (False, True)


def test_a_shards_size_is_predicted_from_its_first_quarter_on(seen: list[MachineLoad]) -> None:
    seen[:] = [at(disk=60 * MB)]
    for done, short in ((24, False), (25, True)):
        watching = Guard(Path("/out"), 1, 1, lambda: False)
        list(watching.watch(beat(25 * MB, done=done)))
        assert watching() is short


def test_bytes_already_written_by_shards_under_way_are_not_counted_again(seen: list[MachineLoad]) -> None:
    seen[:] = [at(disk=60 * MB)]
    watching = Guard(Path("/out"), 2, 2, lambda: False)
    list(watching.watch(beat(99 * MB, shard="a")))
    assert watching()
    seen[:] = [at(), at(disk=60 * MB)]
    watching = Guard(Path("/out"), 2, 2, lambda: False)
    list(watching.watch(beat(99 * MB, shard="a")))
    seen.insert(0, at())
    list(watching.watch(beat(90 * MB, shard="b")))
    for _ in range(3):
        list(watching.watch(beat(99 * MB, shard="a")))
    assert seen == [at(disk=60 * MB)]
    assert not watching()


def test_the_last_shards_need_room_for_themselves_alone(seen: list[MachineLoad]) -> None:
    seen[:] = [at(disk=60 * MB)]
    watching = Guard(Path("/out"), 8, 1, lambda: False)
    watching._next = float("inf")
    list(watching.watch(done(100 * MB)))
    watching._next = 0.0
    list(watching.watch(beat(1)))
    assert not watching()


def test_a_shard_being_flushed_needs_room_for_the_next_one_beside_it(seen: list[MachineLoad]) -> None:
    seen[:] = [at(), at(disk=60 * MB)]
    for left, short in ((2, True), (1, False)):
        seen[:] = [at(), at(disk=60 * MB)]
        watching = Guard(Path("/out"), 1, left, lambda: False)
        list(watching.watch(beat(99 * MB, done=99)))
        list(watching.watch(beat(100 * MB, done=100)))
        assert watching() is short


def test_a_shard_whose_worker_was_lost_is_to_be_written_again(seen: list[MachineLoad]) -> None:
    seen[:] = [at(), at(disk=60 * MB)]
    for written in (99, 100):
        seen[:] = [at(), at(disk=60 * MB)]
        watching = Guard(Path("/out"), 1, 1, lambda: False)
        list(watching.watch(beat(100 * MB, done=written)))
        list(watching.watch(WorkerLost(shard="a", attempt=1, reason="")))
        assert watching()


def test_a_shortage_that_goes_by_still_stops(seen: list[MachineLoad]) -> None:
    seen[:] = [at(disk=0), at()]
    watching = Guard(Path("/out"), 1, 9, lambda: False)
    for _ in range(3):
        list(watching.watch(beat(1)))
    assert watching()


def test_the_machine_is_looked_at_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(guard, "machine_load", lambda _output: at())
    monkeypatch.setattr(guard, "free_bytes", lambda _output: GB)
    watching = Guard(Path("/out"), 1, 9, lambda: False)
    told = []
    for _ in range(40):
        told += list(watching.watch(beat(1)))
        now[0] += 0.1
    assert len(told) == 4


def test_the_disk_is_looked_at_at_every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    free = [GB]
    monkeypatch.setattr(guard, "machine_load", lambda _output: at())
    monkeypatch.setattr(guard, "free_bytes", lambda _output: free[0])
    watching = Guard(Path("/out"), 1, 9, lambda: False)
    list(watching.watch(beat(1)))
    assert not watching()
    free[0] = MB
    list(watching.watch(beat(1)))
    assert watching()


def test_events_that_are_no_progress_are_taken_too(seen: list[MachineLoad]) -> None:
    assert list(Guard(Path("/out"), 1, 9, lambda: False).watch(Note(text="a"))) == seen


def running_short(out: Path, after: int, **short: Any) -> Callable[[Path], MachineLoad]:
    """A look that sees a shortage once so many shards are in place."""
    return lambda _output: at(**short) if len(shards(out)) >= after else at()


@pytest.fixture(scope="module")
def undisturbed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    build_dataset(raw, out)
    return contents(out)


@pytest.mark.parametrize(
    ("short", "told"),
    [
        ({"disk": 5 * MB}, "Only 5.0 MB are free on the output's disk."),
        ({"used": 63.9 * GB}, "Only 100.0 MB of 64.0 GB of memory are left."),
    ],
    ids=["disk", "memory"],
)
def test_a_build_stops_before_the_machine_is_full_and_resumes_later(
    raw: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, bytes],
    short: dict[str, Any],
    told: str,
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(guard, "_EVERY", 0.0)
    look = running_short(out, 3, **short)
    monkeypatch.setattr(guard, "machine_load", look)
    monkeypatch.setattr(guard, "free_bytes", lambda output: look(output).disk_free)
    with pytest.raises(MachineError) as error:
        build_dataset(raw, out)
    kept = contents(out)
    assert error.value.exit_code == 4
    done = len(shards(out))
    assert 3 <= done <= 5  # others may have begun while the third was committed
    assert error.value.what == f"{told} Stopped with {done} of 7 shards done; none of them is lost. They are in {out}."
    assert error.value.hint == "Free some, then run the same command again; it resumes where it stopped"
    assert not list(out.glob(".building*"))
    assert not (out / "dataset.json").exists()
    monkeypatch.setattr(guard, "machine_load", load.machine_load)
    monkeypatch.setattr(guard, "free_bytes", disks.free_bytes)
    finished = build_dataset(raw, out)
    assert 0 < finished.images_built < sum(split.images_in for split in finished.splits)
    assert contents(out) == undisturbed
    assert kept.items() <= undisturbed.items()


def test_a_shortage_after_the_last_shard_began_is_no_reason_to_fail(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(guard, "_EVERY", 0.0)
    look = running_short(out, ALL, disk=0)
    monkeypatch.setattr(guard, "machine_load", look)
    monkeypatch.setattr(guard, "free_bytes", lambda output: look(output).disk_free)
    build_dataset(raw, out)
    assert contents(out) == undisturbed


def test_a_guarded_build_reports_the_machines_load(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_EVERY", 0.0)
    told: list[object] = []
    build_dataset(raw, tmp_path / "out", report=told.append)
    looks = [event for event in told if isinstance(event, MachineLoad)]
    assert len(looks) >= ALL
    assert all(0 < each.memory_used < each.memory_total and each.disk_free > 0 for each in looks)
