import os
import signal
import sys
from collections.abc import Iterator

import pytest

from wizard.engine import beats
from wizard.engine.events import Beat
from wizard.engine.executors import LocalExecutor, available_cores, lost_worker


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(1)
    yield executor
    executor.shutdown(cancel_futures=True)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def imported(name: str) -> bool:
    from wizard.engine import worker

    return worker.__name__ in sys.modules and name in sys.modules


def threads() -> str:
    return os.environ["RAYON_NUM_THREADS"]


def beat_once(done: int) -> int:
    beats.send(Beat(worker=1, shard="s", split="train", done=done, total=9, bytes_in=0, bytes_out=0, rss=0))
    return done


def test_a_killed_worker_costs_one_task(executor: LocalExecutor) -> None:
    before, killed, after = executor.submit(beat_once, 1), executor.submit(die), executor.submit(beat_once, 2)
    assert before.result(timeout=60) == 1
    error = killed.exception(timeout=60)
    assert error is not None
    assert "killed by the system or a person (SIGKILL)" in lost_worker(error)
    assert after.result(timeout=60) == 2


def test_an_ordinary_error_is_not_a_lost_worker() -> None:
    assert lost_worker(ValueError()) == ""


def test_beats_arrive(executor: LocalExecutor) -> None:
    for done in (3, 4):
        executor.submit(beat_once, done).result(timeout=60)
    assert [beat.done for beat in executor.beats()] == [3, 4]


def test_a_worker_imports_neither_tensorflow_nor_the_command_line(executor: LocalExecutor) -> None:
    for name in ("tensorflow", "wizard.cli", "rich", "pydantic"):
        assert not executor.submit(imported, name).result(timeout=60), name


def test_a_worker_keeps_to_one_thread_for_pixels(executor: LocalExecutor) -> None:
    assert executor.submit(threads).result(timeout=60) == "1"


def test_there_is_a_core() -> None:
    assert available_cores() >= 1
