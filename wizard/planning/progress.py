"""Reports the progress of preparations, and ends them when the run is asked to stop."""

from collections.abc import Callable

from wizard.errors import Interrupted
from wizard.events import Event, Preparing
from wizard.sources.source import Progress

Report = Callable[[Event], None]


def stoppable(report: Report, stopping: Callable[[], bool]) -> Report:
    """A report that ends a long preparation when the run is asked to stop.

    Raises:
        Interrupted: at the next event after `stopping` became true.
    """

    def checked(event: Event) -> None:
        if stopping():
            raise Interrupted("Stopped before the first shard was started.")
        report(event)

    return checked


def step(report: Report, name: str) -> Progress:
    """Progress of one step of a preparation, reported as events."""
    return lambda done, total: report(Preparing(step=name, done=done, total=total))
