"""TFDS's imagenet2012: tensorflow-datasets, Grain and this program itself read what was written, each as it is."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.helpers import ODD, TRAIN, VALIDATION, add_test_archive, build_dataset, job, quiet
from tests.test_readers import output_of
from wizard.engine import manifest
from wizard.errors import UsageError, VerifyFailed
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import Classes, imagenet
from wizard.sources.opening import open_source
from wizard.targets import registry
from wizard.targets.arrayrecord.target import ArrayRecords
from wizard.targets.expected import Expectation
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.verify.dataset import verify
from wizard.verify.in_tensorflow import decode_shard, read_batch

NAMED = {"tfds": "imagenet2012"}
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
FOLDER = "imagenet2012/5.1.0"
FORMS = {"tfrecord": "tfrecord", "arrayrecord": "array_record"}
"""Of an output format, TFDS's name for its files."""
TESTED = 3

# FOLDER: what tfds reads by name, as a list of [split, name, label, sha256]. With TensorFlow, the sum is that of the
# JPEG; without, it is that of the pixels, because only with it TFDS can leave images as they are.
_READ = """
import hashlib, json, sys, tempfile
from pathlib import Path
{before}
import tensorflow_datasets as tfds

folder = sys.argv[1]
builder = tfds.builder("imagenet2012", data_dir=folder)
splits = {splits}
found = [
    [split, example["file_name"].decode(), int(example["label"]), hashlib.sha256(example["image"]).hexdigest()]
    for split, examples in splits.items()
    for example in examples
]
with tempfile.TemporaryDirectory() as saved:
    builder.info.features.save_config(saved)
    files = {{path.name: path.read_text() for path in Path(saved).iterdir()}}
label = builder.info.features["label"]
print(json.dumps({{
    "found": found, "files": files, "names": [label.int2str(0), label.int2str(999)],
    "shards": {{name: [split.num_shards, split.num_examples] for name, split in builder.info.splits.items()}},
    "tensorflow": "tensorflow" in sys.modules,
}}))
"""
WITH_TENSORFLOW = _READ.format(
    before="",
    splits="""tfds.as_numpy(
    tfds.load("imagenet2012", data_dir=folder, download=False, decoders={"image": tfds.decode.SkipDecoding()})
)""",
)
WITHOUT_TENSORFLOW = _READ.format(
    before="""
from importlib.machinery import PathFinder

find = PathFinder.find_spec
PathFinder.find_spec = staticmethod(  # as if it were not installed
    lambda name, *rest: None if name.partition(".")[0] == "tensorflow" else find(name, *rest)
)
""",
    splits='tfds.data_source("imagenet2012", data_dir=folder, download=False)',
)


@pytest.fixture(scope="module")
def archives(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives of all three splits; the test images have no labels."""
    folder = shutil.copytree(raw, tmp_path_factory.mktemp("archives") / "raw")
    add_test_archive(folder, TESTED)
    return folder


@pytest.fixture(scope="module")
def datasets(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Builds the dataset in an output format, once; read only."""
    folder = tmp_path_factory.mktemp("named")

    def built(form: str) -> Path:
        if not (folder / form).exists():
            build_from(archives, folder / form, format=form)
        return folder / form

    return built


def build_from(source: Path, out: Path, **output: Any) -> Path:
    build_dataset(source, out, source={"splits": SPLITS}, output={"test_shards": 1, **NAMED, **output})
    return out


def shard_bytes(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / FOLDER).glob("imagenet2012-*")}


def images(folder: Path, cache: Path) -> list[tuple[str, str, int, bytes]]:
    """What this program reads in a folder: split, name, label and bytes of each image."""
    source = open_source(folder)
    return sorted(
        (split, each.sample.name, each.sample.label, each.image)
        for split in SPLITS
        for each in source.table(split, cache, quiet).contents()
    )


def pixels(jpeg: bytes) -> bytes:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).tobytes()


@pytest.mark.parametrize(("form", "script"), [("tfrecord", WITH_TENSORFLOW), ("arrayrecord", WITHOUT_TENSORFLOW)])
def test_tfds_finds_it_by_name_and_reads_every_image(
    datasets: Callable[[str], Path], tmp_path: Path, form: str, script: str
) -> None:
    out = datasets(form)
    read = output_of(script, out)
    with_tensorflow = form == "tfrecord"
    assert read["tensorflow"] == with_tensorflow
    assert sorted(read["found"]) == [
        [split, name, label, hashlib.sha256(jpeg if with_tensorflow else pixels(jpeg)).hexdigest()]
        for split, name, label, jpeg in images(out, tmp_path)
    ]
    assert read["shards"] == {"train": [5, TRAIN], "validation": [2, VALIDATION], "test": [1, TESTED]}
    assert read["names"] == ["n01440764", "n15075141"]
    # Byte for byte what tensorflow-datasets writes for its own features.
    assert read["files"] == {name: (out / FOLDER / name).read_text() for name in ("features.json", "label.labels.txt")}


@pytest.mark.parametrize("form", FORMS)
def test_this_program_reads_it_and_writes_the_same_shards_again(
    datasets: Callable[[str], Path], archives: Path, tmp_path: Path, form: str
) -> None:
    out = datasets(form)
    found, official = images(out, tmp_path / "cache"), images(archives, tmp_path / "cache")
    assert [image[:3] for image in found] == [image[:3] for image in official]
    assert len(set(official).difference(found)) <= ODD  # those that had to be converted
    # What TFDS converts is said of its own datasets alone: here, images may have any size.
    assert "re-encoded" not in " ".join(open_source(out).why)
    again = build_from(out, tmp_path / "again", format=form)
    assert shard_bytes(again) == shard_bytes(out)
    assert sorted(path.name for path in (out / FOLDER).iterdir()) == sorted(
        [*shard_bytes(out), "dataset_info.json", "features.json", "label.labels.txt"]
    )


