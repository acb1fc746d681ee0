import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.engine.plan import SplitPlan, shuffled
from wizard.engine.staged import layout as module
from wizard.engine.staged.layout import Layout, layouts, sharing_files
from wizard.engine.transform import Recipe
from wizard.formats.resize import Resize
from wizard.sources.samples import in_one_file

MB = 1 << 20
KEPT = Recipe(resize=Resize(mode="original"), quality=None)


def split(sizes: list[int], shards: int = 4, blocks: list[int] | None = None) -> SplitPlan:
    count = len(sizes)
    table = in_one_file(
        "images.tar",
        name=np.array([b"%d" % number for number in range(count)], "S8"),
        offset=np.cumsum([0, *sizes[:-1]]).astype(np.int64)[:count],
        size=np.array(sizes, np.int64),
        label=np.zeros(count, np.int16),
    )
    if blocks is not None:
        object.__setattr__(table, "block", np.array(blocks, np.int32))
    return shuffled("train", table, KEPT, shards=shards, seed=1)


def layout(plan: SplitPlan) -> Layout:
    (made,) = layouts([plan])
    return made


def stretches(made: Layout) -> list[list[int]]:
    return [made.rows(number).tolist() for number in range(made.stretches)]


@given(st.lists(st.integers(1, 3 * MB), max_size=300), st.integers(1, 40))
def test_every_image_is_in_one_stretch_and_has_the_position_at_which_it_is_written(
    sizes: list[int], shards: int
) -> None:
    plan = split(sizes, shards)
    made = layout(plan)
    assert [row for stretch in stretches(made) for row in stretch] == list(range(len(sizes)))
    assert plan.order[made.position[plan.order]].tolist() == plan.order.tolist()
    assert all(sum(sizes[row] for row in stretch) <= 8 * MB for stretch in stretches(made))
    for shard in range(shards):
        first, end = made.positions_of(shard)
        assert made.position[plan.rows(shard)].tolist() == list(range(first, end))


@given(st.integers(1, 100), st.integers(0, 500))
def test_a_volume_is_a_row_of_whole_shards(shards: int, images: int) -> None:
    made = layout(split([20 * MB] * images, shards))
    ends = made.shard_ends
    last = [np.flatnonzero(made.volume_of == volume)[-1] for volume in range(len(made.volume_ends))]
    assert made.volume_ends.tolist() == ends[last].tolist()
    assert (np.diff(made.volume_of) >= 0).all()


@pytest.mark.parametrize("megabytes", [300, 1000, 3000])
def test_a_split_of_fewer_stretches_than_are_merged_at_their_full_size_is_not_merged(megabytes: int) -> None:
    sizes = [(number % 7 + 1) * MB // 4 for number in range(megabytes)]
    made = layout(split(sizes))
    assert made.group == 0
    assert made.stretches > 8


def test_an_image_larger_than_a_stretch_has_one_of_its_own() -> None:
    assert stretches(layout(split([1, 100 * MB, 1, 1]))) == [[0], [1], [2, 3]]


def test_a_stretch_ends_between_blocks() -> None:
    made = layout(split([2 * MB] * 6, blocks=[0, 1, 1, 2, 2, 2]))
    assert stretches(made) == [[0], [1, 2], [3, 4, 5]]


def test_a_block_of_more_than_a_gigabyte_is_cut() -> None:
    made = layout(split([100 * MB] * 15, blocks=[0] * 4 + [1] * 11))
    assert [len(each) for each in stretches(made)] == [4, 1, 10]


def test_a_small_split_is_read_in_stretches_for_every_worker_and_a_large_one_in_as_many_as_memory_holds() -> None:
    assert [layout(split([MB] * count)).stretches for count in (3, 64, 640, 6400)] == [1, 16, 32, 100]


def test_only_what_is_large_is_spilled_in_several_volumes() -> None:
    assert [len(layout(split([MB] * count, shards=40)).volume_ends) for count in (3, 1000, 9000)] == [1, 4, 16]
    assert module.spilled_beside(1000, 9000 * MB, 40, workers=2) == pytest.approx(2000 / math.sqrt(9000 / 64))
    assert module.spilled_beside(1000, 3 * MB, 40, workers=2) == 1000


@pytest.mark.parametrize(("count", "group", "groups"), [(64, 0, 64), (65, 9, 8), (2200, 47, 47)])
def test_many_stretches_are_merged_in_groups_of_about_the_square_root_of_their_number(
    count: int, group: int, groups: int
) -> None:
    made = layout(split([64 * MB] * count))
    assert (made.stretches, made.group, len(made.groups)) == (count, group, groups)
    assert [number for each in made.groups for number in each] == list(range(count))


def part_of(plan: SplitPlan, rows: list[int], shards: int = 2) -> SplitPlan:
    return shuffled("train", plan.table.take(np.array(rows, np.intp)), KEPT, shards=shards, seed=1)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=300), st.integers(1, 3 * MB))
def test_splits_in_one_file_share_stretches_that_follow_each_other_in_it(which: list[int], size: int) -> None:
    every = split([size] * len(which))
    rows = [[row for row, each in enumerate(which) if each == number] for number in (0, 1)]
    one, other = layouts([part_of(every, mine) for mine in rows])
    assert one.stretches == other.stretches == layout(every).stretches
    placed: list[tuple[int, int]] = []
    for number in range(one.stretches):
        for made, mine in ((one, rows[0]), (other, rows[1])):
            placed += zip(made.places(number).tolist(), [mine[row] for row in made.rows(number)], strict=True)
        assert sorted(placed) == [(place, place) for place in range(len(placed))]
    assert len(placed) == len(which)


def test_only_splits_that_lie_in_the_same_files_are_read_together() -> None:
    one, other = split([1, 2]), split([3])
    third = shuffled("test", replace(other.table, files=("other.tar",)), KEPT, shards=1, seed=1)
    assert sharing_files([one, third, other]) == [[third], [one, other]]
