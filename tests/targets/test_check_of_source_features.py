"""Records that keep the features of their source, which may be any."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.verify.shards import NAMES, RANK, image, replaced, sentences
from wizard.commit_record import CommitRecord
from wizard.formats import tfrecord
from wizard.sources.classes import imagenet
from wizard.targets.expected import Expectation
from wizard.targets.tfrecord.target import TFRecords
from wizard.verify.shard import check_shard

Features = dict[str, tf.train.Feature]


def ints(*values: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def texts(*values: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def floats(*values: float) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def record(place: int) -> Features:
    corners = {f"image/object/bbox/{corner}": floats(0.0, 0.5) for corner in ("xmin", "ymin")}
    corners |= {f"image/object/bbox/{corner}": floats(0.5, 1.0) for corner in ("xmax", "ymax")}
    return corners | {
        "image/encoded": texts(image(30 + place, 40)),
        "image/height": ints(30 + place),
        "image/class/label": ints(RANK + 1),
        "image/filename": texts(NAMES[place].encode()),
        "captions": texts(b"one", b"two"),
        "nothing": tf.train.Feature(),
    }


def shard(folder: Path, *records: Features, names: list[str] = NAMES) -> Expectation:
    """A shard of these records, and what it should be; but for what a test changes, it is."""
    examples = (tf.train.Example(features=tf.train.Features(feature=features)) for features in records)
    blank = Expectation(
        folder=str(folder),
        result=CommitRecord(
            shard="train-00000-of-00001",
            split="train",
            images=len(records),
            boxes=2 * len(records),
            bytes_in=0,
            bytes_out=0,
            sha256="",
        ),
        names=np.array([name.encode() for name in names]),
        ranks=np.full(len(names), RANK, np.int16),
        classes=imagenet(),
        target=TFRecords(features="source", index=False),
        label_base=1,
    )
    return replaced(blank, b"".join(tfrecord.frame(each.SerializeToString()) for each in examples))


def changed(folder: Path, change: Callable[[Features], None], **options: list[str]) -> Expectation:
    records = [record(place) for place in range(len(NAMES))]
    change(records[2])
    return shard(folder, *records, **options)


def put(key: str, value: tf.train.Feature) -> Callable[[Features], None]:
    return lambda features: features.update({key: value})


def without(*keys: str) -> Callable[[Features], None]:
    def change(features: Features) -> None:
        for key in keys:
            del features[key]

    return change


def test_records_with_features_of_any_kind_have_no_problem(tmp_path: Path) -> None:
    assert check_shard(changed(tmp_path, lambda _features: None)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("image/encoded", texts(b"no image")), "its image cannot be decoded"),
        (put("image/encoded", texts(image(32, 40), image(32, 40))), "image/encoded: missing, or not one image"),
        (without("image/encoded"), "image/encoded: missing, or not one image"),
        (put("image/height", ints(31)), "its height is stated as 31, the image has 32 × 40"),
        (put("image/width", ints(40, 40)), "its width is stated as [40, 40], the image has 32 × 40"),
        (put("image/class/label", ints(9)), "image/class/label is [9], expected 8"),
        (without("image/class/label"), "it has no label, expected 8"),
        (put("image/filename", texts(b"x.JPEG")), "image/filename is [b'x.JPEG'], expected b'n01514668_2.JPEG'"),
        (without("image/filename"), "image/filename is [], expected b'n01514668_2.JPEG'"),
        (put("image/object/bbox/xmin", floats(0.5)), "its box columns differ in length"),
        (put("image/object/bbox/xmax", floats(0.5, 7.0)), "box 1 is not within 0..1"),
        (put("image/object/bbox/xmax", floats(0.0, 1.0)), "box 0 is not within 0..1, or has swapped corners"),
        (put("image/object/bbox/xmax", ints(1, 1)), "its boxes are not floats"),
    ],
)
def test_impossible_features_are_found_and_named(tmp_path: Path, change: Callable[[Features], None], said: str) -> None:
    problems = check_shard(changed(tmp_path, change))
    assert said in sentences(problems)
    assert (problems[0].record, problems[0].name) == (2, NAMES[2])


@pytest.mark.parametrize(
    "change",
    [
        without("image/height"),
        without("image/object/bbox/xmin", "image/object/bbox/ymin"),
        lambda features: features.update(label=features.pop("image/class/label")),
    ],
)
def test_oddities_of_the_source_are_no_problem(tmp_path: Path, change: Callable[[Features], None]) -> None:
    found = [problem for problem in check_shard(changed(tmp_path, change)) if problem.record is not None]
    assert not found


def test_a_name_that_was_made_up_is_not_looked_for(tmp_path: Path) -> None:
    names = [f"train-00000-of-00001-{place:06}" for place in range(len(NAMES))]
    assert check_shard(changed(tmp_path, put("image/filename", texts(b"0.jpg")), names=names)) == ()


def test_boxes_are_counted(tmp_path: Path) -> None:
    expected = changed(tmp_path, lambda _features: None)
    lie = dataclasses.replace(expected.result, boxes=3)
    assert "it has 8 boxes, 3 were recorded" in sentences(check_shard(dataclasses.replace(expected, result=lie)))


def test_a_record_that_is_no_example_is_found(tmp_path: Path) -> None:
    expected = shard(tmp_path, names=NAMES[:1])
    said = sentences(check_shard(replaced(expected, tfrecord.frame(b"\x0a\x7fshort"))))
    assert "record 0 (n01514668_0.JPEG): it is not a tf.train.Example" in said


def test_an_image_without_label_may_have_any(tmp_path: Path) -> None:
    expected = changed(tmp_path, without("image/class/label"))
    assert check_shard(dataclasses.replace(expected, ranks=np.full(len(NAMES), -1, np.int16))) == ()
