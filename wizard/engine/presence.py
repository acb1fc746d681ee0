"""Whether the small files that describe a dataset are still what was written."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path


def missing_descriptions(folder: Path, sums: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the small files that describe a dataset.

    Args:
        folder: the folder that holds them.
        sums: sha256 in hex of each, by name.
    """
    for name, expected in sums.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError:
            yield f"{name} is gone"
            continue
        if found != expected:
            yield f"{name} has changed"
