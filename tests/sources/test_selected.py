"""A source with small classes left out and images of train held out, as every room above sees it."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import build_dataset, examined, features, ignore, job, plan_of, profile, quiet
from tests.sources import making
from wizard import synthetic
from wizard.errors import InputError, UsageError
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import Split
from wizard.sources.opening import open_source
from wizard.sources.selection import Selection, parse_selection
from wizard.verify.dataset import verify


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Folders of three classes without validation."""
    rng = random.Random(1)
    for name, count in (("cat", 7), ("dog", 6), ("eel", 2)):
        for number in range(count):
            making.write(tmp_path / "pets" / "train" / name, [f"{number}.jpg"], synthetic.draw(rng, number).data)
    return tmp_path / "pets"


def names(raw: Path, split: Split, selection: Selection) -> set[bytes]:
    source = open_source(raw, selection=selection)
    return set(source.table(split, cache_folder(), quiet).name.tolist())


def test_a_dataset_with_held_out_images_is_built_and_verified(pets: Path, tmp_path: Path) -> None:
    source = {"holdout": 2, "min_images": 6, "boxes": "none"}  # as counted before any are held out
    build_dataset(pets, tmp_path / "out", source=source, run={"workers": 2})
    found = verify(tmp_path / "out", ignore)
    assert found.images == {"train": 9, "validation": 4}
    assert {record["image/class/label"] for record in features(tmp_path / "out").values()} == {(1,), (2,)}
    assert len(features(tmp_path / "out")) == 13


def test_the_seed_of_the_shuffle_does_not_change_what_is_held_out(pets: Path, tmp_path: Path) -> None:
    plans = [
        plan_of(profile(pets, tmp_path / "out", source={"holdout": "30%"}, output={"seed": seed})) for seed in (1, 2)
    ]
    held = [{*plan.splits[1].table.name.tolist()} for plan in plans]
    assert held[0] == held[1]
    assert plans[0].plan_id != plans[1].plan_id


def test_another_rule_is_another_plan(pets: Path, tmp_path: Path) -> None:
    rules = ({"holdout": 1}, {"holdout": 2}, {"holdout": 2, "holdout_by": "name"}, {"holdout": 2, "min_images": 3})
    assert len({plan_of(profile(pets, tmp_path / "out", source=rule)).plan_id for rule in rules}) == len(rules)


def test_the_pre_flight_tells_what_is_selected(pets: Path, tmp_path: Path) -> None:
    checks = examined(profile(pets, tmp_path / "out", source={"holdout": 1, "min_images": 3})).checks
    (told,) = (check.found for check in checks if check.name == "raw-data")
    assert "2 images of 2 classes are held out for validation" in told
    assert "1 class with fewer than 3 images is left out" in told


def test_train_alone_lacks_the_images_that_are_held_out(pets: Path, tmp_path: Path) -> None:
    plan = plan_of(profile(pets, tmp_path / "out", source={"holdout": 1, "splits": ["train"]}))
    assert [len(split.table) for split in plan.splits] == [12]


def test_held_out_images_of_the_archives_have_their_boxes(raw_copy: Path, tmp_path: Path) -> None:
    (raw_copy / "ILSVRC2012_img_val.tar").unlink()
    whole = plan_of(profile(raw_copy, tmp_path / "out", source={"splits": ["train"]}))
    plan = plan_of(profile(raw_copy, tmp_path / "out", source={"holdout": 2, "boxes": "all"}))
    assert [split.split for split in plan.splits] == ["train", "validation"]
    assert sum(len(split.table.boxes) for split in plan.splits) == len(whole.splits[0].table.boxes) > 0
    assert len(plan.splits[1].table.boxes)
    together = np.concatenate([split.table.name for split in plan.splits])
    assert sorted(together.tolist()) == sorted(whole.splits[0].table.name.tolist())
    assert plan.splits[1].table.classes.whole_imagenet


def test_the_same_images_are_held_out_of_archives_and_of_a_tree(raw_copy: Path, tmp_path: Path) -> None:
    tree = making.extracted(raw_copy, tmp_path / "tree")
    shutil.rmtree(tree / "val")
    (raw_copy / "ILSVRC2012_img_val.tar").unlink()
    rule = parse_selection(None, 3, "hash")
    assert names(raw_copy, "validation", rule) == names(tree, "validation", rule)


def test_a_source_with_validation_is_refused(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"source\.holdout = 50 makes validation .* there is one already: .*val\.tar"):
        job(raw, tmp_path / "out", source={"holdout": 50})


def test_a_source_without_train_is_refused(raw_copy: Path, tmp_path: Path) -> None:
    (raw_copy / "ILSVRC2012_img_train.tar").unlink()
    with pytest.raises(UsageError, match=r"source\.min_images = 5 is about the images of train, of which .* has none"):
        job(raw_copy, tmp_path / "out", source={"min_images": 5, "splits": ["validation"]})


def test_shards_that_are_kept_one_to_one_are_refused(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "records", source={"splits": ["train"]})
    with pytest.raises(UsageError, match=r"source\.holdout would take some out"):
        job(tmp_path / "records", tmp_path / "out", source={"holdout": 2}, output={"shards": "keep"})


def test_a_missing_validation_split_is_refused_with_the_way_to_hold_images_out(pets: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        job(pets, tmp_path / "out")
    assert "hold images of train out: --set source.holdout=10%" in error.value.hint


def test_classes_left_out_of_train_are_left_out_of_validation(pets: Path, tmp_path: Path) -> None:
    for name in ("cat", "eel"):
        making.write(pets / "val" / name, ["a.jpg"], synthetic.draw(random.Random(2), 1).data)
    made = job(pets, tmp_path / "out", source={"min_images": 3})
    assert {split: survey.images for split, survey in made.surveys.items()} == {"train": 13, "validation": 1}
    assert made.classes.names == ("cat", "dog")
