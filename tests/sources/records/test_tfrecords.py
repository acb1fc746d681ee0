"""TFRecords as TensorFlow itself writes them, in the schemas that people have."""

import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.helpers import features as built_features
from tests.helpers import shards
from tests.sources.making import FIRST_VALIDATION, GOLDFISH, JPEG, SEA_SNAKE, TENCH, nothing
from tests.sources.records.making import (
    CORNERS,
    Value,
    inception,
    opened,
    plain,
    refused,
    rows,
    serialized,
    table,
    tpu,
    write,
)
from wizard.errors import InputError, UsageError
from wizard.formats import example
from wizard.sources.options import SourceOptions
from wizard.sources.readers import Content
from wizard.sources.records import tfrecords
from wizard.sources.records.files import find_record_files


def test_own_datasets_read_back_as_they_were_built(built: Path, tmp_path: Path) -> None:
    expected = built_features(built)
    data = opened(built)
    found: dict[str, Content] = {}
    for part in data.parts[:2]:
        records = data.table(part.split, tmp_path, nothing)
        assert (records.classes.whole_imagenet, records.label_base, records.reader.form) == (True, 1, "example")
        found |= {content.sample.name: content for content in records.contents()}
    assert found.keys() == expected.keys()
    for name, content in found.items():
        assert content.image == expected[name]["image/encoded"]
        assert (content.sample.label + 1,) == expected[name]["image/class/label"]
        assert content.sample.size == len(example.encode(expected[name]))
        corners = [expected[name][f"image/object/bbox/{corner}"] for corner in CORNERS]
        assert content.sample.boxes.tolist() == np.array(corners, np.float64).T.tolist()
    assert len(data.why) == 1


def test_records_without_text_and_boxes_are_imagenets_by_their_synsets(tmp_path: Path) -> None:
    write(tmp_path / "train-00000-of-00001", [tpu(f"{TENCH}_1.JPEG", 1, TENCH), tpu("x.JPEG", 66, SEA_SNAKE)])
    found = table(tmp_path)
    assert rows(found) == [(f"{TENCH}_1.JPEG", 0), ("x.JPEG", 65)]
    assert (found.classes.whole_imagenet, found.label_base, len(found.boxes)) == (True, 1, 0)


def test_labels_from_0_are_imagenets_where_synsets_say_so(tmp_path: Path) -> None:
    write(tmp_path / "val.tfrecord", [tpu("a.JPEG", 0, TENCH), tpu("b.JPEG", 65, SEA_SNAKE)])
    found = table(tmp_path, "validation")
    assert (found.label.tolist(), found.classes.whole_imagenet, found.label_base) == ([0, 65], True, 0)


def test_imagenet_is_recognized_by_file_names_without_synsets(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(2, filename=f"{GOLDFISH}_1.JPEG".encode())])
    write(tmp_path / "validation.tfrecord", [plain(66, filename=f"{FIRST_VALIDATION}.JPEG".encode())])
    found = table(tmp_path)
    assert (rows(found), found.classes.whole_imagenet, found.label_base) == ([(f"{GOLDFISH}_1.JPEG", 1)], True, 1)


def test_synsets_that_are_not_imagenets_name_the_classes(tmp_path: Path) -> None:
    first = tpu("1", 1, "n1", class__text=b"one")
    write(tmp_path / "train.tfrecord", [first, tpu("4", 4, "n4", class__text=b"four"), first])
    write(tmp_path / "val.tfrecord", [tpu("2", 2, "n2", class__text=b"two")])
    for classes in (table(tmp_path).classes, table(tmp_path, "validation").classes):
        assert classes.names == ("n1", "n2", "3", "n4")
        assert classes.words == ("one", "two", "3", "four")


def test_imagenets_synsets_with_labels_of_their_own_are_classes_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [tpu("a", 1, TENCH), tpu("b", 2, SEA_SNAKE)])
    found = table(tmp_path)
    assert (found.classes.names, found.classes.words[0], found.label_base) == (
        (TENCH, SEA_SNAKE),
        "tench, Tinca tinca",
        1,
    )


def test_labels_alone_name_the_classes_by_number(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(0), plain(10)])
    found = table(tmp_path)
    assert found.classes.names == ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10")
    assert (found.label.tolist(), found.label_base) == ([0, 10], 0)


