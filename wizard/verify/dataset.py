"""Re-reads a finished dataset whole: every shard in worker processes, then TensorFlow as a trainer would use it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wizard.engine import manifest as manifests
from wizard.engine.events import Event, Note, Preparing
from wizard.engine.executors import LocalExecutor, WorkerDied
from wizard.engine.journal import read as read_journal
from wizard.engine.journal import shard_files
from wizard.engine.manifest import Manifest, PlannedShard
from wizard.engine.targets import INDEX_FOLDER
from wizard.errors import MachineError, VerifyFailed
from wizard.folders import cache_folder
from wizard.preflight.machine import cores
from wizard.verify.shard import Expectation, Problem, check_shard

_TOLD = 20
"""Problems told in the error itself; the others go to the listener."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A dataset that was found to be what it says.

    Attributes:
        output: its folder.
        images: records read, by split.
        shards: files read, by split.
        bytes: of all shards.
        pixels: whether every image was decoded.
        skipped: images that the build had left out.
        tensorflow: what tf.data made of a batch of each split, in words.
    """

    output: str
    images: dict[str, int]
    shards: dict[str, int]
    bytes: int
    pixels: bool
    skipped: int
    tensorflow: dict[str, str]


def verify(folder: Path, report: Callable[[Event], None], *, pixels: bool = False) -> Verified:
    """Proves that a finished dataset is what its manifest says, and that TensorFlow reads it.

    Raises:
        InputError: there is no finished dataset.
        VerifyFailed: something is wrong; shard, record and image are named.
        MachineError: TensorFlow cannot be started on this machine.
    """
    manifest = _manifest(folder)
    problems = _unknown_files(folder, manifest)
    problems += _check_shards(folder, manifest, report, pixels=pixels)
    if problems:
        for problem in problems[_TOLD:]:
            report(Note(text=str(problem), warning=True))
        listed = "".join(f"\n  {problem}" for problem in problems[:_TOLD])
        more = f"\n  and {len(problems) - _TOLD:,} more" if len(problems) > _TOLD else ""
        raise VerifyFailed(
            f"{folder} is not what its manifest says:{listed}{more}",
            "Repeat the command that built it, with --repair: it sets damaged shards aside and builds just those anew",
        )
    return Verified(
        output=str(folder),
        images={split: sum(s.images for s in manifest.shards if s.split == split) for split in manifest.splits},
        shards={split: sum(s.split == split for s in manifest.shards) for split in manifest.splits},
        bytes=sum(shard.bytes_out for shard in manifest.shards),
        pixels=pixels,
        skipped=len(manifest.skipped),
        tensorflow=_read_with_tensorflow(folder, manifest, report),
    )


def _manifest(folder: Path) -> Manifest:
    header, done = read_journal(folder)
    if header is not None and not (folder / manifests.MANIFEST).exists():
        raise VerifyFailed(
            f"{folder} is an unfinished build: {len(done):,} shards are done, and there is no {manifests.MANIFEST}.",
            "Go on with the command that began it, then verify",
        )
    return manifests.read(folder)


def _unknown_files(folder: Path, manifest: Manifest) -> list[Problem]:
    known = {shard.shard for shard in manifest.shards}
    files = {manifest.target.file(name) for name in known}
    return [
        Problem(shard=name, what="it is no shard of this dataset, but a trainer's glob would find it")
        for name in shard_files(folder, manifest.target)
        if name not in files
    ] + [
        Problem(shard=f"{INDEX_FOLDER}/{file.name}", what="it is the index of no shard of this dataset")
        for file in sorted((folder / INDEX_FOLDER).glob("*"))
        if file.name not in known
    ]


def _check_shards(folder: Path, manifest: Manifest, report: Callable[[Event], None], *, pixels: bool) -> list[Problem]:
    planned = {shard.shard: shard for shard in manifests.planned(folder, manifest)}
    expectations = list(_expectations(folder, manifest, planned, pixels=pixels))
    problems = _unlisted(manifest, planned) + _repeated(expectations)
    total, done = sum(shard.bytes_out for shard in manifest.shards), 0
    executor = LocalExecutor(min(cores(), len(expectations)))
    completed = False
    try:
        for expected, found in zip(expectations, executor.map(check_shard, expectations), strict=True):
            problems += found
            done += expected.result.bytes_out
            report(Preparing(step="re-reading shards", done=done, total=total))
        completed = True
    except WorkerDied as error:
        raise MachineError(
            f"Re-reading shards ended early: {error}.", "Free some memory and verify again; nothing was changed"
        ) from error
    finally:
        executor.shutdown(cancel_futures=not completed)
    return problems


def _expectations(
    folder: Path, manifest: Manifest, planned: Mapping[str, PlannedShard], *, pixels: bool
) -> Iterator[Expectation]:
    for result in manifest.shards:
        images = planned.get(result.shard)
        yield Expectation(
            folder=str(folder),
            result=result,
            names=images.names if images else np.array([], dtype=np.bytes_),
            ranks=images.ranks if images else np.array([], dtype=np.int16),
            classes=manifest.classes,
            target=manifest.target,
            label_base=manifest.label_base,
            pixels=pixels,
        )


def _unlisted(manifest: Manifest, planned: Mapping[str, PlannedShard]) -> list[Problem]:
    listed = {shard.shard for shard in manifest.shards}
    return [
        Problem(shard=name, what="it is planned, but not in the manifest") for name in planned if name not in listed
    ]


def _repeated(expectations: list[Expectation]) -> list[Problem]:
    names = np.concatenate([expected.names for expected in expectations])
    unique, counts = np.unique(names, return_counts=True)
    return [
        Problem(shard=manifests.IMAGES, what="it is planned more than once", name=name.decode())
        for name in unique[counts > 1]
    ]


def _read_with_tensorflow(folder: Path, manifest: Manifest, report: Callable[[Event], None]) -> dict[str, str]:
    report(Note(text="opening the dataset with tf.data"))
    # Else Keras, which TensorFlow imports, would leave a folder in the person's home.
    environment = os.environ | {"KERAS_HOME": str(cache_folder() / "keras")}
    told = {}
    for split in manifest.splits:
        if not any(shard.images for shard in manifest.shards if shard.split == split):
            continue
        command = [sys.executable, "-m", "wizard.verify.trainer", str(folder), split, str(manifest.label_base)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        try:
            answer = json.loads(ran.stdout.splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise MachineError(
                f"TensorFlow cannot be started here; it ended with code {ran.returncode}: {ran.stderr.strip()[-500:]}",
                "All shards were re-read and found whole; mend the installation of tensorflow and verify again",
            ) from error
        if "problem" in answer:
            raise VerifyFailed(f"{folder}: tf.data cannot use {split}: {answer['problem']}")
        told[split] = answer["told"]
    return told
