import gzip
import hashlib
import json
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN, TRAIN_SHARDS, VALIDATION, VALIDATION_SHARDS, build_dataset, profile, shards
from wizard import synthetic
from wizard.errors import InputError, VerifyFailed
from wizard.events import Event
from wizard.targets.tfrecord.target import TFRecords
from wizard.unfinished_builds import keep
from wizard.verify.dataset import verify


def ignore(_event: Event) -> None:
    pass


@pytest.mark.usefixtures("spawned_workers")
def test_a_good_dataset_is_verified_and_opened_with_tensorflow(built: Path) -> None:
    verified = verify(built, ignore, pixels=True)
    assert verified.images == {"train": TRAIN, "validation": VALIDATION}
    assert f"decoded a batch of ({TRAIN}, 224, 224, 3), labels 1 to 4" in verified.tensorflow["train"]


def test_a_damaged_record_is_named_with_shard_record_and_image(built_copy: Path) -> None:
    path = shards(built_copy)[3]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(VerifyFailed, match=rf"{path.name}, record \d+ \(n\d+_\d+\.JPEG\): payload CRC is") as error:
        verify(built_copy, ignore)
    assert "--repair" in error.value.hint


def test_a_missing_shard_is_named(built_copy: Path) -> None:
    path = shards(built_copy)[0]
    path.unlink()
    with pytest.raises(VerifyFailed, match=f"{path.name}: it cannot be read"):
        verify(built_copy, ignore)


def test_two_shards_in_each_others_place_are_found(built_copy: Path) -> None:
    one, other = shards(built_copy)[:2]
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    with pytest.raises(VerifyFailed, match=f"{one.name}, record 0 .*image/filename is"):
        verify(built_copy, ignore)


def test_a_stray_file_that_a_trainer_would_open_is_named(built_copy: Path) -> None:
    (built_copy / "train-00000-of-01024").write_bytes(b"")
    with pytest.raises(VerifyFailed, match="train-00000-of-01024: it is not part of this dataset"):
        verify(built_copy, ignore)


def test_an_index_of_no_shard_is_named(built_copy: Path) -> None:
    (built_copy / "idx" / "train-00000-of-01024").write_bytes(b"")
    with pytest.raises(VerifyFailed, match="idx/train-00000-of-01024: it is not the index of a shard"):
        verify(built_copy, ignore)


def test_a_shard_taken_out_of_the_manifest_is_missed(built_copy: Path) -> None:
    path = built_copy / "dataset.json"
    fields = json.loads(path.read_text())
    name = fields["shards"].pop()["shard"]
    path.write_text(json.dumps(fields))
    (built_copy / name).unlink()
    (built_copy / "idx" / name).unlink()
    with pytest.raises(VerifyFailed, match=f"{name}: it is planned, but not in the manifest"):
        verify(built_copy, ignore)


def test_an_unfinished_build_is_no_dataset(raw: Path, built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / "train-00000-of-00005").unlink()
    keep(profile(raw, built_copy))
    with pytest.raises(VerifyFailed, match="is an unfinished build: 6 of 7 shards are there; 1 is missing") as error:
        verify(built_copy, ignore)
    assert error.value.hint == f"imagenet-setup run {built_copy} builds the rest; verify it then"


def test_a_folder_without_a_dataset_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no dataset\.json"):
        verify(tmp_path, ignore)


TARGETS: dict[str, Mapping[str, Any]] = {
    "folders": {"format": "folders"},
    "flat": {"format": "flat"},
    "webdataset": {"format": "webdataset"},
    "tpu": {"features": "tpu"},
    "split folders": {"split_folders": True, "index": False},
}


