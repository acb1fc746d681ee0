import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ctypes import c_int64
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from wizard.engine import handover, heartbeat, in_hand
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors import local, local_worker, worker_process
from wizard.engine.executors.local import LocalExecutor
from wizard.engine.transform import Recipe, transform
from wizard.errors import MachineError
from wizard.events import Heartbeat
from wizard.formats.resize import Resize


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(1)
    yield executor
    executor.shutdown(cancel_futures=True)


def fail() -> None:
    raise ValueError("oh")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def imported(name: str) -> bool:
    from wizard.engine import worker

    return worker.__name__ in sys.modules and name in sys.modules


def threads_started_by_pixels() -> int:
    from PIL import Image

    from tests.helpers import encoded, noise  # not at the top: this module is imported by every worker

    before = psutil.Process().num_threads()
    large = Recipe(resize=Resize(mode="exact", height=1500, width=900), quality=90)
    transform(encoded(Image.fromarray(noise(2000, 2000))), large)
    return psutil.Process().num_threads() - before


def beat_once(done: int) -> int:
    heartbeat.send(Heartbeat(worker=1, shard="s", split="train", done=done, total=9, bytes_in=0, bytes_out=0, rss=0))
    return done


def test_a_killed_worker_costs_one_task(executor: LocalExecutor) -> None:
    before, killed, after = executor.submit(beat_once, 1), executor.submit(die), executor.submit(beat_once, 2)
    assert before.result(timeout=60) == 1
    error = killed.exception(timeout=60)
    assert isinstance(error, WorkerDied)
    assert (error.exit_code, error.crashed, error.oom) == (-9, False, False)
    assert "was killed by another program or a person (SIGKILL)" in str(error)
    assert after.result(timeout=60) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are other signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_the_run_has_to_decide_is_ignored_by_its_workers(executor: LocalExecutor, name: str) -> None:
    assert executor.submit(signal.raise_signal, getattr(signal, name)).result(60) is None


def test_an_error_of_a_task_comes_back_with_the_workers_traceback(executor: LocalExecutor) -> None:
    error = executor.submit(fail).exception(timeout=60)
    assert isinstance(error, ValueError)
    assert "in fail" in error.__notes__[0]
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


def test_a_call_that_cannot_be_pickled_fails_alone(executor: LocalExecutor) -> None:
    unsendable, after = executor.submit(lambda: 1), executor.submit(beat_once, 1)
    assert "pickle" in str(unsendable.exception(timeout=60))
    assert after.result(timeout=60) == 1


