from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.simulation import Costs, Seconds, simulate

MILLISECOND = 1e-3

shards_of_work = st.lists(
    st.lists(st.integers(0, 3000), min_size=1, max_size=8).map(lambda ms: np.array(ms) * MILLISECOND),
    min_size=1,
    max_size=20,
)
costs = st.builds(
    Costs,
    **dict.fromkeys(("make", "send", "collect", "commit"), st.integers(0, 200).map(lambda ms: ms * MILLISECOND)),
    **dict.fromkeys(("before", "start", "after"), st.integers(0, 9).map(float)),
    beat=st.integers(0, 10).map(lambda ms: ms * MILLISECOND),
)
workers = st.integers(1, 30)


def equal(shards: int, seconds: float, images: int = 10) -> list[Seconds]:
    return [np.full(images, seconds / images) for _ in range(shards)]


def work(shards: Sequence[Seconds]) -> float:
    return float(sum(shard.sum() for shard in shards))


@given(shards_of_work, workers, costs, st.booleans())
def test_a_build_is_never_faster_than_its_cores_nor_than_its_largest_image(
    shards: list[Seconds], count: int, cost: Costs, split_tail: bool
) -> None:
    found = simulate(shards, count, cost, split_tail=split_tail)
    assert found.work == pytest.approx(work(shards))
    assert found.engine >= max(work(shards) / count, max(shard.max() for shard in shards)) * (1 - 1e-9)
    assert found.whole == pytest.approx(cost.before + count * cost.start + found.engine + cost.after)


@given(shards_of_work, workers, costs)
def test_a_build_is_never_slower_than_everything_one_after_another(
    shards: list[Seconds], count: int, cost: Costs
) -> None:
    pace = 1 - count * cost.beat / cost.interval
    for_shards = len(shards) * (cost.make + cost.send + cost.collect) / pace
    commits = sum(map(len, shards)) * cost.commit
    engine = simulate(shards, count, cost).engine
    assert engine <= (work(shards) + for_shards + commits) * (1 + 1e-9)


@given(shards_of_work, workers)
def test_without_other_costs_no_core_is_idle_for_longer_than_the_largest_shard(
    shards: list[Seconds], count: int
) -> None:
    found = simulate(shards, count, Costs())
    largest = max(shard.sum() for shard in shards)
    assert found.engine <= (work(shards) / count + largest) * (1 + 1e-9)
    assert found.waited == 0


@given(st.integers(1, 40), workers)
def test_equal_shards_take_as_many_rounds_as_there_must_be(shards: int, count: int) -> None:
    found = simulate(equal(shards, 4.0), count, Costs())
    assert found.engine == pytest.approx(4.0 * -(-shards // count))


def test_one_worker_is_never_idle_and_waits_for_the_last_commit_alone() -> None:
    found = simulate(equal(3, 10.0), 1, Costs(commit=0.1, before=2.0, after=3.0))
    # Each shard of 10 images takes a second to commit, while the next one is built.
    assert found.ends.tolist() == pytest.approx([11.0, 21.0, 31.0])
    assert (found.engine, found.whole) == pytest.approx((31.0, 36.0))
    assert found.serial_share == pytest.approx(5 / 36)
    assert found.idle == pytest.approx(1 / 36)


def test_a_worker_waits_for_the_commit_before_the_last_one() -> None:
    # Of its two threads, one commits for three seconds; the other builds a shard in one, and then commits that, too.
    found = simulate(equal(3, 1.0), 1, Costs(commit=0.3))
    assert found.ends.tolist() == pytest.approx([4.0, 5.0, 8.0])
    assert found.waited == pytest.approx(2.0)


def test_a_run_loop_that_is_slower_than_its_workers_is_what_bounds_the_build() -> None:
    found = simulate(equal(100, 0.1), 50, Costs(send=0.5, collect=0.5))
    assert found.engine == pytest.approx(100.0, rel=0.02)
    assert found.parent_share == pytest.approx(1.0, rel=0.02)


def test_heartbeats_slow_the_run_loop_down() -> None:
    found = simulate(equal(100, 0.1), 50, Costs(send=0.5, collect=0.5, beat=0.005, interval=0.5))
    assert found.engine == pytest.approx(200.0, rel=0.02)


def test_heartbeats_that_nobody_can_keep_up_with_are_refused() -> None:
    with pytest.raises(ValueError, match="heartbeats of 100 workers"):
        simulate(equal(1, 1.0), 100, Costs(beat=0.01, interval=0.5))


def test_idle_cores_take_over_half_of_what_is_left_again_and_again() -> None:
    whole, split = (simulate(equal(1, 8.0, images=800), 8, Costs(), split_tail=each) for each in (False, True))
    assert whole.engine == pytest.approx(8.0)
    assert split.engine == pytest.approx(1.0, abs=0.1)


def test_the_image_under_way_is_not_split() -> None:
    images = np.array([1.0, 100.0, 1.0, 1.0])
    found = simulate([images], 2, Costs(), split_tail=True)
    assert found.engine == pytest.approx(101.0)


@given(shards_of_work, workers)
def test_splitting_the_tail_does_no_image_twice(shards: list[Seconds], count: int) -> None:
    found = simulate(shards, count, Costs(), split_tail=True)
    # No core but one works longer than it is there, and all of them have done the work together.
    assert found.left.sum() >= work(shards) * (1 - 1e-9)
    assert found.engine <= simulate(shards, count, Costs()).engine * (1 + 1e-9)


@given(st.lists(st.integers(1, 20), min_size=2, max_size=30), workers, st.data())
def test_a_huge_image_delays_other_shards_by_no_more_than_its_own_core(
    seconds: list[int], count: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(seconds) - 1))
    shards = [np.array([float(each)]) for each in seconds]
    huge = [np.array([500.0]) if index == place else shard for index, shard in enumerate(shards)]
    if count == 1:
        return
    others = np.delete(simulate(huge, count, Costs()).ends, place)
    assert others.max() <= simulate([s for i, s in enumerate(shards) if i != place], count - 1, Costs()).engine + max(
        seconds
    )


def test_the_next_task_is_made_while_workers_work_and_they_wait_if_that_takes_longer() -> None:
    # The first task is there, the second is made until 3.0, the third until 6.0; then the run loop sees what has ended.
    found = simulate(equal(3, 1.0), 1, Costs(make=3.0))
    assert found.ends.tolist() == pytest.approx([3.0, 6.0, 7.0])
    assert found.waited == pytest.approx(4.0)
    assert found.parent_share == pytest.approx(6 / 7)
    assert simulate(equal(3, 1.0), 1, Costs(make=1.0)).waited == pytest.approx(0)


def test_a_core_that_took_over_half_a_shard_takes_over_half_of_another() -> None:
    shards = [np.full(400, 0.01), np.full(1600, 0.01)]
    # Of 4 and 16 seconds, the shorter is done after 4, then 6 of the other 12 are taken over: both end after 10.
    found = simulate(shards, 2, Costs(), split_tail=True)
    assert found.ends.tolist() == pytest.approx([4.0, 10.0], abs=0.05)
    assert found.left.tolist() == pytest.approx([10.0, 10.0], abs=0.05)
