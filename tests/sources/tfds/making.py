"""Datasets as tensorflow_datasets prepares them, in a process of its own, and records that it would not write."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.sources.making import nothing
from tests.sources.records.making import write
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.options import SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.source import Progress, Source
from wizard.sources.tfds.dataset import recognize

# RAW FOLDER: below FOLDER, a data_dir for each form; imagenet2012 by TFDS's own builder, from the archives in RAW.
PREPARE = """
import importlib.resources
import importlib.resources.abc
import io
import sys
from pathlib import Path

# tensorflow-datasets 4.9.10 asks for this package without requiring it.
sys.modules.setdefault("importlib_resources", importlib.resources)

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

SHARDS = 3
COUNTS = {"train": 12, "validation": 5}
BREEDS = ["cat", "dog", "eel"]


def jpeg(seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def builder(name, features, examples, splits=None, supervised=None):

    class Drawn(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features), supervised_keys=supervised
            )

        def _split_generators(self, dl_manager):
            return {split: self._generate_examples(split) for split in splits or COUNTS}

        def _generate_examples(self, split):
            for number in range((splits or COUNTS)[split]):
                yield number, examples(split, number)

    Drawn.name = name
    return Drawn


def features(**more):
    labels = tfds.features.ClassLabel(names=BREEDS)
    return {"image": tfds.features.Image(encoding_format="jpeg"), "label": labels, **more}


def drawn(split, number):
    return {"image": io.BytesIO(jpeg(number + 100 * len(split))), "label": number % 3}


DATASETS = (
    builder("breeds", features(), drawn, supervised=("image", "label")),
    builder(
        "pets",
        features(
            file_name=tfds.features.Text(),
            mask=tfds.features.Image(shape=(None, None, 1)),
            species=tfds.features.ClassLabel(num_classes=2),
            head=tfds.features.BBoxFeature(),
            objects=tfds.features.Sequence({"label": tfds.features.ClassLabel(names=["x", "y"])}),
        ),
        lambda split, number: {
            **drawn(split, number),
            "file_name": f"{split}/{number}.jpg",
            "mask": np.zeros((4, 4, 1), np.uint8),
            "species": 0,
            "head": tfds.features.BBox(0.0, 0.0, 1.0, 1.0),
            "objects": [],
        },
        supervised=("image", "label"),
    ),
    builder(
        "nested",
        {
            "photo": {"pixels/png": tfds.features.Image(shape=(4, 4, 3))},
            "about": {"breed/kind": tfds.features.ClassLabel(names=BREEDS)},
            "id": tfds.features.Text(),
        },
        lambda split, number: {
            "photo": {"pixels/png": np.full((4, 4, 3), number, np.uint8)},
            "about": {"breed/kind": number % 3},
            "id": f"{split}_{number}",
        },
    ),
    builder(
        "scenes",
        {"image": tfds.features.Image(), "labels": tfds.features.Sequence(tfds.features.ClassLabel(num_classes=3))},
        lambda split, number: {"image": io.BytesIO(jpeg(number)), "labels": [0, 1]},
    ),
    builder("unnamed", features(label=tfds.features.ClassLabel(num_classes=11)), drawn),
    builder("whole", features(), drawn, {"images": 4}),
    builder("stl", features(), drawn, {"train": 4, "test": 3, "unlabelled": 4}),
)


def prepare(made, raw=None):
    config = tfds.download.DownloadConfig(manual_dir=raw, num_shards=SHARDS, try_download_gcs=False)
    made.download_and_prepare(download_config=config)


def main(raw, folder):
    tfds.display_progress_bar(False)
    for form in ("tfrecord", "array_record"):
        data_dir = Path(folder) / form
        prepare(tfds.builder("imagenet2012", data_dir=data_dir, file_format=form), raw)
        for dataset in DATASETS:
            prepare(dataset(data_dir=data_dir, file_format=form))


main(*sys.argv[1:])
"""
FORMS = ("tfrecord", "array_record")
_TYPES = "tensorflow_datasets.core.features"


def prepare(raw: Path, folder: Path) -> Path:
    """All datasets in both forms, made from the archives in `raw`, which may not be changed."""
    manual = folder / "manual"
    manual.mkdir(parents=True)
    for archive in raw.iterdir():
        (manual / archive.name).symlink_to(archive)
    if (raw / IMAGES["test"].name).exists():
        (manual / "ILSVRC2012_img_test.tar").symlink_to(raw / IMAGES["test"].name)
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", PREPARE, str(manual), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    assert ended.returncode == 0, ended.stderr
    return folder


def copied(dataset: Path, folder: Path) -> Path:
    """A copy of the only version of a dataset, which a test may damage."""
    return shutil.copytree(dataset, folder / dataset.name) / version(dataset).name


def version(dataset: Path) -> Path:
    return next(path for path in dataset.iterdir() if path.name[0].isdigit())


def described(folder: Path, records: Iterable[bytes], *, split: str = "train", **stated: Any) -> Path:
    """A folder with one file of these records, a features.json of image, label and file_name, and two classes."""
    write(folder / f"toys-{split}.tfrecord-00000-of-00001", records)
    features = {
        "image": {"pythonClassName": f"{_TYPES}.image_feature.Image", "image": {"dtype": "uint8"}},
        "label": {"pythonClassName": f"{_TYPES}.class_label_feature.ClassLabel", "classLabel": {"numClasses": "2"}},
        "file_name": {"pythonClassName": f"{_TYPES}.text_feature.Text", "text": {}},
    }
    state(folder, features | stated)
    (folder / "label.labels.txt").write_text("car\nbus\n")
    return folder


def state(folder: Path, features: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    node = {"pythonClassName": f"{_TYPES}.features_dict.FeaturesDict", "featuresDict": {"features": features}}
    (folder / "features.json").write_text(json.dumps(node))


def restate(folder: Path, **stated: Any) -> None:
    """Changes what dataset_info.json says; None leaves it out."""
    path = folder / "dataset_info.json"
    info = json.loads(path.read_text()) | stated
    path.write_text(json.dumps({key: value for key, value in info.items() if value is not None}))


def opened(folder: Path, **options: Any) -> Source:
    data = recognize(folder, SourceOptions(**options))
    assert data is not None
    return data


def table(folder: Path, split: Split = "train", progress: Progress = nothing, **options: Any) -> SampleTable:
    return opened(folder, **options).table(split, folder / ".cache", progress)


def refused(folder: Path, match: str, split: Split = "train") -> InputError:
    with pytest.raises(InputError, match=match) as refusal:
        table(folder, split).require_usable()
    return refusal.value


def damage(path: Path, at: int, data: bytes) -> None:
    """Overwrites bytes of a file; its end, where `at` is negative."""
    content = bytearray(path.read_bytes())
    start = at if at >= 0 else len(content) + at
    content[start : start + len(data)] = data
    path.write_bytes(content)
