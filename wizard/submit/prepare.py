"""A profile and its pre-flight → the scripts of its build on Slurm, written into the dataset's folder."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import Hint, UsageError, writing
from wizard.events import CheckResult
from wizard.formatting import counted
from wizard.machine.cores import usable_cores
from wizard.planning import Job
from wizard.preflight import checks
from wizard.preflight.examine import Verdict
from wizard.profile import Profile
from wizard.profile_store import as_toml
from wizard.storage import make_folders, write_whole
from wizard.submit import sizing, slurm
from wizard.submit.environment import Environment
from wizard.submit.request import SlurmRequest, seconds_of
from wizard.submit.sizing import Work
from wizard.submit.slurm import SlurmBuild
from wizard.targets.names import STATE_FOLDER

FOLDER = f"{STATE_FOLDER}/slurm"
"""Below the dataset's folder."""
_ELSEWHERE = ("memory", "cores", "open-files")
"""Checks of the machine that submits: each task checks its own."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Scripts that are written.

    Attributes:
        build: what they say.
        scripts: each script's path and text, in the order in which they are submitted.
        why: the reasons for what the person did not say, a line each.
    """

    build: SlurmBuild
    scripts: tuple[tuple[Path, str], ...]
    why: tuple[str, ...]


def that_matter(results: Collection[CheckResult]) -> list[CheckResult]:
    """The checks that say something about the cluster as well, and not about the machine that submits alone."""
    return [check for check in results if check.name not in _ELSEWHERE]


def require_possible(profile: Profile) -> None:
    """Checks what can be checked before the raw data is looked at.

    Raises:
        UsageError: the folder or the engine will not do for scripts of Slurm.
    """
    slurm.require_path(profile.output_path)
    if profile.run.engine != "local":
        raise UsageError(
            f'run.engine = "{profile.run.engine}": each task of an array has workers of its own.',
            Hint("Submit it with {}, or build it with imagenet-setup run", "run.engine=local"),
        )


def refuse_here(verdict: Verdict, ignored: Collection[str]) -> None:
    """Refuses what no task could build; raises what `checks.refuse` does."""
    checks.refuse(that_matter(verdict.checks), ignored, building=True)


def prepare(
    verdict: Verdict, request: SlurmRequest, environment: Environment, ignored: Collection[str] = ()
) -> Prepared:
    """Decides what was not asked for, and writes the profile and the scripts.

    Raises:
        InputError: the raw data cannot be built from.
        UsageError: more tasks than shards, nothing measured to size them by, or what `require_possible` refuses.
        MachineError: the output folder cannot be written.
    """
    job = verdict.require_job()
    require_possible(job.profile)
    build, why = _decided(job, verdict, request, environment, tuple(ignored))
    scripts = (
        (build.folder / slurm.BUILD, slurm.build_script(build)),
        (build.folder / slurm.VERIFY, slurm.verify_script(build)),
    )
    with writing(build.output):
        build.output.mkdir(parents=True, exist_ok=True)
        make_folders(build.output, build.folder / slurm.LOGS)
        write_whole(build.profile, _profile(job))
        for path, text in scripts:
            write_whole(path, text.encode())
    return Prepared(build=build, scripts=scripts, why=why)


def _profile(job: Job) -> bytes:
    return as_toml(job.profile.with_absolute_paths()).encode()


def require_a_shard_each(tasks: int, shards: int, option: str = "--array") -> None:
    """Checks a number of tasks; raises UsageError if some would have nothing to do."""
    if tasks > shards:
        raise UsageError(
            f"{option} {tasks}: there are {shards:,} shards to build, and a task without one has nothing to do.",
            f"Ask for {shards} tasks at most, or for more shards",
        )


def work_of(verdict: Verdict) -> Work:
    """The build, as far as its size matters to a scheduler.

    Raises:
        UsageError: none of its images could be measured.
    """
    estimated = verdict.estimated
    if estimated is None:
        raise UsageError(
            "No image could be measured, so what a task needs is not known.", "imagenet-setup check PROFILE says why"
        )
    busy = min(estimated.workers, usable_cores())
    return Work(estimated=estimated, busy=busy, shards=sum(verdict.settings.shards.values()))


def _decided(
    job: Job, verdict: Verdict, request: SlurmRequest, environment: Environment, ignored: tuple[str, ...]
) -> tuple[SlurmBuild, tuple[str, ...]]:
    work, cpus = work_of(verdict), request.cpus
    if request.tasks is not None:
        require_a_shard_each(request.tasks, work.shards)
    why = []
    tasks = request.tasks
    if tasks is None:
        tasks = sizing.usual_tasks(work, cpus)
        why.append(f"--array {tasks}: at least ten minutes of work for each task, {sizing.MOST_DEFAULT_TASKS} at most")
    seconds = sizing.time_limit(work, cpus, tasks) if request.time is None else seconds_of(request.time)
    time = request.time or sizing.as_slurm_time(seconds)
    if request.time is None:
        why.append(f"--time {time}: three times what was measured here, and ten minutes for the start")
    memory = request.memory or sizing.task_memory(work, cpus)
    if request.memory is None:
        why.append(f"--mem {memory}: as measured for {counted(cpus, 'worker')}")
    folder = job.output / FOLDER
    # Named by its content: tasks that wait in the queue read the one that they were submitted with.
    profile = folder / f"profile-{hashlib.sha256(_profile(job)).hexdigest()[:8]}.toml"
    build = SlurmBuild(
        output=job.output,
        state=job.output / STATE_FOLDER,
        folder=folder,
        profile=profile,
        environment=environment,
        tasks=tasks,
        at_once=request.at_once,
        cpus=cpus,
        memory=memory,
        time=time,
        notice=sizing.notice(work, seconds),
        verify_time=sizing.as_slurm_time(sizing.verify_limit(work)),
        verify_memory=sizing.verify_memory(work, cpus),
        partition=request.partition,
        account=request.account,
        extra=request.extra,
        ignored=ignored,
    )
    return build, tuple(why)
