"""Who is told of a preparation, and how a request to stop ends it."""

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

    def tell(event: Event) -> None:
        if stopping():
            raise Interrupted("Stopped before the first shard was begun.")
        report(event)

    return tell


def step(report: Report, name: str) -> Progress:
    """Progress of one step of a preparation, told as events."""
    return lambda done, total: report(Preparing(step=name, done=done, total=total))