class TwoPartError(Exception):
    """Can be pickled, but not read again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def fail_unreadably() -> None:
    raise TwoPartError("no", "luck")


def fail_with_a_function() -> None:
    error = ValueError("no luck")
    error.cause = lambda: 1  # type: ignore[attr-defined]
    raise error


def return_a_function() -> object:
    return lambda: "no luck"


@pytest.mark.parametrize("fn", [fail_unreadably, fail_with_a_function, return_a_function])
def test_what_cannot_be_sent_back_fails_its_call_alone_and_keeps_the_traceback(
    executor: LocalExecutor, tmp_path: Path, fn: Callable[[], object]
) -> None:
    waiting, unsendable = executor.submit(hand_over_and_wait, tmp_path / "note"), executor.submit(fn)
    error = unsendable.exception(timeout=60)
    assert isinstance(error, Exception)
    assert not isinstance(error, WorkerDied)
    assert "luck" in str(error) or "pickle" in str(error)
    assert "In a worker:" in error.__notes__[0]
    touching = executor.submit(touch, tmp_path / "note")
    assert waiting.result(timeout=60) == touching.result(timeout=60)


@pytest.mark.parametrize("error", [OSError(11, "Resource temporarily unavailable"), RuntimeError("not now")])
def test_whatever_prevents_a_worker_from_being_started_is_reported(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(**_: object) -> None:
        raise error

    monkeypatch.setattr(local_worker._CONTEXT, "Process", refuse)
    executor = LocalExecutor(1)
    failed = executor.submit(beat_once, 1).exception(timeout=10)
    assert isinstance(failed, MachineError)
    assert "cannot be started: " in failed.what
    executor.shutdown(cancel_futures=True)


def die_at_once(*_: object) -> None:
    os._exit(3)


@pytest.mark.usefixtures("spawned_workers")
def test_workers_that_die_while_they_start_cost_a_call_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_worker, "serve", die_at_once)
    executor = LocalExecutor(1)
    deaths = [future.exception(timeout=60) for future in [executor.submit(beat_once, i) for i in range(2)]]
    assert [death.exit_code for death in deaths if isinstance(death, WorkerDied)] == [3, 3]
    executor.shutdown()


@pytest.mark.usefixtures("spawned_workers")
def test_a_worker_that_dies_while_it_starts_costs_nothing_if_there_is_no_call(executor: LocalExecutor) -> None:
    executor.start()
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    children[0].kill()
    children[0].join()
    while any(worker.process in children for worker in executor._workers):
        time.sleep(0.01)
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


def test_a_worker_that_cannot_be_started_is_reported_without_blocking_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(local_worker._CONTEXT, "Process", refuse)
    executor = LocalExecutor(2)
    futures = [executor.submit(beat_once, i) for i in range(2)]
    for future in futures:
        error = future.exception(timeout=10)
        assert isinstance(error, MachineError)
        assert "cannot be started: Resource temporarily unavailable" in error.what
    late = executor.submit(beat_once, 3).exception(timeout=10)
    assert isinstance(late, MachineError)
    assert executor.heartbeats() == []
    executor.shutdown(cancel_futures=True)


def test_a_system_that_allows_no_more_threads_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    executor = LocalExecutor(2)
    error = executor.submit(beat_once, 1).exception(timeout=10)
    assert isinstance(error, MachineError)
    assert "cannot be started: can't start new thread" in error.what
    executor.shutdown()


def hand_over_and_wait(path: Path) -> int:
    handover.hand_over()
    while not path.exists():
        time.sleep(0.01)
    return os.getpid()


def serve_without_threads(pipe: Connection, item: c_int64 | None) -> None:
    """A worker where the system allows no further thread."""

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    threading.Thread.start = refuse  # type: ignore[assignment,method-assign]
    worker_process.serve(pipe, item)


def test_a_worker_that_gets_no_second_thread_takes_one_call_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local_worker, "serve", serve_without_threads)
    executor = LocalExecutor(1)
    (tmp_path / "note").touch()
    futures = [executor.submit(hand_over_and_wait, tmp_path / "note") for _ in range(3)]
    assert len({future.result(timeout=60) for future in futures}) == 1
    executor.shutdown()


def test_calls_that_wait_are_told_when_the_last_worker_dies_and_none_can_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = LocalExecutor(1)
    executor.submit(beat_once, 1).result(timeout=60)

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    killed, *others = [executor.submit(die), executor.submit(beat_once, 2), executor.submit(beat_once, 3)]
    assert isinstance(killed.exception(timeout=60), WorkerDied)
    assert all(isinstance(future.exception(timeout=10), MachineError) for future in others)
    executor.shutdown()


def touch(path: Path) -> int:
    path.touch()
    return os.getpid()


def test_a_call_that_hands_over_leaves_its_worker_to_the_next_call(executor: LocalExecutor, tmp_path: Path) -> None:
    waiting = executor.submit(hand_over_and_wait, tmp_path / "note")
    touching = executor.submit(touch, tmp_path / "note")
    assert waiting.result(timeout=60) == touching.result(timeout=60)


def test_calls_that_hand_over_never_run_more_than_two_at_a_time(executor: LocalExecutor, tmp_path: Path) -> None:
    waiting = [executor.submit(hand_over_and_wait, tmp_path / str(i)) for i in range(3)]
    while not all(future.running() for future in waiting[:2]):
        time.sleep(0.01)
    time.sleep(0.1)
    assert not waiting[2].running()
    for i in range(3):
        (tmp_path / str(i)).touch()
    assert len({future.result(timeout=60) for future in waiting}) == 1


def hand_over_and_sleep() -> None:
    handover.hand_over()
    time.sleep(600)


def test_a_death_costs_the_call_that_handed_over_too_and_names_the_item_of_the_other(executor: LocalExecutor) -> None:
    waiting, crashing = executor.submit(hand_over_and_sleep), executor.submit(take_in_hand, 10, 7)
    deaths = [future.exception(timeout=60) for future in (waiting, crashing)]
    assert [(death.item, death.beside) for death in deaths if isinstance(death, WorkerDied)] == [
        (None, True),
        (7, False),
    ]


def hand_over_twice_and_wait(path: Path) -> None:
    handover.hand_over()
    while not path.exists():
        time.sleep(0.01)
    handover.hand_over()
    time.sleep(0.2)


def test_to_hand_over_twice_does_not_end_the_next_calls_turn(executor: LocalExecutor, tmp_path: Path) -> None:
    twice = executor.submit(hand_over_twice_and_wait, tmp_path / "note")
    having_it = executor.submit(touch_and_sleep, tmp_path / "note")
    third = executor.submit(beat_once, 3)
    twice.result(timeout=60)
    time.sleep(0.2)
    assert not third.running()
    assert having_it.result(timeout=60) is None
    assert third.result(timeout=60) == 3


def touch_and_sleep(path: Path) -> None:
    path.touch()
    time.sleep(1.0)


class Unreadable:
    """Cannot be unpickled."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("no number",)


