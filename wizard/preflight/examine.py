"""The pre-flight: checks raw data, output and machine, and reports whether a build would work."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wizard.discovery.report import hint_with_found
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.engine.path_collisions import require_some_readable
from wizard.errors import InputError, MachineError, writing
from wizard.events import CheckResult, Estimated, Glanced, Note
from wizard.folders import cache_folder
from wizard.formatting import Range
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.machine.cores import usable_cores
from wizard.machine.disks import disk_of
from wizard.machine.memory import usable_memory
from wizard.machine.open_files import open_file_limits
from wizard.machine.processes import largest_processes
from wizard.planning import Job, Report, Settings, decide_without_source, resolve, step, worker_count
from wizard.preflight import checks
from wizard.preflight.estimate import Estimator, measuring_workers
from wizard.preflight.output_state import (
    OutputState,
    going_on,
    holds_these_images,
    output_check,
    read_output,
    this_build,
)
from wizard.preflight.reading_speed import without_room
from wizard.preflight.source_check import source_check, with_damage
from wizard.profile import Profile
from wizard.slices import WHOLE, Slice
from wizard.sources.class_counts import ClassCounts, count_splits, first_classes
from wizard.sources.glance import Glance, LabelState, glance
from wizard.sources.source import Progress

_BESIDE = 16
"""Files that a build makes beside its shards, amply."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of the pre-flight.

    Attributes:
        checks: all of them, in the order of `checks.NAMES`.
        settings: what was decided, with as many workers as memory has room for; a Job, which can be built, where the
            source can be built from.
        estimated: None where the source cannot be measured.
        error: why the source cannot be built from; None where it can.
        is_complete: whether the output folder holds the whole dataset already.
    """

    checks: tuple[CheckResult, ...]
    settings: Settings
    estimated: Estimated | None = None
    error: InputError | None = None
    is_complete: bool = False

    def require_job(self) -> Job:
        """The job to build.

        Raises:
            InputError: the source cannot be built from.
        """
        if self.error is not None:
            raise self.error
        assert isinstance(self.settings, Job)
        return self.settings


def examine(profile: Profile, report: Report, pool: WorkerPool, part: Slice = WHOLE) -> Verdict:
    """Resolves a profile and runs all checks, even if some fail; leaves the workers that measured in the pool.

    The time that is estimated is that of the slice `part`; the size is that of the whole dataset, which the disk holds.

    Raises:
        UsageError: the profile asks for what its source cannot give, or for an engine that cannot be had.
    """
    pool.engine(profile.run)  # jobs may have to wait in a queue
    pool.executor(measuring_workers(worker_count(profile))).start()  # while the source is looked at
    try:
        job = replace(resolve(profile, report), slice=part)
        for split, survey in job.surveys.items():
            if survey.table is not None:
                require_some_readable(job.target, split, survey.table)
                if not job.skip_bad:
                    survey.table.require_usable()
        report(Glanced(glance=glance_at(job, count_splits(job.surveys, cache_folder()))))
    except InputError as error:
        settings = replace(decide_without_source(profile), slice=part)
        place = str(profile.source_path)
        source = CheckResult(
            name="raw-data", status="fail", looked_at=place, found=error.what, fix=hint_with_found(error)
        )
        return evaluate(settings, source, read_output(settings), error=error)
    if not part.is_whole:
        names = job.shard_names
        shards = f"{len(part.among(names)):,} of {len(names):,} shards"
        report(Note(text=f"slice {part} is {shards}; the time below is for these, the size for the whole dataset"))
    estimator = Estimator(job.surveys, job.workers, cache_folder(), pool)
    return measure(job, estimator, step(report, "a sample of the images"))


def glance_at(job: Job, counts: Mapping[Split, ClassCounts]) -> Glance:
    """Summary of the classes, labels and images that the job would build; counts are of at least its splits."""
    wanted = {split: counts[split] for split in SPLITS if split in job.surveys and split in counts}
    number = job.profile.source.classes
    if number is not None:
        wanted = first_classes(wanted, number, {split: survey.table for split, survey in job.surveys.items()})
    labels: LabelState = "stored" if job.target.stores_labels else "none"
    seen = glance(job.classes, job.label_base, [*wanted.values()], labels=labels)
    # Classes that were not asked for are not missed.
    return seen if number is None else replace(seen, without_images=0)


def measure(job: Job, estimator: Estimator, progress: Progress) -> Verdict:
    """The pre-flight of a job: measures a sample of its images and runs every check."""
    source, output, estimated = source_check(job), read_output(job), None
    try:
        asked, remaining = going_on(job, output), remaining_fraction(job, output)
        job, estimated = estimator.settle(asked, remaining=remaining, progress=progress)
        missing = _missing_room(asked, job, estimated, output)
        if missing > 0:
            _, estimated = estimator.settle(_read_directly(asked), remaining=remaining, progress=progress)
            job = replace(job, reading=without_room(job.reading, missing))
        source = with_damage(source, estimated, skipped=job.skip_bad)
    except (InputError, MachineError) as error:
        found = f"{source.found}; no sample could be measured: {error.what}"
        source = replace(source, status="warn", found=found, fix=error.hint)
    return evaluate(job, source, output, estimated, held=estimator.held)


def _missing_room(asked: Job, settled: Job, estimated: Estimated, output: OutputState) -> int:
    """Bytes that the disk lacks for what is spilled, where the pre-flight chose to read in stages."""
    if settled.reading.staged == asked.reading.staged:
        return 0
    with writing(settled.output):
        free = disk_of(settled.output).free
    return max(0, round(estimated.bytes_out.high + estimated.spill - output.bytes - free))


def _read_directly(job: Job) -> Job:
    source = job.profile.source.model_copy(update={"read": "direct"})
    return replace(job, profile=job.profile.model_copy(update={"source": source}))


def evaluate(
    settings: Settings,
    source: CheckResult,
    output: OutputState,
    estimated: Estimated | None = None,
    *,
    held: int = 0,
    error: InputError | None = None,
) -> Verdict:
    """The checks of output and machine, after that of the source; `held` bytes of memory will be given back."""
    cores = usable_cores()
    memory: list[CheckResult] = []
    if estimated is not None:
        machine = usable_memory().with_freed(held)
        check, workers = checks.memory(
            machine, estimated, settings.workers, lambda: next(iter(largest_processes(1)), None)
        )
        memory.append(check)
        estimated = _with_workers(estimated, workers, cores)
        settings = replace(settings, workers=workers)
    with writing(settings.output):
        disk = disk_of(settings.output)
    files, there = _files_to_come(settings, output), this_build(settings, output)
    image_files = files if settings.target.one_file_per_image else 0
    return Verdict(
        checks=(
            source,
            checks.reading(settings, estimated),
            output_check(settings, output),
            checks.write_access(settings.output),
            checks.disk(settings.output, disk, estimated, output.bytes, image_files),
            checks.files(settings.output, disk, files),
            *memory,
            checks.cores(cores, settings.workers),
            checks.open_files(open_file_limits(), settings.workers),
        ),
        settings=settings,
        estimated=estimated,
        error=error,
        is_complete=there is not None and there.is_complete,
    )


def remaining_fraction(job: Job, output: OutputState) -> float:
    """The part of all images that this run has to build: those of its slice that are in no shard there yet."""
    own = {*job.slice.among(job.shard_names)}
    there = output.in_place if holds_these_images(job, output) else ()
    # The whole counts every shard: the guided setup estimates before it has asked how many shards there will be.
    counted = there if job.slice.is_whole else [result for result in there if result.shard in own]
    done = sum(result.images + len(result.skipped) for result in counted)
    return max(0.0, len(own) / max(1, len(job.shard_names)) - done / job.images)


def _files_to_come(settings: Settings, output: OutputState) -> int:
    """Three files for each shard: itself, index, record; or the images, class folders, and a record for each shard."""
    shards = sum(settings.shards.values()) - len(output.in_place)
    if not settings.target.one_file_per_image:
        return 3 * shards + _BESIDE
    images = folders = 0
    if isinstance(settings, Job):
        images = round(settings.images)
        folders = sum(survey.classes for survey in settings.surveys.values())
    return images - sum(result.images for result in output.in_place) + folders + shards + _BESIDE


def _with_workers(estimated: Estimated, workers: int, cores: int) -> Estimated:
    """The same estimate for fewer workers; workers beyond the number of cores do not make it faster."""
    more = min(estimated.workers, cores) / min(workers, cores)
    seconds = Range(
        low=estimated.seconds.low * more, likely=estimated.seconds.likely * more, high=estimated.seconds.high * more
    )
    return replace(estimated, workers=workers, seconds=seconds)
