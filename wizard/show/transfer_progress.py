"""Progress of the files of a download, and the messages about them."""

import math
import time
from dataclasses import dataclass, field

from rich.text import Text

from wizard.download.events import Checking, Fetched, Transferring, Waiting
from wizard.formatting import duration, human_bytes, short_clock
from wizard.show.rate import RateMeter
from wizard.show.rows import Row, draw_rows

_RATE_WINDOW = 30.0
"""Seconds that a rate is the mean of."""
_SILENT = 5.0
"""Seconds without a byte after which the silence is shown in place of a rate."""
_COLUMNS = {"amount": 17, "rate": 10, "left": 13}
_DROPPED = ("amount", "rate", "bar", "left")
"""Columns to drop in a narrow window, in order."""


@dataclass(kw_only=True)
class FileProgress:
    """Progress of one file."""

    name: str
    checking: bool = False
    done: int = 0
    total: int = 0
    waiting_until: float | None = None
    _grew: float | None = None
    _meter: RateMeter = field(default_factory=lambda: RateMeter(_RATE_WINDOW))

    def update(self, event: Checking | Transferring) -> None:
        """Takes an event into account. The first one has the bytes of earlier runs, which do not count as speed."""
        if event.done != self.done or self._grew is None:
            self.waiting_until = None
            self._grew = time.monotonic()
        self.done, self.total = event.done, event.total
        self._meter.add(time.monotonic(), event.done)

    @property
    def silent(self) -> float:
        """Seconds since the last byte if it has been long, else 0."""
        since = 0.0 if self._grew is None else time.monotonic() - self._grew
        return since if since >= _SILENT and self.waiting_until is None else 0.0

    @property
    def rate(self) -> float | None:
        """Recent bytes per second; None until that is known, or if none arrive."""
        nothing = self.waiting_until is not None or self.silent
        return None if nothing else self._meter.rate(time.monotonic())

    @property
    def seconds_left(self) -> float | None:
        """At that rate; None if unknown."""
        rate = self.rate
        return (self.total - self.done) / rate if self.total and rate else None

    def row(self) -> Row:
        """Its row in the picture."""
        name = f"checking {self.name}" if self.checking else self.name
        rate = self.rate
        amount = ""
        if self.total:
            number, unit = human_bytes(self.total).split()
            amount = f"{float(number) * self.done / self.total:.1f} of {number} {unit}"
        cells = {"amount": amount, "rate": f"{human_bytes(rate)}/s" if rate else "", "left": self._left()}
        return Row(name=name, done=self.done, total=self.total or None, cells=cells)

    def _left(self) -> str:
        if self.waiting_until is not None:
            seconds = math.ceil(self.waiting_until - time.monotonic())
            return f"again in {seconds} s" if seconds > 0 else "trying again"
        if self.silent:
            return f"{self.silent:.0f} s silent"
        if not self.total:
            return f"{human_bytes(self.done)} so far"
        left = self.seconds_left
        return "" if left is None else f"{short_clock(left)} left"


class Transfers:
    """The files under way."""

    def __init__(self) -> None:
        self.under_way: dict[str, FileProgress] = {}
        self._had: dict[str, int] = {}

    def add(self, event: object) -> list[str]:
        """Takes an event into account; returns the messages for a person, none for mere progress."""
        match event:
            case Checking() | Transferring():
                checking, file = isinstance(event, Checking), self.under_way.get(event.file)
                if file is None or file.checking != checking or event.done < file.done:
                    file = self.under_way[event.file] = FileProgress(name=event.file, checking=checking)
                if not checking:
                    self._had[event.file] = min(event.done, self._had.get(event.file, event.done))
                file.update(event)
                if checking and event.done >= event.total:
                    del self.under_way[event.file]
                return []
            case Waiting():
                file = self.under_way.setdefault(event.file, FileProgress(name=event.file))
                file.waiting_until = time.monotonic() + event.seconds
                again = f"again in {duration(event.seconds)}" if round(event.seconds) else "again at once"
                return [f"! {event.file}: {event.reason}; {again}, attempt {event.attempt}"]
            case Fetched():
                self.under_way.pop(event.file, None)
                return [f"✓ {event.file}  {human_bytes(event.bytes)} · {self._proven(event)}"]
            case _:
                return []

    def _proven(self, event: Fetched) -> str:
        proven = "MD5 as it should be" if event.md5 else "no MD5 to compare with"
        came = event.bytes - self._had.pop(event.file, event.bytes)
        if not event.seconds:
            return f"{proven} · was here already"
        # Bytes before the first progress event are not counted, which makes rates of very short transfers too low.
        rate = f", {human_bytes(came / event.seconds)}/s" if came and event.seconds >= 1 else ""
        took = duration(event.seconds) if event.seconds >= 1 else "under a second"
        return f"{proven} · {took}{rate}"


def draw_transfers(transfers: Transfers, width: int) -> list[Text]:
    """A line for each file under way."""
    rows = [file.row() for file in transfers.under_way.values()]
    return draw_rows(rows, width, columns=_COLUMNS, dropped=_DROPPED)
