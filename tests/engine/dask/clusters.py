"""Schedulers and workers of Dask as processes of their own, started from the command lines that people use."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent.parent


class Cluster:
    """A scheduler and its workers; whatever is left is killed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._started: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()

    def start_scheduler(self) -> None:
        words = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        # It needs nothing of ours: not even the package.
        self.scheduler = self._start(words, self.folder, {"PYTHONPATH": ""})

    def add(
        self, name: str, *options: str, at: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """A worker of one thread, in this folder."""
        words = ["distributed.cli.dask_worker", self.address, "--name", name, "--nthreads", "1", "--no-dashboard"]
        words += ["--local-directory", str(self.folder / f"scratch-{name}"), *options]
        return self._start(words, at or self.folder, {"PYTHONPATH": str(ROOT), **(environment or {})})

    def _start(self, words: list[str], at: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        log = (self.folder / "log.txt").open("ab")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=at,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kills a process and its children: a machine that is switched off."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for process in self._started:
            self.kill(process)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
