from dataclasses import replace

import pytest

from tests.show.scenes import GB, Clock, beat, estimated, machine, shard, shard_done, split, started, under_way
from wizard.events import Preparing, WorkerLost
from wizard.formatting import clock
from wizard.show.build_progress import BuildProgress
from wizard.show.split_progress import SplitProgress


@pytest.fixture
def now() -> Clock:
    return Clock()


@pytest.fixture
def build(now: Clock) -> BuildProgress:
    return BuildProgress(now=now, cores=2)


def test_a_clock() -> None:
    assert clock(3 * 3600 + 61.9) == "03:01:01"


def test_finished_shards_and_those_under_way_are_counted(build: BuildProgress) -> None:
    build.add(started(split(), split("validation", images=50)))
    build.add(shard_done(0, skipped=("a", "b")))
    build.add(beat(1, 1, 30))
    assert (build.reached, build.images, build.skipped) == (130, 1050, 2)
    assert (build.splits["train"].reached, build.splits["train"].shards_done) == (130, 1)
    assert (build.bytes_in, build.bytes_out) == (130 * 100_000, 130 * 50_000)


def test_a_shard_is_not_counted_twice_when_it_is_done(build: BuildProgress) -> None:
    build.add(started())
    build.add(beat(1, 0, 100))
    build.add(shard_done(0))
    assert (build.reached, build.bytes_out) == (100, 100 * 50_000)


def test_images_and_bytes_of_earlier_runs_count_but_not_as_speed(build: BuildProgress, now: Clock) -> None:
    build.add(started(split(done=5, bytes_in=9 * GB, bytes_out=4 * GB)))
    assert (build.reached, build.bytes_in, build.bytes_out) == (500, 9 * GB, 4 * GB)
    build.add(beat(1, 5, 0))
    now.now += 5
    build.add(beat(1, 5, 50))
    assert build.rates == (10, 10 * 100_000, 10 * 50_000)
    assert build.seconds_left == pytest.approx(450 / 10)


def test_nothing_is_predicted_while_workers_start(build: BuildProgress, now: Clock) -> None:
    build.add(started())
    now.now += 60
    assert (build.rates, build.seconds_left, build.bytes_expected) == (None, None, None)
    build.add(beat(1, 0, 1))
    assert (build.rates, build.seconds_left) == (None, None)


def test_the_start_of_the_workers_does_not_slow_the_rate(build: BuildProgress, now: Clock) -> None:
    build.add(started())
    now.now += 60
    build.add(beat(1, 0, 1))
    now.now += 5
    build.add(beat(1, 0, 51))
    assert build.rate == 10


def test_the_rate_is_a_recent_one_and_the_remaining_time_a_steady_one(build: BuildProgress, now: Clock) -> None:
    build.add(started(split(images=100_000)))
    for second in range(101):
        now.now = 1000.0 + second
        build.add(beat(1, 0, min(second, 80) * 100 + max(0, second - 80) * 10, total=10_000))
    assert build.rate == pytest.approx(10)
    assert build.seconds_left == pytest.approx((100_000 - 8200) / 82)


def test_the_total_is_first_as_estimated_and_then_from_what_is_done(build: BuildProgress) -> None:
    build.add(estimated(60_000_000))
    build.add(started())
    assert build.bytes_expected == 60_000_000
    build.add(shard_done(0))
    assert build.bytes_expected == 1000 * 50_000


def test_without_an_estimate_the_total_waits_until_enough_is_done(build: BuildProgress) -> None:
    build.add(started())
    build.add(beat(1, 0, 49))
    assert build.bytes_expected is None
    build.add(beat(1, 0, 50))
    assert build.bytes_expected == 1000 * 50_000


def test_each_split_has_its_own_mean(build: BuildProgress) -> None:
    build.add(started(split(), split("validation", images=100, done=10, bytes_out=100 * 200_000)))
    build.add(shard_done(0))
    assert build.bytes_expected == 1000 * 50_000 + 100 * 200_000


