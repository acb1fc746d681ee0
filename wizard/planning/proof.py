"""Which images need not be decoded: those of archives with their official MD5, found out now if that pays."""

import hashlib
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from wizard.engine.executors.executor import Executor
from wizard.engine.plan import Plan, SplitPlan
from wizard.engine.transform import Check
from wizard.errors import reading
from wizard.events import Note
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import Split
from wizard.planning.checking_speed import measured_speed, usual_speed
from wizard.planning.job import Job
from wizard.planning.progress import Report, step
from wizard.planning.resolve import check_of
from wizard.sources.checksums import remember_md5, state, when_verified
from wizard.sources.parallel_md5 import hash_while_it_pays

_FASTEST_HASH = 1e9
"""Bytes a second; no core computes MD5s faster, so the trial can be spared where even this would not pay."""
_SPEED_SAMPLE = 1 << 24
"""Bytes that are hashed to learn the speed; takes about 25 ms."""


@dataclass(frozen=True, kw_only=True)
class _Unproven:
    """An archive that may be the official one; `left` is bytes of those of its images that are not built yet."""

    split: Split
    path: Path
    bytes: int
    md5: str
    left: float


def foresee_checks(job: Job, remaining: float) -> tuple[Job, float]:
    """The job with the checks that its build will likely settle on, and the seconds that it will hash before it begins.

    A guess for the estimate, before anything is hashed: that reading is no slower than hashing, and that the sums are
    the official ones. `remaining` is the part of the images that is not built yet.
    """
    if job.profile.image.check != "auto":
        return job, 0.0
    unproven = []
    for split, survey in job.surveys.items():
        recipe = job.recipes[split]
        if recipe.quality is None and survey.md5 and not survey.verified:
            unproven.append(_unproven(job, split, survey.image_bytes * job.fraction(split) * remaining))
    decoding_speed = usual_speed(job.cores)
    archives = _worth_hashing(unproven, decoding_speed)
    hashing = max((archive.bytes for archive in archives), default=0) / _hash_speed()
    if not archives or hashing > sum(archive.left for archive in archives) / decoding_speed:
        return job, 0.0
    spared = {archive.split: replace(job.recipes[archive.split], check="md5") for archive in archives}
    return replace(job, recipes={**job.recipes, **spared}), hashing


def settle_checks(
    job: Job, plan: Plan, to_build: Collection[str], executor: Executor, report: Report, *, md5: bool
) -> dict[str, Check]:
    """How the images of each split are checked, where that is not what the plan's recipe says.

    An archive that may be the official one is hashed if that takes less time than decoding its images. Archives are
    looked at again here: a sum may have been verified since they were surveyed, or a file may have changed.

    Args:
        job: what is built.
        plan: of this job.
        to_build: names of the shards that are not finished yet.
        executor: its workers show how fast they decode.
        report: gets notes and progress; whatever it raises ends the hashing.
        md5: whether the sums of all archives have just been verified.

    Raises:
        InputError: an archive cannot be read.
    """
    if job.profile.image.check != "auto":
        return {}
    left = {split.split: _bytes_left(plan, split, to_build) for split in plan.splits}
    checks: dict[str, Check] = {}
    unproven = []
    proven: dict[Path, str] = {}
    for split, survey in job.surveys.items():
        if not job.recipes[split].keeps_some or not survey.md5 or not left[split]:
            continue
        # Where the cache folder cannot be written, a sum that has just been verified is not remembered.
        when = when_verified(survey.path, survey.md5, cache_folder()) or ("now" if md5 else "")
        checks[split] = check_of(job.profile, proven=bool(when))
        if when:
            proven[survey.path] = when
        elif job.recipes[split].quality is None:  # else few keep their bytes, and hashing would read all for them
            unproven.append(_unproven(job, split, left[split]))
    for path, when in proven.items():
        report(_proven(path, when))
    archives = _worth_hashing(unproven, usual_speed(job.cores))
    if not archives or job.reading.staged:  # what is read once is not read before to be hashed
        return checks
    # The constant only rules out what cannot pay; a machine that is busy or slow decodes at another speed.
    tasks = plan.tasks("", skip_bad=True, without={*plan.shard_names} - {*to_build})
    speed = measured_speed(executor, next(task for task in tasks if task.split == archives[0].split))
    return checks | dict.fromkeys(_prove(archives, speed, report), "md5")


def _unproven(job: Job, split: Split, left: float) -> _Unproven:
    survey = job.surveys[split]
    with reading(survey.path):
        size = survey.path.stat().st_size  # the split may be a part of the archive
    return _Unproven(split=split, path=survey.path, bytes=size, md5=survey.md5, left=left)


def _worth_hashing(archives: list[_Unproven], decoding_speed: float) -> list[_Unproven]:
    """Those whose images might take longer to decode than to hash the archive."""
    return [archive for archive in archives if archive.bytes / _FASTEST_HASH < archive.left / decoding_speed]


@cache
def _hash_speed() -> float:
    """Bytes a second that one core hashes."""
    some = bytes(_SPEED_SAMPLE)
    begun = time.perf_counter()
    hashlib.md5(some, usedforsecurity=False)
    return _SPEED_SAMPLE / (time.perf_counter() - begun)


def _prove(archives: list[_Unproven], decoding_speed: float, report: Report) -> list[Split]:
    """The splits whose archives turn out to be official; none if hashing takes longer than decoding."""
    paths = list(dict.fromkeys(each.path for each in archives))  # two splits may lie in one
    named = " and ".join(path.name for path in paths)
    decoding = sum(each.left for each in archives) / decoding_speed
    before = {each.path: state(each.path) for each in archives}
    found = hash_while_it_pays(paths, step(report, f"MD5 of {named}"), lambda to_come: to_come < decoding)
    if found is None:
        report(Note(text=f"{named}: decoding the images takes less time here than an MD5, so each is decoded"))
        return []
    proven = []
    for path in paths:
        md5, official = found[path], next(each.md5 for each in archives if each.path == path)
        if state(path) != before[path]:
            report(Note(text=f"{path.name} changed while it was hashed, so each image is decoded", warning=True))
        elif md5 == official:
            remember_md5(path, md5, cache_folder())
            report(_proven(path, "now"))
            proven += [each.split for each in archives if each.path == path]
        else:
            text = (
                f"{path.name} has the official name and size, but its MD5 is {md5}, the official one {official}: "
                "it is damaged or a different archive, so each of its images is decoded"
            )
            report(Note(text=text, warning=True))
    return proven


def _bytes_left(plan: Plan, split: SplitPlan, to_build: Collection[str]) -> int:
    names = (plan.target.shard(split.split, index, split.shards) for index in range(split.shards))
    return sum(size for name, size in zip(names, split.bytes.tolist(), strict=True) if name in to_build)


def _proven(archive: Path, when: str) -> Note:
    spared = "so images that keep their bytes need not be decoded"
    return Note(text=f"{archive.name} has its official MD5 (verified {when}), {spared}")
