from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.show.statuses import SHARDS, every, found, on_host, seen, sliced
from wizard.run_status import State
from wizard.status.evaluate import evaluate
from wizard.status.find import Found
from wizard.status.status import IdleSlice, SplitStatus


def slice_of(number: int, of: int) -> set[tuple[str, int]]:
    """The shards of a slice."""
    names = [(split, index) for split, count in SHARDS.items() for index in range(count)]
    return set(names[number - 1 :: of])


def test_shards_are_done_under_way_or_missing() -> None:
    status = evaluate(found(seen(under_way={"train": 2}), done=[("train", 0), ("train", 5), ("validation", 1)]))
    assert status.splits == (
        SplitStatus(split="train", shards=16, done=2, under_way=2, missing=12),
        SplitStatus(split="validation", shards=4, done=1, under_way=0, missing=3),
    )
    assert (status.shards, status.done, status.under_way, status.missing) == (20, 3, 2, 15)


def test_a_build_whose_run_lives_is_running_and_nothing_of_it_is_idle() -> None:
    status = evaluate(found(seen(images_per_second=10.0, seconds_left=60.0, bytes_out=5)))
    assert (status.state, status.idle, status.slices) == ("running", (), 1)
    assert (status.images_per_second, status.seconds_left, status.bytes_out) == (10.0, 60.0, 5)


@pytest.mark.parametrize(
    ("age", "state", "health"),
    [
        (1.0, "preparing", "alive"),
        (29.0, "building", "alive"),
        (31.0, "building", "silent"),
        (31.0, "stopping", "silent"),
        (1.0, "failed", "failed"),
        (1e6, "finished", "finished"),
        (1e6, "stopped", "stopped"),
    ],
)
def test_a_run_lives_is_silent_or_has_ended(age: float, state: str, health: str) -> None:
    status = evaluate(found(seen(age=age, state=state)))
    assert [each.health for each in status.runs] == [health]
    assert status.state == ("running" if health == "alive" else "idle")


def test_without_a_run_all_that_is_missing_is_idle() -> None:
    status = evaluate(found(seen(age=100.0), done=[("train", 0)]))
    assert (status.state, status.idle) == ("idle", (IdleSlice(number=1, missing=19),))


def test_a_dataset_that_is_done_and_described_is_complete() -> None:
    status = evaluate(found(done=every(), described=True))
    assert (status.state, status.missing, status.idle) == ("complete", 0, ())


def test_shards_without_a_description_are_not_complete() -> None:
    status = evaluate(found(done=every()))
    assert (status.state, status.described, status.missing) == ("idle", False, 0)


def test_a_description_without_all_shards_is_not_complete() -> None:
    assert evaluate(found(done=[("train", 0)], described=True)).state == "idle"


def test_rates_of_slices_add_up_and_the_slowest_says_how_long() -> None:
    runs = [sliced(1, 3, "a", seconds_left=60.0), sliced(2, 3, "b", seconds_left=90.0), sliced(3, 3, "b")]
    runs[2] = sliced(3, 3, "b", state="preparing", seconds_left=None, images_per_second=None)
    status = evaluate(found(*runs))
    assert (status.images_per_second, status.seconds_left) == (200.0, 90.0)


def test_slices_that_do_not_run_are_named_with_what_they_miss() -> None:
    status = evaluate(found(sliced(1, 4, "a"), sliced(3, 4, "b", state="failed"), done=slice_of(4, 4)))
    assert status.slices == 4
    assert status.idle == (IdleSlice(number=2, missing=5), IdleSlice(number=3, missing=5))


def test_a_finished_slice_is_not_idle_unless_shards_of_it_are_gone() -> None:
    done = slice_of(1, 2)
    assert evaluate(found(seen("1/2", state="finished"), sliced(2, 2, "b"), done=done)).idle == ()
    fewer = done - {("train", 0)}
    status = evaluate(found(seen("1/2", state="finished"), sliced(2, 2, "b"), done=fewer))
    assert status.idle == (IdleSlice(number=1, missing=1),)


