import hashlib
from contextlib import AbstractContextManager
from dataclasses import replace
from io import BufferedRandom
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import build_dataset, contents, features, shards
from tests.targets.test_tfds import done, planned
from wizard.engine import manifest, sidecars
from wizard.engine.plan import Plan
from wizard.engine.sidecars import BOXES, CLASSES, boxes_table, remove_sidecars, write_sidecars, wrong_sidecars
from wizard.events import Event
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.records.reader import RECORDS
from wizard.storage import replacing, write_whole
from wizard.targets.tfrecord.target import TFRecords

OF_TFDS = {"dataset_info.json", "features.json", "image.class.label.labels.txt"}


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def asked_again(raw: Path, out: Path, **output: Any) -> set[str]:
    """The files that lie beside the shards of a finished dataset, of which nothing is rebuilt."""
    before = {path: path.stat().st_mtime_ns for path in shards(out)}
    image = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
    finished = build_dataset(raw, out, source={"boxes": "all"}, image=image, output=output)
    assert finished.images_built == 0
    assert {path: path.stat().st_mtime_ns for path in shards(out)} == before
    return files(out) - {path.name for path in before}


def without_tfds(plan: Plan) -> Plan:
    return replace(plan, target=TFRecords())


def boxed(plan: Plan, boxes: Boxes, first: list[int]) -> Plan:
    """The plan, its first split's images with boxes."""
    (split, *others) = plan.splits
    table = replace(split.table, boxes=boxes, first_box=np.array(first))
    return replace(plan, splits=(replace(split, table=table), *others))


def test_a_finished_dataset_gets_and_loses_what_another_choice_asks_for(raw: Path, built_copy: Path) -> None:
    plain = {"dataset.json", "images.csv.gz"}
    assert asked_again(raw, built_copy, tfds=True, boxes_csv=True) == plain | OF_TFDS | {BOXES}
    assert asked_again(raw, built_copy, tfds=True) == plain | OF_TFDS
    assert asked_again(raw, built_copy) == plain


def test_the_index_disappears_and_comes_back_as_asked(raw: Path, built_copy: Path) -> None:
    before = contents(built_copy)
    asked_again(raw, built_copy, index=False)
    assert not (built_copy / "idx").exists()
    asked_again(raw, built_copy, index=True)
    assert contents(built_copy) == before


def test_the_index_of_a_shard_to_be_rebuilt_is_removed(raw: Path, built_copy: Path) -> None:
    shards(built_copy)[0].unlink()  # as a run leaves it that is killed between a shard's index and the shard
    image = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
    build_dataset(raw, built_copy, source={"boxes": "all"}, image=image, output={"index": False})
    assert not (built_copy / "idx").exists()


def test_a_person_s_own_file_of_such_a_name_stays(raw: Path, built_copy: Path) -> None:
    (built_copy / "features.json").write_text("mine")
    (built_copy / "idx" / "mine").write_text("mine")
    assert "features.json" in asked_again(raw, built_copy, index=False)
    assert (built_copy / "idx" / "mine").read_text() == "mine"


def test_a_person_s_own_file_is_set_aside_where_one_of_this_program_s_takes_its_place(tmp_path: Path) -> None:
    plan = planned()
    notes: list[Event] = []
    for text in ("mine", "mine, too"):
        (tmp_path / sidecars._OURS).unlink(missing_ok=True)
        (tmp_path / "features.json").write_text(text)
        write_sidecars(tmp_path, plan, done(plan), boxes_csv=False, report=notes.append)
    assert (tmp_path / "features.json.before").read_text() == "mine"
    assert (tmp_path / "features.json.before-2").read_text() == "mine, too"
    assert [str(note).count("features.json was there before") for note in notes] == [1, 1]


def test_what_is_in_the_way_of_a_file_or_its_folder_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "features.json").mkdir()
    (tmp_path / "imagenet2012").write_text("mine")
    plan, notes = planned(), list[Event]()
    for each in (plan, replace(plan, target=TFRecords(tfds="imagenet2012"))):
        write_sidecars(tmp_path, each, done(plan), boxes_csv=False, report=notes.append)
    assert (tmp_path / "features.json.before").is_dir()
    assert (tmp_path / "imagenet2012.before").read_text() == "mine"
    assert (tmp_path / "imagenet2012" / "5.1.0" / "features.json").is_file()
    assert ["was there before" in str(note) for note in notes] == [True, True]


def test_this_program_s_own_file_is_not_set_aside_if_its_records_are_gone(tmp_path: Path) -> None:
    plan = planned()
    write_sidecars(tmp_path, plan, done(plan), boxes_csv=False)
    before = files(tmp_path)
    (tmp_path / sidecars._OURS).unlink()
    write_sidecars(tmp_path, plan, done(plan), boxes_csv=False)
    assert files(tmp_path) == before


