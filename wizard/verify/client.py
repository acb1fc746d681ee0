"""TensorFlow in a process of its own, which is asked by lines of JSON; see `wizard.verify.server`."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Self

from wizard.errors import MachineError
from wizard.folders import cache_folder

_COMMAND = ("-m", "wizard.verify.server")
_KILLED = -9
"""SIGKILL's exit code; Windows has no such signal."""
_TOLD = 500
"""Characters of TensorFlow's stderr that a person is shown."""


class Died(Exception):
    """TensorFlow's process ended before it had answered; the message says how it went.

    Attributes:
        crashed: whether it ended by a signal of its own, as C code does that meets what it is not prepared for.
        hint: what to do.
    """

    def __init__(self, code: int, stderr: str) -> None:
        killed = code == _KILLED
        self.crashed = (code < 0 and not killed) or code > 255  # Windows' codes of a crash are large
        self.hint = f"{'Free some memory' if killed else 'Fix the installation of tensorflow'} and verify again"
        super().__init__(f"{_end(code)}: {stderr}" if code == 1 else _end(code))


class TensorFlow:
    """A process that is started when it is first asked, and again when it is asked after it has died.

    Attributes:
        version: of TensorFlow; empty until it has been asked.
    """

    version = ""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed at the end, with the process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._stderr.close()

    def ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What it answers.

        Raises:
            MachineError: it cannot be started.
            Died: it ended before the last answer.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        with suppress(OSError):  # it is gone, which is told below
            process.stdin.write(f"{json.dumps(request)}\n")
            process.stdin.flush()
        while "end" not in (answer := self._answer(process)):
            yield answer

    def _start(self) -> "subprocess.Popen[str]":
        self._stderr.truncate(0)
        self._process = process = subprocess.Popen(
            [sys.executable, *_COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            encoding="ascii",
            env=_environment(),
        )
        try:
            self.version = self._answer(process)["ready"]
        except Died as death:
            raise MachineError(f"TensorFlow cannot be started here; it {death}.", death.hint) from death
        return process

    def _answer(self, process: "subprocess.Popen[str]") -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.endswith("\n"):
            process.wait()
            self._end()
            raise Died(process.returncode, self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()[-_TOLD:]

    def _end(self) -> None:
        """Kills it, for it has nothing to save, and waits until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(OSError):  # what was not yet sent has nobody to read it
                process.__exit__(None, None, None)


def _environment() -> dict[str, str]:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    # Else Keras, which TensorFlow imports, would leave a folder in the person's home.
    return quiet | os.environ | {"KERAS_HOME": str(cache_folder() / "keras")}


def _end(code: int) -> str:
    if code == _KILLED:
        return "was killed by the system or a person (SIGKILL), most likely for want of memory"
    if code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    return f"ended with code {code}"
