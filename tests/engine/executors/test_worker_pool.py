import os

import psutil
import pytest

from wizard.engine.executors.worker_pool import WorkerPool


@pytest.mark.usefixtures("spawned_workers")
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