@pytest.fixture(scope="session")
def datasets(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds a dataset of a target, once; read only."""
    folder = tmp_path_factory.mktemp("datasets")

    def built(name: str) -> Path:
        out = folder / name
        if not out.exists():
            build_dataset(raw, out, source={"boxes": "all"}, output=TARGETS[name])
        return out

    return built


@pytest.fixture
def folders(datasets: Callable[[str], Path], tmp_path: Path) -> Path:
    """Image files in folders of classes, to be damaged."""
    return shutil.copytree(datasets("folders"), tmp_path / "out")


@pytest.mark.parametrize("name", TARGETS)
def test_a_good_dataset_of_any_target_is_verified_and_opened(datasets: Callable[[str], Path], name: str) -> None:
    verified = verify(datasets(name), ignore, pixels=True)
    assert verified.images == {"train": TRAIN, "validation": VALIDATION}
    assert verified.shards == {"train": TRAIN_SHARDS, "validation": VALIDATION_SHARDS}
    assert f"decoded a batch of ({TRAIN}, 224, 224, 3)" in verified.tensorflow["train"]
    labels = {"folders": "", "flat": "", "webdataset": ", labels 0 to 3"}.get(name, ", labels 1 to 4")
    assert verified.tensorflow["train"].endswith(f"3){labels}")


@pytest.mark.parametrize(
    ("name", "stray"),
    [
        ("folders", "train/n01440764/n01440764_1.JPEG"),
        ("folders", "train/n09999999/x.JPEG"),
        ("folders", "val/x.JPEG"),
        ("folders", "test/x.JPEG"),
        ("flat", "val_flatten/.DS_Store"),
        ("webdataset", "train-000099.tar"),
        ("split folders", "tfrecord_val/validation-00000-of-00128"),
    ],
)
def test_a_stray_file_of_any_target_is_named(
    datasets: Callable[[str], Path], tmp_path: Path, name: str, stray: str
) -> None:
    out = shutil.copytree(datasets(name), tmp_path / "out")
    (out / stray).parent.mkdir(exist_ok=True)
    (out / stray).write_bytes(b"")
    with pytest.raises(VerifyFailed, match=rf"{stray}: it is not part of this dataset"):
        verify(out, ignore)


def test_a_link_among_image_files_is_named(folders: Path, tmp_path: Path) -> None:
    (folders / "train" / "more").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(VerifyFailed, match="train/more: it is not part of this dataset"):
        verify(folders, ignore)


def test_an_empty_class_folder_is_named(folders: Path) -> None:
    (folders / "train" / "n09999999").mkdir()
    with pytest.raises(
        VerifyFailed, match="train/n09999999/: it is an empty folder, which a trainer takes for a class"
    ):
        verify(folders, ignore)


def test_an_image_moved_to_another_class_is_found_in_both_places(folders: Path) -> None:
    file = next((folders / "train" / "n01440764").iterdir())
    file.rename(folders / "train" / "n01443537" / file.name)
    with pytest.raises(VerifyFailed) as error:
        verify(folders, ignore)
    assert f"train/n01443537/{file.name}: it is not part of this dataset" in error.value.what
    assert f"train/n01440764/{file.name}: it cannot be read: No such file" in error.value.what


def test_an_index_that_was_not_asked_for_is_named(datasets: Callable[[str], Path], tmp_path: Path) -> None:
    out = shutil.copytree(datasets("split folders"), tmp_path / "out")
    (out / "idx").mkdir()
    (out / "idx" / "train-00000-of-00005").write_bytes(b"")
    with pytest.raises(VerifyFailed, match="idx/train-00000-of-00005: it is not the index of a shard"):
        verify(out, ignore)


@pytest.mark.parametrize(("source", "boxes"), [("tpu", 0), ("split folders", 50)])
def test_records_that_keep_their_features_are_verified(
    datasets: Callable[[str], Path], tmp_path: Path, source: str, boxes: int
) -> None:
    image = {"resize": "shortest", "size": 40, "quality": 80}
    finished = build_dataset(datasets(source), tmp_path / "out", image=image)
    assert finished.target == TFRecords(features="source")
    assert finished.splits[1].boxes == boxes
    verified = verify(tmp_path / "out", ignore, pixels=True)
    assert verified.images == {"train": TRAIN, "validation": VALIDATION}
    assert verified.tensorflow["train"].endswith("labels 1 to 4")


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders", "flat"])
def test_custom_classes_and_images_without_labels_are_verified(tmp_path: Path, form: str) -> None:
    rng = random.Random(0)
    for place in ("train/cats", "train/dogs", "val/cats", "test"):
        (tmp_path / "raw" / place).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "raw" / place / f"{number}.x.jpg").write_bytes(synthetic.draw(rng, number).data)
    source = {"splits": ["train", "validation", "test"], "boxes": "none"}
    build_dataset(tmp_path / "raw", tmp_path / "out", source=source, output={"format": form, "test_shards": 1})
    verified = verify(tmp_path / "out", ignore, pixels=True)
    assert verified.images == {"train": 4, "validation": 2, "test": 2}
    assert not verified.imagenet


def test_an_image_that_is_planned_twice_in_a_split_is_found(built_copy: Path) -> None:
    plan_anew(built_copy, lambda rows: [*rows[:2], [rows[2][0], *rows[1][1:]], *rows[3:]])
    with pytest.raises(VerifyFailed, match=r"images\.csv\.gz \(.*\): train plans it more than once"):
        verify(built_copy, ignore)


def test_splits_may_share_a_name(built_copy: Path) -> None:
    plan_anew(built_copy, lambda rows: [*rows[:-1], [rows[-1][0], *rows[1][1:]]])
    with pytest.raises(VerifyFailed) as error:
        verify(built_copy, ignore)
    assert "more than once" not in error.value.what
    assert "image/filename is" in error.value.what


def plan_anew(out: Path, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
    """Changes images.csv.gz, and lets the manifest follow."""
    path = out / "images.csv.gz"
    rows = [line.split(",") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    path.write_bytes(gzip.compress("".join(f"{','.join(row)}\n" for row in change(rows)).encode()))
    manifest = json.loads((out / "dataset.json").read_text())
    manifest["images_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (out / "dataset.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_sidecars_are_verified(raw: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    build_dataset(raw, tmp_path / "out", output={"tfds": True})
    harm(tmp_path / "out" / "features.json")
    with pytest.raises(VerifyFailed, match=r"features\.json: it") as error:
        verify(tmp_path / "out", ignore)
    assert error.value.hint.startswith(f"imagenet-setup run {tmp_path / 'out'} writes what describes the dataset again")
    assert "--repair" not in error.value.hint
    build_dataset(raw, tmp_path / "out", output={"tfds": True})
    verify(tmp_path / "out", ignore)
