import dataclasses
import hashlib
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.test_samples import table
from wizard.engine.plan import Plan, SplitPlan, in_source_order, shuffle, shuffled
from wizard.engine.transform import Check, Recipe
from wizard.formats import encoding, jpegli
from wizard.formats.resize import Resize
from wizard.sources.classes import Classes
from wizard.sources.names import sorted_by
from wizard.sources.samples import SampleTable
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset

KEPT = Recipe(resize=Resize(mode="original"), quality=None)


def made(
    rows: SampleTable | None = None, *, shards: int = 3, recipe: Recipe = KEPT, seed: int = 1, label_base: int = 1
) -> Plan:
    rows = table([1] * 10) if rows is None else rows
    split = shuffled("train", rows, recipe, shards=shards, seed=seed)
    return Plan(splits=(split,), label_base=label_base, seed=seed, target=TFRecords())


@given(st.integers(0, 60), st.integers(1, 20))
def test_every_image_is_in_just_one_shard_and_sizes_differ_by_one_at_most(count: int, shards: int) -> None:
    plan = made(table([0] * count), shards=shards)
    sizes = [len(task.samples) for task in plan.tasks("", skip_bad=False)]
    names = [sample.name for task in plan.tasks("", skip_bad=False) for sample in task.samples]
    assert sorted(names, key=int) == [str(i) for i in range(count)]
    assert len(sizes) == shards
    assert max(sizes) - min(sizes) <= 1


def test_shard_sizes_of_the_real_dataset() -> None:
    def sizes(count: int, shards: int) -> list[int]:
        split = shuffled("train", table([0] * count), KEPT, shards=shards, seed=1)
        return [len(split.rows(index)) for index in range(shards)]

    train, validation = sizes(1_281_167, 1024), sizes(50_000, 128)
    assert (train.count(1251), train.count(1252)) == (881, 143)
    assert (validation.count(390), validation.count(391)) == (48, 80)


@given(st.permutations(range(12)), st.integers(0, 2**63 - 1))
def test_the_order_knows_nothing_of_the_order_of_the_names(permuted: list[int], seed: int) -> None:
    names = np.array([b"image%d" % i for i in range(12)])
    shuffled = np.array([names[i] for i in permuted])
    assert names[shuffle(names, seed)].tolist() == shuffled[shuffle(shuffled, seed)].tolist()


def test_the_order_is_pinned() -> None:
    """A change here changes every dataset that anyone has built."""
    names = np.array([b"n01440764_%d.JPEG" % i for i in range(6)])
    assert shuffle(names, 2012).tolist() == [2, 4, 3, 0, 5, 1]
    assert shuffle(names, 1).tolist() != shuffle(names, 2012).tolist()


@given(st.lists(st.binary(max_size=9).map(lambda name: name.rstrip(b"\0")), max_size=30), st.integers(0, 2**63 - 1))
def test_the_order_is_that_of_each_names_own_hash(names: list[bytes], seed: int) -> None:
    def hashed(row: int) -> tuple[bytes, bytes]:
        return hashlib.blake2b(names[row], digest_size=8, key=seed.to_bytes(8, "little")).digest(), names[row]

    found = shuffle(np.array(names, np.bytes_), seed)
    assert found.tolist() == sorted(range(len(names)), key=hashed)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2**63, 2**64 - 1]), st.sampled_from([b"a", b"b", b"c"])), max_size=12))
def test_names_decide_between_equal_hashes(rows: list[tuple[int, bytes]]) -> None:
    hashes = np.array([number for number, _ in rows], np.uint64)
    names = np.array([name for _, name in rows], np.bytes_)
    assert sorted_by(hashes, names).tolist() == sorted(range(len(rows)), key=lambda row: rows[row])


