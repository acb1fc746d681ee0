import pytest

from tests.ask.conftest import known
from tests.helpers import TRAIN
from wizard.ask.context import Context
from wizard.ask.number_remarks import poor_quality, small_shards


def test_shards_with_few_images_each_are_remarked_on_with_a_better_number(context: Context) -> None:
    remark = small_shards("train", 10, known(context))
    assert remark == f"Each would hold about 4 of train's {TRAIN} images; one shard can hold them all."


@pytest.mark.parametrize(("split", "shards"), [("train", 1), ("test", 10)])
def test_a_single_shard_and_a_split_that_is_not_known_need_no_remark(context: Context, split: str, shards: int) -> None:
    assert small_shards(split, shards, known(context)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(("quality", "remarked"), [(1, True), (49, True), (50, False), (100, False)])
def test_a_quality_that_damages_images_is_remarked_on(context: Context, quality: int, remarked: bool) -> None:
    assert bool(poor_quality(quality, known(context))) == remarked
