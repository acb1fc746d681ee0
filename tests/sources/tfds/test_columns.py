"""Records that are damaged, or hold something else than features.json says: refused with their file and number."""

from pathlib import Path

import pytest

from tests.sources.records.making import Value, serialized
from tests.sources.tfds.making import FORMS, copied, damage, described, refused, restate, table
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import imagenet

JPEG = b"\xff\xd8\xff\xe0"


def record(**more: Value) -> bytes:
    return serialized(**{"_image": JPEG, "_label": 1, **more})


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (record(_label=2), r"has the label 2, but .*label\.labels\.txt names 2 classes, 0 to 1"),
        (record(_label=-1), "has the label -1 in label, which is none; train needs one"),
        (record(_label=-2), "has the label -2, expected one from 0"),
        (record(_label=b"bus"), "has text in label, expected one integer"),
        (record(_label=[1.5]), "has a float in label, expected one integer"),
        (record(_label=[0, 1]), "has 2 values in label, expected one integer"),
        (serialized(_image=JPEG), r"has no label\. Its keys: image"),
        (serialized(_label=1), r"has no image\. Its keys: label"),
        (record(_image=[JPEG, JPEG]), "has 2 values in image, expected one image"),
        (record(_image=7), "has no bytes in image, expected one image"),
        (record(_image=b""), "has no bytes"),
        (record(_image=b"<html>no image</html>"), r"does not begin as an image does \(21 bytes\)"),
        (record(_file_name=b"../a.jpg"), r"names its image '\.\./a\.jpg', which has \.\. in it"),
        (record(_file_name=b"/a.jpg"), "which is an absolute path"),
        (record(_file_name=b"a\x1b.jpg"), "which has a control character"),
        (record(_file_name=b"ILSVRC2012_val_00050001.JPEG"), "which has a number outside of 1 to 50,000"),
        (b"\x08\x01", r"is not a tf\.train\.Example: it has a field 1"),
        (record()[:-3], r"is not a tf\.train\.Example: a field of"),
    ],
    ids=lambda value: "record" if isinstance(value, bytes) else value,
)
def test_a_record_that_cannot_be_used_is_refused_with_its_number(tmp_path: Path, bad: bytes, match: str) -> None:
    folder = described(tmp_path, [record(_label=0), record(), bad])
    refused(folder, rf"toys-train\.tfrecord-00000-of-00001: record 2 .*{match}")


def test_test_images_may_have_no_label(tmp_path: Path) -> None:
    folder = described(tmp_path, [record(_label=-1), record()], split="test")
    assert table(folder, "test").label.tolist() == [-1, 1]


def test_names_that_are_there_twice_give_way_to_numbers(tmp_path: Path) -> None:
    folder = described(tmp_path, [record(_file_name=b"0.jpg"), record(_file_name=b"0.jpg")])
    assert table(folder).name.tolist() == [b"toys-train-00000000", b"toys-train-00000001"]


@pytest.mark.parametrize(
    ("split", "name"), [("train", b"n01440764_1.JPEG"), ("test", b"test/ILSVRC2012_test_00000001.JPEG")]
)
def test_an_image_of_imagenet_that_is_there_twice_is_refused(tmp_path: Path, split: Split, name: bytes) -> None:
    folder = described(tmp_path, [record(_file_name=name), record(_file_name=name)], split=split)
    refused(folder, r"record 0 and .*: record 1 are both the image .*\.JPEG", split)


@pytest.mark.parametrize(
    ("split", "name"), [("train", b"n01443537_1.JPEG"), ("validation", b"ILSVRC2012_val_00000001.JPEG")]
)
def test_a_label_that_contradicts_an_official_name_is_refused(tmp_path: Path, split: Split, name: bytes) -> None:
    label = {"pythonClassName": "a.ClassLabel", "classLabel": {"numClasses": "1000"}}
    folder = described(tmp_path, [record(_label=0, _file_name=name)], split=split, label=label)
    (folder / "label.labels.txt").write_text("\n".join(imagenet().names))
    refused(folder, r"record 0 has the label 0, which is n01440764, but its image .* is one of n01", split)


@pytest.mark.parametrize("form", FORMS)
def test_another_number_of_records_than_stated_is_refused_with_both(prepared: Path, tmp_path: Path, form: str) -> None:
    folder = copied(prepared / form / "breeds", tmp_path)
    restate(folder, splits=[{"name": "train", "shardLengths": ["4", "5", "4"]}])
    refused(folder, rf"breeds-train\.{form}-00001-of-00003 holds 4 records, but dataset_info\.json beside it states 5")


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_file_is_refused(prepared: Path, tmp_path: Path, form: str) -> None:
    folder = copied(prepared / form / "breeds", tmp_path)
    (folder / f"breeds-train.{form}-00002-of-00003").write_bytes(b"")
    refused(folder, rf"breeds-train\.{form}-00002-of-00003 (holds 0 records|is a damaged ArrayRecord: its index)")


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_cut_off_is_refused(prepared: Path, tmp_path: Path, form: str) -> None:
    folder = copied(prepared / form / "breeds", tmp_path)
    path = folder / f"breeds-train.{form}-00001-of-00003"
    path.write_bytes(path.read_bytes()[:-500])
    refused(folder, rf"breeds-train\.{form}-00001-of-00003(: record 3 at byte|.*damaged ArrayRecord: its index)")


def test_tfrecords_cut_off_between_two_records_are_told_by_their_number(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    path = folder / "breeds-train.tfrecord-00000-of-00003"
    content = path.read_bytes()
    path.write_bytes(content[: 16 + int.from_bytes(content[:8], "little")])
    assert "cut off" in refused(folder, "holds 1 record, but dataset_info.json beside it states 4").hint


def test_a_damaged_length_is_refused_with_its_record(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    damage(folder / "breeds-train.tfrecord-00000-of-00003", 2, b"\x07")
    refused(folder, r"breeds-train\.tfrecord-00000-of-00003: record 0 at byte 0: length CRC")


def test_damaged_array_records_are_refused_with_their_record(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "array_record" / "breeds", tmp_path)
    damage(folder / "breeds-train.array_record-00000-of-00003", 1000, b"damage")
    refused(folder, r"breeds-train\.array_record-00000-of-00003 is a damaged ArrayRecord: record \d cannot be read: ")


def test_the_index_is_kept_in_the_cache(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "array_record" / "breeds", tmp_path)
    steps: list[tuple[int, int]] = []
    found = table(folder)
    again = table(folder, progress=lambda done, total: steps.append((done, total)))
    assert not steps
    assert again.name.tolist() == found.name.tolist()
