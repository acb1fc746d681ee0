import dataclasses
import pickle
import select
import tarfile
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers import encoded, features, noise
from wizard.engine import heartbeat
from wizard.engine.dry_run import dry_run
from wizard.engine.plan import ShardTask
from wizard.engine.transform import Recipe
from wizard.engine.worker import build_shard
from wizard.errors import BadImage, InputError, MachineError
from wizard.events import Heartbeat
from wizard.formats import example, tfrecord
from wizard.formats.image_codec import read_header
from wizard.formats.resize import Resize
from wizard.sources.records.reader import RECORDS
from wizard.sources.samples import SampleTable, in_one_file
from wizard.targets.image_files.target import ClassFolders
from wizard.targets.names import STATE_FOLDER
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset


def image(height: int, width: int) -> bytes:
    return encoded(Image.fromarray(noise(height, width)))


def task(home: Path, images: dict[str, bytes], **changes: object) -> ShardTask:
    """Images of class 7 one behind the other in a file, each with one box over its left half."""
    data = list(images.values())
    (home / STATE_FOLDER / "shards").mkdir(parents=True, exist_ok=True)
    (home / "archive.tar").write_bytes(b"".join(data))
    sizes = np.array([len(content) for content in data], dtype=np.int64)
    samples = SampleTable(
        files=(str(home / "archive.tar"),),
        file=np.zeros(len(data), np.int32),
        inside=np.zeros(len(data), "S1"),
        offset=np.cumsum(sizes) - sizes,
        size=sizes,
        name=np.array([name.encode() for name in images], dtype=np.bytes_),
        label=np.full(len(data), 7, np.int16),
        first_box=np.arange(len(data) + 1),
        boxes=np.tile([0.0, 0.0, 0.5, 1.0], (len(data), 1)),
    )
    made = ShardTask(
        split="train",
        name="train-00000-of-00001",
        folder=str(home),
        samples=samples,
        recipe=Recipe(resize=Resize(mode="original"), quality=None),
        label_base=1,
        skip_bad=False,
        target=TFRecords(),
    )
    made = dataclasses.replace(made, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(made, name=made.target.shard(made.split, 0, 1))


def files_in(folder: Path) -> list[str]:
    """The files in a folder and below, commit records too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_record_has_the_fifteen_features(tmp_path: Path) -> None:
    data = image(30, 40)
    result = build_shard(task(tmp_path, {"n01514668_1.JPEG": data}))
    assert (result.images, result.boxes, result.bytes_in) == (1, 1, len(data))
    record = features(tmp_path)["n01514668_1.JPEG"]
    plain = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in record.items()}
    assert plain == {
        "image/height": (30,),
        "image/width": (40,),
        "image/colorspace": b"RGB",
        "image/channels": (3,),
        "image/class/label": (8,),
        "image/class/synset": b"n01514668",
        "image/class/text": b"cock",
        "image/object/bbox/xmin": [0.0],
        "image/object/bbox/xmax": [0.5],
        "image/object/bbox/ymin": [0.0],
        "image/object/bbox/ymax": [1.0],
        "image/object/bbox/label": (8,),
        "image/format": b"JPEG",
        "image/filename": b"n01514668_1.JPEG",
        "image/encoded": data,
    }


def test_size_and_boxes_are_those_of_the_stored_image(tmp_path: Path) -> None:
    recipe = Recipe(resize=Resize(mode="crop", height=20, width=20), quality=85)
    build_shard(task(tmp_path, {"a": image(20, 40)}, recipe=recipe, label_base=0))
    record = features(tmp_path)["a"]
    assert (record["image/height"], record["image/width"], record["image/class/label"]) == ((20,), (20,), (7,))
    assert np.allclose(record["image/object/bbox/xmax"], 0.5)


def test_an_image_that_cannot_be_decoded_stops_the_shard_and_leaves_none(tmp_path: Path) -> None:
    images = {"good": image(30, 40), "bad": image(30, 40)[:300]}
    with pytest.raises(BadImage, match=r"archive\.tar: bad \(300 bytes at byte .* cannot be decoded"):
        build_shard(task(tmp_path, images))
    assert files_in(tmp_path) == ["archive.tar"]


@pytest.mark.parametrize("official", [True, False])
def test_the_hint_mentions_md5_only_for_an_official_archive(tmp_path: Path, official: bool) -> None:
    made = task(tmp_path, {"bad": image(30, 40)[:300]})
    made = dataclasses.replace(made, samples=dataclasses.replace(made.samples, official=official))
    with pytest.raises(BadImage) as error:
        build_shard(made)
    assert ("--md5" in error.value.hint) == ("official" in error.value.hint) == official
    assert "output.on_bad_image=skip" in error.value.hint


def test_an_undecodable_image_is_skipped_and_listed_if_allowed(tmp_path: Path) -> None:
    images = {"good": image(30, 40), "bad": image(30, 40)[:300], "empty": b""}
    result = build_shard(task(tmp_path, images, skip_bad=True))
    assert list(features(tmp_path)) == ["good"]
    assert [(skipped.name, skipped.file) for skipped in result.skipped] == [
        ("bad", str(tmp_path / "archive.tar")),
        ("empty", str(tmp_path / "archive.tar")),
    ]
    assert "no bytes" in result.skipped[1].reason


def test_an_archive_that_shrank_or_vanished_is_named(tmp_path: Path) -> None:
    made = task(tmp_path, {"a": image(30, 40)})
    archive = tmp_path / "archive.tar"
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(InputError, match="ends inside a; it has changed"):
        build_shard(made)
    archive.unlink()
    with pytest.raises(InputError, match=r"archive\.tar cannot be read: No such file"):
        build_shard(made)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    made = task(tmp_path, {"a": image(30, 40)}, folder=str(tmp_path / "gone"))
    with pytest.raises(MachineError, match=r"train-00000-of-00001 cannot be written in .*gone"):
        build_shard(made)


def test_a_worker_whose_run_is_gone_puts_nothing_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = Pipe(duplex=False)
    monkeypatch.setattr(heartbeat, "_send", writer.send)
    reader.close()
    with pytest.raises(BrokenPipeError):
        build_shard(task(tmp_path, {"a": image(30, 40)}))
    assert files_in(tmp_path) == ["archive.tar"]
    writer.close()


RESIZED = Recipe(resize=Resize(mode="shortest", size=24), quality=85)


def images(count: int) -> dict[str, bytes]:
    return {f"n01514668_{i}.JPEG": image(30 + 7 * i, 40) for i in range(count)}


@pytest.mark.parametrize("recipe", [None, RESIZED], ids=["bytes kept", "resized"])
def test_a_dry_run_measures_what_the_shard_holds_image_by_image(tmp_path: Path, recipe: Recipe | None) -> None:
    made = task(tmp_path, images(3), **({"recipe": recipe} if recipe else {}))
    ran = dry_run(made)
    build_shard(made)
    with (tmp_path / made.name).open("rb") as file:
        assert ran.bytes_out == [size for _, size in tfrecord.frame_spans(file)]
    assert len(ran.seconds) == len(ran.reading) == 3
    assert min(ran.seconds) > 0
    assert min(ran.reading) > 0
    assert ran.rss > 10_000_000


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    dry_run(task(tmp_path, images(2), folder="/no such folder"))
    assert files_in(tmp_path) == ["archive.tar"]


def test_a_skipped_image_counts_nothing_in_a_dry_run(tmp_path: Path) -> None:
    bad = {"bad": image(30, 40)[:300], "good": image(30, 40), "empty": b""}
    first, second, third = dry_run(task(tmp_path, bad, skip_bad=True)).bytes_out
    assert first == third == 0 < second
    with pytest.raises(BadImage, match=r"bad .* cannot be decoded"):
        dry_run(task(tmp_path, bad))


def test_a_dry_run_reports_an_archive_that_shrank(tmp_path: Path) -> None:
    made = task(tmp_path, images(2))
    (tmp_path / "archive.tar").write_bytes(b"short")
    with pytest.raises(InputError, match="ends inside n01514668_0"):
        dry_run(made)


def test_a_dry_run_of_nothing_is_nothing(tmp_path: Path) -> None:
    made = task(tmp_path, images(1))
    ran = dry_run(dataclasses.replace(made, samples=made.samples.take(np.arange(0))))
    assert (ran.bytes_out, ran.seconds, ran.reading) == ([], [], [])


UNLABELED = "ILSVRC2012_test_00000007.JPEG"


def unlabelled(home: Path, data: bytes, **changes: object) -> ShardTask:
    """One image of the test split."""
    made = task(home, {UNLABELED: data}, split="test", **changes)
    return dataclasses.replace(made, samples=dataclasses.replace(made.samples, label=np.array([-1], np.int16)))


@pytest.mark.parametrize("base", [0, 1])
def test_an_image_without_label_has_minus_one_in_a_record(tmp_path: Path, base: int) -> None:
    made = unlabelled(tmp_path, image(30, 40), label_base=base)
    build_shard(made)
    with (tmp_path / made.name).open("rb") as file:
        (found,) = (example.decode(record.payload) for record in tfrecord.records(file))
    assert (found["image/class/label"], found["image/object/bbox/label"]) == ((-1,), (-1,))
    assert (found["image/class/synset"], found["image/class/text"]) == (b"", b"")
    assert found["image/filename"] == UNLABELED.encode()


def test_an_image_without_label_has_minus_one_in_a_webdataset(tmp_path: Path) -> None:
    made = unlabelled(tmp_path, image(30, 40), target=WebDataset(), label_base=0)
    build_shard(made)
    with tarfile.open(tmp_path / made.name) as archive:
        file = archive.extractfile("ILSVRC2012_test_00000007.cls")
        assert file is not None
        assert file.read() == b"-1"


@pytest.mark.parametrize(("form", "place"), [("folders", "test"), ("flat", "test_flatten")])
def test_an_image_without_label_lies_in_the_folder_of_its_split(tmp_path: Path, form: str, place: str) -> None:
    data = image(30, 40)
    build_shard(unlabelled(tmp_path, data, target=TARGETS_BY_NAME[form]()))
    assert (tmp_path / place / UNLABELED).read_bytes() == data
    assert [path.name for path in (tmp_path / place).iterdir()] == [UNLABELED]


@pytest.mark.parametrize("form", ["webdataset", "folders", "flat"])
@pytest.mark.parametrize("recipe", [None, RESIZED], ids=["bytes kept", "resized"])
def test_a_dry_run_for_any_target_measures_what_its_shard_holds(
    tmp_path: Path, form: str, recipe: Recipe | None
) -> None:
    made = task(tmp_path, images(3), target=TARGETS_BY_NAME[form](), **({"recipe": recipe} if recipe else {}))
    ran = dry_run(made)
    assert sum(ran.bytes_out) + len(made.target.trailer) == build_shard(made).bytes_out
    assert min(ran.bytes_out) > 0


def test_records_of_imagenet_to_gcs_have_neither_words_nor_objects(tmp_path: Path) -> None:
    build_shard(task(tmp_path, images(1), target=TFRecords(features="tpu")))
    (record,) = features(tmp_path).values()
    assert sorted(record) == [
        "image/channels",
        "image/class/label",
        "image/class/synset",
        "image/colorspace",
        "image/encoded",
        "image/filename",
        "image/format",
        "image/height",
        "image/width",
    ]


def corners(*box: float) -> dict[str, example.Feature]:
    named = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    return {f"image/object/bbox/{corner}": np.array([value], np.float32) for corner, value in named}


def of_a_record(home: Path, data: bytes, target: Target, **more: example.Feature) -> ShardTask:
    """One record of the source's own kind, with a box over the left half of its image."""
    payload = example.encode({"image/encoded": data, "image/class/label": (8,), **corners(0.0, 0.0, 0.5, 1.0), **more})
    (home / "old.tfrecord").write_bytes(tfrecord.frame(payload))
    samples = in_one_file(
        str(home / "old.tfrecord"),
        name=np.array([b"a.JPEG"]),
        offset=np.array([tfrecord.HEADER]),
        size=np.array([len(payload)]),
        label=np.array([7], np.int16),
    )
    boxes = np.array([[0.0, 0.0, 0.5, 1.0]])
    samples = dataclasses.replace(samples, boxes=boxes, first_box=np.array([0, 1]), box_row=np.array([0]))
    samples = dataclasses.replace(samples, reader=RECORDS, label_base=1)
    return dataclasses.replace(task(home, {"unused": b""}), samples=samples, target=target)


def test_a_record_of_the_source_stays_byte_for_byte_where_its_image_does(tmp_path: Path) -> None:
    made = of_a_record(tmp_path, image(30, 40), TFRecords(features="source"), note=b"mine", image__x=(1, 2))
    build_shard(made)
    assert (tmp_path / made.name).read_bytes() == (tmp_path / "old.tfrecord").read_bytes()


def test_a_record_of_the_source_keeps_its_other_features_when_its_image_is_resized(tmp_path: Path) -> None:
    made = of_a_record(tmp_path, image(30, 40), TFRecords(features="source"), note=b"mine")
    build_shard(dataclasses.replace(made, recipe=RESIZED))
    with (tmp_path / made.name).open("rb") as file:
        (found,) = (example.decode(record.payload) for record in tfrecord.records(file))
    assert found.keys() == {"image/encoded", "image/class/label", "note", *corners(0, 0, 0, 0)}
    assert found["note"] == b"mine"
    assert found["image/class/label"] == (8,)
    encoded_anew = found["image/encoded"]
    assert isinstance(encoded_anew, bytes)
    assert read_header(encoded_anew).height == 24


def test_an_image_from_a_record_goes_to_other_targets_as_any_other(tmp_path: Path) -> None:
    data = image(30, 40)
    result = build_shard(of_a_record(tmp_path, data, ClassFolders()))
    assert (tmp_path / "train" / "n01514668" / "a.JPEG").read_bytes() == data
    assert (result.bytes_in, result.bytes_out) == (len(data), len(data))


def test_a_damaged_record_stops_the_shard_and_leaves_none(tmp_path: Path) -> None:
    made = of_a_record(tmp_path, image(30, 40), TFRecords(features="source"))
    content = bytearray((tmp_path / "old.tfrecord").read_bytes())
    content[-100] ^= 1
    (tmp_path / "old.tfrecord").write_bytes(content)
    with pytest.raises(InputError, match=r"old\.tfrecord: the record of a\.JPEG at byte 12 is damaged"):
        build_shard(dataclasses.replace(made, skip_bad=True))
    assert files_in(tmp_path) == ["archive.tar", "old.tfrecord"]


def test_images_that_lose_all_boxes_to_the_crop_and_those_smaller_than_asked_for_are_counted(tmp_path: Path) -> None:
    images = {"wide": image(64, 400), "square": image(64, 64), "small": image(16, 16)}
    made = task(tmp_path, images)
    boxes = np.array([[0.0, 0.0, 0.1, 1.0], [0.0, 0.0, 0.5, 1.0], [0.0, 0.0, 0.5, 1.0]])  # the crop begins at 0.42
    made = dataclasses.replace(made, samples=dataclasses.replace(made.samples, boxes=boxes))
    crop = Recipe(resize=Resize(mode="crop", height=64, width=64), quality=85)
    shortest = Recipe(resize=Resize(mode="shortest", size=32), quality=85)
    cropped = build_shard(dataclasses.replace(made, recipe=crop, name="a"))
    shrunk = build_shard(dataclasses.replace(made, recipe=shortest, name="b"))
    assert (cropped.unboxed, cropped.smaller) == (1, 0)
    assert (shrunk.unboxed, shrunk.smaller) == (0, 1)


def test_a_beat_names_the_shard_as_its_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Heartbeat] = []
    monkeypatch.setattr(heartbeat, "send", told.append)
    timm = WebDataset(names="timm", dataset="imagenet1k")
    made = task(tmp_path, {"n01514668_1.JPEG": image(8, 8)})
    build_shard(dataclasses.replace(made, name="train-0003.tar", target=timm))
    assert told[-1].title == "imagenet1k-train-0003.tar"
    build_shard(made)
    assert told[-1].title == made.name


def test_a_beat_names_the_image_in_hand_and_the_last_one_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Heartbeat] = []
    monkeypatch.setattr(heartbeat, "due", lambda: True)
    monkeypatch.setattr(heartbeat, "send", told.append)
    long = "n01514668_" + 300 * "é" + ".JPEG"
    build_shard(task(tmp_path, {"n01514668_1.JPEG": image(8, 8), long: image(8, 8)}))
    assert [(beat.done, beat.image) for beat in told] == [(0, "n01514668_1.JPEG"), (1, long[:200]), (2, "")]
    assert all(len(pickle.dumps(beat)) < select.PIPE_BUF for beat in told)


def test_images_that_kill_workers_are_left_out_unread_by_any_codec(tmp_path: Path) -> None:
    made = task(tmp_path, {name: image(8, 8) for name in ("a", "b", "c")}, crashing={1: "it crashed"})
    result = build_shard(made)
    assert list(features(tmp_path)) == ["a", "c"]
    assert [(skipped.name, skipped.reason) for skipped in result.skipped] == [("b", "it crashed")]
    assert result.bytes_in == int(made.samples.size.sum())
