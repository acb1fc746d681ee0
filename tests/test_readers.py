"""Other programs read the datasets: each is used as installed, in its own process."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers import TRAIN, VALIDATION, build_dataset, encoded, noise
from tests.targets.test_tfds import OF_SOURCE, Record, done, metadata, planned, write
from wizard.engine import manifest

TFDS = """
import json, sys, tempfile
from pathlib import Path
import tensorflow_datasets as tfds

def ours(folder):
    builder = tfds.builder_from_directory(folder)
    label_of = builder.info.features["image/class/label"]
    found = {
        split: [
            [
                record["image/filename"].decode(), int(record["image/class/label"]),
                label_of.int2str(record["image/class/label"]),
                list(record["image/encoded"].shape) == [record["image/height"], record["image/width"], 3],
                [record.get(f"image/object/bbox/{corner}", []) for corner in ("xmin", "ymin", "xmax", "ymax")],
            ]
            for record in tfds.as_numpy(builder.as_dataset(split=split))
        ]
        for split in builder.info.splits
    }
    pairs = {
        split: sorted(int(label) for _, label in tfds.as_numpy(builder.as_dataset(split=split, as_supervised=True)))
        for split in builder.info.splits
    }
    with tempfile.TemporaryDirectory() as folder:
        builder.info.features.save_config(folder)
        saved = {path.name: path.read_text() for path in Path(folder).iterdir()}
    counts = {name: split.num_examples for name, split in builder.info.splits.items()}
    return {"found": found, "pairs": pairs, "saved": saved, "counts": counts}

def foreign(folder):
    return [
        [
            int(record["id"]), int(record["image/class/label"]), list(record["image/encoded"].shape),
            [tag.decode() for tag in record["tags"]], record["image/object/area"].tolist(),
        ]
        for record in tfds.as_numpy(tfds.builder_from_directory(folder).as_dataset(split="test"))
    ]

read = {path.name: (foreign if path.name == "foreign" else ours)(str(path)) for path in Path(sys.argv[1]).iterdir()}
print(json.dumps(read, default=lambda array: array.tolist()))
"""

INDEXED = """
import json, sys
import tfrecord

description = {"image/filename": "byte", "image/class/label": "int", "image/object/bbox/xmin": "float"}
out, *shards = sys.argv[1:]
found = [
    [bytes(record["image/filename"]).decode(), record["image/class/label"].tolist()]
    for shard in shards
    for place in range(2)
    for record in tfrecord.tfrecord_loader(f"{out}/{shard}", f"{out}/idx/{shard}", description, (place, 2))
]
print(json.dumps(found))
"""

SAMPLES = """
import json, sys
import webdataset

found = [
    [sample["__key__"], sample["cls"], sample["json"], list(sample["jpg"].size), sample["jpg"].mode]
    for sample in webdataset.WebDataset(sys.argv[1:], shardshuffle=False).decode("pil")
]
print(json.dumps(found))
"""


def output_of(script: str, *arguments: object) -> Any:
    """The last line that another program's script prints, parsed as JSON; the script sees no GPU."""
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def ranks(out: Path, split: str) -> dict[str, int]:
    """Image name -> rank, from the dataset's listing of a split."""
    return {
        name.decode(): rank
        for planned in manifest.planned(out, manifest.read(out))
        if planned.shard.startswith(split)
        for name, rank in zip(planned.names.tolist(), planned.ranks.tolist(), strict=True)
    }


OUTPUTS: dict[str, dict[str, Any]] = {
    "the 15 features": {},
    "in folders, some shards empty": {"split_folders": True, "train_shards": 60},
    "the 9 features, labels from 0": {"features": "tpu", "label_base": 0},
}


@pytest.fixture(scope="module")
def datasets(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of datasets for TFDS: one of each output, and one with foreign records; must not be changed."""
    folder = tmp_path_factory.mktemp("datasets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(tmp_path_factory.mktemp("datasets-home")))
        for name, output in OUTPUTS.items():
            build_dataset(raw, folder / name, source={"boxes": "all"}, output=output | {"tfds": True})
    foreign = folder / "foreign"
    foreign.mkdir()
    plan = planned({"test": 4}, shards=2, target=OF_SOURCE)
    image: Record = {"image/encoded": [encoded(Image.fromarray(noise(16, 24)))], "image/class/label": [-1]}
    one, other = plan.shard_names
    write(foreign / one, {**image, "id": [7], "tags": [b"a", b"b"], "image/object/area": [0.5]}, {**image, "id": [8]})
    write(foreign / other, {**image, "id": [9]}, {**image, "id": [10], "tags": [b"c"]})
    for name, content in metadata(plan, done(plan), foreign).items():
        (foreign / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def read_by_tfds(datasets: Path) -> Any:
    """What it read of each dataset, by name; to import it takes five seconds."""
    return output_of(TFDS, datasets)


@pytest.mark.parametrize("name", OUTPUTS)
def test_tfds_reads_every_record_with_its_class(datasets: Path, read_by_tfds: Any, name: str) -> None:
    folder, output, read = datasets / name, OUTPUTS[name], read_by_tfds[name]
    wnids, base = manifest.read(folder).classes.names, output.get("label_base", 1)
    assert read["counts"] == {"train": TRAIN, "validation": VALIDATION}
    for split, images in read["found"].items():
        expected = ranks(folder, split)
        assert len(images) == len(expected)
        assert {name: label for name, label, *_ in images} == {name: rank + base for name, rank in expected.items()}
        assert {name: wnid for name, _, wnid, *_ in images} == {name: wnids[rank] for name, rank in expected.items()}
        assert read["pairs"][split] == sorted(label for _, label, *_ in images)
        assert all(fits for *_, fits, _ in images)
        assert any(boxes[0] for *_, boxes in images) == ("features" not in output)
    # Our features.json equals, byte for byte, what tensorflow-datasets writes for these features.
    assert read["saved"] == {name: (folder / name).read_text() for name in read["saved"]}


def test_tfds_reads_foreign_records_with_optional_features(read_by_tfds: Any) -> None:
    assert sorted(read_by_tfds["foreign"]) == [
        [7, -1, [16, 24, 3], ["a", "b"], [0.5]],
        [8, -1, [16, 24, 3], [], []],
        [9, -1, [16, 24, 3], [], []],
        [10, -1, [16, 24, 3], ["c"], []],
    ]


def test_the_tfrecord_package_seeks_to_records_with_the_index(built: Path) -> None:
    for split in ("train", "validation"):
        shards = [path.name for path in sorted(built.glob(f"{split}-*"))]
        found = output_of(INDEXED, built, *shards)
        assert sorted(found) == sorted([name, [rank + 1]] for name, rank in ranks(built, split).items())


def test_webdataset_reads_every_sample_with_its_label(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path, source={"boxes": "all"}, output={"format": "webdataset"})
    for split in ("train", "validation"):
        samples = output_of(SAMPLES, *sorted(tmp_path.glob(f"{split}-*.tar")))
        assert Counter(key for key, *_ in samples).most_common(1)[0][1] == 1
        assert {known["filename"]: label for _, label, known, *_ in samples} == ranks(tmp_path, split)
        for key, label, known, size, mode in samples:
            assert (known["filename"], known["label"]) == (f"{key}.JPEG", label)
            assert size == [known["width"], known["height"]]
            assert mode in ("RGB", "L")