def test_all_splits_share_their_classes(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), plain(3)])
    write(tmp_path / "val.tfrecord", [plain(0)])
    for found, labels in ((table(tmp_path), [1, 3]), (table(tmp_path, "validation"), [0])):
        assert (found.classes.names, found.label_base, found.label.tolist()) == (("0", "1", "2", "3"), 0, labels)


@pytest.mark.parametrize("synset", ["../x", "a/b", "."])
def test_synsets_that_no_folder_can_be_named_by_do_not_name_classes(tmp_path: Path, synset: str) -> None:
    write(tmp_path / "train.tfrecord", [tpu("a", 1, synset)])
    assert table(tmp_path).classes.names == ("1",)


@pytest.mark.parametrize("key", ["label", "image/label", "class/label"])
def test_alternative_label_keys_are_read(tmp_path: Path, key: str) -> None:
    write(tmp_path / "train.tfrecord", [serialized(encoded=JPEG, **{f"_{key}": 5})])
    assert table(tmp_path).classes.name(table(tmp_path)[0].label) == "5"


def test_a_foreign_schema_keeps_its_keys(tmp_path: Path) -> None:
    record = plain(3, tags=[b"a", b"b"], object__area=[0.5, 2.0], object__id=[4, -1], empty=[])
    write(tmp_path / "train.tfrecord", [record])
    (content,) = table(tmp_path).contents()
    assert content.image == JPEG
    assert content.features == example.entries(record)


def test_boxes_are_those_of_the_record(tmp_path: Path) -> None:
    records = [inception("a", 1, TENCH, boxes=2), inception("b", 1, TENCH), inception("c", 1, TENCH, boxes=1)]
    write(tmp_path / "train.tfrecord", records)
    found = table(tmp_path)
    box = [0.125, 0.25, 0.375, 0.5]
    assert [sample.boxes.tolist() for sample in found] == [[box, box], [], [box]]
    assert opened(tmp_path).own_boxes
    assert not opened(tmp_path).annotatable
    assert len(opened(tmp_path).boxes("train", tmp_path, nothing).names) == 0


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_offsets_point_to_the_encoded_images(tmp_path: Path, compression: str) -> None:
    records = [plain(1), plain(1, tags=[b"x" * 300]), plain(2)]
    path = write(tmp_path / "train.tfrecord.gz", records, compression)
    found = table(tmp_path)
    data = gzip.decompress(path.read_bytes()) if compression else path.read_bytes()
    assert [data[sample.offset : sample.offset + sample.size] for sample in found] == records
    assert found.reader.in_order == bool(compression)
    assert opened(tmp_path).what == ("TFRecords compressed with gzip" if compression else "TFRecords")


def test_images_without_a_file_name_are_named_by_their_position(tmp_path: Path) -> None:
    write(tmp_path / "train-00000-of-00002", [plain(1), plain(1)])
    write(tmp_path / "train-00001-of-00002", [plain(1, filename=b"a.jpg")])
    names = ["train-00000-of-00002-000000", "train-00000-of-00002-000001", "train-00001-of-00002-000000"]
    assert [name for name, _ in rows(table(tmp_path))] == names


def test_file_names_that_begin_again_in_each_class_are_not_taken(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1, filename=b"0.jpg"), plain(2, filename=b"0.jpg")])
    assert [name for name, _ in rows(table(tmp_path))] == ["train.tfrecord-000000", "train.tfrecord-000001"]


def test_an_image_of_imagenet_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    name = f"{TENCH}_1.JPEG"
    write(tmp_path / "train-00000-of-00002", [tpu(name, 1, TENCH)])
    write(tmp_path / "train-00001-of-00002", [tpu(f"{TENCH}_2.JPEG", 1, TENCH), tpu(name, 1, TENCH)])
    refused(tmp_path, f"00000-of-00002: record 0 .*00001-of-00002: record 1 .* both the image {name}")


@pytest.mark.parametrize("name", [b"../x.jpg", b"/etc/x", b"C:\\x", b"a\nb", b"\xff"])
def test_a_file_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: bytes) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), plain(1, filename=name)])
    refused(tmp_path, r"record 1 at byte \d+ has the image/filename .*, which (has|is)")


def test_images_without_a_class_may_be_in_test_alone(tmp_path: Path) -> None:
    record = serialized(encoded=JPEG, filename=b"ILSVRC2012_test_00000001.JPEG")
    write(tmp_path / "test.tfrecord", [record])
    found = table(tmp_path, "test")
    assert (rows(found), found.classes.whole_imagenet) == ([("ILSVRC2012_test_00000001.JPEG", -1)], True)
    write(tmp_path / "train.tfrecord", [plain(1), record, plain(-1)])
    assert "class/label" in refused(tmp_path, r"record 1 at byte \d+ \(and 1 more\) has no label").hint