def test_a_call_that_cannot_be_read_by_the_worker_fails(executor: LocalExecutor) -> None:
    assert isinstance(executor.submit(len, Unreadable()).exception(timeout=60), WorkerDied)  # type: ignore[arg-type]
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


@pytest.mark.usefixtures("spawned_workers")
def test_killing_workers_at_any_time_never_holds_the_others_up() -> None:
    executor = LocalExecutor(3)
    rng = random.Random(4)
    futures = [executor.submit(beat_once, i) for i in range(3000)]
    kills = 0
    while not all(future.done() for future in futures):
        time.sleep(rng.random() * 0.05)
        executor.heartbeats()
        for pid in {child.pid for child in multiprocessing.active_children() if child.pid} if kills < 20 else ():
            if rng.random() < 0.3:
                kills += 1
                with suppress(ProcessLookupError):  # it may be dead of an earlier blow, and buried meanwhile
                    os.kill(pid, signal.SIGKILL)
    lost = [future for future in futures if isinstance(future.exception(), WorkerDied)]
    assert len(lost) <= kills
    assert all(future in lost or future.result() == i for i, future in enumerate(futures))
    executor.shutdown()


def half_send_and_die(connection: Connection, content: bytes) -> None:
    os.write(connection.fileno(), content[: len(content) // 2])
    die()


def die_while_sending() -> bytes:
    """Leaves in the pipe what a kill in the middle of sending a large result leaves."""
    Connection._send = half_send_and_die  # type: ignore[attr-defined]
    return bytes(1 << 20)


def test_a_worker_that_is_killed_while_it_sends_a_large_result_is_a_lost_one(executor: LocalExecutor) -> None:
    lost = executor.submit(die_while_sending)
    assert isinstance(lost.exception(timeout=60), WorkerDied)
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


def test_a_worker_that_is_killed_while_it_has_nothing_to_do_costs_nothing(executor: LocalExecutor) -> None:
    executor.submit(beat_once, 1).result(timeout=60)
    (worker,) = multiprocessing.active_children()
    worker.kill()
    worker.join()
    assert executor.submit(beat_once, 2).result(timeout=60) == 2


def test_workers_exit_when_the_process_that_started_them_is_killed() -> None:
    program = (
        "import os; from wizard.engine.executors.local import LocalExecutor\n"
        "if __name__ == '__main__':\n"
        "    print(LocalExecutor(1).submit(os.getpid).result(), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(run.stdout)).wait(timeout=30)


def test_shutting_down_waits_for_submitted_tasks() -> None:
    executor = LocalExecutor(2)
    futures = [executor.submit(beat_once, i) for i in range(20)]
    executor.shutdown()
    assert [future.result() for future in futures] == list(range(20))
    with pytest.raises(RuntimeError):
        executor.submit(beat_once, 1)


def test_shutting_down_with_cancel_futures_ends_at_once_and_leaves_no_future_open() -> None:
    executor = LocalExecutor(1)
    futures = [executor.submit(time.sleep, 600) for _ in range(3)]
    while not futures[0].running():
        time.sleep(0.01)
    executor.shutdown(cancel_futures=True)
    assert isinstance(futures[0].exception(timeout=1), WorkerDied)
    assert futures[1].cancelled()
    assert futures[2].cancelled()
    assert not multiprocessing.active_children()


def test_shutting_down_without_waiting_ends_the_workers_once_nothing_is_left_to_do() -> None:
    executor = LocalExecutor(1)
    future = executor.submit(os.getpid)
    executor.shutdown(wait=False)
    worker, deadline = future.result(timeout=60), time.monotonic() + 60
    # Not psutil's `wait`: it may take the exit code from multiprocessing, for which the process then lives forever.
    while psutil.pid_exists(worker):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_workers_end_at_once_although_a_suspended_one_does_not_take_its_call() -> None:
    executor = LocalExecutor(1)
    pid = executor.submit(os.getpid).result(timeout=60)
    while not all(worker.is_ready for worker in executor._workers):
        time.sleep(0.01)
    os.kill(pid, signal.SIGSTOP)
    sending = threading.Thread(target=executor.submit, args=(len, bytes(8 << 20)), daemon=True)
    sending.start()
    time.sleep(0.3)
    assert sending.is_alive()
    ending = threading.Thread(target=executor.shutdown, kwargs={"cancel_futures": True}, daemon=True)
    ending.start()
    ending.join(timeout=30)
    assert not ending.is_alive()


def test_a_call_that_has_ended_leaves_its_worker_free(executor: LocalExecutor) -> None:
    for _ in range(200):
        future = executor.submit(beat_once, 1)
        while not future.done():
            pass
        assert executor.free == 1


def test_heartbeats_arrive(executor: LocalExecutor) -> None:
    for done in (3, 4):
        executor.submit(beat_once, done).result(timeout=60)
    assert [beat.done for beat in executor.heartbeats()] == [3, 4]


def test_heartbeats_name_their_worker_by_its_place_which_the_one_after_a_lost_one_takes(
    executor: LocalExecutor,
) -> None:
    executor.submit(beat_once, 1).result(timeout=60)
    assert isinstance(executor.submit(die).exception(timeout=60), WorkerDied)
    executor.submit(beat_once, 2).result(timeout=60)
    assert [(beat.done, beat.number) for beat in executor.heartbeats()] == [(1, 1), (2, 1)]


@pytest.mark.usefixtures("spawned_workers")
def test_a_worker_imports_neither_tensorflow_nor_the_command_line(executor: LocalExecutor) -> None:
    for name in ("tensorflow", "wizard.cli", "rich", "pydantic"):
        assert not executor.submit(imported, name).result(timeout=60), name


@pytest.mark.usefixtures("spawned_workers")
def test_a_worker_keeps_to_one_thread_for_pixels(executor: LocalExecutor) -> None:
    assert executor.submit(threads_started_by_pixels).result(timeout=60) == 0


def take_in_hand(count: int, end: int) -> None:
    for item in in_hand.each(range(count)):
        if item == end:
            signal.raise_signal(signal.SIGSEGV)


def test_the_death_of_a_worker_names_the_item_in_hand(executor: LocalExecutor) -> None:
    died = executor.submit(take_in_hand, 10, 7).exception(timeout=60)
    assert isinstance(died, WorkerDied)
    assert (died.item, died.signal) == (7, "SIGSEGV")


HELD: list[Iterator[int]] = []


def leave_in_hand() -> None:
    HELD.append(in_hand.each(range(3)))
    next(HELD[0])


def test_the_item_in_hand_of_an_earlier_task_is_forgotten(executor: LocalExecutor) -> None:
    executor.submit(leave_in_hand).result(timeout=60)
    died = executor.submit(die).exception(timeout=60)
    assert isinstance(died, WorkerDied)
    assert died.item is None


@pytest.mark.parametrize(("counts", "oom"), [([4, 5, 5], [True, False]), ([4, 4, 5], [False, True]), ([None], [None])])
def test_a_kill_is_blamed_on_memory_if_the_system_counts_one_more(
    monkeypatch: pytest.MonkeyPatch, counts: list[int | None], oom: list[bool | None]
) -> None:
    coming = iter(counts)
    last = counts[-1]
    monkeypatch.setattr(local, "oom_kills", lambda: next(coming, last))
    executor = LocalExecutor(1)
    deaths = [executor.submit(die).exception(timeout=60) for _ in oom]
    executor.shutdown()
    assert [death.oom for death in deaths if isinstance(death, WorkerDied)] == oom


def test_workers_run_without_room_for_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local_worker._CONTEXT, "RawValue", refuse)
    executor = LocalExecutor(1)
    died = executor.submit(take_in_hand, 10, 7).exception(timeout=60)
    executor.shutdown()
    assert isinstance(died, WorkerDied)
    assert died.item is None


def test_workers_can_be_started_before_there_is_a_call(executor: LocalExecutor) -> None:
    executor.start()
    deadline = time.monotonic() + 60
    while not executor.held and time.monotonic() < deadline:
        time.sleep(0.05)
    assert executor.held