@pytest.mark.parametrize(("form", "suffix"), FORMS.items())
def test_its_files_are_named_and_described_as_by_tfds(datasets: Callable[[str], Path], form: str, suffix: str) -> None:
    out = datasets(form)
    info = json.loads((out / FOLDER / "dataset_info.json").read_bytes())
    assert (info["name"], info["version"], info["fileFormat"]) == ("imagenet2012", "5.1.0", suffix)
    train = info["splits"][0]
    shards = sorted((out / FOLDER).glob("imagenet2012-train.*"))
    assert [path.name for path in shards] == [f"imagenet2012-train.{suffix}-{n:05d}-of-00005" for n in range(5)]
    assert train == {
        "name": "train",
        "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
        "numBytes": str(sum(path.stat().st_size for path in shards)),
        "shardLengths": train["shardLengths"],
    }
    assert sum(map(int, train["shardLengths"])) == TRAIN


@pytest.mark.parametrize("form", FORMS)
def test_verify_accepts_it_and_decodes_every_image_with_tensorflow(
    datasets: Callable[[str], Path], tmp_path: Path, form: str
) -> None:
    out = datasets(form)
    known = manifest.read(out)
    for shard in known.shards:
        expected = Expectation(
            folder=str(out),
            result=shard,
            names=np.array([], np.bytes_),
            ranks=np.array([], np.int16),
            classes=known.classes,
            target=known.target,
            label_base=known.label_base,
        )
        decoded = decode_shard(expected, 1, frozenset())
        assert decoded == (shard.images, {}, "")
    files = [str(out / known.target.file(shard.shard)) for shard in known.shards if shard.split == "validation"]
    shape, labels = read_batch(known.target, files)
    assert shape == (VALIDATION, 224, 224, 3)
    stored = images(out, tmp_path)
    assert sorted(labels) == sorted(label for split, _, label, _ in stored if split == "validation")


@pytest.mark.parametrize("form", FORMS)
def test_a_flipped_byte_a_missing_and_a_swapped_shard_and_a_stray_are_found(
    datasets: Callable[[str], Path], tmp_path: Path, form: str
) -> None:
    out = shutil.copytree(datasets(form), tmp_path / "out")
    flipped, missing, one, other, *_ = sorted((out / FOLDER).glob("imagenet2012-train.*"))
    content = bytearray(flipped.read_bytes())
    content[len(content) // 3] ^= 1
    flipped.write_bytes(content)
    missing.unlink()
    content_of_one = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content_of_one)
    (out / FOLDER / "imagenet2012-train.riegeli-00000-of-00001").touch()
    with pytest.raises(VerifyFailed) as error:
        verify(out, lambda _event: None)
    said = str(error.value)
    assert f"{FOLDER}/{flipped.name}: its sha256 is" in said
    assert f"{FOLDER}/{missing.name}: it cannot be read" in said
    assert f"{FOLDER}/{one.name}, record 0" in said
    assert "imagenet2012-train.riegeli-00000-of-00001: it is not part of this dataset" in said


def test_sidecars_go_with_the_dataset_and_its_folders_with_the_last(datasets: Callable[[str], Path]) -> None:
    recorded = json.loads((datasets("arrayrecord") / "dataset.json").read_bytes())["sidecars"]
    assert set(recorded) == {f"{FOLDER}/{name}" for name in ("dataset_info.json", "features.json", "label.labels.txt")}


@pytest.mark.parametrize("form", FORMS)
def test_labels_begin_at_0_and_there_are_as_many_shards_as_tfds_writes(raw: Path, tmp_path: Path, form: str) -> None:
    asked: dict[str, Any] = {"format": form, **NAMED, "train_shards": None, "validation_shards": None}
    made = job(raw, tmp_path, output=asked)
    assert (made.label_base, made.shards) == (0, {"train": 1024, "validation": 64})


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({"label_base": 1}, "has labels from 0, as TFDS's own dataset has, and output.label_base is 1"),
        ({"split_folders": True}, r"puts all shards into imagenet2012/5\.1\.0"),
        ({"features": "tpu"}, "has the features of TFDS's own dataset, and output.features = 'tpu' asks for others"),
        ({"format": "arrayrecord", "label_base": 1}, "has labels from 0"),
    ],
)
def test_what_tfds_s_own_dataset_cannot_be_is_refused(output: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        registry.from_profile(NAMED | output, "image")


@pytest.mark.parametrize("target", [TFRecords(tfds="imagenet2012"), ArrayRecords(tfds="imagenet2012")])
def test_other_classes_are_refused_with_what_takes_them(target: Target) -> None:
    assert target.for_classes(imagenet()) == target
    with pytest.raises(UsageError, match="the images have 2 classes of their own, beginning with cat") as error:
        target.for_classes(Classes(names=("cat", "dog"), words=("cat", "dog")))
    assert "output.tfds=true" in str(error.value.hint)


def test_records_lose_the_features_that_tfds_s_dataset_has_not(
    raw: Path, datasets: Callable[[str], Path], tmp_path: Path
) -> None:
    build_dataset(raw, tmp_path / "records", source={"boxes": "all"})
    made = build_dataset(tmp_path / "records", tmp_path / "named", output=NAMED)
    assert made.target == TFRecords(tfds="imagenet2012")
    expected = {name: data for name, data in shard_bytes(datasets("tfrecord")).items() if "test" not in name}
    assert shard_bytes(tmp_path / "named") == expected
