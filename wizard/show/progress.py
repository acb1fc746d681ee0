"""Progress of a command, whether it prepares, builds, verifies or downloads."""

from dataclasses import dataclass, field

from wizard.download.events import Checking, Transferring
from wizard.download.events import Event as DownloadEvent
from wizard.events import BuildFinished, Heartbeat, Preparing, ShardDone, Started
from wizard.events import Event as BuildEvent
from wizard.formatting import clock, human_bytes
from wizard.machine.cores import usable_cores
from wizard.show.build_progress import BuildProgress
from wizard.show.messages import messages
from wizard.show.transfer_progress import Transfers

Event = BuildEvent | DownloadEvent


def _new_build() -> BuildProgress:
    return BuildProgress(cores=usable_cores())


@dataclass(kw_only=True)
class Progress:
    """All of a command's events, added up."""

    build: BuildProgress = field(default_factory=_new_build)
    transfers: Transfers = field(default_factory=Transfers)

    @property
    def phase(self) -> tuple[str, ...]:
        """Names of what is under way."""
        return (*self.build.splits, *self.build.preparing, *self.transfers.under_way)

    def add(self, event: Event) -> list[str]:
        """Takes an event into account; returns its messages for a person."""
        if isinstance(event, BuildFinished):
            self.build = _new_build()
        self.build.add(event)
        lines = self.transfers.add(event) + messages(event)
        if not isinstance(event, Started):
            for line in lines:
                self.build.remember(line.removeprefix("· "))
        return lines

    def line(self, event: Event) -> str:
        """Progress after an event, as a line for logs; empty if the event is not about progress."""
        match event:
            case Preparing(step=step, done=done, total=total):
                return f"{step}: {100 * done // max(total, 1)} % of {human_bytes(total)}"
            case Heartbeat() | ShardDone():
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