def test_labels_of_test_outside_of_the_classes_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), plain(2)])
    write(tmp_path / "test.tfrecord", [plain(-1), plain(0)])
    refused(tmp_path, "record 1 .* has the label 0, but those of the other splits are 1 to 2", "test")


def test_records_without_an_image_are_refused_with_their_keys(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), serialized(_image=JPEG, _label=1)])
    refused(tmp_path, r"train\.tfrecord: record 1 at byte \d+ holds no image/encoded\. Its keys: image, label")


def test_records_of_tensorflow_datasets_are_refused_as_what_they_are(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [serialized(_image=JPEG, _label=1, _file_name=b"a.jpg")])
    reported = (
        "Its keys: file_name, image, label, as in TensorFlow Datasets' records, which are read if their files are"
    )
    assert "NAME-SPLIT.tfrecord-00000-of-00001" in refused(tmp_path, reported).hint


def test_the_key_that_an_image_seems_to_be_in_is_named(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [serialized(_jpeg=JPEG, _cls=1, _a=b"text", _b=[JPEG, JPEG])])
    refused(tmp_path, "Its keys: a, b, cls, jpeg; its image seems to be in jpeg")


def test_sequence_examples_are_refused_by_name(tmp_path: Path) -> None:
    context = tf.train.Example.FromString(plain(1)).features
    sequence = tf.train.SequenceExample(context=context)
    sequence.feature_lists.feature_list["frames"].feature.add().int64_list.value.append(2)
    write(tmp_path / "train.tfrecord", [plain(1), sequence.SerializeToString()])
    refusal = refused(
        tmp_path, r"record 1 at byte \d+ is not a tf\.train\.Example: it has feature lists, .*SequenceExample"
    )
    assert "one image each" in refusal.hint


@pytest.mark.parametrize("image", [[], [JPEG, JPEG], 5])
def test_records_that_hold_not_one_image_are_refused(tmp_path: Path, image: Value) -> None:
    write(tmp_path / "train.tfrecord", [serialized(encoded=image, class__label=1)])
    refused(tmp_path, "record 0 at byte 0 has .* in image/encoded, expected one image")


def test_an_image_without_bytes_is_listed_and_named_as_unusable(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), serialized(encoded=b"", class__label=1)])
    read = table(tmp_path)
    assert len(read) == 2
    with pytest.raises(InputError, match=r"record 1 at byte .* has an image without bytes") as error:
        read.require_usable()
    assert "skip" in error.value.hint


@pytest.mark.parametrize(
    ("label", "reported"),
    [
        ([1, 2], "has 2 integers 1, 2 in image/class/label; expected one integer"),
        (list(range(1000)), "has 1,000 integers 0, 1, 2 and 997 more in"),
        ([0.5], "has the float 0.5 in"),
        ([3.0], "has the float 3.0 in"),
        (b"3", "has the text '3' in image/class/label; expected one integer"),
        ([b"cat", b"dog"], "has 2 texts 'cat', 'dog' in"),
        (32_768, "has the label 32,768, expected -1 to 32,767"),
        (-2, "has the label -2, expected"),
    ],
)
def test_labels_that_are_no_one_number_are_refused_with_what_they_are(
    tmp_path: Path, label: Value, reported: str
) -> None:
    write(tmp_path / "train.tfrecord", [serialized(encoded=JPEG, class__label=label)])
    refused(tmp_path, f"record 0 at byte 0 {reported}")


@pytest.mark.parametrize("corner", [[0.5], [1, 1]])
def test_corners_that_do_not_fit_together_are_refused(tmp_path: Path, corner: Value) -> None:
    boxes: dict[str, Value] = {f"object__bbox__{name}": [0.5, 0.5] for name in CORNERS}
    write(tmp_path / "train.tfrecord", [plain(1, **boxes | {"object__bbox__xmax": corner})])
    refused(tmp_path, "record 0 at byte 0 has boxes with mismatched corners")


