"""How far the files of a download are, and what a person should read of them at once."""

import math
import time
from dataclasses import dataclass, field

from wizard.download.events import Checking, Event, Fetched, Transferring, Waiting
from wizard.events import Note
from wizard.formatting import duration, human_bytes
from wizard.show.progress import clock
from wizard.show.rate import Pace

_LATELY = 30.0
"""Seconds that a rate is told of."""
_SILENT = 5.0
"""Seconds without a byte, from which on that is told in place of a rate."""


@dataclass(kw_only=True)
class File:
    """How far one file is; feed it its events."""

    name: str
    checking: bool = False
    done: int = 0
    total: int = 0
    waiting_until: float | None = None
    _grew: float | None = None
    _pace: Pace = field(default_factory=lambda: Pace(_LATELY))

    def hear(self, event: Checking | Transferring) -> None:
        """Takes progress into account; bytes of earlier runs, which the first such event tells, make no rate."""
        if event.done != self.done or self._grew is None:
            self.waiting_until = None
            self._grew = time.monotonic()
        self.done, self.total = event.done, event.total
        self._pace.add(time.monotonic(), event.done)

    @property
    def silent(self) -> float:
        """Seconds since a byte came, where they are worth telling; else 0."""
        since = 0.0 if self._grew is None else time.monotonic() - self._grew
        return since if since >= _SILENT and self.waiting_until is None else 0.0

    @property
    def rate(self) -> float | None:
        """Bytes a second, lately; None while that says nothing yet, or nothing comes."""
        nothing = self.waiting_until is not None or self.silent
        return None if nothing else self._pace.rate(time.monotonic())

    @property
    def seconds_left(self) -> float | None:
        """At that rate; None where it cannot be told."""
        rate = self.rate
        return (self.total - self.done) / rate if self.total and rate else None

    def cells(self) -> dict[str, str]:
        """What there is to say, by column, without the bar."""
        rate, left = self.rate, self.seconds_left
        last = "" if left is None else f"{clock(left).removeprefix('00:')} left"
        if not self.total:
            last = f"{human_bytes(self.done)} so far"
        if self.silent:
            last = f"{self.silent:.0f} s silent"
        if self.waiting_until is not None:
            seconds = math.ceil(self.waiting_until - time.monotonic())
            last = f"again in {seconds} s" if seconds > 0 else "trying again"
        return {
            "name": f"checking {self.name}" if self.checking else self.name,
            "percent": f"{100 * self.done // self.total:3} %" if self.total else "",
            "amount": self._amount(),
            "rate": "" if rate is None else f"{human_bytes(rate)}/s",
            "left": last,
        }

    def _amount(self) -> str:
        number, unit = human_bytes(self.total).split()
        return f"{float(number) * self.done / self.total:.1f} of {number} {unit}" if self.total else ""


class Files:
    """The files under way, and what a person should read of them at once."""

    def __init__(self) -> None:
        self.under_way: dict[str, File] = {}
        self._had: dict[str, int] = {}

    def add(self, event: Event) -> list[str]:
        """Takes an event into account; the lines that tell it, none for mere progress."""
        match event:
            case Checking() | Transferring():
                checking, file = isinstance(event, Checking), self.under_way.get(event.file)
                if file is None or file.checking != checking or event.done < file.done:
                    file = self.under_way[event.file] = File(name=event.file, checking=checking)
                if not checking:
                    self._had[event.file] = min(event.done, self._had.get(event.file, event.done))
                file.hear(event)
                if checking and event.done >= event.total:
                    del self.under_way[event.file]
                return []
            case Waiting():
                file = self.under_way.setdefault(event.file, File(name=event.file))
                file.waiting_until = time.monotonic() + event.seconds
                again = f"again in {duration(event.seconds)}" if round(event.seconds) else "again at once"
                return [f"! {event.file}: {event.reason}; {again}, attempt {event.attempt}"]
            case Fetched():
                self.under_way.pop(event.file, None)
                return [f"✓ {event.file}  {human_bytes(event.bytes)} · {self._proven(event)}"]
            case Note(text=text, warning=warning):
                return [f"{'!' if warning else '·'} {text}"]

    def _proven(self, event: Fetched) -> str:
        proven = "MD5 as it should be" if event.md5 else "no MD5 to compare with"
        came = event.bytes - self._had.pop(event.file, event.bytes)
        if not event.seconds:
            return f"{proven} · was here already"
        # What came before it was first told how far it is does not count, which matters in a short time alone.
        rate = f", {human_bytes(came / event.seconds)}/s" if came and event.seconds >= 1 else ""
        took = duration(event.seconds) if event.seconds >= 1 else "under a second"
        return f"{proven} · {took}{rate}"
