"""Work that outlives its terminal from the moment it begins: it goes on, and its log says how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.hangup import Terminal, surviving_hangup
from wizard.interrupts import interruptible
from wizard.local_runs import Kind
from wizard.output import Output
from wizard.show.local_run_reporter import LocalRunReporter
from wizard.show.progress import Event
from wizard.show.reporters import reporter_for


class OutlivingWork:
    """What is shown of such work, and logged once it has begun.

    Attributes:
        terminal: where it was started; the work may ask there until it begins.
        reporter: shows its events there.
    """

    def __init__(self, output: Output, terminal: Terminal) -> None:
        self.terminal, self.reporter = terminal, reporter_for(output)
        self._log: LocalRunReporter | None = None

    @contextmanager
    def begun(self, kind: Kind, folder: Path, command: str) -> Iterator[None]:
        """The block is the work: a lost terminal does not end it, and `attach` finds its log.

        Args:
            kind: what it is.
            folder: what it is done to.
            command: that does it again.
        """
        # Whoever does it again wants to see it.
        log = LocalRunReporter(folder, "", command.removesuffix(" --quiet"), self.terminal, kind)
        with surviving_hangup(self.terminal), interruptible(), log.shown():
            self._log = log
            yield

    def handle(self, event: Event) -> None:
        """Takes one event."""
        if self._log:
            self._log.handle(event)
        self.reporter.handle(event)

    def finish(self, told: str) -> None:
        """Notes the result, before it is shown: whatever ends the showing, the work is done."""
        if self._log:
            self._log.finish(0, told)
