"""How a download is shown: bars that move, lines for a log, or NDJSON for programs."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from wizard.download.events import Checking, Event, Transferring
from wizard.events import as_json
from wizard.output import Output
from wizard.show.bars import Bars
from wizard.show.files import Files


class Face(Protocol):
    """Listens to a download's events while its `shown` block is open."""

    def shown(self) -> AbstractContextManager[object]:
        """Open while there is something to see."""
        return nullcontext()

    def aside(self) -> AbstractContextManager[object]:
        """Open while the person is asked something, within `shown`."""
        return nullcontext()

    def handle(self, event: Event) -> None:
        """Takes one event."""


def transfers(output: Output) -> Face:
    """NDJSON for programs, bars for a person at a terminal, else lines."""
    if output.mode == "json":
        return Ndjson(output)
    return Bars(output) if output.live else Lines(output)


class Lines(Face):
    """For logs and screen readers: what matters at once, and how far a file is every 30 s.

    Args:
        output: where to say it.
        every: seconds between two lines of progress.
    """

    def __init__(self, output: Output, every: float = 30.0) -> None:
        self._output = output
        self._every = every
        self._files = Files()
        self._next = time.monotonic() + every

    def handle(self, event: Event) -> None:
        """Says it, or how far its file is."""
        for line in self._files.add(event):
            self._output.say(line)
        file = self._files.under_way.get(event.file) if isinstance(event, Checking | Transferring) else None
        if file is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._output.say("  ".join(filter(None, file.cells().values())))


class Ndjson(Face):
    """For programs: every event a line, with rate and remaining seconds; of progress at most one a second and file."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._files = Files()
        self._next: dict[tuple[type[Event], str], float] = {}

    def handle(self, event: Event) -> None:
        """Prints it, unless the last one of its kind was just now."""
        self._files.add(event)
        name, fields = as_json(event)
        if isinstance(event, Checking | Transferring):
            kind, now = (type(event), event.file), time.monotonic()
            if now < self._next.get(kind, 0.0):
                return
            self._next[kind] = now + 1.0
            file = self._files.under_way.get(event.file)
            known = {"bytes_per_second": file.rate, "seconds_left": file.seconds_left} if file else {}
            fields |= {key: round(value) for key, value in known.items() if value is not None}
        self._output.event(name, fields)
