"""Measures what the model of a cluster is fed with, as far as one machine can.

    python -m tests.benchmarks.cluster_measure [--raw FOLDER] [--json FILE]

FOLDER holds official archives, or smaller ones made of real photos; without it, nothing about images is measured.
Times are CPU seconds of this process, for images the medians of three rounds; where others keep the machine busy, they
are too long all the same. What the codecs take is compared with 480/Q85 in the same round, whose whole cost in a worker
is known (docs/performance.md). System calls and bytes on a network are not counted here: docs/clusters.md says how they
were.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tests.benchmarks import images as located
from tests.benchmarks import parent_costs
from tests.benchmarks.cluster_figures import IMAGENET, MEASURED
from tests.benchmarks.codec_loop import codecs
from tests.benchmarks.drawn_plan import draw
from tests.benchmarks.scaling import SHARDS
from wizard.engine.plan import shuffled
from wizard.formats import image_codec, jpeg
from wizard.formats.resample import resample
from wizard.formats.resize import geometry

RECIPES: dict[str, dict[str, Any]] = {
    "480-q85": {"resize": "shortest", "size": 480, "quality": 85},
    "224-q95": {"resize": "exact", "height": 224, "width": 224, "quality": 95},
}
_ROUNDS = 3
_PHOTOS = 300
_BESIDE = 0.28
"""Milliseconds of a worker for an image beside the codecs: reading, writing, the commit (docs/performance.md)."""


def of_images(raw: Path) -> dict[str, float]:
    """Milliseconds of a core and bytes written for a byte read, by recipe; and the mean bytes of an image."""
    _, images = located.of_archives(raw)
    step = max(1, len(images) // _PHOTOS)
    with images.reading() as reading:
        photos = [reading[row].data for row in islice(range(0, len(images), step), _PHOTOS)]
    cost = {name: 1000 * _median(partial(_process, photos, image)) / len(photos) for name, image in RECIPES.items()}
    whole = MEASURED["480-q85 ms"].value
    scale = (whole - _BESIDE) / cost["480-q85"]
    read = sum(map(len, photos))
    found = {f"{name} ms": spent * scale + _BESIDE for name, spent in cost.items() if name != "480-q85"}
    found |= {f"{name} out": sum(map(len, _encoded(photos, image))) / read for name, image in RECIPES.items()}
    return found | {"photo": read / len(photos)}


def of_plans() -> dict[str, float]:
    """Seconds for the plan of a million images, and to describe the dataset when its shards are done."""
    plan = draw(SHARDS)
    drawn = time.process_time()
    for split in plan.splits:
        shuffled(split.split, split.table, split.recipe, shards=split.shards, seed=plan.seed)
    assert plan.plan_id
    planned = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        finished = parent_costs.after(Path(folder) / "whole", plan)
    millions = IMAGENET.images / 1e6
    return {"plan": (planned - drawn) / millions, "finish": finished / millions}


def _process(photos: Sequence[bytes], image: dict[str, Any]) -> None:
    process = codecs(image)
    for data in photos:
        process(data)


def _encoded(photos: Sequence[bytes], image: dict[str, Any]) -> list[bytes]:
    recipe = codecs(image)
    assert recipe.quality is not None
    encoded = []
    for data in photos:
        pixels = image_codec.decode(data)
        encoded.append(jpeg.encode(resample(pixels, geometry(recipe.resize, *pixels.shape[:2])), recipe.quality))
    return encoded


def _median(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    spent = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def main(words: Sequence[str] | None = None) -> int:
    """Measures, and prints what was found beside what the model has."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.cluster_measure",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="official archives, or smaller ones of photos")
    parser.add_argument("--json", type=Path, metavar="FILE", help="for `cluster_model --measured`")
    asked = parser.parse_args(words)
    found = of_plans() | (of_images(asked.raw) if asked.raw else {})
    for name, value in found.items():
        sys.stdout.write(f"{name}: {value:.3g} (the model has {MEASURED[name].value:g})\n")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
