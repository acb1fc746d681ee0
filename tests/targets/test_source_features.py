from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.helpers import encoded, noise
from wizard.engine.transform import Recipe, transform
from wizard.formats import example
from wizard.formats.arrays import Boxes
from wizard.formats.example import Feature, Values
from wizard.formats.resample import move_boxes
from wizard.formats.resize import Resize
from wizard.targets.sample import OutputSample, SourceRecord, StoredImage
from wizard.targets.tfrecord.features import updated_features

KEPT = Recipe(resize=Resize(mode="original"), quality=None)
RESIZED = Recipe(resize=Resize(mode="shortest", size=20), quality=85)
CROPPED = Recipe(resize=Resize(mode="crop", height=40, width=40), quality=85)
PHOTO = encoded(Image.fromarray(noise(40, 80)))
"""Twice as wide as high: its crop keeps the middle half."""
BOXES = np.array([[0.0, 0.0, 0.2, 1.0], [0.25, 0.0, 0.5, 1.0], [0.8, 0.0, 1.0, 1.0], [0.5, 0.5, 1.0, 1.0]])
"""The first and the third are cut off by the crop."""
CORNERS: dict[str, Feature] = {
    f"image/object/bbox/{corner}": BOXES[:, place].astype(np.float32)
    for place, corner in enumerate(("xmin", "ymin", "xmax", "ymax"))
}


def record(image: bytes = PHOTO, **features: Feature) -> dict[str, bytes]:
    named = {name.replace("__", "/"): value for name, value in features.items()}
    return {name: example.raw(value) for name, value in {"image/encoded": image, **named}.items()}


def texts(*values: bytes) -> bytes:
    """A serialized feature with several short texts: the values of single ones, one behind the other."""
    joined = b"".join(example.raw(value)[2:] for value in values)
    return bytes([0x0A, len(joined)]) + joined


def updated(
    features: Mapping[str, bytes], stored: StoredImage, boxes: Boxes, rows: npt.NDArray[np.intp], *, is_reencoded: bool
) -> dict[str, bytes]:
    record = SourceRecord(features=features, box_rows=rows, is_reencoded=is_reencoded)
    return updated_features(OutputSample(name="", wnid="", text="", label=0, boxes=boxes, stored=stored, record=record))


def after(features: Mapping[str, bytes], recipe: Recipe, boxes: Boxes = BOXES) -> dict[str, bytes]:
    (image,) = example.values(features["image/encoded"])
    assert isinstance(image, bytes)
    stored = transform(image, recipe)
    moved, rows = move_boxes(boxes, stored.geometry)
    return updated(features, stored, moved, rows, is_reencoded=stored.jpeg is not image)


def plain(features: Mapping[str, bytes], name: str) -> list[object]:
    found: Values = example.values(features[name])
    return list(found.tolist() if isinstance(found, np.ndarray) else found)


def test_a_record_is_unchanged_if_its_image_is() -> None:
    odd: dict[str, Feature] = {"note": b"\xff", "image/format": b"PNG", "image/channels": (4,), **CORNERS}
    before = record() | {name: example.raw(value) for name, value in odd.items()}
    before |= {"several": texts(b"a", b"b"), "no kind": b""}
    assert after(before, KEPT) == before


def test_height_and_width_become_true_even_where_they_never_were() -> None:
    stale = record(image__height=(375,), image__width=(500,))
    for recipe, size in ((KEPT, (40, 80)), (RESIZED, (20, 40)), (CROPPED, (40, 40))):
        found = after(stale, recipe)
        assert (plain(found, "image/height"), plain(found, "image/width")) == ([size[0]], [size[1]])


def test_no_feature_is_added_that_the_record_had_not() -> None:
    for recipe in (KEPT, RESIZED, CROPPED):
        assert after(record(label=(7,)), recipe).keys() == {"image/encoded", "label"}


def test_a_re_encoded_image_loses_features_that_no_longer_apply() -> None:
    alpha = encoded(Image.new("RGBA", (80, 40)), "PNG")
    found = after(record(alpha, image__format=b"png", image__colorspace=b"RGBA", image__channels=(4,)), KEPT)
    assert plain(found, "image/format") == [b"JPEG"]
    assert plain(found, "image/colorspace") == [b"RGB"]
    assert plain(found, "image/channels") == [3]


