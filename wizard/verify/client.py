"""Runs TensorFlow in a separate process and sends it requests as JSON lines; see `wizard.verify.server`."""

import base64
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Self

from wizard.errors import MachineError
from wizard.folders import cache_folder
from wizard.targets.target import Target

_COMMAND = ("-m", "wizard.verify.server")
_KILLED = -9
"""SIGKILL's exit code; Windows has no such signal."""
_TOLD = 500
"""Most characters of TensorFlow's stderr that are shown."""


def pickled(target: Target) -> str:
    """A target for a request: by its class, so that one that only this process has registered works there too."""
    return base64.b64encode(pickle.dumps(target)).decode()


class Died(Exception):
    """TensorFlow's process ended before it answered; the message says how.

    Attributes:
        crashed: whether it crashed by itself, as C code may on unexpected input.
        hint: what to do about it.
    """

    def __init__(self, code: int, stderr: str) -> None:
        killed = code == _KILLED
        self.crashed = (code < 0 and not killed) or code > 255  # on Windows, a crash has a large exit code
        self.hint = f"{'Free some memory' if killed else 'Fix the tensorflow installation'} and verify again"
        super().__init__(f"{_end(code)}: {stderr}" if code == 1 else _end(code))


class TensorFlow:
    """A TensorFlow process, started on the first request, and restarted on the next one after it died.

    Attributes:
        version: TensorFlow's version; empty before the first request.
    """

    version = ""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed together with the process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._stderr.close()

    def ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Sends a request and yields the answers.

        Raises:
            MachineError: it cannot be started.
            Died: it ended before the last answer.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        with suppress(OSError):  # the process has ended, which is reported below
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
        """Kills the process, which has nothing to save, and waits for it to end."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(OSError):  # unsent data has no reader any more
                process.__exit__(None, None, None)


def _environment() -> dict[str, str]:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    # Otherwise Keras, which TensorFlow imports, would create a folder in the user's home.
    return quiet | os.environ | {"KERAS_HOME": str(cache_folder() / "keras")}


def _end(code: int) -> str:
    if code == _KILLED:
        return "was killed by the system or a person (SIGKILL), most likely because memory ran out"
    if code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    return f"exited with code {code}"
