import gzip
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import (
    CLASSES,
    ODD,
    PER_CLASS,
    TRAIN,
    VALIDATION,
    add_test_archive,
    build_dataset,
    features,
    ignore,
    plan_of,
    profile,
    tar,
)
from wizard import synthetic
from wizard.engine.plan import Plan
from wizard.errors import InputError, UsageError
from wizard.events import Event, Note
from wizard.formats import example, tfrecord
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.ilsvrc2012.synsets import rank_of_image, synsets, validation_ranks
from wizard.planning import Job, decide, decide_without_source, make_plan, resolve
from wizard.sources.readers import BYTE_RANGES, Form
from wizard.sources.records.reader import RECORDS
from wizard.sources.samples import SampleTable, in_one_file
from wizard.sources.source import Progress, Source, surveyed
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset

NUMBERS = range(1, 9)
"""Numbers of the validation images in `matching`."""


def plan_from(raw: Path, **source: Any) -> Plan:
    return plan_of(profile(raw, raw.parent / "out", source=source))


def names(plan: Plan, split: int = 0) -> list[str]:
    """The images' names in the order of writing."""
    part = plan.splits[split]
    return [part.table[row].name for row in part.order]


def ranks_of(found: list[str]) -> set[int | None]:
    return {rank_of_image(name) for name in found}