def test_names_of_shards() -> None:
    assert made(shards=2).shard_names == ["train-00000-of-00002", "train-00001-of-00002"]
    assert [task.name for task in made(shards=2).tasks("", skip_bad=False)] == made(shards=2).shard_names


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(1, 9))
def test_the_bytes_of_a_shard_are_those_of_its_images(sizes: list[int], shards: int) -> None:
    rows = dataclasses.replace(table([0] * len(sizes)), size=np.array(sizes, np.int64))
    (split,) = made(rows, shards=shards).splits
    assert split.bytes.tolist() == [rows.size[split.rows(index)].sum() for index in range(shards)]


def test_the_largest_shards_come_first() -> None:
    rows = dataclasses.replace(table([0] * 8), size=np.array([1000, 1010, 990, 100, 0, 5000, 1005, 99], np.int64))
    split = dataclasses.replace(made(rows, shards=8).splits[0], order=np.arange(8))
    plan = dataclasses.replace(made(), splits=(split,))
    tasks = list(plan.tasks("", skip_bad=False, largest_first=True))
    assert [task.samples.size[0] for task in tasks] == [5000, 1010, 1005, 1000, 990, 100, 99, 0]
    assert {task.name for task in tasks} == set(plan.shard_names)


def variants() -> dict[str, Plan]:
    rows = table([1] * 10)
    other_box = dataclasses.replace(rows, boxes=rows.boxes + 0.25)
    other_size = dataclasses.replace(rows, size=rows.size + 1)
    other_label = dataclasses.replace(rows, label=rows.label + 1)
    resized = Recipe(resize=Resize(mode="shortest", size=480), quality=85)
    return {
        "as it is": made(),
        "shards": made(shards=4),
        "seed": made(seed=2),
        "label base": made(label_base=0),
        "recipe": made(recipe=resized),
        "upscale": made(recipe=Recipe(resize=Resize(mode="shortest", size=480, upscale=True), quality=85)),
        "quality": made(recipe=Recipe(resize=Resize(mode="shortest", size=480), quality=86)),
        "boxes": made(other_box),
        "sizes": made(other_size),
        "labels": made(other_label),
        "fewer images": made(table([1] * 9)),
        "boxes that are alike": made(dataclasses.replace(rows, boxes=rows.boxes * 0)),
        "one of them on another image": made(dataclasses.replace(table([1] * 8 + [0, 2]), boxes=rows.boxes * 0)),
    }


def test_all_that_decides_a_byte_changes_the_plan_id() -> None:
    ids = {name: plan.plan_id for name, plan in variants().items()}
    assert len(set(ids.values())) == len(ids), ids


def test_of_all_checks_only_that_of_the_structure_changes_the_plan_id() -> None:
    """Proven images can all be decoded; one whose structure is sound may not be, and is stored all the same."""
    ids = {check: made(recipe=dataclasses.replace(KEPT, check=check)).plan_id for check in get_args(Check)}
    assert ids["md5"] == ids["decode"] == made().plan_id != ids["structure"]


def test_a_check_means_nothing_to_the_plan_id_of_images_that_are_encoded_again() -> None:
    encoded = Recipe(resize=Resize(mode="original"), quality=90)
    assert made(recipe=dataclasses.replace(encoded, check="structure")).plan_id == made(recipe=encoded).plan_id


def test_tasks_can_be_given_another_check_than_that_of_the_recipe() -> None:
    checks: dict[str, Check] = {"train": "md5", "validation": "decode"}
    tasks = two_splits().tasks("", skip_bad=False, checks=checks)
    assert {task.split: task.recipe.check for task in tasks} == checks


def test_library_versions_change_the_plan_id(monkeypatch: pytest.MonkeyPatch) -> None:
    before = made().plan_id
    monkeypatch.setattr(encoding, "CODECS", "newer")
    assert made().plan_id != before