def test_what_is_left_of_another_number_of_slices_is_not_shown() -> None:
    old = [seen(f"{number}/16", age=900.0, bytes_out=9) for number in range(1, 17)]
    status = evaluate(found(*old, sliced(1, 2, "a"), sliced(2, 2, "b")))
    assert (status.slices, [each.run.slice for each in status.runs]) == (2, ["1/2", "2/2"])
    assert status.idle == ()
    assert status.bytes_out == 2_000_000


def test_of_runs_that_are_all_gone_the_last_says_how_many_slices_there_are() -> None:
    status = evaluate(found(seen("1/16", age=900.0), seen("1/2", age=300.0), seen(age=600.0)))
    assert (status.slices, [each.run.slice for each in status.runs]) == (2, ["1/2"])


def test_living_runs_are_shown_however_they_cut_the_build() -> None:
    status = evaluate(found(sliced(1, 2, "a"), sliced(3, 4, "b")))
    assert [each.run.slice for each in status.runs] == ["1/2", "3/4"]
    assert status.missing == 18
    assert sum(each.missing for each in status.idle) == 10


def test_hosts_are_those_of_runs_and_of_their_workers() -> None:
    cluster = seen(host="head", hosts=(on_host("n1", 4), on_host("n2", 3, None)), seconds_left=60.0, more_hosts=2)
    status = evaluate(found(cluster))
    shown = [(each.host, each.slices, each.workers, each.images_per_second, each.seconds_left) for each in status.hosts]
    assert shown == [("head", (1,), 0, None, 60.0), ("n1", (), 4, 50.0, None), ("n2", (), 3, None, None)]
    assert status.more_hosts == 2


def test_slices_are_grouped_by_host() -> None:
    runs = [sliced(number, 6, f"n{number % 2}", seconds_left=float(number)) for number in range(1, 7)]
    status = evaluate(found(*runs))
    shown = [(each.host, each.slices, each.workers, each.images_per_second, each.seconds_left) for each in status.hosts]
    assert shown == [("n0", (2, 4, 6), 3, 300.0, 6.0), ("n1", (1, 3, 5), 3, 300.0, 5.0)]


counts = st.integers(0, 40)
runs_seen = st.builds(
    lambda number, of, age, state, under_way, host: seen(
        f"{min(number, of)}/{of}", host, age, state=state, under_way=under_way, hosts=(on_host(host),)
    ),
    number=st.integers(1, 5),
    of=st.integers(1, 5),
    age=st.floats(0, 1000),
    state=st.sampled_from(get_args(State)),
    under_way=st.dictionaries(st.sampled_from(["train", "validation", "test"]), st.integers(-5, 100)),
    host=st.sampled_from("abc"),
)


@st.composite
def whatever_is_found(draw: st.DrawFn) -> Found:
    shards = draw(st.dictionaries(st.sampled_from(["train", "validation", "test"]), counts, min_size=1))
    shards_there = sorted(every(shards))
    done = draw(st.sets(st.sampled_from(shards_there))) if shards_there else set()
    if draw(st.booleans()):
        done = set(shards_there)
    return found(*draw(st.lists(runs_seen, max_size=8)), done=done, shards=shards, described=draw(st.booleans()))


@given(whatever_is_found())
def test_what_is_told_never_counts_more_than_the_plan_has(there: Found) -> None:
    status = evaluate(there)
    for split in status.splits:
        assert min(split.done, split.under_way, split.missing) >= 0
        assert split.done + split.under_way + split.missing == split.shards == there.shards[split.split]
    assert (status.state == "complete") == (there.described and status.done == status.shards)
    assert sum(each.missing for each in status.idle) <= status.shards - status.done
    assert all(1 <= each.number <= status.slices and each.missing > 0 for each in status.idle)
    if not status.alive:
        assert sum(each.missing for each in status.idle) == status.shards - status.done
    assert {each.run.name for each in status.alive} <= {each.run.name for each in there.runs}
    assert all(each.health == "alive" or each.run.part.of == status.slices for each in status.runs)


@given(whatever_is_found())
def test_the_order_of_runs_does_not_matter_for_what_is_done(there: Found) -> None:
    one = evaluate(there)
    other = evaluate(found(*reversed(there.runs), done=there.recorded, shards=there.shards, described=there.described))
    assert (one.state, one.splits) == (other.state, other.splits)
