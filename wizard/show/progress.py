"""Progress of a command, whether it prepares, builds, verifies or downloads, and its messages for a person."""

from dataclasses import dataclass, field
from pathlib import Path

from wizard.download.events import Checking, Transferring
from wizard.download.events import Event as DownloadEvent
from wizard.events import (
    BuildFinished,
    CheckResult,
    Estimated,
    Glanced,
    Heartbeat,
    Note,
    Preparing,
    ShardDone,
    SplitStart,
    Started,
    StretchDone,
    WorkerLost,
)
from wizard.events import Event as BuildEvent
from wizard.folders import shortened
from wizard.formatting import GLYPHS, clock, counted, duration, human_bytes, of_which_part, with_range
from wizard.show import at_a_glance
from wizard.show.build_progress import BuildProgress
from wizard.show.transfer_progress import Transfers
from wizard.sources.image_formats import become_jpeg

Event = BuildEvent | DownloadEvent

_CONVERTED = 30
"""Converted images that are named while a build runs; ILSVRC2012 has 23."""


@dataclass(kw_only=True)
class Progress:
    """All of a command's events, added up."""

    build: BuildProgress = field(default_factory=BuildProgress)
    transfers: Transfers = field(default_factory=Transfers)

    @property
    def phase(self) -> tuple[str, ...]:
        """Names of what is under way."""
        return (*self.build.splits, *self.build.preparing, *self.transfers.under_way)

    def add(self, event: Event) -> list[str]:
        """Takes an event into account; returns its messages for a person."""
        if isinstance(event, BuildFinished):
            self.build = BuildProgress()
        self.build.add(event)
        lines = self.transfers.add(event) + self._conversions(event) + messages(event)
        if not isinstance(event, Started):
            for line in lines:
                self.build.remember(line.removeprefix("· "))
        return lines

    def _conversions(self, event: Event) -> list[str]:
        """The first images that were converted, one by one: some of ImageNet are, of a folder of PNGs all."""
        if not isinstance(event, ShardDone) or not event.result.converted:
            return []
        before = self.build.converted - len(event.result.converted)
        named = event.result.converted[: max(0, _CONVERTED - before)]
        lines = [f"· converted {image.name} ({image.kind} → JPEG)" for image in named]
        if before <= _CONVERTED < self.build.converted:
            lines.append("· more images are converted; the end of the build counts them")
        return lines

    def line(self, event: Event) -> str:
        """Progress after an event, as a line for logs; empty if the event is not about progress."""
        match event:
            case Preparing(step=step, done=done, total=total):
                return f"{step}: {100 * done // max(total, 1)} % of {human_bytes(total)}"
            case Heartbeat() | ShardDone() | StretchDone():
                return _build_line(self.build)
            case Checking() | Transferring() if event.file in self.transfers.under_way:
                row = self.transfers.under_way[event.file].row()
                percent = "" if row.total is None else f"{row.percent:3} %"
                return "  ".join(filter(None, (row.name, percent, *row.cells.values())))
            case _:
                return ""


def _build_line(build: BuildProgress) -> str:
    left = build.seconds_left
    return "  ".join(
        (
            clock(build.seconds),
            f"{100 * build.reached // max(build.images, 1):3d} %",
            f"{build.reached:,}/{build.images:,}",
            f"{build.rate:,.0f} img/s",
            human_bytes(build.bytes_out),
            f"{clock(left) if left is not None else '--:--:--'} left",
            f"{build.skipped:,} skipped",
        )
    )


def messages(event: object) -> list[str]:
    """The lines to print for an event; none for mere progress."""
    match event:
        case Note(text=text, warning=warning):
            return [f"{'!' if warning else '·'} {text}"]
        case Glanced(glance=glance):
            return at_a_glance.lines(glance)
        case CheckResult():
            return _checked(event)
        case Estimated():
            amounts = f"about {with_range(event.bytes_out, human_bytes)} · about {with_range(event.seconds, duration)}"
            basis = f"measured on {counted(event.sampled, 'image')}"
            kept = "" if event.kept is None else f" · about {event.kept:,} of {event.images:,} images keep their bytes"
            if event.converted:
                kept += f" · {become_jpeg(event.converted)}"
            basis = event.elsewhere.replace("measured", basis, 1) or basis
            workers = f"{counted(event.workers, 'worker')}{of_which_part(event.remaining)}"
            return [f"→ {amounts} with {workers}{kept} · {basis}"]
        case Started():
            return [_start(event)]
        case ShardDone(result=result):
            return [f"! skipped {image.name}: {image.reason}" for image in result.skipped]
        case WorkerLost():
            return [f"! {event.reason}, while on {event.title} (attempt {event.attempt}); it is tried again"]
        case _:
            return []


def _checked(check: CheckResult) -> list[str]:
    if check.fix and check.status == "fail":
        return []  # the error that ends the command says it
    needed = f"; needed: {check.needed}" if check.needed else ""
    fix = f" → {check.command_fix}" if check.fix else ""
    return [f"{GLYPHS[check.status]} {check.name:<12}  {check.found}{needed}{fix}"]


def _start(event: Started) -> str:
    where = f"in {shortened(Path(event.output))} (plan {event.plan_id})"
    shards = sum(split.shards for split in event.splits)
    if shards == sum(split.shards_done for split in event.splits):
        whose = f"slice {event.slice}" if event.slice else "the dataset"
        images = counted(sum(split.images for split in event.splits), "image")
        there = images if event.one_file_per_image else counted(shards, "shard")
        return f"Nothing is left to build of {whose}: {there} {where}"
    parts = [_of_split(split, event) for split in event.splits]
    what = f"slice {event.slice}: " if event.slice else ""
    return f"Building {what}{' and '.join(parts)} with {counted(event.workers, 'worker')} {where}"


def _of_split(split: SplitStart, event: Started) -> str:
    images = counted(split.images, f"{split.split} image")
    if event.one_file_per_image:
        return images + (f" ({split.images_done:,} of them done before)" if split.images_done else "")
    before = f" ({split.shards_done:,} of them done before)" if split.shards_done else ""
    return f"{images} in {counted(split.shards, 'shard')}{before}"
