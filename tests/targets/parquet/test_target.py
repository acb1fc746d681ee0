"""A dataset of Parquet files, opened by Hugging Face's `datasets` as it is installed, and read back as raw data."""

import hashlib
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.helpers import TRAIN, VALIDATION, add_test_archive, build_dataset, encoded, ignore, noise, profile
from tests.sources.making import nothing
from wizard.cli import main
from wizard.ilsvrc2012.synsets import synsets
from wizard.planning import resolve
from wizard.sources.opening import open_source
from wizard.targets.registry import TARGETS

PARQUET = {"format": "parquet", "train_shards": 2, "validation_shards": 1, "test_shards": 1}
SPLITS = ["train", "validation", "test"]
TEST = 5
FIRST = "data/train-00000-of-00002.parquet"
CLASSES = ("cats", 'say "no": 1', "weiß # 2", "yes", "🐱")

LOAD = """
import hashlib, json, sys
import datasets
import numpy as np

folder, cache = sys.argv[1:]
found = datasets.load_dataset(folder, cache_dir=cache)
streamed = datasets.load_dataset(folder, cache_dir=cache, streaming=True)
told = {}
for split, rows in found.items():
    files = rows.cast_column("image", datasets.Image(decode=False))
    told[split] = {
        "paths": [row["image"]["path"] for row in files],
        "labels": rows["label"][:],
        "pixels": [hashlib.sha256(np.asarray(image.convert("RGB")).tobytes()).hexdigest() for image in rows["image"]],
        "streamed": [row["label"] for row in streamed[split]],
    }
features = next(iter(found.values())).features
own = {name: value.decode() for name, value in features.arrow_schema.metadata.items() for name in [name.decode()]}
kinds = {name: type(feature).__name__ for name, feature in features.items()}
names = features["label"].names if kinds["label"] == "ClassLabel" else []
print(json.dumps({"splits": told, "kinds": kinds, "names": names, "metadata": own}))
"""


