"""The check of the raw data."""

from dataclasses import replace

from wizard.events import CheckResult, Estimated
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import CLASSES, IMAGES
from wizard.planning import Job
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.remarks import remarks
from wizard.sources.source import Survey

_SUBSET = "Not the whole of ImageNet: fine if a subset is intended; labels stay those of the full set"


def source_check(job: Job) -> CheckResult:
    """The check of the raw data: what the surveys found, and what is missing of ImageNet."""
    found = [] if job.source.official else [job.source.what]
    fixes = [_SUBSET] if any(map(is_short, job.surveys.values())) else []
    found += map(_described, job.surveys.values())
    found += [f"boxes of {split}" for split in job.annotated]
    for split, survey in job.surveys.items():
        for remark in remarks(survey.table) if survey.table is not None else ():
            found.append(f"{split}, {remark}")
            if remark.hint and remark.hint not in fixes:
                fixes.append(remark.hint)
    fix = ""
    for each in fixes:
        fix = fix + ". " + each if fix else each  # not by str.join, which would take a hint for a text
    return CheckResult(
        name="raw-data",
        status="warn" if fixes else "pass",
        looked_at=str(job.profile.source_path),
        found="; ".join(found),
        fix=fix,
    )


def with_damage(check: CheckResult, estimated: Estimated, *, skipped: bool) -> CheckResult:
    """The same check with the damaged images of the sample, which a build would stop at or skip."""
    if not estimated.damaged:
        return check
    fix = "They will be left out and listed" if skipped else "Replace them, or " + ON_BAD_IMAGE
    fix = check.fix + ". " + fix if check.fix else fix
    return replace(check, status="warn", found=f"{check.found}; {damage_in_words(estimated)}", fix=fix)


def damage_in_words(estimated: Estimated) -> str:
    """The number of undecodable images in the sample, and the reason for the first."""
    first = estimated.damaged[0]
    place = first.file if first.file.endswith(first.name) else f"{first.file}, {first.name}"
    count = f"{len(estimated.damaged):,} of {estimated.sampled:,}"
    return f"{count} sampled images cannot be decoded; the first is {place}: {first.reason}"


def is_short(survey: Survey) -> bool:
    """Whether a split of ImageNet lacks some of its images; another dataset's, or a selection, never does."""
    if survey.official:
        return False
    if survey.table is not None and (survey.table.selection or not survey.table.classes.whole_imagenet):
        return False
    labelled = survey.split != "test"
    return survey.images != IMAGES[survey.split].images or (labelled and survey.classes < CLASSES)


def _described(survey: Survey) -> str:
    size = human_bytes(survey.bytes)
    if survey.official:
        md5 = f"MD5 verified {survey.verified}" if survey.verified else "MD5 not checked"
        return f"{survey.split} has the official size, {size} ({md5})"
    classes = f" of {counted(survey.classes, 'class')}" if survey.classes else ""
    return f"{survey.split} has {counted(survey.images, 'image')}{classes}, {size}"