def test_a_sidecar_removed_once_no_longer_belongs_to_the_build(tmp_path: Path) -> None:
    plan = planned()
    for asked in (True, False):
        write_sidecars(tmp_path, plan if asked else without_tfds(plan), done(plan), boxes_csv=False)
    (tmp_path / "features.json").write_text("mine")
    write_sidecars(tmp_path, without_tfds(plan), done(plan), boxes_csv=False)
    assert (tmp_path / "features.json").read_text() == "mine"


def test_sidecars_of_a_killed_run_are_known_to_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned()

    def killed_at_features(target: Path) -> AbstractContextManager[BufferedRandom]:
        if target.name == "features.json":
            raise KeyboardInterrupt
        return replacing(target)

    with monkeypatch.context() as patch:
        patch.setattr(sidecars, "replacing", killed_at_features)
        with pytest.raises(KeyboardInterrupt):
            write_sidecars(tmp_path, plan, done(plan), boxes_csv=False)
    assert "dataset_info.json" in files(tmp_path)
    write_sidecars(tmp_path, without_tfds(plan), done(plan), boxes_csv=False)
    assert files(tmp_path) == {CLASSES}


def test_classes_that_are_not_imagenet_s_are_listed_in_the_order_of_their_labels(tmp_path: Path) -> None:
    plan = planned(classes=("dog", "cat"))
    write_sidecars(tmp_path, without_tfds(plan), done(plan), boxes_csv=False)
    assert (tmp_path / CLASSES).read_text() == "dog\ncat\n"


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_beside_imagenet_s_image_files_lies_what_their_folders_mean(raw: Path, tmp_path: Path, form: str) -> None:
    build_dataset(raw, tmp_path, output={"format": form})
    lines = (tmp_path / "synsets.txt").read_bytes().decode().split("\n")
    assert lines == [f"{synset.wnid} {synset.words}" for synset in synsets()]
    assert lines[0] == "n01440764 tench, Tinca tinca"
    assert CLASSES not in files(tmp_path)


def test_the_table_of_boxes_has_every_box_of_every_split_sorted(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path, source={"boxes": "all"}, output={"boxes_csv": True})
    lines = (tmp_path / BOXES).read_text().splitlines()
    told: dict[str, list[list[float]]] = {}
    for name, *corners in (line.split(",") for line in lines):
        told.setdefault(name, []).append([float(corner) for corner in corners])
    corners = [f"image/object/bbox/{corner}" for corner in ("xmin", "ymin", "xmax", "ymax")]
    stored = {name: np.transpose([record[corner] for corner in corners]) for name, record in features(tmp_path).items()}
    boxed = {name for name, boxes in stored.items() if len(boxes)}
    assert lines == sorted(lines)
    assert set(told) == boxed
    assert {name[:7] for name in boxed} >= {"ILSVRC2", "n014407"}
    assert all(np.allclose(told[name], stored[name], rtol=0, atol=0.00006) for name in boxed)


def test_boxes_are_listed_relative_to_the_source_image_with_four_decimals_and_duplicates_kept() -> None:
    box = [0.12344, 0.0, 1.0, 2 / 3]
    plan = boxed(planned({"train": 2}), np.array([box, box, [0, 0, 1, 1]], dtype=float), [0, 2, 3])
    assert boxes_table(plan).decode() == (
        "0,0.1234,0.0000,1.0000,0.6667\n0,0.1234,0.0000,1.0000,0.6667\n1,0.0000,0.0000,1.0000,1.0000\n"
    )


def test_the_table_of_boxes_includes_the_boxes_of_records() -> None:
    plan = boxed(planned({"validation": 1}), np.array([[0, 0, 0.5, 1]]), [0, 1])
    table = replace(plan.splits[0].table, reader=RECORDS)
    plan = replace(plan, splits=(replace(plan.splits[0], table=table),), target=TFRecords(features="source"))
    assert boxes_table(plan) == b"0,0.0000,0.0000,0.5000,1.0000\n"


def test_a_folder_without_shards_loses_what_described_the_older_plan(tmp_path: Path) -> None:
    plan = planned()
    write_sidecars(tmp_path, plan, done(plan), boxes_csv=True)
    (tmp_path / "idx").mkdir()
    write_whole(tmp_path / "idx" / plan.shard_names[0], b"0 1\n")
    (tmp_path / "mine.txt").write_text("mine")
    remove_sidecars(tmp_path)
    assert files(tmp_path) == {"mine.txt"}
    assert not (tmp_path / "idx").exists()


def test_sidecars_are_compared_with_their_sha256(tmp_path: Path) -> None:
    sums = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("same", "changed", "gone")}
    (tmp_path / "same").write_text("same")
    (tmp_path / "changed").write_text("else")
    assert list(wrong_sidecars(tmp_path, sums)) == [("changed", "has changed"), ("gone", "is gone")]


def test_a_program_that_was_edited_is_no_damage(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out", output={"load_py": True})
    assert (tmp_path / "out" / "load.py").is_file()
    assert "load.py" not in manifest.read(tmp_path / "out").sidecars
