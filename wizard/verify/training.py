"""Reads a batch of each split as training code would, decoded by TensorFlow in a worker process."""

from collections.abc import Callable, Collection
from pathlib import Path

from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.executor import Executor
from wizard.engine.manifest import Manifest
from wizard.errors import MachineError, VerifyFailed
from wizard.events import Event, Note
from wizard.targets.expected import Expectation
from wizard.verify.in_tensorflow import BATCH, read_batch, version


def tensorflow_version(tensorflow: Executor) -> str:
    """TensorFlow's version.

    Raises:
        MachineError: it cannot be imported.
    """
    try:
        return tensorflow.submit(version).result()
    except ImportError as error:
        what = f"TensorFlow cannot be imported here: {error}."
        raise MachineError(what, "Fix the tensorflow installation and verify again") from error
    except WorkerDied as death:
        raise MachineError(f"TensorFlow cannot be started here: its {death}.", hint(death)) from death


def hint(death: WorkerDied) -> str:
    """What to do after TensorFlow's process has died."""
    first = "Fix the tensorflow installation" if death.crashed else "Free some memory"
    return f"{first} and verify again; nothing was changed"


def read_with_tensorflow(
    tensorflow: Executor,
    folder: Path,
    manifest: Manifest,
    expectations: Collection[Expectation],
    report: Callable[[Event], None],
) -> dict[str, str]:
    """Reads a batch of each split that has images and has TensorFlow decode it; returns a sentence on each.

    Raises:
        VerifyFailed: it cannot use one.
        MachineError: TensorFlow's process cannot be started, or dies.
    """
    report(Note(text="decoding a batch of each split with TensorFlow"))
    reader = f"TensorFlow {tensorflow_version(tensorflow)}"
    filled = [each for each in expectations if each.result.images]
    opened: dict[str, str] = {}
    for split in dict.fromkeys(each.result.split for each in filled):
        shards = [each for each in filled if each.result.split == split]
        try:
            opened[split] = f"{reader} {_read_split(tensorflow, manifest, shards)}"
        except WorkerDied as death:
            what = f"TensorFlow's {death}. It was reading a batch of {split} in {folder}."
            raise MachineError(what, hint(death)) from death
        except ValueError as error:
            raise VerifyFailed(
                f"{folder}: TensorFlow cannot use {split}: {error}",
                "verify --pixels names every image that TensorFlow cannot decode",
            ) from error
    return opened


def _read_split(tensorflow: Executor, manifest: Manifest, shards: Collection[Expectation]) -> str:
    """A predicate on a batch of these shards.

    Raises:
        ValueError: it cannot be read, or a label is not one of the dataset's; the message says why.
        WorkerDied: TensorFlow's process died.
    """
    target = manifest.target
    files: list[str] = []
    for each in shards:
        files += (f"{each.folder}/{file}" for file in target.files_of(each))
    some = files[:BATCH] if target.one_file_per_image else files
    shape, labels = tensorflow.submit(read_batch, target, some).result()
    lowest, highest = manifest.label_base, manifest.label_base + len(manifest.classes) - 1
    if any((each.ranks < 0).any() for each in shards):  # some images have no label
        labels = [label for label in labels if label >= lowest]
    if not labels:
        return f"decoded a batch of {shape}"
    if min(labels) < lowest or max(labels) > highest:
        raise ValueError(f"labels {min(labels)} to {max(labels)} are not within {lowest} to {highest}")
    return f"decoded a batch of {shape}, labels {min(labels)} to {max(labels)}"
