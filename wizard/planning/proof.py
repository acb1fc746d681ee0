"""Which images need not be decoded: those of archives with their official MD5, found out now if that pays."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from wizard.engine.plan import Plan, SplitPlan
from wizard.engine.transform import Check
from wizard.events import Note
from wizard.folders import cache_folder
from wizard.machine.cores import usable_cores
from wizard.planning.job import Job
from wizard.planning.progress import Report, step
from wizard.planning.resolve import check_of
from wizard.sources.checksums import remember_md5, when_verified
from wizard.sources.parallel_md5 import hash_while_it_pays
from wizard.sources.source import Survey

_DECODING = 1e-8
"""Seconds a byte of `jpeg.check`: 1.1 ms for 110 kB (median of 300 photos on one core of a cloud machine)."""
_FASTEST_HASH = 1e9
"""Bytes a second; no core computes MD5s faster, so the trial can be spared where even this would not pay."""


@dataclass(frozen=True, kw_only=True)
class _Unproven:
    """An archive that may be the official one; `decoding` is how many seconds it takes to check what is left of it."""

    split: str
    path: Path
    bytes: int
    md5: str
    decoding: float


def settle_checks(job: Job, plan: Plan, to_build: Collection[str], report: Report, *, md5: bool) -> dict[str, Check]:
    """How the images of each split are checked, where that is not what the plan's recipe says.

    An archive that may be the official one is hashed if that takes less time than decoding its images. Archives are
    looked at again here: a sum may have been verified since they were surveyed, or a file may have changed.

    Args:
        job: what is built.
        plan: of this job.
        to_build: names of the shards that are not finished yet.
        report: gets notes and progress; whatever it raises ends the hashing.
        md5: whether the sums of all archives have just been verified.

    Raises:
        InputError: an archive cannot be read.
    """
    if job.profile.image.check != "auto":
        return {}
    surveys: dict[str, Survey] = dict(job.surveys.items())
    checks: dict[str, Check] = {}
    unproven = []
    for split in plan.splits:
        survey, left = surveys[split.split], _bytes_left(plan, split, to_build)
        if split.recipe.quality is not None or not survey.md5 or not left:
            continue
        when = when_verified(survey.path, survey.md5, cache_folder()) or ("now" if md5 else "")
        checks[split.split] = check_of(job.profile, proven=bool(when))
        if when:
            report(_proven(survey.path, when))
            continue
        decoding = left * _DECODING / min(job.workers, usable_cores())
        if survey.bytes / _FASTEST_HASH < decoding:
            archive = _Unproven(
                split=split.split, path=survey.path, bytes=survey.bytes, md5=survey.md5, decoding=decoding
            )
            unproven.append(archive)
    return checks | dict.fromkeys(_prove(unproven, report), "md5")


def _prove(archives: list[_Unproven], report: Report) -> list[str]:
    """The splits whose archives turn out to be official; none if hashing takes longer than decoding."""
    if not archives:
        return []
    named = " and ".join(each.path.name for each in archives)
    decoding = sum(each.decoding for each in archives)
    found = hash_while_it_pays(
        [each.path for each in archives], step(report, f"MD5 of {named}"), lambda to_come: to_come < decoding
    )
    if found is None:
        report(Note(text=f"{named}: decoding the images takes less time here than an MD5, so each is decoded"))
        return []
    proven = []
    for each in archives:
        md5 = found[each.path]
        if md5 == each.md5:
            remember_md5(each.path, md5, cache_folder())
            report(_proven(each.path, "now"))
            proven.append(each.split)
        else:
            text = (
                f"{each.path.name} has the official name and size, but its MD5 is {md5}, the official one {each.md5}: "
                "it is damaged or a different archive, so each of its images is decoded"
            )
            report(Note(text=text, warning=True))
    return proven


def _bytes_left(plan: Plan, split: SplitPlan, to_build: Collection[str]) -> int:
    names = (plan.target.shard(split.split, index, split.shards) for index in range(split.shards))
    return sum(size for name, size in zip(names, split.bytes.tolist(), strict=True) if name in to_build)


def _proven(archive: Path, when: str) -> Note:
    return Note(text=f"{archive.name} has its official MD5 (verified {when}), so its images need not be decoded")