def test_what_encodes_and_what_is_kept_changes_the_plan_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpegli, "codec", lambda: "ajpegli 1.0 (arithmetic 0)")
    usual = Recipe(resize=Resize(mode="shortest", size=480), quality=85)
    recipes = [
        usual,
        dataclasses.replace(usual, encoder="jpegli"),
        dataclasses.replace(usual, keep_small=True),
        dataclasses.replace(usual, keep_small=True, check="structure"),
    ]
    assert len({made(recipe=recipe).plan_id for recipe in recipes}) == len(recipes)


def test_the_version_of_an_encoder_is_part_of_plans_that_use_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Recipe(resize=Resize(mode="shortest", size=480), quality=85)
    by_jpegli = dataclasses.replace(usual, encoder="jpegli")
    monkeypatch.setattr(jpegli, "codec", lambda: "ajpegli 1.0 (arithmetic 0)")
    usual_id, before = made(recipe=usual).plan_id, made(recipe=by_jpegli).ingredients
    monkeypatch.setattr(jpegli, "codec", lambda: "ajpegli 1.0 (arithmetic 1)")
    assert made(recipe=usual).plan_id == usual_id
    (difference,) = before.differences(made(recipe=by_jpegli).ingredients)
    assert "arithmetic 0" in difference
    assert "arithmetic 1" in difference


def test_where_the_archives_lie_and_in_which_order_does_not_change_the_plan_id() -> None:
    rows = table([1] * 10)
    moved: dict[str, Any] = {"files": ("elsewhere/a.tar", "b.tar"), "offset": rows.offset + 512}
    turned = dataclasses.replace(rows, **moved).take(np.arange(10)[::-1])
    assert made(turned).plan_id == made(rows).plan_id


def two_splits() -> Plan:
    rows = table([1, 0, 2, 1, 0] * 2)
    rows = dataclasses.replace(rows, boxes=rows.boxes / 16)
    resized = Recipe(resize=Resize(mode="shortest", size=480), quality=85)
    train = shuffled("train", rows, resized, shards=3, seed=2012)
    return Plan(
        splits=(train, shuffled("validation", rows, KEPT, shards=2, seed=2012)),
        label_base=1,
        seed=2012,
        target=TFRecords(),
    )