def test_records_of_something_else_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), b"\xff\xff\xff"])
    refused(tmp_path, r"record 1 at byte \d+ is not a tf\.train\.Example")


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_a_file_that_breaks_off_is_refused(tmp_path: Path, compression: str) -> None:
    path = write(
        tmp_path / "train.tfrecord", [plain(1), plain(2, noise=np.random.default_rng(0).bytes(900))], compression
    )
    path.write_bytes(path.read_bytes()[:-100])
    refused(tmp_path, r"train\.tfrecord.* (the record takes|cannot be unpacked beyond record 0)")


def test_a_changed_length_is_found_and_a_changed_image_is_left_to_the_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "train.tfrecord", [plain(1), plain(2)])
    whole = path.read_bytes()
    path.write_bytes(whole.replace(JPEG, JPEG[::-1]))
    assert len(table(tmp_path)) == 2
    with pytest.raises(InputError, match="CRC"):
        list(table(tmp_path).contents())
    second = len(whole) // 2
    path.write_bytes(whole[:second] + b"\x01" + whole[second + 1 :])
    refused(tmp_path, rf"record 1 at byte {second}: length CRC is")


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(9000)
    path = write(tmp_path / "train.tfrecord", [plain(1, noise=noise), plain(1, noise=noise[::-1])], "GZIP")
    data = bytearray(path.read_bytes())
    data[12_000] ^= 255
    path.write_bytes(bytes(data))
    refused(tmp_path, r"train\.tfrecord.* (CRC is|cannot be unpacked)")


def test_files_of_one_set_with_mixed_compression_are_refused(tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path / f"train-{number}.tfrecord", [plain(1)], "GZIP" if number == 2 else "")
    refused(tmp_path, r"train-2\.tfrecord begins with TFRecords in gzip; .* are plain")


def test_sets_that_are_compressed_in_different_ways_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1)])
    write(tmp_path / "train.tfrecord.gz", [plain(1)], "GZIP")
    refused(tmp_path, r"compressed in different ways.*train\.tfrecord \(plain\) and .*\.gz \(gzip\)")


def test_zlib_is_explained(tmp_path: Path) -> None:
    path = write(tmp_path / "train.tfrecord", [plain(1)], "ZLIB")
    assert zlib.decompress(path.read_bytes())
    refused(tmp_path, "compressed with ZLIB, which this program does not read")


def test_plain_records_whose_length_looks_like_gzip_are_plain(tmp_path: Path) -> None:
    record = plain(1, noise=bytes(0x8B1F - len(plain(1, noise=bytes(30_000))) + 30_000))
    path = write(tmp_path / "train.tfrecord", [record])
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert not table(tmp_path).reader.in_order


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train-00000-of-00001", "validation-00000-of-00001"], ["train", "validation"]),
        (
            ["imagenet2012-train.tfrecord-00000-of-00001", "imagenet2012-test.tfrecord-00000-of-00001"],
            ["train", "test"],
        ),
        (["val.tfrecord.gz", "train/part.tfrecord"], ["train", "validation"]),
        (["tfrecord_val/part-0", "tfrecord_train/part-0"], ["train", "validation"]),
        (["images.tfrecord"], ["train"]),
        (["validation_224_0003.tfrecords"], ["validation"]),
        (["valid/a", "other/b", "deep/train/c", "train_x"], ["train", "validation"]),
    ],
)
def test_splits_are_recognized_by_file_and_folder_names(tmp_path: Path, names: list[str], expected: list[str]) -> None:
    for name in names:
        write(tmp_path / name, [plain(1)])
    assert [part.split for part in opened(tmp_path).parts if part.sound] == expected


def test_a_folder_named_as_a_split_decides_for_unnamed_files(tmp_path: Path) -> None:
    write(tmp_path / "val" / "part-1", [plain(1)])
    assert [part.split for part in opened(tmp_path / "val").parts if part.sound] == ["validation"]


def test_record_files_without_a_split_in_their_names_are_ignored_with_a_remark(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1)])
    write(tmp_path / "extra.tfrecord", [plain(1)])
    data = opened(tmp_path)
    assert len(data.table("train", tmp_path, nothing)) == 1
    assert data.why[1] == "Their names give no split, so they are ignored: extra.tfrecord."


def test_files_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 100):
        write(tmp_path / f"train_{number}.tfrecord", [plain(number)])
    assert [label + 1 for _, label in rows(table(tmp_path))] == [9, 10, 100]


def test_files_may_be_counted_from_1(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / f"train-0000{number}-of-00002", [plain(1)])
    assert len(table(tmp_path)) == 2


