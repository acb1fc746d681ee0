"""The pre-flight: looks at raw data, images and machine, and says whether a build would work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import read_records
from wizard.errors import InputError, MachineError, PlanMismatch, SetupError, UsageError, writing
from wizard.events import Checked, Estimated, Glanced, Preparing
from wizard.folders import cache_folder
from wizard.formatting import Range, human_bytes
from wizard.ilsvrc2012.archives import CLASSES, IMAGES, Split
from wizard.machine.cores import usable_cores
from wizard.machine.disks import disk_of
from wizard.machine.memory import usable_memory
from wizard.machine.open_files import open_file_limits
from wizard.machine.processes import largest_processes
from wizard.planning import Report, all_shards, annotated_splits, goal, raw_data
from wizard.preflight import checks
from wizard.preflight.estimate import Estimator, share
from wizard.preflight.glancing import glance_at
from wizard.preflight.output_state import occupied
from wizard.profile import Profile
from wizard.sources.archive_hints import ON_BAD_IMAGE
from wizard.sources.checksums import when_verified
from wizard.sources.class_counts import count_splits
from wizard.sources.remarks import Remark, remarks
from wizard.sources.source import Progress, Source, Survey
from wizard.targets.target import Target

_WORTH_IGNORING = [name for name in checks.IGNORABLE if name != "raw-data"]
"""Without raw data a build ends anyway; ignoring that check only saves its time."""
_BESIDE = 16
"""Files that a build makes beside its shards, amply."""
_SUBSET = "Not the whole of ImageNet: fine if a subset is intended; labels stay those of the full set"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the pre-flight found.

    Attributes:
        checks: all of them, in the order of `checks.NAMES`.
        estimated: None where the raw data cannot be measured.
        workers: how many the build should have.
    """

    checks: tuple[Checked, ...]
    estimated: Estimated | None
    workers: int


def examine(profile: Profile, report: Report) -> Verdict:
    """Runs every check, whatever the others found.

    Args:
        profile: what would be built.
        report: told how far the reading of headers is.
    """
    surveys, source = _source(profile, report)
    if source.status == "fail":
        return judge(profile, source, surveys, None, wanted_workers(profile))
    with Estimator(surveys, wanted_workers(profile), cache_folder()) as estimator:

        def progress(done: int, total: int) -> None:
            report(Preparing(step="a sample of the images", done=done, total=total))

        return verdict(profile, source, surveys, estimator, progress)


def verdict(
    profile: Profile, source: Checked, surveys: Mapping[Split, Survey], estimator: Estimator, progress: Progress
) -> Verdict:
    """The rest of the pre-flight, when nothing is wrong with the raw data at first sight."""
    estimated = None
    try:
        estimated = estimator.estimate(profile, left=left(profile, surveys), progress=progress)
        source = _with_damage(source, estimated, skipped=profile.output.on_bad_image == "skip")
    except (InputError, MachineError) as error:
        source = _unmeasured(source, error)
    return judge(profile, source, surveys, estimated, estimator.workers, estimator.held)


def wanted_workers(profile: Profile) -> int:
    """How many workers the profile asks for on this machine."""
    return usable_cores() if profile.run.workers == "auto" else profile.run.workers


def judge(
    profile: Profile,
    source: Checked,
    surveys: Mapping[Split, Survey],
    estimated: Estimated | None,
    wanted: int,
    held: int = 0,
) -> Verdict:
    """The checks of output and machine; `held` bytes of memory are this program's own and will be free again."""
    output, workers = profile.output_path, wanted
    remembered: list[Checked] = []
    if estimated is not None:
        there = usable_memory()
        there = replace(there, available=min(there.total, there.available + held))
        check, workers = checks.memory(there, estimated, wanted, lambda: next(iter(largest_processes(1)), None))
        remembered.append(check)
        estimated = _with_workers(estimated, workers, usable_cores())
    done = _done(output, goal(profile, surveys))
    with writing(output):
        disk = disk_of(output)
    files, is_many = _files_to_come(profile, surveys, done), goal(profile, surveys).one_file_per_image
    return Verdict(
        checks=(
            source,
            occupied(profile, surveys),
            checks.rights(output),
            checks.disk(output, disk, estimated, sum(result.bytes_out for result in done), files if is_many else 0),
            checks.files(output, disk, files),
            *remembered,
            checks.cores(usable_cores(), workers),
            checks.open_files(open_file_limits(), workers),
        ),
        estimated=estimated,
        workers=workers,
    )