def test_a_build_of_version_0_1_can_be_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What that version itself gave for these images: another plan_id here would build every old dataset anew."""
    monkeypatch.setattr(encoding, "CODECS", "codecs")
    assert two_splits().ingredients.labelled == {
        "format": "tf.train.Example with the 15 features of build_imagenet_data.py, version 1",
        "codecs": "codecs",
        "label base": "1",
        "seed": "2012",
        "train shards": "3",
        "train recipe": "shortest side 480, JPEG quality 85",
        "validation shards": "2",
        "validation recipe": "original size, bytes kept",
        "train images": "10",
        "train boxes": "8",
        "train contents": "d652be2ecd4bc6ad",
        "validation images": "10",
        "validation boxes": "8",
        "validation contents": "d652be2ecd4bc6ad",
    }
    assert two_splits().plan_id == "211009aec9aa2d1b"
    written = [[sample.name for sample in task.samples] for task in two_splits().tasks("", skip_bad=False)]
    train = ["0", "8", "4", "9", "7", "3", "1", "2", "6", "5"]
    assert written == [train[:3], train[3:6], train[6:], train[:5], train[5:]]


def test_all_of_a_target_that_decides_a_byte_changes_the_plan_id() -> None:
    targets = [
        TFRecords(),
        TFRecords(features="tpu"),
        TFRecords(features="source"),
        TFRecords(split_folders=True),
        ClassFolders(),
        FlatFolders(),
        WebDataset(),
    ]
    ids = [dataclasses.replace(made(), target=target).plan_id for target in targets]
    assert len(set(ids)) == len(ids)


def test_an_index_or_none_is_the_same_plan() -> None:
    assert dataclasses.replace(made(), target=TFRecords(index=False)).plan_id == made().plan_id


def of_classes(names: tuple[str, ...], words: tuple[str, ...]) -> Plan:
    rows = dataclasses.replace(table([1] * 2), classes=Classes(names=names, words=words))
    return made(rows)


def test_classes_of_ones_own_and_their_words_change_the_plan_id() -> None:
    plans_of = [
        made(table([1] * 2)),
        of_classes(("a", "b"), ("a", "b")),
        of_classes(("a", "c"), ("a", "b")),
        of_classes(("b", "a"), ("a", "b")),
        of_classes(("a", "b"), ("a", "c")),
    ]
    assert len({each.plan_id for each in plans_of}) == len(plans_of)
    assert "classes" not in plans_of[0].ingredients.labelled
    assert plans_of[1].ingredients.labelled["classes"].startswith("2 of the source's own, ")


def in_files(file: list[int], files: int) -> SampleTable:
    """Images that lie the later in their files the earlier they are in the table, called by file and place."""
    count = len(file)
    rows = dataclasses.replace(
        table([0] * count),
        files=tuple(f"{name}.tfrecord" for name in range(files)),
        file=np.array(file, np.int32),
        offset=np.arange(count)[::-1] * 100,
    )
    places = zip(file, rows.offset.tolist(), strict=True)
    return dataclasses.replace(rows, name=np.array([f"{name}@{at:05d}".encode() for name, at in places]))


def named(plan: SplitPlan) -> list[list[str]]:
    return [[plan.table[int(row)].name for row in plan.rows(index)] for index in range(plan.shards)]


def test_kept_shards_are_the_files_with_their_order_also_where_a_file_is_empty() -> None:
    plan = in_source_order("train", in_files([3, 1, 3, 0, 1], 5), KEPT)
    assert named(plan) == [["0@00100"], ["1@00000", "1@00300"], [], ["3@00200", "3@00400"], []]
    assert (plan.shards, plan.is_shuffled) == (5, False)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(1, 9))
def test_in_source_order_every_image_is_in_one_shard_as_it_lies_in_its_file(file: list[int], shards: int) -> None:
    rows = in_files(file, 6)
    kept, spread = in_source_order("train", rows, KEPT), in_source_order("train", rows, KEPT, shards=shards)
    assert [name for shard in named(kept) for name in shard] == sorted(name.decode() for name in rows.name.tolist())
    assert [name for shard in named(spread) for name in shard] == [name for shard in named(kept) for name in shard]
    assert [len(shard) for shard in named(kept)] == [file.count(place) for place in range(6)]
    sizes = [len(shard) for shard in named(spread)]
    assert len(sizes) == shards
    assert max(sizes) - min(sizes) <= 1


def test_another_order_of_the_source_or_other_bounds_change_the_plan_id() -> None:
    rows, moved = in_files([0, 0, 1, 1], 2), in_files([0, 0, 0, 1], 2)
    moved = dataclasses.replace(moved, name=rows.name)
    turned = dataclasses.replace(rows, offset=rows.offset[::-1].copy())
    plans_of = [
        in_source_order("train", rows, KEPT),
        in_source_order("train", moved, KEPT),
        in_source_order("train", turned, KEPT),
        shuffled("train", rows, KEPT, shards=2, seed=1),
    ]
    ids = {Plan(splits=(each,), label_base=1, seed=1, target=TFRecords()).plan_id for each in plans_of}
    assert len(ids) == len(plans_of)


def test_the_seed_of_a_shuffle_and_the_place_of_files_leave_the_order_of_the_source_alone() -> None:
    rows = in_files([1, 0, 1], 2)
    elsewhere = dataclasses.replace(rows, files=("x/0.tfrecord", "x/1.tfrecord"))
    one, other = (in_source_order("train", each, KEPT) for each in (rows, elsewhere))
    ingredients = [
        Plan(splits=(each,), label_base=1, seed=1, target=TFRecords()).ingredients.labelled for each in (one, other)
    ]
    assert ingredients[0] == ingredients[1]
