"""Who listens to a build: a face for logs and one for programs; the one that moves is in `dashboard.py`."""

import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from wizard.events import (
    Beat,
    BuildFinished,
    Checked,
    Estimated,
    Event,
    Glanced,
    Note,
    Preparing,
    ShardDone,
    Started,
    WorkerLost,
    as_json,
)
from wizard.folders import shortened
from wizard.formatting import GLYPHS, about, duration, human_bytes, workers
from wizard.machine.resources import Machine
from wizard.output import Output
from wizard.show import at_a_glance
from wizard.show.progress import Tally, clock


class Face(Protocol):
    """Listens to events while its `shown` block is open."""

    def shown(self) -> AbstractContextManager[object]:
        """Open while there is something to see."""

    def handle(self, event: Event) -> None:
        """Takes one event."""


class Lines:
    """For logs and screen readers: what matters at once, and how far things are every 30 s.

    Args:
        output: where to say it.
        every: seconds between two lines of progress.
    """

    def __init__(self, output: Output, every: float = 30.0) -> None:
        self._output = output
        self._every = every
        self._tally = Tally()
        self._next = time.monotonic() + every

    def shown(self) -> AbstractContextManager[object]:
        """Nothing to open."""
        return nullcontext()

    def handle(self, event: Event) -> None:
        """Says it, or remembers it for the next line."""
        self._tally.add(event)
        for line in told(event):
            self._output.say(line)
        if time.monotonic() >= self._next and isinstance(event, Preparing | Beat | ShardDone):
            self._next = time.monotonic() + self._every
            self._output.say(_far(event) if isinstance(event, Preparing) else progress_line(self._tally))


class Ndjson:
    """For programs: every event a line; of beats, preparations and the machine at most one a second each."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._next: dict[type[Event], float] = {}

    def shown(self) -> AbstractContextManager[object]:
        """Nothing to open."""
        return nullcontext()

    def handle(self, event: Event) -> None:
        """Prints it, unless it is the last word, which the command itself has."""
        if isinstance(event, BuildFinished):
            return
        if isinstance(event, Beat | Preparing | Machine):
            if time.monotonic() < self._next.get(type(event), 0.0):
                return
            self._next[type(event)] = time.monotonic() + 1.0
        self._output.event(*as_json(event))


def told(event: Event) -> list[str]:
    """What a person should read of an event at once; empty for mere progress."""
    match event:
        case Note(text=text, warning=warning):
            return [f"{'!' if warning else '·'} {text}"]
        case Glanced(glance=glance):
            return at_a_glance.lines(glance)
        case Checked():
            return _checked(event)
        case Estimated():
            return [_estimate(event)]
        case Started():
            return [_start(event)]
        case ShardDone(result=result):
            converted = [f"· converted {image.name} ({image.kind} → JPEG)" for image in result.converted]
            return converted + [f"! skipped {image.name}: {image.reason}" for image in result.skipped]
        case WorkerLost():
            return [f"! {event.reason}, while on {event.shard} (attempt {event.attempt}); the shard is tried again"]
        case _:
            return []


def progress_line(tally: Tally) -> str:
    """How far a build is, in a line of a log."""
    left = tally.seconds_left
    return "  ".join(
        (
            clock(tally.seconds),
            f"{100 * tally.reached // max(tally.images, 1):3d} %",
            f"{tally.reached:,}/{tally.images:,}",
            f"{tally.rate:,.0f} img/s",
            human_bytes(tally.bytes_out),
            f"{clock(left)} left" if left is not None else "--:--:-- left",
            f"{tally.skipped:,} skipped",
        )
    )


def _checked(check: Checked) -> list[str]:
    needed = f"; needed: {check.needed}" if check.needed else ""
    seen = f"{GLYPHS[check.status]} {check.name:<12}  {check.seen}{needed}"
    match check:
        case Checked(mend=""):
            return [seen]
        case Checked(status="fail"):
            return []  # the error that ends the command tells it
        case _:
            return [f"{seen} → {check.mend}"]


def _estimate(event: Estimated) -> str:
    return (
        f"→ about {about(event.bytes_out, human_bytes)} · about {about(event.seconds, duration)} "
        f"with {workers(event.workers)} · measured on {event.sampled:,} images"
    )


def _start(event: Started) -> str:
    parts = [
        f"{split.images:,} {split.split} images in {split.shards:,} shards"
        + (f" ({split.shards_done:,} of them done before)" if split.shards_done else "")
        for split in event.splits
    ]
    where = f"in {shortened(Path(event.output))} (plan {event.plan_id})"
    return f"Building {' and '.join(parts)} with {workers(event.workers)} {where}"


def _far(event: Preparing) -> str:
    return f"{event.step}: {100 * event.done // max(event.total, 1)} % of {human_bytes(event.total)}"
