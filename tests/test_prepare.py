import random
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import CLASSES, ODD, PER_CLASS, TRAIN, VALIDATION, build_dataset, features, profile, tar
from wizard import synthetic
from wizard.engine.events import Event, Note
from wizard.engine.plan import Plan, plan_id
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES
from wizard.ilsvrc2012.synsets import rank_of_image, synsets, validation_ranks
from wizard.prepare import make_plan

NUMBERS = range(1, 9)
"""Of the validation images of `matching`."""


def plan_of(raw: Path, **source: Any) -> Plan:
    return make_plan(profile(raw, raw.parent / "out", source=source), lambda _event: None)


def names(plan: Plan, split: int = 0) -> list[str]:
    """In the order in which they are written."""
    part = plan.splits[split]
    return [part.table[row].name for row in part.order]


def ranks_of(found: list[str]) -> set[int | None]:
    return {rank_of_image(name) for name in found}


@pytest.fixture(scope="module")
def matching(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first few validation images, and a train archive of their classes and of one that has none among them."""
    folder, rng = tmp_path_factory.mktemp("matching"), random.Random(1)
    ranks = {number: int(validation_ranks()[number - 1]) for number in NUMBERS}
    classes = [
        (f"{wnid}.tar", tar([(f"{wnid}_{n}.JPEG", synthetic.draw(rng, rank).data) for n in range(3)]))
        for rank, wnid in ((rank, synsets()[rank].wnid) for rank in sorted({0, *ranks.values()}))
    ]
    images = [(f"ILSVRC2012_val_{n:08d}.JPEG", synthetic.draw(rng, rank).data) for n, rank in ranks.items()]
    (folder / IMAGES["train"].name).write_bytes(tar(classes))
    (folder / IMAGES["validation"].name).write_bytes(tar(images))
    return folder


@pytest.mark.parametrize("count", [1, 2, 3])
def test_classes_are_the_first_in_the_order_of_their_wnids(raw: Path, count: int) -> None:
    found = names(plan_of(raw, classes=count, splits=["train"]))
    assert ranks_of(found) == set(range(count))
    assert len(found) == len(set(found)) == count * PER_CLASS + ODD


def test_their_images_keep_the_order_that_they_have_among_all(raw: Path) -> None:
    every = names(plan_of(raw, splits=["train"]))
    few = names(plan_of(raw, classes=2, splits=["train"]))
    assert few == [name for name in every if name in set(few)]


def test_a_plan_of_fewer_classes_differs_by_its_images_alone(raw: Path) -> None:
    every = plan_of(raw, splits=["train"]).ingredients
    few = plan_of(raw, classes=2, splits=["train"]).ingredients
    assert every.keys() == few.keys()
    assert {name for name in every if every[name] != few[name]} == {"train images", "train boxes", "train contents"}


@pytest.mark.parametrize("count", [CLASSES, CLASSES + 1, 1000])
def test_as_many_classes_as_there_are_or_more_make_the_same_plan(raw: Path, count: int) -> None:
    every, asked = plan_of(raw, splits=["train"]), plan_of(raw, splits=["train"], classes=count)
    assert len(asked.splits[0].table) == TRAIN
    assert plan_id(asked.ingredients) == plan_id(every.ingredients)


def test_validation_is_of_the_classes_that_train_is_of(matching: Path) -> None:
    plan = plan_of(matching, classes=3, boxes="none")
    chosen = sorted({0, *(int(validation_ranks()[number - 1]) for number in NUMBERS)})[:3]
    train, validation = names(plan, 0), names(plan, 1)
    assert ranks_of(train) == set(chosen)
    assert len(train) == 9
    assert set(validation) == {
        f"ILSVRC2012_val_{number:08d}.JPEG" for number in NUMBERS if validation_ranks()[number - 1] in chosen
    }
    every = plan_of(matching, boxes="none").ingredients
    differ = {name for name in every if every[name] != plan.ingredients[name]}
    assert differ == {f"{split} {what}" for split in ("train", "validation") for what in ("images", "contents")}


def test_the_order_of_the_splits_chooses_no_other_classes(matching: Path) -> None:
    plan = plan_of(matching, classes=3, boxes="none")
    turned = plan_of(matching, classes=3, boxes="none", splits=["validation", "train"])
    assert [part.split for part in turned.splits] == ["validation", "train"]
    assert [names(turned, 1), names(turned, 0)] == [names(plan, 0), names(plan, 1)]


def test_validation_alone_has_its_own_first_classes(raw: Path) -> None:
    every = names(plan_of(raw, splits=["validation"]))
    few = names(plan_of(raw, splits=["validation"], classes=2))
    assert len(every) == VALIDATION
    first = sorted({rank for name in every if (rank := rank_of_image(name)) is not None})[:2]
    assert few == [name for name in every if rank_of_image(name) in first]


def test_a_split_without_an_image_of_the_chosen_classes_is_refused_with_the_ways_out(raw: Path) -> None:
    with pytest.raises(InputError, match="validation holds no image of the classes that source.classes = 1 leaves") as error:
        plan_of(raw, classes=1)
    assert "--set source.classes=" in error.value.hint
    assert "source.splits" in error.value.hint


def test_a_build_of_fewer_classes_is_whole_and_keeps_the_labels_of_the_full_set(raw: Path, tmp_path: Path) -> None:
    everything = build_dataset(raw, tmp_path / "all", source={"splits": ["train"]})
    few = build_dataset(raw, tmp_path / "few", source={"splits": ["train"], "classes": 2})
    assert few.plan_id != everything.plan_id
    found, every = features(tmp_path / "few"), features(tmp_path / "all")
    assert len(found) == 2 * PER_CLASS + ODD
    for name, record in found.items():
        assert record["image/class/label"] == every[name]["image/class/label"]
        assert record["image/encoded"] == every[name]["image/encoded"]
        assert set(record) == set(every[name])


def test_too_many_shards_are_told_by_the_images_of_the_chosen_classes(raw: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    source = {"splits": ["train"], "classes": 1}
    make_plan(profile(raw, tmp_path, source=source, output={"train_shards": TRAIN - 1}), told.append)
    (warning,) = (event.text for event in told if isinstance(event, Note) and "leave some empty" in event.text)
    assert warning == f"train: {TRAIN - 1} shards for {PER_CLASS + ODD} images leave some empty (output.train_shards)"
