"""The cluster that a profile asks for: one whose scheduler has an address, jobs of a job scheduler, or this machine."""

import difflib
import inspect
import logging
import shutil
import signal
import warnings
from collections.abc import Mapping
from typing import Any

import dask
from distributed import LocalCluster, Nanny, Worker

from wizard.errors import Hint, MachineError, UsageError
from wizard.formatting import counted
from wizard.machine.cores import usable_cores
from wizard.profile_run import Run

_OURS = ("asynchronous", "loop", "n_workers", "job_cls", "scheduler_cls", "silence_logs")
"""Settings that are not a profile's to make; for LocalCluster, n_workers is."""


def quiet() -> None:
    """Dask's own messages would be written over the dashboard; what a person has to know is said by notes."""
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    # Another cluster has the usual port; that of this one's own dashboard is any other then.
    warnings.filterwarnings("ignore", message=r"\s*Port \d+ is already in use", category=UserWarning)
    # Tasks are kept apart from each other, so that a few MB of a plan's rows are no reason to warn.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})


def cluster_class(run: Run) -> Any:
    """The class of the cluster that is to be started; None if there is a scheduler already.

    Raises:
        UsageError: a setting is not one of the class's.
        MachineError: the command that submits jobs is not on the PATH.
    """
    if run.scheduler is not None and "://" in run.scheduler:
        return None
    kind: Any = LocalCluster if run.scheduler is None else jobqueue_class(run.scheduler)
    known = _settings(kind)
    for key in run.cluster or {}:
        if key not in known:
            meant = difflib.get_close_matches(key, known, n=2)
            raise UsageError(
                f"run.cluster.{key}: {kind.__name__} has no such setting that a profile can make.",
                f"Did you mean {' or '.join(meant)}?" if meant else f"It has {', '.join(sorted(known))}",
            )
    if kind is not LocalCluster:
        command = str(kind.job_cls.submit_command).split()[0]
        if shutil.which(command) is None:
            raise MachineError(
                f"run.scheduler = {run.scheduler!r} submits jobs with {command}, which is not on the PATH here.",
                "Give the command on a machine from which jobs can be submitted",
            )
    return kind


async def start_cluster(kind: type[Any], run: Run) -> Any:
    """Starts a cluster; the jobs of a job scheduler are submitted, and may wait long.

    Raises:
        UsageError: the class refuses its settings.
        MachineError: it cannot be started.
    """
    settings: Mapping[str, Any] = run.cluster or {}
    if kind is LocalCluster:
        threads = usable_cores() if run.workers == "auto" else run.workers
        settings = {"n_workers": 1, "threads_per_worker": threads, "dashboard_address": None, **settings}
    else:
        # More processes of Dask in a job would bring nothing: each thread has one of ours.
        settings = {"processes": 1, **settings}
    try:
        cluster = await kind(**settings, asynchronous=True)
        if kind is not LocalCluster:
            # Not `scale`, which does not replace a job whose time is over.
            cluster.adapt(minimum_jobs=run.jobs, maximum_jobs=run.jobs)
    except (TypeError, ValueError) as error:
        raise UsageError(f"run.cluster: {kind.__name__} refuses these settings: {error}.") from error
    except (OSError, RuntimeError) as error:
        raise MachineError(
            f"{kind.__name__} cannot be started: {error}.",
            Hint("Correct run.cluster, or build on this machine alone: {}", "run.engine=local"),
        ) from error
    return cluster


def place_of(run: Run) -> str:
    """Where the workers are, for a person."""
    if run.scheduler is None:
        return "Dask's LocalCluster"
    if run.jobs is None:
        return f"the scheduler at {run.scheduler}"
    return f"{counted(run.jobs, 'job')} of {run.scheduler}"


def expected_calls(run: Run) -> int:
    """Calls at a time once all jobs run; 0 if that is not known."""
    cores = (run.cluster or {}).get("cores")
    return cores * run.jobs if isinstance(cores, int) and run.jobs else 0


def jobqueue_class(name: str) -> Any:
    """A class of dask_jobqueue, whose import leaves signals alone."""
    # Version 0.9 has SIGINT end the process as if all was well (dask_jobqueue/runner.py), which is for this run to say.
    before = signal.getsignal(signal.SIGINT)
    try:
        import dask_jobqueue
    finally:
        signal.signal(signal.SIGINT, before)
    return getattr(dask_jobqueue, name)


def _settings(kind: Any) -> set[str]:
    """The names of all settings that a class takes, or passes on to what it starts."""
    makers: list[Any] = [kind, Nanny, Worker]
    if kind is not LocalCluster:
        every = [*kind.__mro__, *kind.job_cls.__mro__]
        makers = [each for each in every if each.__module__.startswith("dask_jobqueue.")]
    names: set[str] = set()
    for maker in makers:
        parameters = list(inspect.signature(maker.__init__).parameters.values())[1:]
        names.update(each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD)
    return names.difference(_OURS) | ({"n_workers"} if kind is LocalCluster else set())
