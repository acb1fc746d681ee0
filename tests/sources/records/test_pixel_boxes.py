"""Boxes in pixels, from records to what is stored, and other boxes that are not as they should be."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.helpers import build_dataset, encoded, noise, shards
from tests.sources.records.making import CORNERS, Value, refused, serialized, table, write
from wizard.ask.context import Context, with_source
from wizard.ask.source_report import source_lines
from wizard.engine import manifest
from wizard.errors import InputError
from wizard.formats import example, tfrecord
from wizard.inspection import inspect

PHOTO = encoded(Image.fromarray(noise(80, 100)))
BOX = (10, 20, 90, 60)
AS_SHARES: list[float] = np.array([0.1, 0.25, 0.9, 0.75], np.float32).tolist()
ANY = st.floats(width=32) | st.floats(-2, 3, width=32) | st.integers(-5, 120).map(float)


def record(
    *boxes: tuple[float, ...], label: int = 1, image: bytes = PHOTO, more: Mapping[str, Value] | None = None
) -> bytes:
    """Boxes of floats, or of whole numbers where all are ints."""
    columns: dict[str, Value] = {
        f"object__bbox__{corner}": [box[place] for box in boxes] for place, corner in enumerate(CORNERS)
    }
    named: dict[str, Value] = {"encoded": image, "class__label": label, **columns, **(more or {})}
    return serialized(**named)


def floats(*box: float) -> tuple[float, ...]:
    return tuple(map(float, box))


def boxes_of(folder: Path) -> list[object]:
    """Of each image, as float32."""
    return [sample.boxes.astype(np.float32).tolist() for sample in table(folder)]


def stored(out: Path) -> list[dict[str, list[object]]]:
    """The records that were built, as TensorFlow reads them."""
    found = []
    for path in shards(out):
        for payload in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            read = tf.train.Example.FromString(payload).features.feature
            found.append({name: list(getattr(one, one.WhichOneof("kind")).value) for name, one in read.items()})
    return found


@pytest.mark.parametrize("box", [floats(*BOX), BOX])
@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_pixel_boxes_become_shares_of_their_image(tmp_path: Path, box: tuple[float, ...], compression: str) -> None:
    small = encoded(Image.fromarray(noise(80, 200)))
    write(tmp_path / "train.tfrecord", [record(box, box), record(box, image=small), record()], compression)
    expected = np.array([0.05, 0.25, 0.45, 0.75], np.float32).tolist()
    assert boxes_of(tmp_path) == [[AS_SHARES, AS_SHARES], [expected], []]
    assert table(tmp_path).repairs == ("3 boxes are in pixels: converted to 0..1 using the size of each image",)


def test_the_size_is_the_images_own_whatever_comes_before_it_in_the_file(tmp_path: Path) -> None:
    tagged = Image.fromarray(noise(80, 100))
    late = encoded(tagged, icc_profile=bytes(100_000))
    bitmap = encoded(tagged, "PNG")
    write(tmp_path / "train.tfrecord", [record(floats(*BOX), image=late), record(floats(*BOX), image=bitmap)])
    assert boxes_of(tmp_path) == [[AS_SHARES]] * 2


def test_a_box_of_one_pixel_is_one_beside_pixels_and_the_whole_image_beside_shares(tmp_path: Path) -> None:
    write(tmp_path / "one" / "train.tfrecord", [record(floats(0, 0, 1, 1)), record(floats(*BOX))])
    write(tmp_path / "other" / "train.tfrecord", [record(floats(0, 0, 1, 1)), record((0.25, 0.25, 0.5, 0.5))])
    assert boxes_of(tmp_path / "one")[0] == [np.array([0, 0, 1 / 100, 1 / 80], np.float32).tolist()]
    assert "1 box is 0, 0, 1, 1" in table(tmp_path / "one").repairs[1]
    assert boxes_of(tmp_path / "other")[0] == [[0, 0, 1, 1]]


def test_all_splits_are_of_one_unit(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [record(floats(0, 0, 1, 1))])
    write(tmp_path / "val.tfrecord", [record(floats(*BOX))])
    assert boxes_of(tmp_path) == [[np.array([0, 0, 1 / 100, 1 / 80], np.float32).tolist()]]
    write(tmp_path / "train.tfrecord", [record((0.25, 0.25, 0.5, 0.5)), record((0.25, 0.25, 0.5, 0.75))])
    reported = (
        r"val\.tfrecord: record 0 at byte 0 has the box 10, 20, 90, 60 .*, which is in pixels, but 2 others are in"
    )
    refused(tmp_path, reported)


def test_a_record_with_boxes_in_a_different_unit_is_reported_with_its_offset(tmp_path: Path) -> None:
    records = [record((0.25, 0.25, 0.5, 0.5))] * 3 + [record(floats(*BOX))]
    write(tmp_path / "train.tfrecord", records)
    at = 3 * (len(records[0]) + tfrecord.OVERHEAD)
    hint = refused(tmp_path, rf"train\.tfrecord: record 3 at byte {at:,} has the box 10, 20, 90, 60 in an image").hint
    assert "divided by the image's width" in hint


def test_an_image_size_that_differs_from_the_records_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [record(floats(*BOX), more={"width": 100, "height": 80})])
    assert boxes_of(tmp_path) == [[AS_SHARES]]
    write(tmp_path / "train.tfrecord", [record(floats(*BOX), more={"width": 500, "height": 400})])
    refused(tmp_path, "record 0 .* states a size of 500 × 400: the box may be in pixels of either size")


def test_an_image_that_cannot_be_read_leaves_its_boxes_out(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [record(floats(*BOX)), record(floats(*BOX), image=b"GIF87a")])
    assert boxes_of(tmp_path) == [[AS_SHARES], []]


def test_repaired_boxes_are_counted_and_reported(tmp_path: Path) -> None:
    good = [(0.25, 0.25, 0.5, 0.5)] * 3
    odd = [(0.5, 0.25, 0.25, 0.5), (-0.25, 0.0, 0.5, 1.0), (0.5, 0.5, 0.5, 0.75), (float("nan"), 0.0, 1.0, 1.0)]
    write(tmp_path / "train.tfrecord", [record(*good), record(*odd)])
    assert boxes_of(tmp_path)[1] == [[0.25, 0.25, 0.5, 0.5], [0.0, 0.0, 0.5, 1.0]]
    reported = "; ".join(table(tmp_path).repairs)
    assert "1 of 7 boxes reaches outside the image, by up to 25.00%" in reported
    assert "1 of 7 boxes has swapped corners" in reported
    assert "2 of 7 boxes have no area in the image" in reported


def test_valid_boxes_cause_no_remark(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [record((0.25, 0.25, 0.5, 0.5), floats(0, 0, 1, 1))])
    assert table(tmp_path).repairs == ()


@pytest.mark.parametrize("key", ["object__bbox__label", "object__class__label", "object__class__text"])
def test_lists_that_have_not_a_value_for_each_box_are_refused(tmp_path: Path, key: str) -> None:
    good = (0.25, 0.25, 0.5, 0.5)
    values: Value = [b"a", b"b", b"c"] if key.endswith("text") else [1, 2, 3]
    write(tmp_path / "train.tfrecord", [record(good, good, good, more={key: values}), record(good, more={key: []})])
    assert len(table(tmp_path)) == 2
    write(tmp_path / "train.tfrecord", [record(good, good, more={key: values})])
    refused(tmp_path, f"record 0 .* has 3 values in image/{key.replace('__', '/')} for 2 boxes")


@given(st.lists(st.lists(st.tuples(ANY, ANY, ANY, ANY), max_size=4), min_size=1, max_size=4))
def test_any_box_is_clipped_or_left_out_with_a_remark_or_its_record_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[tuple[float, ...]]]
) -> None:
    folder = tmp_path_factory.mktemp("records")
    payloads = []
    for boxes in rows:
        columns = np.array(boxes, np.float32).reshape(-1, 4).T
        named = {f"image/object/bbox/{corner}": column for corner, column in zip(CORNERS, columns, strict=True)}
        payloads.append(example.encode({"image/encoded": PHOTO, "image/class/label": (1,), **named}))
    (folder / "train.tfrecord").write_bytes(b"".join(map(tfrecord.frame, payloads)))
    found = None
    with suppress(InputError):
        found = table(folder)
    if found is None:
        refused(folder, r"record \d at byte [\d,]+ has the box ")
        return
    stored = found.boxes.astype(np.float32)
    assert ((stored >= 0) & (stored <= 1)).all()
    assert (stored[:, :2] < stored[:, 2:]).all()
    missing = sum(map(len, rows)) - len(stored)
    assert any(f"{missing:,} of" in reported and "left out" in reported for reported in found.repairs) == bool(missing)


def test_records_are_stored_with_shares_and_their_lists_follow(tmp_path: Path) -> None:
    nowhere, other = (101, 20, 120, 60), (100, 80, 50, 40)
    lists: dict[str, Value] = {"object__bbox__label": [1, 2, 3], "object__score": [0.5, 0.25, 0.125]}
    records = [record(BOX, nowhere, other, more=lists), record(label=2)] + [record(BOX, label=2)] * 4
    write(tmp_path / "in" / "train.tfrecord", records)
    finished = build_dataset(
        tmp_path / "in",
        tmp_path / "out",
        source={"splits": ["train"]},
        output={"shards": "keep"},
    )
    first, second, *_ = stored(tmp_path / "out")
    columns = [first[f"image/object/bbox/{corner}"] for corner in CORNERS]
    assert np.array(columns, np.float32).T.tolist() == [AS_SHARES, [0.5, 0.5, 1.0, 1.0]]
    assert (first["image/object/bbox/label"], first["image/object/score"]) == ([1, 3], [0.5, 0.125])
    assert first["image/encoded"] == [PHOTO]
    assert second["image/object/bbox/xmin"] == []
    assert finished.splits[0].boxes == 6
    made = "; ".join(manifest.read(tmp_path / "out").box_repairs["train"])
    assert "in pixels" in made
    assert "1 of 7 boxes has no area" in made
    assert "1 of 7 boxes has swapped corners" in made


def test_empty_lists_of_whole_numbers_are_stored_as_floats_so_that_readers_find_one_kind(tmp_path: Path) -> None:
    empty = {f"image/object/bbox/{corner}": () for corner in CORNERS}
    payload = example.encode({"image/encoded": PHOTO, "image/class/label": (1,), **empty})
    write(tmp_path / "in" / "train.tfrecord", [record(BOX), payload])
    build_dataset(tmp_path / "in", tmp_path / "out", source={"splits": ["train"]}, output={"shards": "keep"})
    reads = {f"image/object/bbox/{corner}": tf.io.VarLenFeature(tf.float32) for corner in CORNERS}
    data = tf.data.TFRecordDataset(str(shards(tmp_path / "out")[0]))
    assert [len(tf.io.parse_single_example(one, reads)["image/object/bbox/xmin"].values) for one in data] == [1, 0]


def test_good_records_keep_their_features_byte_for_byte(tmp_path: Path) -> None:
    records = [record((0.25, 0.25, 0.5, 0.5), floats(0, 0, 1, 1), more={"object__bbox__label": [1, 1]}), record()]
    write(tmp_path / "in" / "train.tfrecord", records)
    build_dataset(tmp_path / "in", tmp_path / "out", source={"splits": ["train"]}, output={"shards": "keep"})
    with shards(tmp_path / "out")[0].open("rb") as file:
        found = [example.entries(each.payload) for each in tfrecord.records(file)]
    assert found == [example.entries(payload) for payload in records]


def test_repaired_boxes_are_reported_by_the_commands(tmp_path: Path) -> None:
    write(tmp_path / "train.tfrecord", [record(floats(*BOX))])
    reported = "1 box is in pixels: converted to 0..1 using the size of each image"
    assert inspect(tmp_path, lambda _event: None).facts["train, boxes"] == reported
    facts = with_source(Context(), tmp_path, lambda _event: None)
    assert f"    ! boxes: {reported}" in source_lines(facts)
