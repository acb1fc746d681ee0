"""Runs a command in a fresh process, and measures its time, its CPU seconds and its memory."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_INTERVAL = 0.4
"""Seconds between two looks at the processes. Each takes milliseconds, which the command would have used."""


class CommandFailed(Exception):
    """A command ended with an error; the message has the end of what it printed."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a command printed to stdout, and what it took; `measured.Measured` explains the figures."""

    stdout: str
    whole: float
    cpu: float
    parent: int
    worker: int


def run(words: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Usage:
    """Runs a command to its end; POSIX only.

    Raises:
        CommandFailed: its exit code is not 0.
    """
    with tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        # Not read from a pipe: a reader would wake up for every line, on the cores that the command uses.
        with tempfile.TemporaryFile("w+") as printed:
            process = subprocess.Popen(words, cwd=cwd, env={**os.environ, **env}, stdout=printed, stderr=errors)
            sampler = _Sampler(process.pid)
            # Unlike `wait`, it returns the resources of this child, including those of its own children.
            _, status, used = os.wait4(process.pid, 0)
            whole = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            sampler.stop()
            printed.seek(0)
            stdout = printed.read()
        if process.returncode:
            errors.seek(0)
            raise CommandFailed(f"exit code {process.returncode}: {(errors.read() or stdout).strip()[-600:]}")
    return Usage(
        stdout=stdout,
        whole=whole,
        cpu=used.ru_utime + used.ru_stime,
        parent=sampler.parent,
        worker=sampler.worker,
    )


def python(words: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Usage:
    """Runs a module, the first word, with this Python; as `run`."""
    return run([sys.executable, "-m", *words], cwd=cwd, env=env)


class _Sampler:
    """Watches the memory of a process and its descendants in a thread, from now until `stop`."""

    def __init__(self, pid: int) -> None:
        self.parent = self.worker = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_INTERVAL):
            for process in family(self._pid):
                memory = peak(process)
                if process.pid == self._pid:
                    self.parent = max(self.parent, memory)
                else:
                    self.worker = max(self.worker, memory)


def family(pid: int) -> Iterator[psutil.Process]:
    """A process and its descendants; none once it has ended."""
    try:
        parent = psutil.Process(pid)
        yield parent
        yield from parent.children(recursive=True)
    except psutil.NoSuchProcess:
        return


def peak(process: psutil.Process) -> int:
    """A process' largest resident memory so far in bytes; where only Linux could tell, the present one."""
    # ru_maxrss is of no use: a new program inherits that of the process that started it.
    try:
        if sys.platform == "linux":
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
            return 0
        return int(process.memory_info().rss)
    except (psutil.Error, OSError):
        return 0
