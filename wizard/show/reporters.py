"""Reporters show a command's events: on a terminal, as lines for logs, or as JSON for programs."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from wizard.download.events import Checking, Transferring
from wizard.events import BuildFinished, Heartbeat, Preparing, as_json
from wizard.machine.load import MachineLoad
from wizard.output import Output
from wizard.show.progress import Event, Progress
from wizard.show.terminal_reporter import TerminalReporter
from wizard.show.transfer_progress import Transfers


class Reporter(Protocol):
    """Takes the events of a build, a check or a download, within its `shown` block."""

    def shown(self) -> AbstractContextManager[object]:
        """Shows progress while the block runs."""
        return nullcontext()

    def aside(self) -> AbstractContextManager[object]:
        """Hides progress while a person is asked something, within `shown`."""
        return nullcontext()

    def handle(self, event: Event) -> None:
        """Takes one event."""


def reporter_for(output: Output) -> Reporter:
    """The reporter for an output's mode and terminal."""
    if output.mode == "json":
        return JsonReporter(output)
    return TerminalReporter(output) if output.live else PlainReporter(output)


class PlainReporter(Reporter):
    """For logs and screen readers: messages at once, and a line of progress every so many seconds."""

    def __init__(self, output: Output, every: float = 30.0) -> None:
        self._output = output
        self._every = every
        self._progress = Progress()
        self._next = time.monotonic() + every

    def handle(self, event: Event) -> None:
        """Prints the event's messages, and progress from time to time."""
        for line in self._progress.add(event):
            self._output.say(line)
        if time.monotonic() < self._next:
            return
        if line := self._progress.line(event):
            self._next = time.monotonic() + self._every
            self._output.say(line)


class JsonReporter(Reporter):
    """For programs: a line for every event, but at most one a second for progress of a kind, or of a file."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._transfers = Transfers()
        self._next: dict[tuple[type[Event], str], float] = {}

    def handle(self, event: Event) -> None:
        """Prints the event, unless one of its kind was printed just now, or the command itself reports it."""
        self._transfers.add(event)
        if isinstance(event, BuildFinished):  # the command's own "finished" has the result
            return
        name, fields = as_json(event)
        if isinstance(event, Heartbeat | Preparing | MachineLoad | Checking | Transferring):
            kind = (type(event), fields.get("file", ""))
            now = time.monotonic()
            if now < self._next.get(kind, 0.0):
                return
            self._next[kind] = now + 1.0
        self._output.event(name, fields | self._rates(event))

    def _rates(self, event: Event) -> dict[str, int]:
        if not isinstance(event, Checking | Transferring):
            return {}
        file = self._transfers.under_way.get(event.file)
        if file is None:
            return {}
        rates = {"bytes_per_second": file.rate, "seconds_left": file.seconds_left}
        return {name: round(value) for name, value in rates.items() if value is not None}
