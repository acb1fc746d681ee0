from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.show.expected_size import expected_size
from wizard.show.split_progress import SplitProgress

SHARDS = st.lists(st.tuples(st.integers(1, 50), st.integers(10**4, 10**7)), min_size=1, max_size=30)
"""Images, and their bytes in the raw data, of each shard."""
_RATIO = 0.4


def split(shards: Sequence[tuple[int, int]], done: int, ratio: float = _RATIO, name: str = "train") -> SplitProgress:
    """A split whose `done` largest shards are there, each of its raw data's bytes times the ratio."""
    largest_first = sorted(shards, key=lambda shard: -shard[1])
    read = sum(size for _, size in largest_first[:done])
    return SplitProgress(
        split=name,
        images=sum(images for images, _ in shards),
        source_bytes=sum(size for _, size in shards),
        shards=len(shards),
        images_done=sum(images for images, _ in largest_first[:done]),
        shards_done=done,
        bytes_in_done=read,
        bytes_out_done=round(read * ratio),
    )


@given(SHARDS, st.integers(1, 30))
def test_what_is_expected_is_right_from_the_first_shard_on(shards: list[tuple[int, int]], done: int) -> None:
    expected = expected_size([split(shards, min(done, len(shards)))], None)
    whole = sum(size for _, size in shards) * _RATIO
    assert expected is None or expected == pytest.approx(whole, rel=1e-3)


def test_large_shards_that_come_first_do_not_make_all_look_large() -> None:
    shards = [(10, 9_000_000), (10, 1_000_000)]
    assert expected_size([split(shards, 1)], None) == pytest.approx(4_000_000)


def test_each_split_is_measured_by_itself_once_it_has_begun() -> None:
    train, validation = [(10, 1_000_000)] * 4, [(10, 500_000)] * 2
    begun = [split(train, 1), split(validation, 1, ratio=1.0, name="validation")]
    assert expected_size(begun, None) == pytest.approx(4_000_000 * _RATIO + 1_000_000)
    not_begun = [split(train, 1), split(validation, 0, name="validation")]
    assert expected_size(not_begun, None) == pytest.approx(5_000_000 * _RATIO)


def test_nothing_is_expected_before_there_is_enough_to_go_by() -> None:
    assert expected_size([split([(10, 1_000_000)] * 100, 4)], None) is None
    assert expected_size([split([(10, 1_000_000)] * 100, 5)], None) is not None
    assert expected_size([split([(10, 1_000_000)] * 100, 0)], None) is None


def test_the_estimate_holds_until_there_is_enough_but_is_not_less_than_what_is_written() -> None:
    begun = [split([(10, 1_000_000)] * 100, 4)]
    assert expected_size(begun, 50_000_000.0) == 50_000_000
    assert expected_size(begun, 1_000_000.0) == 1_600_000


def test_at_the_end_the_size_is_that_of_what_is_written_though_records_have_more_in_them_than_images() -> None:
    done = split([(10, 1_000_000)] * 2, 2)
    done.source_bytes += 20_000
    assert expected_size([done], None) == done.bytes_out


def test_what_earlier_runs_have_read_in_stages_does_not_make_the_rest_look_small() -> None:
    staged = split([(10, 1_000_000)] * 10, 0)
    staged.stretches, staged.stretches_done, staged.images_read = 10, 6, 60
    staged.images_waiting, staged.bytes_read, staged.waiting = 10, 1_000_000, 400_000  # of this run
    assert expected_size([staged], None) == pytest.approx(4_000_000)
