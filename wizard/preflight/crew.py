"""The pre-flight of workers elsewhere: whether they have the run's versions, its source, and its output folder."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from wizard.engine.executors.engine import Report
from wizard.engine.executors.look import OUTPUT, SOURCE, VERSIONS, WORKERS, Crew, Look
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.events import CheckResult, Estimated, Status
from wizard.folders import existing
from wizard.formatting import Range, counted, few, human_bytes
from wizard.machine.cores import usable_cores
from wizard.planning import Job, Settings, with_a_shard_each
from wizard.preflight.examine import Verdict
from wizard.sources.samples import SampleTable

_SAMPLE = 12
"""Files of each split that every worker looks for."""
_OF_THIS_MACHINE = ("memory", "cores", "open-files")
"""Checks that say nothing about workers elsewhere."""


def look_of(settings: Settings) -> Look:
    """What all workers of a build must agree on with this run."""
    files: dict[str, int] = {}
    for survey in settings.surveys.values() if isinstance(settings, Job) else ():
        for path in (survey.path,) if survey.table is None else _some_files(survey.table):
            with suppress(OSError):  # the pre-flight's other checks report it
                if path.is_file():
                    files[str(path)] = path.stat().st_size
    return Look(
        files=tuple(files.items()),
        folder=str(existing(settings.output)),
        target=settings.target,
        encoders=tuple(sorted({recipe.encoder for recipe in settings.recipes.values()})),
    )


def _some_files(table: SampleTable) -> Iterable[Path]:
    """Files that hold images from all over the table."""
    rows = np.unique(np.linspace(0, max(0, len(table) - 1), _SAMPLE).astype(np.intp))
    for row in rows[: len(table)]:
        inside = table.inside[row].decode()
        file = Path(table.files[table.file[row]])
        yield file / inside if inside else file


def with_crew(verdict: Verdict, report: Report, pool: WorkerPool) -> Verdict:
    """The verdict of a build whose workers are where the profile says; the same one if they are on this machine.

    What was measured here is scaled to the calls that they take at a time.

    Raises:
        MachineError: no worker can be reached or started.
        UsageError: the engine's packages are not installed, or its settings are wrong.
    """
    settings = verdict.settings
    look = look_of(settings)
    crew = pool.engine(settings.profile.run).crew(look, report)
    if crew is None:
        return verdict
    asked = settings.profile.run.workers
    workers = crew.calls if asked == "auto" else min(asked, crew.calls)
    if isinstance(settings, Job) and not settings.reading.staged:
        workers = with_a_shard_each(workers, settings.shards)
    estimated = verdict.estimated and _scaled(verdict.estimated, workers, crew)
    checks = [check for check in verdict.checks if check.name not in _OF_THIS_MACHINE]
    checks += [_workers(crew, look), *(_agreement(crew, look, name) for name in (VERSIONS, SOURCE, OUTPUT))]
    if estimated is not None:
        checks.append(_memory(crew, estimated))
    return replace(verdict, checks=tuple(checks), settings=replace(settings, workers=workers), estimated=estimated)


def _scaled(estimated: Estimated, workers: int, crew: Crew) -> Estimated:
    busy = min(estimated.workers, usable_cores()) / workers
    seconds = estimated.seconds
    return replace(
        estimated,
        workers=workers,
        seconds=Range(low=seconds.low * busy, likely=seconds.likely * busy, high=seconds.high * busy),
        elsewhere=f"measured on this machine, and scaled to {counted(workers, 'worker')} on "
        f"{counted(len(crew.hosts), 'host')}, as if their cores and their way to the disks were as fast",
    )


def _workers(crew: Crew, look: Look) -> CheckResult:
    hosts = counted(len(crew.hosts), "host")
    found = f"{counted(crew.calls, 'call')} at a time on {hosts}: {few(crew.hosts)}"
    result = CheckResult(name=WORKERS, looked_at=crew.place, found=found)
    busy = [f"{host}: {clause}" for clause, hosts in crew.wrong(look, WORKERS).items() for host in hosts]
    if busy:
        status: Status = "warn" if len(busy) < len(crew.sights) else "fail"
        fix = "The build continues without them" if status == "warn" else "Wait, or start other workers"
        return replace(result, status=status, found=f"{found}; {few(busy)}", fix=fix)
    if crew.crowded:
        short = [f"{host} has {counted(cores, 'core')} for {calls:,}" for host, (calls, cores) in crew.crowded.items()]
        fix = "More calls than cores only use more memory: give workers as many threads as they may use cores"
        return replace(result, status="warn", found=f"{found}; {few(short)}", fix=fix)
    if crew.expected <= crew.calls:
        return result
    fix = "The build starts with these; the others join as they come"
    return replace(result, status="warn", needed=f"{crew.expected:,} at a time were asked for", fix=fix)


def _agreement(crew: Crew, look: Look, name: str) -> CheckResult:
    """Whether all workers agree with this run on one thing."""
    agreed, looked_at, fix = _AGREEMENTS[name]
    result = CheckResult(name=name, looked_at=looked_at, found=agreed.format(look=look, files=len(look.files)))
    if name == VERSIONS:
        result = replace(result, found=", ".join(f"{what} {version}" for what, version in look.versions().items()))
    if name == SOURCE and not look.files:
        return replace(result, status="warn", found="no file of the source is known", fix="See raw-data")
    wrong = crew.wrong(look, name)
    if not wrong:
        return result
    by_hosts: defaultdict[str, list[str]] = defaultdict(list)
    for clause, hosts in wrong.items():
        by_hosts[few(hosts)].append(clause)
    found = ". ".join(f"{hosts}: {'; '.join(clauses)}" for hosts, clauses in by_hosts.items())
    return replace(result, status="fail", found=found, fix=fix)


_AGREEMENTS = {
    VERSIONS: (
        "",
        "versions in the workers",
        "Let the workers use this environment, or one with the same versions: other versions give other bytes",
    ),
    SOURCE: (
        "all workers see the {files} files looked at, with the same sizes",
        "a sample of the source's files",
        "Mount the raw data at the same path on each host",
    ),
    OUTPUT: (
        "a file made here is seen by all workers, and the other way round: {look.folder}",
        "the output folder",
        "Mount one shared file system there on each host, writable",
    ),
}
"""What is said where all agree, what was looked at, and what fixes it."""


def _memory(crew: Crew, estimated: Estimated) -> CheckResult:
    each, need = crew.memory_for_a_call, estimated.worker_memory.high
    result = CheckResult(
        name="memory",
        looked_at="the workers' limits and their machines",
        found=f"{human_bytes(each)} for each call where it is scarcest",
        needed=f"{human_bytes(need)} for each",
    )
    if each >= need:
        return result
    fix = "Start workers with more memory, or with fewer threads (--nthreads)"
    return replace(result, status="fail", fix=fix)
