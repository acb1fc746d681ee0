import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from wizard.engine import handover, heartbeat, in_hand
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors import local
from wizard.engine.executors.local import LocalExecutor, WorkerPool
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


def test_an_error_of_a_task_comes_back_with_the_workers_traceback(executor: LocalExecutor) -> None:
    error = executor.submit(fail).exception(timeout=60)
    assert isinstance(error, ValueError)
    assert "in fail" in error.__notes__[0]
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


def test_a_result_that_cannot_be_pickled_fails_only_its_task(executor: LocalExecutor) -> None:
    assert executor.submit(lambda: 1).exception(timeout=60) is not None
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


def test_a_worker_that_cannot_be_started_is_reported_without_blocking_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(local._CONTEXT, "Process", refuse)
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


class Unreadable:
    """Cannot be unpickled."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("no number",)


def test_a_call_that_cannot_be_read_by_the_worker_fails(executor: LocalExecutor) -> None:
    assert isinstance(executor.submit(len, Unreadable()).exception(timeout=60), WorkerDied)  # type: ignore[arg-type]
    assert executor.submit(beat_once, 1).result(timeout=60) == 1


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


def test_a_worker_imports_neither_tensorflow_nor_the_command_line(executor: LocalExecutor) -> None:
    for name in ("tensorflow", "wizard.cli", "rich", "pydantic"):
        assert not executor.submit(imported, name).result(timeout=60), name


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

    monkeypatch.setattr(local._CONTEXT, "RawValue", refuse)
    executor = LocalExecutor(1)
    died = executor.submit(take_in_hand, 10, 7).exception(timeout=60)
    executor.shutdown()
    assert isinstance(died, WorkerDied)
    assert died.item is None


def test_a_pool_gives_its_workers_to_the_next_step_that_needs_as_many() -> None:
    with WorkerPool() as pool:
        measuring = pool.executor(1)
        measuring.start()
        worker = measuring.submit(os.getpid).result(timeout=60)
        building = pool.executor(1)
        assert building.submit(os.getpid).result(timeout=60) == worker
        assert pool.held == pytest.approx(psutil.Process(worker).memory_info().rss, rel=0.5)
    assert not psutil.pid_exists(worker)
    assert pool.held == 0


def test_a_step_that_needs_another_number_of_workers_gets_new_ones() -> None:
    with WorkerPool() as pool:
        first = pool.executor(1).submit(os.getpid).result(timeout=60)
        executor = pool.executor(2)
        assert executor.capacity == 2
        assert not psutil.pid_exists(first)
        assert executor.submit(os.getpid).result(timeout=60) != first


def test_workers_can_be_started_before_there_is_a_call(executor: LocalExecutor) -> None:
    executor.start()
    deadline = time.monotonic() + 60
    while not executor.held and time.monotonic() < deadline:
        time.sleep(0.05)
    assert executor.held
