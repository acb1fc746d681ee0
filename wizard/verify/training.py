"""Has TensorFlow open a dataset as training code would."""

from collections.abc import Callable, Collection
from itertools import chain, islice
from pathlib import Path
from typing import Any

from wizard.engine.manifest import Manifest
from wizard.errors import MachineError, VerifyFailed
from wizard.events import Event, Note
from wizard.targets.expected import Expectation
from wizard.verify.client import Died, TensorFlow, pickled

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
        asked = _asked(manifest, [each for each in filled if each.result.split == split])
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


def _asked(manifest: Manifest, shards: Collection[Expectation]) -> dict[str, Any]:
    """The files to read, and which labels may be found in them."""
    target = manifest.target
    files = chain.from_iterable(target.files_of(each) for each in shards)
    return {
        "task": "batch",
        "target": pickled(target),
        "files": list(islice(files, _BATCH) if target.one_file_per_image else files),
        "batch": _BATCH,
        "lowest": manifest.label_base,
        "highest": manifest.label_base + len(manifest.classes) - 1,
        "unlabelled": any((each.ranks < 0).any() for each in shards),
    }
