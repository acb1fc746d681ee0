import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import CLASSES, TRAIN, VALIDATION, build_dataset, shards
from tests.sources import making
from wizard.commands.inspect import as_text
from wizard.errors import InputError, UsageError, VerifyFailed
from wizard.events import Event
from wizard.formats import example, tfrecord
from wizard.inspection import inspect
from wizard.record_facts import Facts


def ignore(_event: Event) -> None:
    pass


def test_inspects_raw_archives(raw: Path) -> None:
    facts = inspect(raw, ignore).facts
    assert facts["what"] == "the official archives"
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes, ")
    assert facts["boxes of train"].startswith(str(raw / "ILSVRC2012_bbox_train_v2.tar.gz"))
    assert facts["test"] == "missing; it would be ILSVRC2012_img_test_v10102019.tar"
    assert facts["labels"] == "those of ImageNet's 1,000 classes"
    assert inspect(raw / "ILSVRC2012_img_val.tar", ignore).facts["images"] == f"{VALIDATION} of 50,000"


def test_inspects_a_finished_dataset(built: Path) -> None:
    facts = inspect(built, ignore).facts
    assert facts["what"] == "a finished dataset"
    assert facts["train"].startswith(f"{TRAIN} images")
    assert facts["train stored as"] == "scaled and cropped to 64 × 96, JPEG quality 85"
    assert facts["first record, image/height"] == "64"
    assert "a finished dataset" in as_text(facts)


def test_sentences_are_wrapped_at_words_where_that_is_asked_for() -> None:
    facts: Facts = {"why": "/raw/a holds 6 class folders, taken for train.", "train": "72 images: /raw/a"}
    told = as_text(facts, 40, sentences=True).splitlines()
    assert told == ["why    /raw/a holds 6 class folders,", "       taken for train.", "train  72 images: /raw/a"]
    assert len(as_text(facts, 40).splitlines()) == 2


def test_a_finished_dataset_is_opened_by_the_trainer_that_is_asked_for(built: Path) -> None:
    shown = inspect(built, ignore).loading
    assert shown is not None
    assert (shown.trainer.name, shown.others) == ("tf.data", ("dali", "tfrecord"))
    asked = inspect(built, ignore, "dali").loading
    assert asked is not None
    assert "fn.readers.tfrecord" in asked.program
    assert str(built) in asked.program
    with pytest.raises(UsageError, match="'tfds' does not open this dataset") as error:
        inspect(built, ignore, "tfds")
    assert error.value.hint == "These do: tf.data, dali, tfrecord"


