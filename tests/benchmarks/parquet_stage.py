"""One stage of `parquet`, in a process of its own; prints its figures as JSON.

python -m tests.benchmarks.parquet_stage STAGE RAW
"""

import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import Split
from wizard.sources.opening import open_source
from wizard.sources.samples import SampleTable

SPLIT: Split = "train"
NEEDS = {"index": "", "cached": "", "our reader": "", "pyarrow": "", "datasets": "datasets", "streamed": "datasets"}
"""The stages, and what has to be installed for each."""


def missing(stage: str) -> bool:
    """Whether what a stage needs is not installed."""
    return bool(NEEDS[stage]) and importlib.util.find_spec(NEEDS[stage]) is None


def main(stage: str, raw: Path) -> None:
    """Measures a stage."""
    prepared = 0.0
    began = time.monotonic()
    if stage in ("index", "cached"):
        images = len(_table(raw))
    else:
        rows = _rows(stage, raw)
        prepared = time.monotonic() - began
        began = time.monotonic()
        images = sum(1 for row in rows if row)
    figures = {"s": time.monotonic() - began, "images": images, "prepared s": prepared}
    print(json.dumps(figures))  # noqa: T201


def _rows(stage: str, raw: Path) -> Iterable[Any]:
    """All images, one by one, in the order in which they lie."""
    if stage == "our reader":
        return (content.image for content in _table(raw).contents())
    files = sorted(str(path) for path in raw.rglob(f"{SPLIT}-*.parquet"))
    if stage == "pyarrow":
        return _batches(files)
    datasets = importlib.import_module("datasets")
    loaded = datasets.load_dataset("parquet", data_files={SPLIT: files}, split=SPLIT, streaming=stage == "streamed")
    return (row["image"]["bytes"] for row in loaded.cast_column("image", datasets.Image(decode=False)))


def _batches(files: Iterable[str]) -> Iterable[Any]:
    import pyarrow.parquet

    for file in files:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(100):
            yield from batch.column("image").field("bytes")


def _table(raw: Path) -> SampleTable:
    return open_source(raw).table(SPLIT, cache_folder(), lambda _done, _total: None)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