def load(folder: Path, at: Path) -> dict[str, Any]:
    """What `load_dataset(folder)` gives, offline, with its caches in a folder of the test."""
    there = {"HF_HOME": str(at / "home"), "HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}
    words = [sys.executable, "-c", LOAD, str(folder), str(at / "cache")]
    done = subprocess.run(words, env=os.environ | there, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def own_classes(folder: Path) -> Path:
    """Class folders whose names YAML would take for something else, with images of the same names."""
    for number, name in enumerate(CLASSES):
        for image in range(3):
            path = folder / "train" / name / f"{image}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(Image.fromarray(noise(20 + number, 30 + image))))
    return folder


def names_and_labels(folder: Path, split: Any, at: Path) -> list[tuple[str, int]]:
    return sorted((sample.name, sample.label) for sample in open_source(folder).table(split, at, nothing))


def hash_of(array: np.ndarray[Any, Any]) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parquet")


@pytest.fixture(scope="module")
def archives(raw: Path, home: Path) -> Path:
    """The archives of all three splits; must not be changed."""
    add_test_archive(shutil.copytree(raw, home / "archives"), TEST)
    return home / "archives"


@pytest.fixture(scope="module")
def out(archives: Path, home: Path) -> Path:
    """A dataset; must not be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(home / "ours"))
        build_dataset(archives, home / "out", source={"splits": SPLITS}, output=PARQUET)
    return home / "out"


@pytest.fixture(scope="module")
def loaded(out: Path, home: Path) -> dict[str, Any]:
    return load(out, home)


@pytest.fixture(scope="module")
def own(home: Path) -> Path:
    """A dataset of class folders whose labels begin with 1; must not be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(home / "ours"))
        output = PARQUET | {"label_base": 1}
        build_dataset(own_classes(home / "raw"), home / "own", source={"splits": ["train"]}, output=output)
    return home / "own"


def test_datasets_opens_the_folder_with_all_images_in_their_splits(loaded: dict[str, Any]) -> None:
    counts = {split: len(rows["labels"]) for split, rows in loaded["splits"].items()}
    assert counts == {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    assert all(rows["streamed"] == rows["labels"] for rows in loaded["splits"].values())


def test_labels_are_a_class_label_with_the_words_of_imagenet(loaded: dict[str, Any]) -> None:
    assert loaded["kinds"] == {"image": "Image", "label": "ClassLabel"}
    assert set(loaded["splits"]["test"]["labels"]) == {-1}
    words = [synset.words for synset in synsets()]
    assert [(rank, name) for rank, name in enumerate(loaded["names"]) if name != words[rank]] == [(517, "crane2")]


def test_the_schema_and_its_metadata_are_those_that_datasets_writes(out: Path, loaded: dict[str, Any]) -> None:
    for file in (out / "data").iterdir():
        schema = pq.read_schema(file)
        assert str(schema.field("image").type) == "struct<bytes: binary, path: string>"
        assert str(schema.field("label").type) == "int64"
        assert {name.decode(): value.decode() for name, value in schema.metadata.items()} == loaded["metadata"]


def test_images_have_their_pixels_labels_and_the_paths_of_the_hub(
    raw: Path, loaded: dict[str, Any], tmp_path: Path
) -> None:
    pixels, paths = {}, {}
    for content in open_source(raw).table("validation", tmp_path, nothing).contents():
        stem, wnid = content.sample.name.removesuffix(".JPEG"), synsets()[content.sample.label].wnid
        paths[f"{stem}_{wnid}.JPEG"] = content.sample.label
        pixels[f"{stem}_{wnid}.JPEG"] = np.asarray(Image.open(io.BytesIO(content.image)).convert("RGB"))
    rows = loaded["splits"]["validation"]
    assert dict(zip(rows["paths"], rows["labels"], strict=True)) == paths
    stored = dict(zip(rows["paths"], rows["pixels"], strict=True))
    same = [path for path, array in pixels.items() if stored[path] == hash_of(array)]
    assert len(same) >= 10
    assert set(same) == {path for path, array in pixels.items() if array.ndim == 3}


def test_it_is_raw_data_with_the_same_names_and_labels(archives: Path, out: Path, tmp_path: Path) -> None:
    for split in SPLITS:
        assert names_and_labels(out, split, tmp_path) == names_and_labels(archives, split, tmp_path)


def test_classes_of_ones_own_keep_their_names_and_labels_from_1(own: Path, home: Path, tmp_path: Path) -> None:
    found = load(own, tmp_path)
    assert found["names"] == ["background", *CLASSES]
    (rows,) = found["splits"].values()
    stated = {path: CLASSES[label - 1] for path, label in zip(rows["paths"], rows["labels"], strict=True)}
    assert stated == {f"{name}/{image}.jpg": name for name in CLASSES for image in range(3)}
    read = names_and_labels(own, "train", tmp_path)
    assert [name for name, _ in read] == [name for name, _ in names_and_labels(home / "raw", "train", tmp_path)]


def test_the_card_names_classes_of_ones_own(own: Path) -> None:
    text = (own / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    label = importlib.import_module("yaml").safe_load(text)["dataset_info"]["features"][1]
    assert [*label["dtype"]["class_label"]["names"].values()] == ["background", *CLASSES]


def test_labels_of_imagenet_from_1_are_read_back_as_its_own(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out", source={"splits": ["validation"]}, output=PARQUET | {"label_base": 1})
    (file,) = (tmp_path / "out" / "data").iterdir()
    assert min(pq.read_table(file)["label"].to_pylist()) >= 1
    expected = names_and_labels(raw, "validation", tmp_path / "cache")
    assert names_and_labels(tmp_path / "out", "validation", tmp_path / "cache") == expected


def test_verify_names_a_damaged_a_missing_and_a_foreign_file(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(out, tmp_path / "copy")
    content = bytearray((copy / FIRST).read_bytes())
    content[len(content) // 4] ^= 1
    (copy / FIRST).write_bytes(content)
    (copy / "data" / "validation-00000-of-00001.parquet").unlink()
    shutil.copy(copy / FIRST, copy / "data" / "train-00002-of-00003.parquet")
    assert main(["verify", str(copy)]) == 6
    said = capsys.readouterr().err
    assert f"{Path(FIRST).name}: its sha256 is" in said
    assert f"{Path(FIRST).name}, record " in said
    assert "validation-00000-of-00001.parquet: it cannot be read: No such file" in said
    assert "data/train-00002-of-00003.parquet: it is not part of this dataset" in said


def test_without_pyarrow_a_build_is_refused_before_it_begins(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    made = f"[source]\npath = '{raw}'\n[output]\npath = '{tmp_path / 'out'}'\nformat = 'parquet'\n"
    (tmp_path / "p.toml").write_text(made)
    assert main(["run", str(tmp_path / "p.toml")]) == 2
    assert "pip install pyarrow" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_usual_number_of_files_is_the_hubs(raw: Path, tmp_path: Path) -> None:
    made = resolve(profile(raw, tmp_path / "out", output={"format": "parquet"}), ignore)
    assert TARGETS["parquet"].usual_shards({})["train"] == 294
    assert made.target.file(made.target.shard("train", 0, 294)) == "data/train-00000-of-00294.parquet"