def require_known(ignored: Collection[str]) -> None:
    """Looks at the names after --ignore.

    Raises:
        UsageError: one is no check's that can be ignored.
    """
    unknown = [name for name in ignored if name not in checks.IGNORABLE]
    if unknown:
        known = ", ".join(checks.IGNORABLE)
        raise UsageError(f"--ignore {unknown[0]}: there is no such check to ignore.", f"There are {known}")


def refuse(verdict: Verdict, ignored: Collection[str], *, building: bool) -> None:
    """Stops where a check fails that is not ignored.

    Args:
        verdict: what the pre-flight found.
        ignored: names of checks.
        building: whether a build would come next: then raw data or an output that will not do are the errors that
            they are to the build.

    Raises:
        InputError: raw data that will not do, before a build.
        PlanMismatch: an output that holds other shards, before a build.
        MachineError: any other check that fails.
    """
    bad = checks.failed(verdict.checks, list(ignored))
    if not bad:
        return
    lines = [f"{len(bad)} of {len(verdict.checks)} checks {'fails' if len(bad) == 1 else 'fail'}. Nothing was begun."]
    for check in bad:
        needed = f"; needed: {check.needed}" if check.needed else ""
        lines += [f"  {check.name}: {check.seen}{needed}"] + ([f"    → {check.mend}"] if check.mend else [])
    names = [check.name for check in bad]
    words = " ".join(f"--ignore {name}" for name in names)
    way_on = f"Mend that, or go on anyway with {words}" if set(names) <= set(_WORTH_IGNORING) else "Mend that first"
    kinds: dict[str, type[SetupError]] = {"raw-data": InputError, "output": PlanMismatch} if building else {}
    kind = next((kinds[name] for name in kinds if name in names), MachineError)
    raise kind("\n".join(lines), way_on)


def left(profile: Profile, surveys: Mapping[Split, Survey]) -> float:
    """The share of the images that no earlier run has put into a shard of the output folder."""
    there = _done(profile.output_path, goal(profile, surveys))
    done = sum(result.images + len(result.skipped) for result in there)
    images = sum(surveys[split].images * share(profile, surveys[split]) for split in profile.source.splits)
    return max(0.0, 1.0 - done / images)


def raw_data_check(profile: Profile, raw: Source, surveys: Mapping[Split, Survey]) -> Checked:
    """What is to be said of raw data in which nothing is wrong."""
    told, short = [f"{raw.what}"] if not raw.official else [], False
    noted = [(split, remark) for split in profile.source.splits for remark in _remarks(surveys[split])]
    for split in profile.source.splits:
        each = surveys[split]
        if each.official:
            when = when_verified(each.path, IMAGES[split].md5(each.path.name), cache_folder())
            md5 = f"MD5 verified {when}" if when else "MD5 not checked"
            told.append(f"{split} has the official size, {human_bytes(each.bytes)} ({md5})")
        else:
            short |= is_short(each)
            told.append(f"{split} has {each.images:,} images{_of_classes(each)}, {human_bytes(each.bytes)}")
    told += [f"boxes of {split}" for split in annotated_splits(profile, raw)]
    told += [f"{split}, {remark}" for split, remark in noted]
    ways_out = [_SUBSET] if short else []
    ways_out += dict.fromkeys(remark.hint for _, remark in noted if remark.hint)
    return Checked(
        name="raw-data",
        status="warn" if ways_out else "pass",
        looked_at=str(profile.source_path),
        seen="; ".join(told),
        mend=". ".join(ways_out),
    )


