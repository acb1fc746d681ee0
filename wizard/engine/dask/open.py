"""Opens the engine "dask", or says which package it lacks; imports none of them before that."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import Hint, UsageError
from wizard.profile_run import Run

if TYPE_CHECKING:
    from wizard.engine.dask.engine import DaskEngine

_PACKAGES = {"distributed": "distributed", "dask_jobqueue": "dask-jobqueue"}


def open_engine(run: Run, pool: WorkerPool) -> "DaskEngine":
    """The engine of a run.

    Raises:
        UsageError: a package is not installed, or the class of the cluster has no such setting.
        MachineError: the command that submits jobs is not on the PATH.
    """
    missing = [package for module, package in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise UsageError(
            f'run.engine = "dask" needs {" and ".join(missing)}, which this environment lacks.',
            Hint('pip install "imagenet-setup[dask]"; or build on this machine alone: {}', "run.engine=local"),
        )
    from wizard.engine.dask.engine import DaskEngine  # seconds, and only where it is asked for

    return DaskEngine(run, pool)
