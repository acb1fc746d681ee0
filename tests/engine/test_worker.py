import dataclasses
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers import encoded, features, noise
from wizard.engine import beats
from wizard.engine.plan import ShardTask
from wizard.engine.transform import Recipe
from wizard.engine.worker import build_shard, rehearse
from wizard.errors import BadImage, InputError, MachineError
from wizard.formats import tfrecord
from wizard.formats.resize import Resize
from wizard.sources.samples import SampleTable


def image(height: int, width: int) -> bytes:
    return encoded(Image.fromarray(noise(height, width)))


def task(home: Path, images: dict[str, bytes], **changes: object) -> ShardTask:
    """Images of class 7 one behind the other in a file, each with one box over its left half."""
    data = list(images.values())
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
        index=0,
        shards=1,
        folder=str(home),
        samples=samples,
        recipe=Recipe(resize=Resize(mode="original"), quality=None),
        label_base=1,
        skip_bad=False,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


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
    assert [file.name for file in tmp_path.iterdir()] == ["archive.tar"]


def test_or_it_is_skipped_and_listed(tmp_path: Path) -> None:
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
    monkeypatch.setattr(beats, "_pipe", writer)
    reader.close()
    with pytest.raises(BrokenPipeError):
        build_shard(task(tmp_path, {"a": image(30, 40)}))
    assert [file.name for file in tmp_path.iterdir()] == ["archive.tar"]
    writer.close()


RESIZED = Recipe(resize=Resize(mode="shortest", size=24), quality=85)


def images(count: int) -> dict[str, bytes]:
    return {f"n01514668_{i}.JPEG": image(30 + 7 * i, 40) for i in range(count)}


@pytest.mark.parametrize("recipe", [None, RESIZED], ids=["bytes kept", "resized"])
def test_a_rehearsal_comes_to_what_the_shard_does_image_by_image(tmp_path: Path, recipe: Recipe | None) -> None:
    made = task(tmp_path, images(3), **({"recipe": recipe} if recipe else {}))
    rehearsed = rehearse(made)
    build_shard(made)
    with (tmp_path / made.name).open("rb") as file:
        assert rehearsed.bytes_out == [size for _, size in tfrecord.spans(file)]
    assert len(rehearsed.seconds) == len(rehearsed.reading) == 3
    assert min(rehearsed.seconds) > 0
    assert min(rehearsed.reading) > 0
    assert rehearsed.rss > 10_000_000


def test_a_rehearsal_writes_nothing(tmp_path: Path) -> None:
    rehearse(task(tmp_path, images(2), folder="/no such folder"))
    assert [file.name for file in tmp_path.iterdir()] == ["archive.tar"]


def test_in_a_rehearsal_an_image_that_is_left_out_comes_to_nothing(tmp_path: Path) -> None:
    bad = {"bad": image(30, 40)[:300], "good": image(30, 40), "empty": b""}
    first, second, third = rehearse(task(tmp_path, bad, skip_bad=True)).bytes_out
    assert first == third == 0 < second
    with pytest.raises(BadImage, match=r"bad .* cannot be decoded"):
        rehearse(task(tmp_path, bad))


def test_a_rehearsal_of_an_archive_that_shrank_is_told(tmp_path: Path) -> None:
    made = task(tmp_path, images(2))
    (tmp_path / "archive.tar").write_bytes(b"short")
    with pytest.raises(InputError, match="ends inside n01514668_0"):
        rehearse(made)


def test_a_rehearsal_of_nothing_is_nothing(tmp_path: Path) -> None:
    made = task(tmp_path, images(1))
    rehearsed = rehearse(dataclasses.replace(made, samples=made.samples.take(np.arange(0))))
    assert (rehearsed.bytes_out, rehearsed.seconds, rehearsed.reading) == ([], [], [])