def test_inspects_an_unfinished_build(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    facts = inspect(built_copy, ignore).facts
    assert facts["there"] == "7 of 7 shards are there, but dataset.json is gone"
    (built_copy / "train-00001-of-00005").unlink()
    assert inspect(built_copy, ignore).facts["there"] == (
        "6 of 7 shards are there; 1 is missing (train-00001-of-00005 is gone)"
    )


def test_inspects_a_single_shard(built: Path) -> None:
    facts = inspect(shards(built)[0], ignore).facts
    assert facts["records"] == TRAIN // 5
    assert facts["first record, image/format"] == "JPEG"


def test_inspects_a_single_array_record(raw: Path, tmp_path: Path) -> None:
    pytest.importorskip("array_record")
    build_dataset(raw, tmp_path, output={"format": "arrayrecord"})
    path = tmp_path / "train.array_record-00000-of-00005"
    facts = inspect(path, ignore).facts
    assert (facts["what"].partition(" of ")[0], facts["records"]) == ("an ArrayRecord file", TRAIN // 5)
    whole = inspect(tmp_path, ignore).facts
    assert whole["example of train"].endswith(f" = {facts['first record, label']}")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(InputError, match="is not a complete ArrayRecord file"):
        inspect(path, ignore)


def test_inspects_shards_written_by_other_programs(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / ".imagenet-setup" / "plan.json").unlink()
    facts = inspect(built_copy, ignore).facts
    assert facts["what"] == "TFRecords"
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes, ")
    assert facts["train"].endswith(f" in 5 files: {built_copy}")
    assert facts["labels"] == "those of ImageNet's 1,000 classes"
    assert facts["first record, image/height"] == "64"


def test_inspecting_a_damaged_shard_names_the_record(built_copy: Path) -> None:
    path = shards(built_copy)[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"is not a complete TFRecord file: record \d+ at byte"):
        inspect(path, ignore)


def test_inspecting_an_unsupported_file_is_refused(built: Path) -> None:
    with pytest.raises(InputError, match="neither an archive with an official name nor a TFRecord file"):
        inspect(built / "dataset.json", ignore)


def test_inspecting_a_folder_without_known_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no raw data that this program knows"):
        inspect(tmp_path, ignore)
    with pytest.raises(InputError, match="does not exist"):
        inspect(tmp_path / "none", ignore)


@pytest.mark.parametrize(
    ("make", "what", "labels"),
    [
        (making.extracted, "an extracted ILSVRC2012 tree", "those of ImageNet's 1,000 classes"),
        (making.kaggle, "Kaggle's tree", "those of ImageNet's 1,000 classes"),
        (making.suffixed, "images named as in Hugging Face's old archives", "those of ImageNet's 1,000 classes"),
    ],
)
def test_inspect_names_each_source_layout_and_its_evidence(
    raw: Path, tmp_path: Path, make: Callable[[Path, Path], Path], what: str, labels: str
) -> None:
    facts = inspect(make(raw, tmp_path / "made"), ignore).facts
    assert (facts["what"], facts["labels"]) == (what, labels)
    assert str(tmp_path / "made") in facts["why"]
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes")
    assert "test" not in facts


def test_inspect_shows_class_folders_with_their_labels(tmp_path: Path) -> None:
    facts = inspect(making.write(tmp_path, ["train/cats/1.jpg", "train/dogs/1.jpg", "val/dogs/2.jpg"]), ignore).facts
    assert facts["labels"] == "the source's own, 2: cats, dogs"
    assert facts["train"] == f"2 images, 2 classes, 8 bytes: {tmp_path / 'train'}"
    assert "missing" not in as_text(facts)
    assert facts["classes differ"] == "validation has no images of 1 class that train has: cats"


def test_inspect_reports_what_is_missing_or_wrong_for_each_part(raw: Path, tmp_path: Path) -> None:
    tree = making.half_extracted(raw, tmp_path / "tree")
    facts = inspect(tree, ignore).facts
    assert facts["boxes of train"] == "missing; it would be bbox_train/"
    (tree / "val").rename(tmp_path / "val")
    (tree / "val").symlink_to(tmp_path / "val")
    facts = inspect(tree, ignore).facts
    assert "leads by a link to" in facts["validation"]
    assert facts["train"].startswith(f"{TRAIN} images")


def test_inspects_gzipped_shards_with_lists_of_any_length(tmp_path: Path) -> None:
    words = b"\x0a\x06\x0a\x01a\x0a\x01b"  # bytes_list { value: "a" value: "b" }
    record = tfrecord.frame(example.join({"words": words, "nothing": b""}))
    (tmp_path / "shard.gz").write_bytes(gzip.compress(record))
    facts = inspect(tmp_path / "shard.gz", ignore).facts
    assert facts["records"] == 1
    assert facts["first record, words"] == "a, b"
    assert facts["first record, nothing"] == "(none)"


def test_inspect_reports_a_truncated_gzipped_shard(tmp_path: Path) -> None:
    (tmp_path / "shard.gz").write_bytes(gzip.compress(tfrecord.frame(bytes(range(256))))[:-20])
    with pytest.raises(InputError, match=r"shard\.gz cannot be unpacked to its end"):
        inspect(tmp_path / "shard.gz", ignore)


def test_inspect_says_why_records_cannot_be_used(tmp_path: Path) -> None:
    record = tfrecord.frame(example.encode({"image/encoded": making.JPEG}))
    (tmp_path / "train-00000-of-00001").write_bytes(record)
    found = inspect(tmp_path, ignore)
    assert found.facts["what"] == "TFRecords"
    assert "has no label" in found.facts["train"]
    with pytest.raises(InputError, match="has no label"):
        found.require_readable()


def test_inspect_reports_a_damaged_first_record_beside_what_is_known(tmp_path: Path) -> None:
    record = bytearray(tfrecord.frame(example.encode({"image/encoded": making.JPEG, "label": (1,)})))
    record[-1] ^= 1
    (tmp_path / "train-00000-of-00001").write_bytes(record)
    found = inspect(tmp_path, ignore)
    assert "1 image" in found.facts["train"]
    assert "its CRC does not fit" in found.facts["first record"]
    with pytest.raises(InputError, match="its CRC does not fit"):
        found.require_readable()


def test_raw_data_shows_its_classes_before_a_format_is_chosen(raw: Path) -> None:
    found = inspect(raw, ignore)
    assert found.glance is not None
    assert found.glance.labels == "open"
    assert found.facts["class order"].startswith(
        "tench (class 1 of 1,000, 17 in train) · goldfish (class 2, 8 in train) · "
    )
    assert "class labels" not in found.facts
    assert "example of validation" in found.facts
    found.require_readable()


def test_one_archive_shows_its_classes(raw: Path) -> None:
    facts = inspect(raw / "ILSVRC2012_img_train.tar", ignore).facts
    assert facts["class sizes"].startswith("8 (goldfish and 2 more) to 17 (tench) images")


def test_inspect_shows_the_labels_in_records(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / ".imagenet-setup" / "plan.json").unlink()
    found = inspect(built_copy, ignore)
    assert found.glance is not None
    assert [seen.label for seen in found.glance.first] == [1, 2, 3]
    assert re.fullmatch(r"train-0000\d-of-00005: n0\d+_\d+\.JPEG → [\w ]+ = [1-4]", found.facts["example of train"])


def test_a_finished_dataset_shows_what_it_stores(built: Path) -> None:
    found = inspect(built, ignore)
    assert found.glance is not None
    assert [(seen.label, seen.images) for seen in found.glance.first] == [(1, 17), (2, 8), (3, 8)]
    assert [split.images for split in found.glance.splits] == [TRAIN, VALIDATION]
    shown = found.facts["example of train"].removeprefix("train-00000-of-00005: ")
    name, label = found.facts["first record, image/filename"], found.facts["first record, image/class/label"]
    assert (shown.partition(" →")[0], shown.rpartition("= ")[2]) == (name, label)


def test_an_unfinished_build_shows_the_progress_of_each_split_and_a_record(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    facts = inspect(built_copy, ignore).facts
    assert facts["validation"].startswith(f"{VALIDATION} images, ")
    assert facts["validation images planned"] == str(VALIDATION)
    assert "validation images" not in facts
    assert facts["first record, image/height"] == "64"


def test_a_dataset_with_missing_shards_names_them_and_the_command_that_builds_them(built_copy: Path) -> None:
    (built_copy / "train-00000-of-00005").unlink()
    (built_copy / "validation-00001-of-00002").write_bytes(b"")
    found = inspect(built_copy, ignore)
    assert found.facts["what"] == "a dataset of which something is missing"
    assert found.facts["there"].startswith("5 of 7 shards are there; 2 are missing (train-00000-of-00005 is gone, ")
    assert found.facts["next"] == f"imagenet-setup run {built_copy} builds only what is missing"
    assert "first record, image/height" in found.facts  # of another shard
    assert found.loading is None
    with pytest.raises(VerifyFailed, match=f"{built_copy} is a dataset of which something is missing") as error:
        found.require_readable()
    assert error.value.hint == found.facts["next"]


def test_what_is_missing_is_not_counted_as_there(built_copy: Path) -> None:
    before = inspect(built_copy, ignore).facts["re-encoded"]
    (built_copy / "train-00000-of-00005").unlink()
    found = inspect(built_copy, ignore)
    left = TRAIN - TRAIN // 5
    assert found.facts["train images planned"] == str(TRAIN)
    assert re.fullmatch(rf"{left} of {TRAIN} images, \d+ boxes, 4 of 5 shards, .*, there now", found.facts["train"])
    assert found.facts["re-encoded"] != before
    assert found.glance is not None
    assert found.glance.splits[0].images == left
    assert found.glance.splits[0].example.startswith("train-00001-of-00005: ")


def test_of_image_files_just_the_one_that_is_missing_is_not_counted(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path, output={"format": "folders"})
    before = inspect(tmp_path, ignore).glance
    assert before is not None
    (tmp_path / before.splits[0].example).unlink()
    found = inspect(tmp_path, ignore)
    assert found.facts["train"].endswith(", in the parts that are whole")
    assert found.glance is not None
    assert found.glance.splits[0].images == TRAIN - 1
    assert (tmp_path / found.glance.splits[0].example).is_file()


@pytest.mark.parametrize("names", ["timm", "webdataset", "plain"])
def test_shards_are_named_as_their_files_are(raw: Path, tmp_path: Path, names: str) -> None:
    build_dataset(raw, tmp_path, output={"format": "webdataset", "names": names})
    found = inspect(tmp_path, ignore)
    assert found.glance is not None
    for split in found.glance.splits:
        assert (tmp_path / split.example.partition(": ")[0]).is_file()


def test_a_dataset_that_lacks_a_file_beside_its_shards_is_not_whole(built_copy: Path) -> None:
    (built_copy / "idx" / "train-00000-of-00005").unlink()
    with pytest.raises(VerifyFailed, match="something is missing"):
        inspect(built_copy, ignore).require_readable()


def test_an_unfinished_build_is_no_error(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / "train-00000-of-00005").unlink()
    inspect(built_copy, ignore).require_readable()


def test_a_shard_whose_first_record_is_damaged_is_a_problem(built_copy: Path) -> None:
    file = built_copy / "train-00000-of-00005"
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(InputError, match=r"train-00000-of-00005: the first record cannot be read"):
        inspect(built_copy, ignore).require_readable()


def test_a_finished_dataset_without_its_listing_still_shows_the_rest(built_copy: Path) -> None:
    (built_copy / "images.csv.gz").unlink()
    found = inspect(built_copy, ignore)
    assert found.facts["train"].startswith(f"{TRAIN} images")
    with pytest.raises(VerifyFailed, match=r"images\.csv\.gz cannot be read"):
        found.require_readable()


def test_skipped_images_are_not_counted(raw_copy: Path, tmp_path: Path) -> None:
    path = raw_copy / "ILSVRC2012_img_val.tar"
    content = path.read_bytes()
    path.write_bytes(content[:512] + b"no image" + content[520:])
    build_dataset(raw_copy, tmp_path / "out", output={"on_bad_image": "skip"})
    found = inspect(tmp_path / "out", ignore)
    assert found.glance is not None
    assert found.glance.splits[1].images == VALIDATION - 1


def test_missing_parts_do_not_make_others_unreadable(raw_copy: Path) -> None:
    (raw_copy / "ILSVRC2012_img_val.tar").unlink()
    found = inspect(raw_copy, ignore)
    assert found.facts["validation"] == (
        "missing; it would be ILSVRC2012_img_val.tar; source.holdout can take some of train's images for it"
    )
    found.require_readable()


def test_the_error_names_every_unreadable_part(raw_copy: Path) -> None:
    for name in ("ILSVRC2012_img_train.tar", "ILSVRC2012_bbox_val_v3.tgz"):
        (raw_copy / name).write_bytes(b"")
    found = inspect(raw_copy, ignore)
    assert found.facts["validation"].startswith(f"{VALIDATION} images")
    with pytest.raises(InputError) as refused:
        found.require_readable()
    assert refused.value.what.startswith("2 parts cannot be read.\n  train: ")
    assert "\n  boxes of validation: " in refused.value.what


def test_damage_in_one_split_of_records_is_reported_once(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / ".imagenet-setup" / "plan.json").unlink()
    path = built_copy / "validation-00000-of-00002"
    path.write_bytes(path.read_bytes()[:-1])
    found = inspect(built_copy, ignore)
    assert "It is needed here too" in found.facts["train"]
    assert [name for name, _ in found.problems] == ["validation"]
