import json
from dataclasses import asdict, replace

from wizard.engine.ingredients import Ingredients, SplitIngredients

TRAIN = SplitIngredients(shards=5, recipe="original size", images=1_200, boxes=3, contents="abc", order="def")
PLAN = Ingredients(
    target={"format": "tars", "shards lie": "flat"},
    codecs="c1",
    seed=7,
    label_base=1,
    splits={"train": TRAIN},
    classes="2 of the source's own",
)
FORESEEN = replace(PLAN, classes="", splits={"train": SplitIngredients(shards=5, recipe="original size", images=1_200)})


def test_labels_come_in_the_order_in_which_manifests_have_them() -> None:
    assert list(PLAN.labelled.items()) == [
        ("format", "tars"),
        ("codecs", "c1"),
        ("seed", "7"),
        ("label base", "1"),
        ("shards lie", "flat"),
        ("train shards", "5"),
        ("train recipe", "original size"),
        ("classes", "2 of the source's own"),
        ("train images", "1,200"),
        ("train boxes", "3"),
        ("train contents", "abc"),
        ("train order", "that of the source, def"),
    ]


def test_ingredients_survive_json() -> None:
    assert Ingredients.from_json(json.loads(json.dumps(asdict(PLAN)))) == PLAN


def test_values_unknown_before_the_images_are_read_are_not_compared() -> None:
    assert PLAN.differences(FORESEEN)
    assert PLAN.comparable(FORESEEN).differences(FORESEEN) == []


def test_the_number_of_images_is_compared_where_it_is_known() -> None:
    fewer = replace(FORESEEN, splits={"train": replace(FORESEEN.splits["train"], images=1_199)})
    assert PLAN.comparable(fewer).differences(fewer) == ["train images: there 1,200 · asked for 1,199"]


def test_a_split_that_is_not_asked_for_is_a_difference() -> None:
    other = replace(FORESEEN, splits={})
    assert PLAN.comparable(other).differences(other) == [
        "train stored as: there original size · asked for none",
        "train shards: there 5 · asked for none",
    ]
