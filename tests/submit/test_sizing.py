from typing import Any

import pytest

from wizard.events import Estimated
from wizard.formatting import Range
from wizard.machine.memory import Memory
from wizard.preflight import checks
from wizard.submit import sizing
from wizard.submit.sizing import Work


def work(core_seconds: float = 64_000, shards: int = 1152, images: int = 1_300_000, **more: Any) -> Work:
    """A build; ImageNet-1k's at 480 px took about 6,400 core seconds."""
    estimated = Estimated(
        images=images,
        sampled=640,
        workers=16,
        bytes_in=150_000_000_000,
        bytes_out=Range(low=60e9, likely=64e9, high=66e9),
        seconds=Range(low=core_seconds / 4, likely=core_seconds / 3, high=core_seconds / 2),
        worker_memory=Range(low=80e6, likely=100e6, high=110e6),
        **more,
    )
    return Work(estimated=estimated, busy=2, shards=shards)


@pytest.mark.parametrize(
    ("core_seconds", "shards", "tasks"),
    [(60, 1152, 1), (6_400, 1152, 2), (64_000, 1152, 14), (1e9, 1152, 16), (1e9, 3, 3)],
)
def test_there_are_as_many_tasks_as_have_ten_minutes_of_work(core_seconds: float, shards: int, tasks: int) -> None:
    assert sizing.usual_tasks(work(core_seconds, shards), cpus=8) == tasks


def test_the_limit_of_time_has_a_wide_margin_and_an_end() -> None:
    assert sizing.time_limit(work(64_000), cpus=8, tasks=16) == 2400
    assert sizing.time_limit(work(1), cpus=8, tasks=16) == 1200
    assert sizing.time_limit(work(1e9), cpus=8, tasks=16) == 12 * 3600


def test_the_notice_leaves_time_for_a_shard() -> None:
    assert sizing.notice(work(6_400), limit=3600) == 120
    assert sizing.notice(work(64_000, shards=640), limit=36_000) == 300
    assert sizing.notice(work(6_400), limit=60) == 20


def test_the_memory_that_is_asked_for_passes_the_check_of_memory() -> None:
    build = work()
    asked = int(sizing.task_memory(build, cpus=8).removesuffix("G")) * 2**30
    there = Memory(total=asked, available=asked, free=asked, cache=0, machine=10 * asked)
    found, workers = checks.memory(there, build.estimated, 8)
    assert (found.status, workers) == ("pass", 8)


def test_the_verification_has_memory_for_tensorflow_and_all_names() -> None:
    assert sizing.verify_memory(work(images=1_300_000), cpus=8) == "4G"
    assert sizing.verify_memory(work(images=13_000_000), cpus=8) == "6G"


def test_the_verification_has_time_to_read_everything() -> None:
    assert sizing.verify_limit(work()) == 4200
