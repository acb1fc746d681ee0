import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import CLASSES, TRAIN, VALIDATION, shards
from tests.sources import making
from wizard.engine.events import Event
from wizard.errors import InputError
from wizard.formats import example, tfrecord
from wizard.inspection import inspect
from wizard.show.inspected import as_text


def ignore(_event: Event) -> None:
    pass


def test_raw_archives(raw: Path) -> None:
    facts = inspect(raw, ignore).facts
    assert facts["what"] == "the official archives"
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes, ")
    assert facts["boxes of train"].startswith(str(raw / "ILSVRC2012_bbox_train_v2.tar.gz"))
    assert facts["test"] == "missing; it would be ILSVRC2012_img_test_v10102019.tar"
    assert facts["labels"] == "those of ImageNet's 1,000 classes"
    assert inspect(raw / "ILSVRC2012_img_val.tar", ignore).facts["images"] == f"{VALIDATION} of 50,000"


def test_a_finished_dataset(built: Path) -> None:
    facts = inspect(built, ignore).facts
    assert facts["what"] == "a finished dataset"
    assert facts["train"].startswith(f"{TRAIN} images")
    assert facts["train recipe"] == "scaled and cropped to 64 x 96, JPEG quality 85"
    assert facts["first record, image/height"] == "64"
    assert "a finished dataset" in as_text(facts)


def test_an_unfinished_build(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    assert inspect(built_copy, ignore).facts["shards done"].startswith("7 of 7;")


def test_a_shard(built: Path) -> None:
    facts = inspect(shards(built)[0], ignore).facts
    assert facts["records"] == TRAIN // 5
    assert facts["first record, image/format"] == "JPEG"


def test_shards_of_others(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / ".imagenet-setup" / "journal.jsonl").unlink()
    facts = inspect(built_copy, ignore).facts
    assert facts["what"] == "TFRecords"
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes, ")
    assert facts["train"].endswith(f" in 5 files: {built_copy}")
    assert facts["labels"] == "those of ImageNet's 1,000 classes"
    assert facts["first record, image/height"] == "64"


def test_a_damaged_shard_is_named_with_its_record(built_copy: Path) -> None:
    path = shards(built_copy)[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"is no whole TFRecord file: record \d+ at byte"):
        inspect(path, ignore)


def test_a_file_of_another_kind(built: Path) -> None:
    with pytest.raises(InputError, match="neither an archive with an official name nor a TFRecord file"):
        inspect(built / "dataset.json", ignore)


def test_nothing_known(tmp_path: Path) -> None:
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
def test_each_form_is_told_with_what_says_so(
    raw: Path, tmp_path: Path, make: Callable[[Path, Path], Path], what: str, labels: str
) -> None:
    facts = inspect(make(raw, tmp_path / "made"), ignore).facts
    assert (facts["what"], facts["labels"]) == (what, labels)
    assert str(tmp_path / "made") in facts["why"]
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes")
    assert "test" not in facts


def test_folders_of_classes_are_told_with_their_labels(tmp_path: Path) -> None:
    facts = inspect(making.write(tmp_path, ["train/cats/1.jpg", "train/dogs/1.jpg", "val/dogs/2.jpg"]), ignore).facts
    assert facts["labels"] == "the source's own, 2: cats, dogs"
    assert facts["train"] == f"2 images, 2 classes, 8 bytes: {tmp_path / 'train'}"
    assert "missing" not in as_text(facts)


def test_what_is_missing_or_wrong_is_told_of_its_part(raw: Path, tmp_path: Path) -> None:
    tree = making.half_extracted(raw, tmp_path / "tree")
    facts = inspect(tree, ignore).facts
    assert facts["boxes of train"] == "missing; it would be bbox_train/"
    (tree / "val").rename(tmp_path / "val")
    (tree / "val").symlink_to(tmp_path / "val")
    facts = inspect(tree, ignore).facts
    assert "leads by a link to" in facts["validation"]
    assert facts["train"].startswith(f"{TRAIN} images")


def test_a_shard_of_others_may_be_gzipped_and_have_lists_of_any_length(tmp_path: Path) -> None:
    words = b"\x0a\x06\x0a\x01a\x0a\x01b"  # bytes_list { value: "a" value: "b" }
    record = tfrecord.frame(example.join({"words": words, "nothing": b""}))
    (tmp_path / "shard.gz").write_bytes(gzip.compress(record))
    facts = inspect(tmp_path / "shard.gz", ignore).facts
    assert facts["records"] == 1
    assert facts["first record, words"] == "a, b"
    assert facts["first record, nothing"] == "(none)"


def test_a_gzipped_shard_that_breaks_off_is_told(tmp_path: Path) -> None:
    (tmp_path / "shard.gz").write_bytes(gzip.compress(tfrecord.frame(bytes(range(256))))[:-20])
    with pytest.raises(InputError, match=r"shard\.gz cannot be unpacked to its end"):
        inspect(tmp_path / "shard.gz", ignore)


def test_records_that_cannot_be_used_are_told_as_what_they_are(tmp_path: Path) -> None:
    record = tfrecord.frame(example.encode({"image/encoded": making.JPEG}))
    (tmp_path / "train-00000-of-00001").write_bytes(record)
    facts = inspect(tmp_path, ignore).facts
    assert facts["what"] == "TFRecords"
    assert "has no label" in facts["train"]


def test_a_damaged_first_record_is_told_beside_what_is_known(tmp_path: Path) -> None:
    record = bytearray(tfrecord.frame(example.encode({"image/encoded": making.JPEG, "label": (1,)})))
    record[-1] ^= 1
    (tmp_path / "train-00000-of-00001").write_bytes(record)
    facts = inspect(tmp_path, ignore).facts
    assert "1 images" in facts["train"]
    assert "its CRC does not fit" in facts["first record"]