@pytest.fixture(scope="module")
def matching(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first few validation images, and a train archive of their classes and one more class."""
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
def test_a_class_limit_selects_the_first_wnids(raw: Path, count: int) -> None:
    found = names(plan_from(raw, classes=count, splits=["train"]))
    assert ranks_of(found) == set(range(count))
    assert len(found) == len(set(found)) == count * PER_CLASS + ODD


def test_images_of_selected_classes_keep_the_order_of_the_full_set(raw: Path) -> None:
    every = names(plan_from(raw, splits=["train"]))
    few = names(plan_from(raw, classes=2, splits=["train"]))
    assert few == [name for name in every if name in set(few)]


def test_a_plan_of_fewer_classes_differs_only_in_its_images(raw: Path) -> None:
    every = plan_from(raw, splits=["train"]).ingredients.labelled
    few = plan_from(raw, classes=2, splits=["train"]).ingredients.labelled
    assert every.keys() == few.keys()
    assert {name for name in every if every[name] != few[name]} == {"train images", "train boxes", "train contents"}


@pytest.mark.parametrize("count", [CLASSES, CLASSES + 1, 1000])
def test_a_class_limit_of_all_classes_or_more_gives_the_same_plan(raw: Path, count: int) -> None:
    every, asked = plan_from(raw, splits=["train"]), plan_from(raw, splits=["train"], classes=count)
    assert len(asked.splits[0].table) == TRAIN
    assert asked.plan_id == every.plan_id


def test_validation_has_the_classes_selected_for_train(matching: Path) -> None:
    plan = plan_from(matching, classes=3, boxes="none")
    chosen = sorted({0, *(int(validation_ranks()[number - 1]) for number in NUMBERS)})[:3]
    train, validation = names(plan, 0), names(plan, 1)
    assert ranks_of(train) == set(chosen)
    assert len(train) == 9
    assert set(validation) == {
        f"ILSVRC2012_val_{number:08d}.JPEG" for number in NUMBERS if validation_ranks()[number - 1] in chosen
    }
    every = plan_from(matching, boxes="none").ingredients.labelled
    differ = {name for name in every if every[name] != plan.ingredients.labelled[name]}
    assert differ == {f"{split} {what}" for split in ("train", "validation") for what in ("images", "contents")}


def test_the_order_of_splits_does_not_change_the_selected_classes(matching: Path) -> None:
    plan = plan_from(matching, classes=3, boxes="none")
    turned = plan_from(matching, classes=3, boxes="none", splits=["validation", "train"])
    assert [part.split for part in turned.splits] == ["validation", "train"]
    assert [names(turned, 1), names(turned, 0)] == [names(plan, 0), names(plan, 1)]


def test_validation_without_train_selects_its_own_first_classes(raw: Path) -> None:
    every = names(plan_from(raw, splits=["validation"]))
    few = names(plan_from(raw, splits=["validation"], classes=2))
    assert len(every) == VALIDATION
    first = sorted({rank for name in every if (rank := rank_of_image(name)) is not None})[:2]
    assert few == [name for name in every if rank_of_image(name) in first]


def test_a_split_without_images_of_the_selected_classes_is_refused_with_a_hint(raw: Path) -> None:
    with pytest.raises(InputError, match=r"validation has no images of the classes selected by .* = 1\.") as error:
        plan_from(raw, classes=1)
    assert error.value.hint == "Leave validation out of source.splits; it has none of the other splits' classes"


def test_a_build_of_fewer_classes_is_complete_and_keeps_the_labels_of_the_full_set(raw: Path, tmp_path: Path) -> None:
    everything = build_dataset(raw, tmp_path / "all", source={"splits": ["train"]})
    few = build_dataset(raw, tmp_path / "few", source={"splits": ["train"], "classes": 2})
    assert few.plan_id != everything.plan_id
    found, every = features(tmp_path / "few"), features(tmp_path / "all")
    assert len(found) == 2 * PER_CLASS + ODD
    for name, record in found.items():
        assert record["image/class/label"] == every[name]["image/class/label"]
        assert record["image/encoded"] == every[name]["image/encoded"]
        assert set(record) == set(every[name])


def test_too_many_shards_are_judged_by_the_images_of_the_selected_classes(raw: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    source = {"splits": ["train"], "classes": 1}
    plan_of(profile(raw, tmp_path, source=source, output={"train_shards": TRAIN - 1}), told.append)
    (warning,) = (event.text for event in told if isinstance(event, Note) and "leave some empty" in event.text)
    said = f"train: {TRAIN - 1} shards for {PER_CLASS + ODD} images leave some empty; none is with --set "
    assert warning == f"{said}output.train_shards={PER_CLASS + ODD}"


def notes_of(raw: Path, **sections: Any) -> list[Note]:
    """The notes that are reported during planning."""
    events: list[Event] = []
    plan_of(profile(raw, raw.parent / "out", **sections), events.append)
    return [event for event in events if isinstance(event, Note)]


RAW, OUT = Path("/raw"), Path("/out")


class StandIn(Source):
    """A source that is never read."""

    folder, what, why, parts = RAW, "pictures", (), ()

    def __init__(self, form: Form) -> None:
        self.form = form

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        raise NotImplementedError


def decided(table: SampleTable, *, files: int = 0, splits: tuple[Split, ...] = ("train",), **output: Any) -> Job:
    """The job of splits that have this table."""
    asked = profile(RAW, OUT, source={"splits": [*splits]}, output=output)
    surveys = {split: replace(surveyed(split, RAW, table), shards=files) for split in splits}
    return decide(asked, StandIn(table.reader.form), surveys)


RECORDS_TABLE = replace(
    in_one_file("a", name=np.array([b"a"]), offset=np.zeros(1, int), size=np.ones(1, int), label=np.zeros(1, np.int16)),
    reader=RECORDS,
    label_base=1,
)
IMAGES_TABLE = replace(RECORDS_TABLE, reader=BYTE_RANGES, label_base=0)


@pytest.mark.parametrize(
    ("form", "output", "expected"),
    [
        ("image", {}, TFRecords()),
        ("image", {"features": "tpu", "index": False}, TFRecords(features="tpu", index=False)),
        ("image", {"split_folders": True}, TFRecords(split_folders=True)),
        ("image", {"format": "folders"}, ClassFolders()),
        ("image", {"format": "webdataset"}, WebDataset()),
        ("example", {}, TFRecords(features="source")),
        ("example", {"shards": "keep"}, TFRecords(features="source")),
        ("example", {"format": "flat"}, FlatFolders()),
        ("example", {"format": "webdataset"}, WebDataset()),
    ],
)
def test_the_target_is_the_requested_one_and_records_stay_records(
    form: Form, output: dict[str, Any], expected: Target
) -> None:
    assert decided(RECORDS_TABLE if form == "example" else IMAGES_TABLE, **output).target == expected


def test_only_records_can_keep_their_shards(raw: Path) -> None:
    with pytest.raises(UsageError, match=r'output\.shards = "keep" keeps the shards of TFRecords') as error:
        plan_of(profile(raw, raw.parent / "out", output={"shards": "keep"}))
    assert "output.train_shards" in error.value.hint


def test_records_keep_their_own_features() -> None:
    with pytest.raises(UsageError, match=r"output\.features = 'tpu' is for images") as error:
        decided(RECORDS_TABLE, features="tpu")
    assert error.value.hint == "Leave output.features out, or say --set output.features=inception"


@pytest.mark.parametrize(
    ("table", "output", "expected"),
    [
        (IMAGES_TABLE, {}, 1),
        (IMAGES_TABLE, {"label_base": 0}, 0),
        (IMAGES_TABLE, {"format": "folders"}, 0),
        (IMAGES_TABLE, {"format": "webdataset"}, 0),
        (IMAGES_TABLE, {"format": "webdataset", "label_base": 1}, 1),
        (RECORDS_TABLE, {}, 1),
        (RECORDS_TABLE, {"label_base": 1}, 1),
        (RECORDS_TABLE, {"format": "webdataset"}, 0),
        (RECORDS_TABLE, {"format": "webdataset", "label_base": 1}, 1),
        (replace(RECORDS_TABLE, label_base=0), {}, 0),
    ],
)
def test_the_label_base_is_the_requested_one_or_that_of_the_records_or_of_older_scripts(
    table: SampleTable, output: dict[str, Any], expected: int
) -> None:
    assert decided(table, **output).label_base == expected


def test_records_cannot_be_relabeled() -> None:
    with pytest.raises(UsageError, match=r"labels begin at 1, .* is 0, and records keep theirs") as error:
        decided(RECORDS_TABLE, label_base=0)
    assert "--set output.label_base=1" in error.value.hint


def test_without_a_readable_source_the_target_is_the_requested_one() -> None:
    settings = decide_without_source(profile(RAW, OUT, output={"format": "webdataset"}))
    assert (settings.target, settings.label_base) == (WebDataset(), 0)
    kept = decide_without_source(profile(RAW, OUT, output={"shards": "keep"}))
    assert kept.target == TFRecords(features="source")


def test_kept_shards_are_as_many_as_those_of_the_source() -> None:
    both: tuple[Split, ...] = ("train", "validation")
    assert decided(RECORDS_TABLE, files=3, splits=both, shards="keep").shards == {"train": 3, "validation": 3}
    assert decided(RECORDS_TABLE, files=3, splits=both).shards == {"train": 5, "validation": 2}


def test_requested_boxes_that_validation_lacks_are_reported(raw: Path) -> None:
    said = [note.text for note in notes_of(raw)]
    because = "because only train's are asked for; with both: --set source.boxes=all"
    assert f"validation: records carry no bounding boxes, {because}" in said
    for source in ({"boxes": "all"}, {"boxes": "none"}, {"splits": ["train"]}):
        assert not any("carry no bounding boxes" in note.text for note in notes_of(raw, source=source))


@pytest.mark.parametrize(
    ("output", "unit"),
    [
        ({"format": "parquet"}, "rows"),
        ({"format": "folders"}, "image files"),
        ({"features": "tpu"}, "records"),
        ({"tfds": "imagenet2012"}, "records"),
    ],
)
def test_boxes_for_which_there_is_no_place_are_reported(raw: Path, output: dict[str, Any], unit: str) -> None:
    said = [note.text for note in notes_of(raw, output=output)]
    assert (
        f"Bounding boxes are not stored: these {unit} cannot hold them, but a CSV beside them can "
        "(--set output.boxes_csv=true)"
    ) in said
    assert not any("carry no bounding boxes" in text for text in said)
    for asked in ({"source": {"boxes": "none"}, "output": output}, {"output": output | {"boxes_csv": True}}):
        assert not any("not stored" in note.text for note in notes_of(raw, **asked))


def test_warns_of_a_box_table_without_boxes(raw: Path) -> None:
    warned = [note for note in notes_of(raw, source={"boxes": "none"}, output={"boxes_csv": True}) if note.warning]
    assert any("so the CSV of boxes is empty" in note.text for note in warned)
    assert not any("CSV" in note.text for note in notes_of(raw, output={"boxes_csv": True}))


def unseen(made: Job) -> Job:
    """The job if the pre-flight had taken the archives at their word, as it does those of the official size."""
    surveys = {split: replace(survey, table=None) for split, survey in made.surveys.items()}
    return replace(made, surveys=surveys)


def test_warns_of_what_the_raw_data_lacks_if_the_preflight_could_not(raw: Path) -> None:
    asked = resolve(profile(raw, OUT), ignore)
    events: list[Event] = []
    make_plan(unseen(asked), events.append)
    warned = [event.text for event in events if isinstance(event, Note) and event.warning]
    assert f"train has {CLASSES} of 1,000 classes; labels stay those of the full set" in warned
    assert f"validation has {VALIDATION} images, the official one 50,000" in warned
    assert not any("of 1,000 classes" in note.text or "official one" in note.text for note in notes_of(raw))


def test_the_test_split_has_images_but_no_classes_to_lack(raw_copy: Path) -> None:
    add_test_archive(raw_copy, 3)
    events: list[Event] = []
    asked = profile(raw_copy, OUT, source={"splits": ["test"], "boxes": "all"})
    make_plan(unseen(resolve(asked, ignore)), events.append)
    said = [event.text for event in events if isinstance(event, Note)]
    assert "test has 3 images, the official one 100,000" in said
    assert not any("classes" in text for text in said)


@pytest.mark.parametrize("form", ["tfrecord", "folders", "flat", "webdataset"])
def test_the_test_split_is_built_like_any_other(raw_copy: Path, tmp_path: Path, form: str) -> None:
    add_test_archive(raw_copy, 5)
    finished = build_dataset(
        raw_copy, tmp_path / "out", source={"splits": ["test"]}, output={"format": form, "test_shards": 2}
    )
    (split,) = finished.splits
    assert (split.split, split.images_in, split.images_out, split.shards) == ("test", 5, 5, 2)


def test_classes_of_a_split_without_labels_cannot_be_selected(raw_copy: Path) -> None:
    add_test_archive(raw_copy, 3)
    with pytest.raises(InputError, match="test has no images of the classes") as error:
        plan_from(raw_copy, splits=["train", "test"], classes=2)
    assert "source.splits" in error.value.hint


def records(folder: Path, shards: list[list[int]]) -> Path:
    """TFRecords of drawn train images of these ranks."""
    folder.mkdir()
    rng, number = random.Random(1), 0
    for index, ranks in enumerate(shards):
        frames = []
        for rank in ranks:
            number, wnid = number + 1, synsets()[rank].wnid
            record: dict[str, example.Feature] = {
                "image/encoded": synthetic.draw(rng, rank).data,
                "image/class/label": (rank + 1,),
                "image/class/synset": wnid.encode(),
                "image/filename": f"{wnid}_{number}.JPEG".encode(),
            }
            frames.append(tfrecord.frame(example.encode(record)))
        (folder / f"train-{index:05d}-of-{len(shards):05d}").write_bytes(b"".join(frames))
    return folder


def test_kept_shards_without_images_of_the_selected_classes_are_empty(tmp_path: Path) -> None:
    """Their number is the one shown before the build."""
    raw = records(tmp_path / "records", [[1, 0], [1], [0, 0], [1, 1]])
    asked = profile(raw, tmp_path / "out", source={"splits": ["train"], "classes": 1}, output={"shards": "keep"})
    plan = plan_of(asked)
    assert [len(plan.splits[0].rows(index)) for index in range(plan.splits[0].shards)] == [1, 0, 2, 0]
    assert resolve(asked, ignore).shards == {"train": 4}


def test_reports_that_records_keep_their_boxes(tmp_path: Path) -> None:
    raw = records(tmp_path / "records", [[0]])
    said = [note.text for note in notes_of(raw, source={"splits": ["train"]})]
    assert "The records keep the bounding boxes that they have, whatever is asked for" in said


@pytest.mark.parametrize(("given", "parts"), [(None, 1), (90, 90)])
def test_small_splits_become_image_files_in_few_parts_of_which_nothing_is_said(
    raw: Path, tmp_path: Path, given: int | None, parts: int
) -> None:
    output = {"format": "folders", "train_shards": given}
    asked: dict[str, Any] = {"source": {"splits": ["train"], "boxes": "none"}, "output": output}
    assert resolve(profile(raw, tmp_path / "out", **asked), ignore).shards == {"train": parts}
    assert not [note for note in notes_of(raw, **asked) if "shards" in note.text]


def test_compressed_records_are_shuffled_and_read_in_stages_unless_shards_are_kept(tmp_path: Path) -> None:
    raw = records(tmp_path / "records", [[0, 1, 0], [1]])
    for file in list(raw.iterdir()):
        (raw / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    for shards, staged in (("plan", True), ("keep", False)):
        asked: dict[str, Any] = {"source": {"splits": ["train"]}, "output": {"shards": shards, "train_shards": 2}}
        said = [note.text for note in notes_of(raw, **asked)]
        assert any("so it is read once, in order" in text for text in said) == staged
        (split,) = plan_of(profile(raw, tmp_path / "out", **asked)).splits
        assert split.is_shuffled == staged


def test_folder_labels_are_refused_without_class_folders(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the labels of the official archives are ImageNet's"):
        plan_of(profile(raw, tmp_path / "out", source={"labels": "folders"}))
    plan_of(profile(raw, tmp_path / "out", source={"labels": "ilsvrc2012"}))
    of_records = records(tmp_path / "records", [[1, 0]])
    asked = profile(of_records, tmp_path / "out", source={"labels": "ilsvrc2012", "splits": ["train"]})
    with pytest.raises(UsageError, match="the labels of TFRecords are those in the records"):
        plan_of(asked)


@pytest.mark.parametrize(
    ("labels", "base", "form", "stored"),
    [
        ("auto", None, "tfrecord", {"0": 0, "2": 2, "10": 10}),
        ("numbers", None, "webdataset", {"0": 0, "2": 2, "10": 10}),
        ("numbers", 1, "tfrecord", {"0": 1, "2": 3, "10": 11}),
        ("folders", None, "tfrecord", {"0": 1, "10": 2, "2": 3}),
    ],
)
def test_a_numeric_class_name_is_the_label_unless_the_profile_sets_another(
    tmp_path: Path, labels: str, base: int | None, form: str, stored: dict[str, int]
) -> None:
    for name in ("0", "2", "10"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.jpg").write_bytes(synthetic.draw(random.Random(1), 1).data)
    asked = {"format": form} | ({} if base is None else {"label_base": base})
    source = {"splits": ["train"], "labels": labels, "boxes": "none"}
    plan = plan_of(profile(tmp_path / "raw", tmp_path / "out", source=source, output=asked))
    table = plan.splits[0].table
    found = {plan.classes.names[rank]: rank + plan.label_base for rank in table.label.tolist()}
    assert found == stored
