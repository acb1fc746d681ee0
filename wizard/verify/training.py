"""Has TensorFlow open a dataset in a process of its own, as training code would."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from wizard.engine.events import Event, Note
from wizard.engine.manifest import Manifest
from wizard.errors import MachineError, VerifyFailed
from wizard.folders import cache_folder
from wizard.verify.expected import Expectation
from wizard.verify.files import planned_paths

_BATCH = 64


def read_with_tensorflow(
    folder: Path, manifest: Manifest, expectations: Collection[Expectation], report: Callable[[Event], None]
) -> dict[str, str]:
    """What TensorFlow made of a batch of each split that has images, in words.

    Raises:
        VerifyFailed: it cannot use one.
        MachineError: it cannot be started.
    """
    report(Note(text="opening the dataset with TensorFlow"))
    filled = [each for each in expectations if each.result.images]
    asked = {
        split: _asked(folder, manifest, mine)
        for split in manifest.splits
        if (mine := [each for each in filled if each.result.split == split])
    }
    answers = _ask(asked)
    for split, answer in answers.items():
        if "problem" in answer:
            raise VerifyFailed(f"{folder}: TensorFlow cannot use {split}: {answer['problem']}")
    return {split: answer["told"] for split, answer in answers.items()}


def _asked(folder: Path, manifest: Manifest, shards: Collection[Expectation]) -> dict[str, Any]:
    """The files to read, and which labels may be found in them."""
    target = manifest.target
    if target.of_files:
        files = [folder / path for path in islice((path for each in shards for path in planned_paths(each)), _BATCH)]
    else:
        files = [each.path for each in shards]
    return {
        "form": "images" if target.of_files else target.format,
        "files": [str(file) for file in files],
        "batch": _BATCH,
        "any_features": target.features == "source",
        "lowest": manifest.label_base,
        "highest": manifest.label_base + len(manifest.classes) - 1,
        "unlabelled": any((each.ranks < 0).any() for each in shards),
    }


def _ask(asked: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    # Else Keras, which TensorFlow imports, would leave a folder in the person's home.
    environment = os.environ | {"KERAS_HOME": str(cache_folder() / "keras")}
    command = [sys.executable, "-m", "wizard.verify.trainer"]
    ran = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False, env=environment)
    try:
        answers: dict[str, dict[str, str]] = json.loads(ran.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise MachineError(
            f"TensorFlow cannot be started here; it ended with code {ran.returncode}: {ran.stderr.strip()[-500:]}",
            "All shards were re-read and found whole; mend the installation of tensorflow and verify again",
        ) from error
    return answers