@pytest.mark.parametrize("spelling", [b"JPEG", b"jpeg", b"jpg", b"JPG"])
def test_a_format_that_is_still_true_keeps_its_spelling(spelling: bytes) -> None:
    found = after(record(image__format=spelling, image__colorspace=b"rgb", image__channels=(3,)), RESIZED)
    assert plain(found, "image/format") == [spelling]
    assert plain(found, "image/colorspace") == [b"rgb"]


def test_scaling_alone_leaves_boxes_to_the_last_bit() -> None:
    before = record() | {name: example.raw(value) for name, value in CORNERS.items()}
    found = after(before, RESIZED)
    assert {name: found[name] for name in CORNERS} == {name: before[name] for name in CORNERS}


def objects() -> dict[str, bytes]:
    lists = {name: example.raw(value) for name, value in CORNERS.items()}
    lists["image/object/bbox/label"] = example.raw((1, 2, 3, 4))
    lists["image/object/class/text"] = texts(b"a", b"b", b"c", b"d")
    lists["image/object/score"] = example.raw(np.array([0.1, 0.2, 0.3, 0.4], np.float32))
    return lists


def test_after_a_crop_every_list_of_objects_follows_its_boxes() -> None:
    found = after(record() | objects(), CROPPED)
    assert plain(found, "image/object/bbox/xmin") == [0.0, 0.5]
    assert plain(found, "image/object/bbox/xmax") == [0.5, 1.0]
    assert plain(found, "image/object/bbox/label") == [2, 4]
    assert plain(found, "image/object/class/text") == [b"b", b"d"]
    assert plain(found, "image/object/score") == pytest.approx([0.2, 0.4])


def test_lists_of_another_length_are_not_of_the_objects() -> None:
    before = record() | objects() | {"image/object/count": example.raw((4,)), "image/scores": example.raw((1, 2, 3, 4))}
    found = after(before, CROPPED)
    assert plain(found, "image/object/count") == [4]
    assert plain(found, "image/scores") == [1, 2, 3, 4]


def test_a_crop_that_removes_every_box_leaves_empty_lists_of_the_same_kinds() -> None:
    lists = {name: example.raw(BOXES[:1, place].astype(np.float32)) for place, name in enumerate(CORNERS)}
    found = after(record() | lists | {"image/object/bbox/label": example.raw((5,))}, CROPPED, BOXES[:1])
    assert [plain(found, name) for name in (*CORNERS, "image/object/bbox/label")] == [[]] * 5
    assert found["image/object/bbox/label"] == example.raw(())
    assert found["image/object/bbox/xmin"] == example.raw(np.empty(0, np.float32))


def pixels() -> dict[str, bytes]:
    """The same boxes as whole numbers of pixels, with their lists."""
    size = np.array([80, 40, 80, 40])
    columns = (BOXES * size).astype(int).T.tolist()
    return objects() | {name: example.raw(tuple(column)) for name, column in zip(CORNERS, columns, strict=True)}


@pytest.mark.parametrize("recipe", [KEPT, RESIZED])
def test_boxes_that_the_record_states_otherwise_are_written_as_they_were_read(recipe: Recipe) -> None:
    found = after(record() | pixels(), recipe)
    lists = objects()
    assert {name: found[name] for name in lists} == lists


def test_boxes_that_were_left_out_when_they_were_read_take_their_places_with_them() -> None:
    before = record() | objects()
    stored = transform(PHOTO, KEPT)
    found = updated(before, stored, BOXES[[0, 3]], np.array([0, 3]), is_reencoded=False)
    assert plain(found, "image/object/bbox/ymin") == [0.0, 0.5]
    assert plain(found, "image/object/bbox/label") == [1, 4]
    assert plain(found, "image/object/class/text") == [b"a", b"d"]


def test_empty_corners_become_floats_as_those_of_other_records() -> None:
    before = record() | {name: example.raw(()) for name in CORNERS}
    found = after(before, KEPT, np.empty((0, 4)))
    assert {found[name] for name in CORNERS} == {example.raw(np.empty(0, np.float32))}


def test_a_record_without_boxes_is_cropped_all_the_same() -> None:
    found = after(record(), CROPPED, np.empty((0, 4)))
    assert found.keys() == {"image/encoded"}