def _remarks(survey: Survey) -> list[Remark]:
    return [] if survey.table is None else remarks(survey.table)


def is_short(survey: Survey) -> bool:
    """Whether a split of ImageNet lacks some of its images; another dataset's never does."""
    if survey.table is not None and not survey.table.classes.whole_imagenet:
        return False
    labelled = survey.split != "test"
    return survey.images != IMAGES[survey.split].images or (labelled and survey.classes < CLASSES)


def _of_classes(survey: Survey) -> str:
    return f" of {survey.classes:,} classes" if survey.classes else ""


def _source(profile: Profile, report: Report) -> tuple[dict[Split, Survey], Checked]:
    surveys: dict[Split, Survey] = {}
    try:
        raw = raw_data(profile)
        raw.require(profile.source.splits, annotated_splits(profile, raw))
        for split in profile.source.splits:
            surveys[split] = raw.survey(split, cache_folder(), _progress(report, split))
            if raw.official and not surveys[split].official:
                skip_bad = profile.output.on_bad_image == "skip"
                raw.table(split, cache_folder(), _progress(report, split), skip_bad=skip_bad)
        report(Glanced(glance=glance_at(profile, surveys, count_splits(raw, surveys, cache_folder()))))
        return surveys, raw_data_check(profile, raw, surveys)
    except InputError as error:
        folder = str(profile.source_path)
        return {}, Checked(name="raw-data", status="fail", looked_at=folder, seen=error.what, mend=error.hint)


def _progress(report: Report, split: Split) -> Progress:
    return lambda done, total: report(Preparing(step=f"a look at {split}", done=done, total=total))


def _files_to_come(profile: Profile, surveys: Mapping[Split, Survey], done: Collection[CommitRecord]) -> int:
    """A shard, its index and its record each; or the images, a folder for each class, and a record a shard."""
    shards = sum(all_shards(profile, surveys).values()) - len(done)
    if not goal(profile, surveys).one_file_per_image:
        return 3 * shards + _BESIDE
    images = sum(survey.images * share(profile, survey) for survey in surveys.values())
    folders = sum(survey.classes for survey in surveys.values())
    return round(images) - sum(result.images for result in done) + folders + shards + _BESIDE


def _done(output: Path, target: Target) -> list[CommitRecord]:
    try:
        return [
            result for result in read_records(output).done.values() if (output / target.file(result.shard)).is_file()
        ]
    except OSError:  # the check of rights has more to say of it
        return []


def _with_damage(source: Checked, estimated: Estimated, *, skipped: bool) -> Checked:
    """A damaged image in the sample is known before the build meets it."""
    if not estimated.damaged:
        return source
    way_out = "They will be left out and listed" if skipped else f"Replace them, or {ON_BAD_IMAGE}"
    return replace(
        source,
        status="warn",
        seen=f"{source.seen}; {damaged_in_words(estimated)}",
        mend=". ".join(filter(None, [source.mend, way_out])),
    )


def damaged_in_words(estimated: Estimated) -> str:
    """How many images of the sample cannot be decoded, and why the first of them cannot."""
    first = estimated.damaged[0]
    place = first.file if first.file.endswith(first.name) else f"{first.file}, {first.name}"
    count = f"{len(estimated.damaged):,} of {estimated.sampled:,}"
    return f"{count} sampled images cannot be decoded; the first is {place}: {first.reason}"


def _unmeasured(source: Checked, error: SetupError) -> Checked:
    seen = f"{source.seen}; no sample could be measured: {error.what}"
    return replace(source, status="warn", seen=seen, mend=error.hint)


def _with_workers(estimated: Estimated, workers: int, cores: int) -> Estimated:
    """The same estimate for fewer workers; those beyond the cores bring nothing."""
    more = min(estimated.workers, cores) / min(workers, cores)
    seconds = Range(
        low=estimated.seconds.low * more, likely=estimated.seconds.likely * more, high=estimated.seconds.high * more
    )
    return replace(estimated, workers=workers, seconds=seconds)
