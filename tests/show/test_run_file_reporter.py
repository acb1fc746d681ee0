import os
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tests.show.scenes import Clock, beat, shard_done, split, started
from wizard import run_files
from wizard.errors import Interrupted, MachineError
from wizard.events import BuildFinished, Event, Note, Preparing, Stopping, WorkerLost
from wizard.run_files import SeenRun, decoded, encoded
from wizard.run_status import RunStatus
from wizard.show.run_file_reporter import RunFileReporter
from wizard.targets.names import RUN_FOLDER, STATE_FOLDER


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out" / STATE_FOLDER).mkdir(parents=True)
    return tmp_path / "out"


def told(out: Path, name: str = "whole") -> RunStatus:
    seen = run_files.read(out, name)
    assert seen is not None
    return seen.run


def ended_by(out: Path, error: BaseException | None, *events: Event, slice_: str = "") -> None:
    """A run that ends with an error, which is passed on, or without one."""
    reporter = RunFileReporter(out, slice_, interval=3600)
    with nullcontext() if error is None else pytest.raises(type(error)), reporter.shown():
        for event in events:
            reporter.handle(event)
        if error is not None:
            raise error


def wait_for(out: Path, state: str) -> RunStatus:
    """The file, as soon as it says that."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        seen = run_files.read(out, "whole")
        if seen is not None and seen.run.state == state:
            return seen.run
        time.sleep(0.01)
    raise AssertionError(f"it never said {state}")


def test_a_run_says_what_it_does_from_its_first_second_on(out: Path) -> None:
    reporter = RunFileReporter(out, interval=3600)
    with reporter.shown():
        assert wait_for(out, "preparing").pid == os.getpid()
        reporter.handle(started(split(), split("validation", images=50, done=2)))
        run = wait_for(out, "building")
    assert (run.plan_id, run.shards_done, run.shards, run.images) == ("p", 2, 20, 1050)


def test_the_first_shards_under_way_are_said_without_waiting_for_the_interval(out: Path) -> None:
    reporter = RunFileReporter(out, interval=3600)
    with reporter.shown():
        reporter.handle(started(split(done=8)))
        assert wait_for(out, "building").under_way == {}
        for worker in (1, 2):
            reporter.handle(beat(worker, worker, 1))
        end = time.monotonic() + 20
        while not told(out).under_way and time.monotonic() < end:
            time.sleep(0.01)
        assert told(out).under_way == {"train": 2}


def test_what_is_under_way_is_said_by_split_host_and_worker() -> None:
    reporter = RunFileReporter(Path("out"))
    reporter._build.now = clock = Clock()
    reporter.handle(started(split(), split("validation")))
    for second in (0, 5):
        clock.now = 1000.0 + second
        for number, host in ((1, "a"), (2, "a"), (3, "b")):
            name = "train" if host == "a" else "validation"
            reporter.handle(replace(beat(number, number, 10 * second, name=name), host=host))
    run = reporter.status()
    assert run.under_way == {"train": 2, "validation": 1}
    assert [(each.host, each.workers, each.shards, each.images_per_second) for each in run.hosts] == [
        ("a", 2, 2, 20),
        ("b", 1, 1, 10),
    ]
    assert [(each.host, each.number, each.images_done, each.images) for each in run.workers] == [
        ("a", 1, 50, 100),
        ("a", 2, 50, 100),
        ("b", 3, 50, 100),
    ]
    assert (run.images_done, run.images_per_second) == (150, 30)
    assert run.seconds_left == pytest.approx(1850 / 30)
    assert decoded(encoded(run)) == run


def test_a_stretch_that_is_read_is_no_shard_under_way() -> None:
    reporter = RunFileReporter(Path("out"))
    reporter.handle(started(replace(split(), stretches=4, stretches_done=1)))
    reporter.handle(replace(beat(1, 0, 10), reading=True))
    run = reporter.status()
    assert (run.under_way, run.stretches_done, run.stretches, len(run.workers)) == ({}, 1, 4, 1)


def test_states_follow_the_events() -> None:
    reporter = RunFileReporter(Path("out"))
    seen = [reporter.status()]
    for event in (
        Preparing(step="MD5 of a.tar", done=1, total=4),
        started(split(images=200, shards=2)),
        shard_done(0),
        shard_done(1),
        Stopping(),
    ):
        reporter.handle(event)
        seen.append(reporter.status())
    assert [run.state for run in seen] == [
        "preparing",
        "preparing",
        "building",
        "building",
        "finishing",
        "stopping",
    ]
    assert seen[1].step == "MD5 of a.tar: 25 %"
    assert seen[2].step == ""


def test_losses_skipped_images_and_the_last_warnings_are_said() -> None:
    reporter = RunFileReporter(Path("out"))
    reporter.handle(Note(text="about the source", warning=True))
    reporter.handle(started())
    reporter.handle(Note(text="one", warning=True))
    reporter.handle(Note(text="no warning"))
    reporter.handle(WorkerLost(shard="s", attempt=1, reason="worker 7 died"))
    reporter.handle(shard_done(0, skipped=("a.JPEG",)))
    run = reporter.status()
    assert (run.workers_lost, run.skipped) == (1, 1)
    assert run.warnings == (
        "one",
        "worker 7 died, while on s (attempt 1); it is tried again",
        "skipped a.JPEG: broken",
    )


@pytest.mark.parametrize(
    ("error", "state", "sentence"),
    [
        (None, "finished", ""),
        (MachineError("/out is full.", "Free some space"), "failed", "/out is full."),
        (Interrupted("Stopped with 3 shards done."), "stopped", "Stopped with 3 shards done."),
        (KeyboardInterrupt(), "stopped", ""),
        (ZeroDivisionError("oh"), "failed", "ZeroDivisionError: oh"),
        (SystemExit(3), "failed", "SystemExit: 3"),
    ],
)
def test_the_end_is_said_whatever_it_is(out: Path, error: BaseException | None, state: str, sentence: str) -> None:
    ended_by(out, error, started(), beat(1, 0, 10), shard_done(0))
    run = told(out)
    assert (run.state, run.error, run.shards_done) == (state, sentence, 1)
    assert not run.workers
    assert not run.under_way


def test_no_thread_is_left_behind(out: Path) -> None:
    before = threading.active_count()
    ended_by(out, None, started())
    assert threading.active_count() == before


def test_a_folder_without_a_build_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "none"):
        ended_by(folder, MachineError("it would not fit"))
    assert list(tmp_path.rglob("*")) == [tmp_path / "empty"]


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_that_cannot_be_written_hinders_no_build(out: Path) -> None:
    (out / STATE_FOLDER).chmod(0o500)
    ended_by(out, None, started(), shard_done(0), BuildFinished())
    assert run_files.read_all(out) == []


def test_an_event_that_does_not_fit_hinders_no_build(out: Path) -> None:
    ended_by(out, None, started(), beat(1, 0, 10, name="nowhere"), shard_done(0))
    assert told(out).shards_done == 1


def another(out: Path, slice_: str = "", age: float = 0.0, **fields: object) -> RunStatus:
    """What another run in the folder has written, some seconds ago."""
    run = RunStatus(slice=slice_, host="elsewhere", pid=1, begun=1.0, written=2.0, state="building")
    run = replace(run, **fields)  # type: ignore[arg-type]
    run_files.write(out, run)
    path = out / RUN_FOLDER / f"{run.name}.json"
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    return run


def test_a_run_that_is_sent_away_leaves_the_file_of_the_one_at_work(out: Path) -> None:
    at_work = another(out)
    ended_by(out, MachineError("Another run is building."))
    assert told(out) == at_work


def test_a_run_that_has_begun_takes_the_place_of_a_dead_one_at_once(out: Path) -> None:
    another(out)
    ended_by(out, None, started())
    assert told(out).pid == os.getpid()


@pytest.mark.parametrize("fields", [{"age": 100.0}, {"state": "failed"}])
def test_a_run_that_prepares_takes_the_place_of_one_that_is_over(out: Path, fields: dict[str, object]) -> None:
    another(out, **fields)  # type: ignore[arg-type]
    ended_by(out, MachineError("no memory"))
    assert told(out).error == "no memory"


def names(seen: list[SeenRun]) -> list[str]:
    return [each.run.name for each in seen]


def test_a_complete_dataset_keeps_no_files_of_runs_that_are_gone(out: Path) -> None:
    for number, age in ((1, 100.0), (2, 0.0), (3, 100.0)):
        another(out, f"{number}/3", age)
    ended_by(out, None, started(), BuildFinished(), slice_="3/3")
    assert names(run_files.read_all(out)) == ["2-of-3", "3-of-3"]


def test_a_slice_that_is_done_before_others_leaves_their_files(out: Path) -> None:
    another(out, "1/3", 100.0)
    ended_by(out, None, started(), BuildFinished(is_complete=False), slice_="3/3")
    assert names(run_files.read_all(out)) == ["1-of-3", "3-of-3"]
