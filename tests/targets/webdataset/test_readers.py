"""The readers that trainers use open the tars: every image, with its label, wherever the first with boxes comes.

webdataset and datasets are installed with the tests; timm, wids and DALI are tried where they are installed.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.helpers import encoded, noise
from tests.targets.samples import sample
from wizard.commit_record import CommitRecord
from wizard.sources.classes import imagenet
from wizard.targets.dataset import BuiltDataset
from wizard.targets.sample import OutputSample
from wizard.targets.webdataset.target import WebDataset

TARGET = WebDataset(names="timm", dataset="imagenet1k")
BOX, NONE = np.array([[0.25, 0.0, 0.5, 1.0]]), np.empty((0, 4))
# Seven of a kind, so that a reader that infers types from five samples sees only these.
LATE, EARLY = [NONE] * 7 + [BOX] * 2, [BOX] * 7 + [NONE] * 2
SPLITS: Mapping[str, tuple[Sequence[np.ndarray[Any, Any]], ...]] = {
    "train": (LATE, EARLY),
    "validation": (EARLY, LATE),
    "test": (LATE,),
}
Seen = Counter[tuple[int, str]]
"""Labels, each with a digest of an image's pixels."""

_SETUP = """
import hashlib, json, sys
from glob import glob
import numpy as np

out, globs = sys.argv[1], json.loads(sys.argv[2])

def pair(image, label):
    pixels = np.asarray(image.convert("RGB") if hasattr(image, "convert") else image)
    return [int(label), hashlib.sha256(pixels.tobytes()).hexdigest()]
"""
_PRINT = """
print(json.dumps({split: read(split, sorted(glob(f"{out}/{each}"))) for split, each in globs.items()}))
"""
_READERS = {
    "webdataset": """
import webdataset

def read(split, shards):
    samples = webdataset.WebDataset(shards, shardshuffle=False).decode("pil").to_tuple("jpg", "cls")
    return [pair(image, label) for image, label in samples]
""",
    "datasets": """
from datasets import load_dataset

datasets = load_dataset(out, cache_dir=f"{out}/../cache")  # of all splits at once: types are those of the last
by_builder = load_dataset("webdataset", data_dir=out, cache_dir=f"{out}/../cache")  # takes files of any suffix

def read(split, _shards):
    assert by_builder[split]["__key__"] == datasets[split]["__key__"]
    boxes = [json.loads(described["boxes"]) for described in datasets[split]["json"]]
    assert [] in boxes and [[0.25, 0.0, 0.5, 1.0]] in boxes
    return [pair(row["jpg"], row["cls"]) for row in datasets[split]]
""",
    "timm": """
from timm.data import create_dataset

def read(split, _shards):
    return [pair(image, label) for image, label in create_dataset("wds/", root=out, split=split)]
""",
    "wids": """
from wids import ShardListDataset

def read(split, _shards):
    dataset = ShardListDataset(f"{out}/__index__/{split}.json", cache_dir=out)
    return [pair(dataset[place][".jpg"], dataset[place][".cls"]) for place in reversed(range(len(dataset)))]
""",
    "DALI": """
from nvidia.dali import fn, pipeline_def, types

@pipeline_def(batch_size=1, num_threads=1, device_id=None)
def pipeline(shards, indexes):
    image, label = fn.readers.webdataset(
        paths=shards, index_paths=indexes, ext=["jpg", "cls"], missing_component_behavior="error", name="reader"
    )
    return fn.decoders.image(image, device="cpu", output_type=types.RGB), label

def read(split, shards):
    loader = pipeline(shards, sorted(glob(f"{out}/__index__/{globs[split][:-4]}.idx")))
    loader.build()
    found = []
    for _ in range(loader.epoch_size("reader")):
        image, label = loader.run()
        found.append(pair(image.at(0), label.at(0).tobytes()))
    return found
""",
}


def image(label: int, place: int) -> bytes:
    return encoded(Image.fromarray(noise(16, 24, seed=max(label, 0) * 100 + place)))


def sample_of(split: str, shard: int, place: int, boxes: np.ndarray[Any, Any]) -> OutputSample:
    """A sample of any name; the images of test have no label."""
    label = -1 if split == "test" else place
    name = f"my own cats/é {split}{shard}.{place}.jpg" if place % 2 else f"n01440764_{shard}{place}.JPEG"
    text, wnid = ("", "") if label < 0 else ("tench, Tinca tinca", "n01440764")
    jpeg = image(label, 100 * shard + place)
    return sample(name, jpeg, wnid=wnid, text=text, label=label, boxes=boxes)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Seen]]:
    """Tars, indexes and lists in a folder; and what each split holds."""
    out = tmp_path_factory.mktemp("tars") / "out"
    out.mkdir()
    records: list[CommitRecord] = []
    expected: dict[str, Seen] = {}
    for split, shards in SPLITS.items():
        seen: Seen = Counter()
        for number, boxes in enumerate(shards):
            name = TARGET.shard(split, number, len(shards))
            with TARGET.writer(out, split, name) as writer:
                for place, each in enumerate(boxes):
                    made = sample_of(split, number, place, each)
                    writer.write(made)
                    seen[made.label, digest(made.stored.jpeg)] += 1
                done = writer.commit()
            records.append(
                CommitRecord(
                    shard=name,
                    split=split,
                    images=len(boxes),
                    boxes=0,
                    bytes_in=0,
                    bytes_out=done.bytes,
                    sha256=done.sha256,
                )
            )
        expected[split] = seen
    dataset = BuiltDataset(folder=out, classes=imagenet(), label_base=0, shards=records)
    for file, content in TARGET.sidecars(dataset).items():
        (out / file).write_bytes(content)
    return out, expected


def digest(jpeg: bytes) -> str:
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
    return hashlib.sha256(pixels.tobytes()).hexdigest()


@pytest.mark.parametrize("reader", _READERS)
def test_a_reader_gets_every_image_with_its_label(reader: str, built: tuple[Path, dict[str, Seen]]) -> None:
    pytest.importorskip("nvidia.dali" if reader == "DALI" else reader)
    out, expected = built
    found = output_of(_SETUP + _READERS[reader] + _PRINT, out)
    assert {split: Counter((label, digest) for label, digest in pairs) for split, pairs in found.items()} == expected
    assert not [*out.glob("*.lock")]


def output_of(script: str, out: Path) -> Any:
    """The last line that a script prints, parsed as JSON; another process, because readers change what is global."""
    offline = {"HF_HOME": str(out.parent / "home"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    globs = json.dumps({split: TARGET.file(f"{split}-*.tar") for split in SPLITS})
    command = [sys.executable, "-c", script, str(out), globs]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **offline}, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])