def test_workers_are_distinguished_by_host_and_number(build: BuildProgress) -> None:
    build.add(started())
    for number, host in ((2, "a"), (1, "a"), (2, "b"), (2, "a")):
        build.add(replace(beat(number, number, 10), host=host))
    assert [(each.beat.number, each.beat.host) for each in build.workers] == [(1, "a"), (2, "a"), (2, "b")]


def test_a_worker_has_a_rate_across_its_shards(build: BuildProgress, now: Clock) -> None:
    build.add(started())
    build.add(beat(1, 0, 0))
    now.now += 5
    build.add(beat(1, 0, 100))
    build.add(shard_done(0))
    now.now += 4
    build.add(beat(1, 1, 80))
    assert build.workers[0].rate.rate(now()) == 20


def test_a_lost_worker_disappears_and_its_shard_starts_over(build: BuildProgress) -> None:
    build.add(started())
    build.add(beat(1, 0, 10))
    build.add(beat(2, 1, 20))
    build.add(WorkerLost(shard=shard(1), attempt=1, reason="worker 2 died"))
    assert ([each.beat.number for each in build.workers], build.reached) == ([1], 10)
    build.add(beat(2, 1, 5))
    assert ([each.beat.number for each in build.workers], build.reached) == ([1, 2], 15)


def test_a_worker_silent_for_long_disappears(build: BuildProgress, now: Clock) -> None:
    build.add(started())
    build.add(beat(1, 0, 10))
    now.now += 14
    assert len(build.workers) == 1
    now.now += 2
    assert not build.workers


def test_an_idle_worker_soon_disappears(build: BuildProgress, now: Clock) -> None:
    build.add(started())
    build.add(beat(1, 0, 100))
    build.add(shard_done(0))
    now.now += 2
    assert len(build.workers) == 1
    now.now += 2
    assert not build.workers


@pytest.mark.parametrize(
    ("cpu", "workers", "cores", "word"),
    [
        (99.0, 2, 2, "limited by the CPU"),
        (70.0, 2, 2, ""),
        (20.0, 2, 2, "waiting for the disk"),
        (25.0, 2, 8, "limited by the number of workers"),
        (5.0, 2, 8, "waiting for the disk"),
    ],
)
def test_the_limiting_resource_of_a_build_is_named(
    build: BuildProgress, cpu: float, workers: int, cores: int, word: str
) -> None:
    build.cores = cores
    build.add(started())
    for number in range(workers):
        build.add(beat(number, number, 1))
    for _ in range(4):
        build.add(machine(cpu))
    assert build.limit == ""
    build.add(machine(cpu))
    assert build.limit == word


def test_a_machine_without_work_waits_for_nothing(build: BuildProgress) -> None:
    build.add(started())
    for _ in range(5):
        build.add(machine(0.0))
    assert build.limit == ""


def test_preparations_are_kept_until_they_are_done(build: BuildProgress) -> None:
    build.add(Preparing(step="a", done=1, total=4))
    build.add(Preparing(step="b", done=1, total=4))
    build.add(Preparing(step="a", done=4, total=4))
    assert list(build.preparing) == ["b"]


def test_messages_are_kept_with_their_time_once_the_build_runs(build: BuildProgress, now: Clock) -> None:
    build.remember("before")
    build.add(started())
    now.now += 7
    build.remember("during")
    assert list(build.log) == [(7.0, "during")]


def test_a_scene_adds_up() -> None:
    build = under_way()
    assert (build.reached, build.rate, len(build.workers)) == (700, 20, 2)


def test_with_many_workers_the_rate_is_right_although_not_every_heartbeat_is_summed_up(
    build: BuildProgress, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = 0

    def reached(split: SplitProgress) -> int:
        nonlocal sums
        sums += 1
        return sum(each.done for each in split.under_way.values())

    monkeypatch.setattr(SplitProgress, "reached", property(reached))
    build.add(started(split(images=100_000, shards=1000)))
    for half_second in range(21):
        now.now = 1000.0 + half_second / 2
        for number in range(100):
            build.add(beat(number, number, 5 * half_second))
    assert build.rate == pytest.approx(1000, rel=0.05)
    assert sums < 500, "for 2,100 heartbeats"
