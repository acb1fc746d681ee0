"""Verifies a finished dataset: re-reads every shard in worker processes, then opens it with TensorFlow as trainers do.

With `pixels`, TensorFlow decodes every image, rather than our own decoder, which would only repeat its own judgement.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wizard.engine import manifest as manifests
from wizard.engine.build_state import look_at_build
from wizard.engine.executors.worker_pool import local_workers
from wizard.engine.manifest import Manifest, PlannedShard
from wizard.engine.sidecars import wrong_sidecars
from wizard.errors import VerifyFailed, reading
from wizard.events import Event, Note, Preparing
from wizard.machine.cores import usable_cores
from wizard.profile_files import command_that_resumes
from wizard.running_builds import command_that_watches, is_being_built, next_step
from wizard.targets.expected import Expectation
from wizard.targets.target import Target
from wizard.verify.pixels import check_pixels
from wizard.verify.shard import Problem, check_shards
from wizard.verify.training import read_with_tensorflow, tensorflow_version

_LISTED = 20
"""Problems listed in the error itself; the others are reported as notes."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """The result of a verification that found no problem.

    Attributes:
        images: that were read, by split; as are `shards`.
        pixels: whether TensorFlow decoded every image.
        skipped: images that the build had left out.
        tensorflow: a sentence for each split on the batch that TensorFlow decoded.
        imagenet: whether its classes are ImageNet's.
    """

    output: str
    images: dict[str, int]
    shards: dict[str, int]
    bytes: int
    pixels: bool
    skipped: int
    tensorflow: dict[str, str]
    target: Target
    imagenet: bool
    tensorflow_version: str = ""


def verify(folder: Path, report: Callable[[Event], None], *, pixels: bool = False) -> Verified:
    """Checks that a finished dataset is what its manifest says, and that TensorFlow reads it.

    Raises:
        InputError: there is no finished dataset.
        VerifyFailed: something is wrong; shard, record and image are named.
        MachineError: TensorFlow's process or a worker cannot be started, or died.
    """
    manifest = _manifest(folder)
    planned = {shard.shard: shard for shard in manifests.planned(folder, manifest)}
    expectations = list(_expectations(folder, manifest, planned))
    unknown = [
        Problem(shard=os.fsencode(path).decode(errors="replace"), what=what)  # a name may be of any bytes
        for path, what in manifest.target.strays(folder, expectations)
    ]
    unlisted = sorted(planned.keys() - {shard.shard for shard in manifest.shards})
    problems = [*unknown, *_repeated(expectations)]
    problems += [
        Problem(shard=manifest.target.title(name), what="it is planned, but not in the manifest") for name in unlisted
    ]
    sidecars = [Problem(shard=name, what=f"it {what}") for name, what in wrong_sidecars(folder, manifest.sidecars)]
    problems += _check_shards(expectations, report)
    with local_workers(1) as tensorflow:
        undecoded = check_pixels(tensorflow, expectations, problems, report) if pixels else []
        if problems or sidecars or undecoded:
            damaged = problems[len(unknown) :]
            wrong = {"unknown": unknown, "damaged": damaged, "sidecars": sidecars, "undecoded": undecoded}
            hint = _hint(folder, {kind for kind, found in wrong.items() if found})
            raise _failed(folder, problems + sidecars + undecoded, hint, report)
        opened = read_with_tensorflow(tensorflow, folder, manifest, expectations, report)
        version = tensorflow_version(tensorflow)
    return Verified(
        output=str(folder),
        images={split: sum(s.images for s in manifest.shards if s.split == split) for split in manifest.splits},
        shards={split: sum(s.split == split for s in manifest.shards) for split in manifest.splits},
        bytes=sum(shard.bytes_out for shard in manifest.shards),
        pixels=pixels,
        skipped=len(manifest.skipped),
        tensorflow=opened,
        target=manifest.target,
        imagenet=manifest.classes.whole_imagenet,
        tensorflow_version=version,
    )


def _failed(folder: Path, problems: Sequence[Problem], hint: str, report: Callable[[Event], None]) -> VerifyFailed:
    for problem in problems[_LISTED:]:
        report(Note(text=str(problem), warning=True))
    listed = "".join(f"\n  {problem}" for problem in problems[:_LISTED])
    more = f"\n  and {len(problems) - _LISTED:,} more" if len(problems) > _LISTED else ""
    return VerifyFailed(f"{folder} does not match its manifest:{listed}{more}", hint)


def _hint(folder: Path, wrong: Collection[str]) -> str:
    """What to do: kinds of problems, as they are told apart where they are found, become commands."""
    if is_being_built(folder):
        return f"It is being built now, which may be why: {command_that_watches(folder)} shows it; verify it then"
    command = command_that_resumes(folder)
    hints: list[str] = []
    if "unknown" in wrong:
        hints.append("Remove what is not part of it")
    if "damaged" in wrong:
        hints.append(f"{command} --repair rebuilds the damaged shards and no others")
    elif "sidecars" in wrong:
        hints.append(f"{command} writes what describes the dataset again, and rebuilds nothing")
    if "undecoded" in wrong:
        # Their bytes may be exactly those that were written, so a repair would keep them.
        hints.append(
            f"Delete the files with images that TensorFlow cannot decode; then {command} --repair rebuilds them from "
            "the raw data"
        )
    return ". ".join(hints)


def _manifest(folder: Path) -> Manifest:
    if not (folder / manifests.MANIFEST).exists():
        with reading(folder):
            begun = look_at_build(folder)
        if begun is not None:
            raise VerifyFailed(
                f"{folder} is an unfinished build: {begun.in_words(building=False)}.",
                next_step(folder, "builds the rest; verify it then"),
            )
    return manifests.read(folder)


def _expectations(folder: Path, manifest: Manifest, planned: Mapping[str, PlannedShard]) -> Iterator[Expectation]:
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
        )


def _repeated(expectations: Collection[Expectation]) -> Iterator[Problem]:
    """A test and a train image may share a name; two of one split may not."""
    for split in dict.fromkeys(each.result.split for each in expectations):
        names = np.concatenate([each.names for each in expectations if each.result.split == split])
        unique, counts = np.unique(names, return_counts=True)
        for name in unique[counts > 1].tolist():
            yield Problem(shard=manifests.IMAGES, what=f"{split} plans it more than once", name=name.decode())


def _check_shards(expectations: Collection[Expectation], report: Callable[[Event], None]) -> list[Problem]:
    problems: list[Problem] = []
    total, done = sum(expected.result.bytes_out for expected in expectations), 0
    with local_workers(min(usable_cores(), len(expectations))) as executor:
        for expected, found in check_shards(expectations, executor):
            problems += found
            done += expected.result.bytes_out
            report(Preparing(step="re-reading shards", done=done, total=total))
    return problems
