"""The reporter for whoever comes back to this machine: a log in the state folder, and the view that `attach` draws."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from logging.handlers import RotatingFileHandler
from pathlib import Path

from wizard import local_runs
from wizard.events import Started
from wizard.folders import in_command
from wizard.hangup import Terminal
from wizard.local_runs import Kind, LocalRun
from wizard.run_status import ENDED, State
from wizard.show.build_view import BuildView
from wizard.show.how_it_ended import ending
from wizard.show.progress import Event, Progress

_LOOK = 0.5
"""Seconds between two looks whether somebody watches, and between two views for them."""
_WATCHED = 5.0
"""Seconds that a view is written for after it was asked for."""
_LINE = 60.0
"""Seconds between two lines of progress in the log."""
_LOG_BYTES = 5_000_000
"""Size at which a new log is begun; one older part is kept."""
_JOIN = 5.0
"""Seconds to wait for a writing that is under way; a network file system may hang for good."""


class LocalRunReporter:
    """Writes a log and a run's file; never raises, since nothing depends on them.

    Args:
        output: the folder that is built, downloaded to or verified.
        part: which part of the build it is, as "3/16"; empty for the whole.
        resume: the command that continues after an interruption, until the build says a shorter one.
        terminal: whose loss is logged; a download and a verification say so there too, as its last words.
        kind: what the run is.
    """

    def __init__(self, output: Path, part: str, resume: str, terminal: Terminal, kind: Kind = "build") -> None:
        self._run = local_runs.this_process(output, part, resume, kind)
        self._terminal, self._loss_is_said = terminal, False
        self._progress = Progress()
        self._line_due = time.monotonic() + _LINE
        self._log = _Log(self._run.log)
        # Events come from the command's thread, and the writing one must not see half of one.
        self._lock = threading.RLock()
        # Both write the run's file. Taken before the other lock and never inside it, or they could wait for each other.
        self._writing = threading.RLock()
        self._loss = f"The terminal is lost; the {kind} goes on. imagenet-setup attach {in_command(output)} shows it."
        terminal.farewell = "" if kind == "build" else self._loss

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Writes while the block runs, and at its end how it ended: as `finish` said, else by what is raised."""
        ended = threading.Event()
        with suppress(Exception):
            local_runs.forget_old()
        self._write()
        self._say(f"{self._run.command} (process {self._run.pid} on {self._run.host})")
        writer = threading.Thread(target=self._write_until, args=(ended,), daemon=True)
        writer.start()
        try:
            yield
        except BaseException as error:
            if self._run.state not in ENDED:  # else the result could not be shown, but there is one
                self._end_by(error)
            raise
        finally:
            ended.set()
            writer.join(_JOIN)
            self._write()
            with suppress(Exception):
                local_runs.forget_request(self._run)
            self._log.close()

    def finish(self, exit_code: int, said: str) -> None:
        """Notes that the run has finished, and what its result is."""
        self._end("finished", exit_code, said)
        self._write()

    def resume_with(self, command: str) -> None:
        """Notes another command that continues after an interruption; written with what the run says next."""
        with self._lock:
            self._run = replace(self._run, command=command)

    def say(self, text: str) -> None:
        """Logs a message that is no event's."""
        with suppress(Exception):
            self._say(text)

    def handle(self, event: Event) -> None:
        """Takes one event into account."""
        is_build = self._run.kind == "build"
        begins = isinstance(event, Started) if is_build else not self._run.has_built
        with self._lock, suppress(Exception):
            for line in self._progress.add(event):
                self._say(line)
            if begins:
                self._run = replace(self._run, state="building" if is_build else "running", has_built=True)
            if time.monotonic() >= self._line_due and (line := self._progress.line(event)):
                self._line_due = time.monotonic() + _LINE
                self._say(line)
        if begins:
            self._write()

    def _end_by(self, error: BaseException) -> None:
        how = ending(error)
        why = how.why or "Stopped at once; what was finished is kept."
        hint = how.hint or (f"Resume with: {self._run.command}" if how.state == "stopped" else "")
        self._end(how.state, how.exit_code, f"✗ {why}\n→ {hint}" if hint else f"✗ {why}")

    def _end(self, state: State, exit_code: int, said: str) -> None:
        self._say_loss()
        with self._lock:
            self._run = replace(self._run, state=state, exit_code=exit_code, said=said, ended=time.time())
        told, _, _how_to_load = said.partition("\n\n")
        self.say(f"{told}\n{state} with exit code {exit_code}")

    def _say(self, text: str) -> None:
        for line in text.splitlines():
            self._log.handle(logging.makeLogRecord({"msg": line.rstrip()}))

    def _write_until(self, ended: threading.Event) -> None:
        until = 0.0
        while not ended.wait(_LOOK):
            self._say_loss()
            with suppress(OSError):
                if local_runs.view_is_asked_for(self._run):
                    until = time.monotonic() + _WATCHED
            if time.monotonic() < until:
                self._write(with_view=True)

    def _say_loss(self) -> None:
        with self._lock:
            if self._terminal.lost and not self._loss_is_said:
                self._loss_is_said = True
                self.say(self._loss)

    def _snapshot(self, *, with_view: bool) -> LocalRun:
        with self._lock:
            view = asdict(BuildView.of(self._progress.build)) if with_view else None
            return replace(self._run, view=view)

    def _write(self, *, with_view: bool = False) -> None:
        # Under one lock with the snapshot, or an older one could replace a newer one.
        if not self._writing.acquire(timeout=_JOIN):
            return
        try:
            with suppress(Exception):
                local_runs.write(self._snapshot(with_view=with_view))
        finally:
            self._writing.release()


class _Log(RotatingFileHandler):
    """A log whose lines have times; what hinders its writing is passed over."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace", delay=True
        )
        self.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%Y-%m-%d %H:%M:%S"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Called by logging; its own version prints a traceback."""
