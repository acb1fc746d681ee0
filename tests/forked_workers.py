"""Workers that are forked from a process which has imported their code: 20 ms rather than the half second of a spawn.

A forked worker is as clean as a spawned one, because the process that it is forked from has run no test. It has the
environment, the current folder and `sys.path` of the moment in which it is started. It does not wait for the disk.
"""

import os
import runpy
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_CODE = (
    *("wizard.engine.worker", "wizard.engine.staged.build", "wizard.verify.dataset", "wizard.targets.registry"),
    *("wizard.targets.image_files.check", "wizard.targets.tfrecord.codec", "wizard.targets.tfrecord.writer"),
    *("wizard.targets.webdataset.check", "wizard.targets.webdataset.writer"),
)


class ForkedWorkers(ForkServerContext):
    """What starts workers in place of multiprocessing's context "spawn"."""

    def __init__(self) -> None:
        super().__init__()
        self.set_forkserver_preload(list(_CODE))
        forkserver.ensure_running()  # now, before a test changes what Python does at its start

    def Process(self, *, target: Callable[..., None], args: tuple[Any, ...], daemon: bool) -> BaseProcess:  # type: ignore[override]  # noqa: N802
        """A process that is not started yet."""
        return super().Process(target=_run, args=(dict(os.environ), target, args), daemon=daemon)


def not_synced(fd: object) -> None:
    """Stands for `os.fsync`: only a machine that loses power could tell, and tests wait for the disk 10,000 times."""


def _run(environment: dict[str, str], target: Callable[..., None], args: tuple[Any, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.fsync = not_synced
    for folder in filter(None, environment.get("PYTHONPATH", "").split(os.pathsep)):
        customize = Path(folder) / "sitecustomize.py"
        if customize.is_file():  # a spawned process runs it before all else
            runpy.run_path(str(customize))
    target(*args)
