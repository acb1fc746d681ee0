"""Has TensorFlow open a dataset as training code would."""

from collections.abc import Callable, Collection
from itertools import islice
from pathlib import Path
from typing import Any

from wizard.engine.manifest import Manifest
from wizard.errors import MachineError, VerifyFailed
from wizard.events import Event, Note
from wizard.verify.client import Died, TensorFlow
from wizard.verify.expected import Expectation
from wizard.verify.files import planned_paths

_BATCH = 64


def read_with_tensorflow(
    tensorflow: TensorFlow,
    folder: Path,
    manifest: Manifest,
    expectations: Collection[Expectation],
    report: Callable[[Event], None],
) -> dict[str, str]:
    """What TensorFlow made of a batch of each split that has images, in words.

    Raises:
        VerifyFailed: it cannot use one.
        MachineError: TensorFlow's process cannot be started, or dies.
    """
    report(Note(text="opening the dataset with TensorFlow"))
    filled = [each for each in expectations if each.result.images]
    told: dict[str, str] = {}
    for split in dict.fromkeys(each.result.split for each in filled):
        asked = _asked(folder, manifest, [each for each in filled if each.result.split == split])
        try:
            (answer,) = tensorflow.ask(asked)
        except Died as death:
            what = f"TensorFlow's process {death}. It was reading a batch of {split} in {folder}."
            raise MachineError(what, f"{death.hint}; nothing was changed") from death
        if "problem" in answer:
            raise VerifyFailed(
                f"{folder}: TensorFlow cannot use {split}: {answer['problem']}",
                "verify --pixels names every image that TensorFlow cannot decode",
            )
        told[split] = answer["told"]
    return told


def _asked(folder: Path, manifest: Manifest, shards: Collection[Expectation]) -> dict[str, Any]:
    """The files to read, and which labels may be found in them."""
    target = manifest.target
    if target.of_files:
        files = [folder / path for path in islice((path for each in shards for path in planned_paths(each)), _BATCH)]
    else:
        files = [each.path for each in shards]
    return {
        "task": "batch",
        "form": "images" if target.of_files else target.format,
        "files": [str(file) for file in files],
        "batch": _BATCH,
        "any_features": target.features == "source",
        "lowest": manifest.label_base,
        "highest": manifest.label_base + len(manifest.classes) - 1,
        "unlabelled": any((each.ranks < 0).any() for each in shards),
    }