def test_empty_files_among_others_hold_no_records(tmp_path: Path) -> None:
    write(tmp_path / "train-00000-of-00003", [])
    write(tmp_path / "train-00001-of-00003", [plain(1)])
    write(tmp_path / "train-00002-of-00003", [])
    found = table(tmp_path)
    assert (found.file.tolist(), len(found.files)) == ([1], 3)
    assert opened(tmp_path).survey("train", tmp_path, nothing).shards == 3


def test_a_split_of_nothing_but_empty_files_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "train-00000-of-00001", [plain(1)])
    for number in (0, 1):
        write(tmp_path / f"validation-0000{number}-of-00002", [])
    refused(tmp_path, "All 2 files of validation are empty", "validation")
    assert len(table(tmp_path)) == 1


def test_missing_files_are_named(tmp_path: Path) -> None:
    for number in (0, 3):
        write(tmp_path / f"train-0000{number}-of-00009", [plain(1)])
    refused(
        tmp_path,
        r"7 of the 9 files of train are missing in .*: train-00001-of-00009, train-00002-of-00009, "
        r"train-00004-of-00009, .* and 2 more",
    )


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (["a-0-of-2", "a-1-of-2", "a-2-of-2"], "a-2-of-2 is number 2 of 2 files"),
        (["a-0-of-2", "a-1-of-2", "b-1-of-2"], "both number 1 of train"),
        (["a-0-of-1", "a-0-of-2"], "belong to more than one set"),
        (["a-0-of-1", "a"], "belong to more than one set"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path: Path, names: list[str], match: str) -> None:
    for name in names:
        write(tmp_path / name, [plain(1)])
    refused(tmp_path, match)


def test_files_that_are_not_records_are_ignored(built: Path, tmp_path: Path) -> None:
    files, untold = find_record_files(built)
    assert sorted(path for each in files.values() for path in each.files) == shards(built)
    assert not untold
    (tmp_path / "train-00000-of-00001").write_bytes(b"<html>")
    (tmp_path / "train.tar.gz").write_bytes(gzip.compress(b"x" * 100))
    (tmp_path / "empty").touch()
    assert tfrecords.recognize(tmp_path, SourceOptions()) is None


def test_a_missing_split_is_named_with_what_is_there(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1)])
    refusal = refused(tmp_path, r"TFRecords of validation\) is missing in .*Found there: train\.tfrecord", "validation")
    assert """--set 'source.splits=["train"]'""" in refusal.hint


def test_what_was_read_is_remembered_until_a_file_changes(tmp_path: Path) -> None:
    write(tmp_path / "train-0-of-2", [plain(1)])
    path = write(tmp_path / "train-1-of-2", [plain(2)])
    reported: list[tuple[int, int]] = []
    data = opened(tmp_path)
    for _ in range(2):
        data.table("train", tmp_path / ".cache", lambda done, total: reported.append((done, total)))
    size = path.stat().st_size
    assert reported == [(size, 2 * size), (2 * size, 2 * size), (2 * size, 2 * size)]
    before = len(reported)
    write(path, [plain(2), plain(3)])
    found = data.table("train", tmp_path / ".cache", lambda done, total: reported.append((done, total)))
    assert (len(found), len(reported) > before) == (3, True)


def test_there_are_no_official_sums(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [plain(1)])
    with pytest.raises(UsageError, match="--md5 is for the official archives"):
        list(opened(tmp_path).verify_checksums(["train"], [], tmp_path, lambda _step: nothing))


@pytest.mark.parametrize(
    "leftover",
    ["train.tfrecord.bak", "train.tfrecord~", "train (1).tfrecord", "train.tfrecord.part", "._train.tfrecord"],
)
def test_copies_backups_and_unfinished_files_among_records_are_not_read(tmp_path: Path, leftover: str) -> None:
    write(tmp_path / "train.tfrecord", [plain(1), plain(2)])
    write(tmp_path / leftover, [plain(1), plain(2)])
    data = tfrecords.recognize(tmp_path, SourceOptions())
    assert data is not None
    assert len(data.table("train", tmp_path / "cache", nothing)) == 2
    assert leftover in " ".join(data.why)


def test_records_in_the_only_folder_of_a_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "data" / "tfrecords").mkdir(parents=True)
    write(tmp_path / "data" / "tfrecords" / "train.tfrecord", [plain(1)])
    data = tfrecords.recognize(tmp_path, SourceOptions())
    assert data is not None
    assert data.folder == tmp_path / "data" / "tfrecords"
