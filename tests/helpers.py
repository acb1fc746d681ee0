"""Helpers for several rooms: profiles, builds, records, tars, images."""

import hashlib
import io
import random
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wizard import synthetic
from wizard.build import Options, build
from wizard.engine.build_result import BuildResult
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.engine.plan import Plan
from wizard.events import Event
from wizard.folders import cache_folder
from wizard.formats import example, tfrecord
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.planning import Job, make_plan, resolve
from wizard.preflight.examine import Verdict, examine
from wizard.profile import Profile, check
from wizard.slices import WHOLE, Slice
from wizard.sources.opening import open_source
from wizard.sources.source import Survey

CLASSES, PER_CLASS, ODD, VALIDATION = 4, 8, 9, 24
TRAIN = CLASSES * PER_CLASS + ODD
TRAIN_SHARDS, VALIDATION_SHARDS = 5, 2


def profile(raw: Path, out: Path, **sections: Mapping[str, Any]) -> Profile:
    table: dict[str, dict[str, Any]] = {
        "source": {"path": str(raw)},
        "image": {},
        "output": {"path": str(out), "train_shards": TRAIN_SHARDS, "validation_shards": VALIDATION_SHARDS},
        "run": {"workers": 1},
    }
    for name, values in sections.items():
        table[name] |= values
    return check(table, "test")


def job(raw: Path, out: Path, **sections: Mapping[str, Any]) -> Job:
    """The job of the same profile."""
    return resolve(profile(raw, out, **sections), ignore)


def plan_of(made: Profile, report: Callable[[Event], None] = lambda _: None) -> Plan:
    """The plan of a profile."""
    return make_plan(resolve(made, report), report)


def build_profile(
    made: Profile, report: Callable[[Event], None] = lambda _: None, options: Options | None = None
) -> BuildResult:
    built = build(resolve(made, report), report, options or Options())
    assert isinstance(built, BuildResult)
    return built


def examined(made: Profile, report: Callable[[Event], None] = lambda _: None, part: Slice = WHOLE) -> Verdict:
    """The verdict of the pre-flight, whose workers are ended."""
    with WorkerPool() as pool:
        return examine(made, report, pool, part)


def ignore(_event: Event) -> None:
    """Discards an event."""


def toml(raw: Path, out: Path, at: Path) -> Path:
    """Writes the same profile as a file."""
    at.write_text(
        f"[source]\npath = '{raw}'\n[output]\npath = '{out}'\ntrain_shards = {TRAIN_SHARDS}\n"
        f"validation_shards = {VALIDATION_SHARDS}\n[run]\nworkers = 1\n"
    )
    return at


def build_dataset(
    raw: Path,
    out: Path,
    *,
    options: Options | None = None,
    report: Callable[[Event], None] = lambda _: None,
    **sections: Any,
) -> BuildResult:
    return build_profile(profile(raw, out, **sections), report, options)


def add_test_archive(raw: Path, count: int) -> Path:
    """Adds an archive of drawn test images, which lie in a folder as in the current official archive."""
    rng = random.Random(2012)
    images = [(f"test/ILSVRC2012_test_{n:08d}.JPEG", synthetic.draw(rng, n).data) for n in range(1, count + 1)]
    path = raw / IMAGES["test"].name
    path.write_bytes(tar(images))
    return path


def make_official(raw: Path, patch: pytest.MonkeyPatch) -> None:
    """Makes the archives of train and validation in a folder the official ones: size, MD5 and number of images."""
    splits: tuple[Split, ...] = ("train", "validation")
    for split in splits:
        path = raw / IMAGES[split].name
        content, sizes = path.read_bytes(), open_source(raw).table(split, cache_folder(), quiet).size
        official = replace(
            IMAGES[split],
            md5s={path.name: hashlib.md5(content).hexdigest()},
            bytes=len(content),
            images=len(sizes),
            image_bytes=int(sizes.sum()),
        )
        patch.setitem(IMAGES, split, official)


def quiet(_done: int, _total: int) -> None:
    """Discards progress."""


def survey(raw: Path, split: Split, cache: Path | None = None) -> Survey:
    """The survey of a split, whatever the source's layout."""
    return open_source(raw).survey(split, cache or cache_folder(), quiet)


def shards(out: Path) -> list[Path]:
    return sorted([*out.glob("train-*"), *out.glob("validation-*")])


def contents(out: Path) -> dict[str, bytes]:
    """Every shard and index by name."""
    return {str(path.relative_to(out)): path.read_bytes() for path in [*shards(out), *(out / "idx").iterdir()]}


def features(out: Path) -> dict[str, dict[str, example.Feature]]:
    """Every record by its image's name."""
    found = {}
    for path in shards(out):
        with path.open("rb") as file:
            for record in tfrecord.records(file):
                decoded = example.decode(record.payload)
                name = decoded["image/filename"]
                assert isinstance(name, bytes)
                found[name.decode()] = decoded
    return found


def tar(members: Iterable[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT, **info: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in members:
            header = tarfile.TarInfo(name)
            header.size = len(data)
            for key, value in info.items():
                setattr(header, key, value)
            archive.addfile(header, io.BytesIO(data))
    return buffer.getvalue()


def noise(height: int, width: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Smooth random colors: uint8[height, width, 3]."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (max(2, height // 8), max(2, width // 8), 3), dtype=np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def psnr(one: Any, other: Any) -> float:
    """Peak signal-to-noise ratio of two uint8 images in dB; infinity if they are equal."""
    error = float(np.mean((np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
