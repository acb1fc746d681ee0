"""Shows everything in a conversation other than questions; and its outcomes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from wizard.ask.lines import Row, as_lines, consequence
from wizard.output import Output
from wizard.profile import Profile
from wizard.terminal_echo import discard_typed_keys

# What shows the results of work is imported where it is used: the first question is put before any.
if TYPE_CHECKING:
    from wizard.events import Estimated, Event
    from wizard.preflight.examine import Verdict
    from wizard.sources.source import Progress
    from wizard.submit.prepare import Prepared
    from wizard.submit.sbatch import Submitted

Start: TypeAlias = Literal["start", "background"]
"""How a build is to begin: in this process, or in one of its own that needs no terminal."""


class View:
    """Shows what is not a question: to a person as text, to a program as events."""

    def __init__(self, output: Output) -> None:
        self._output = output

    @property
    def has_person(self) -> bool:
        """Whether a person looks at it, and not a program."""
        return self._output.mode != "json"

    @contextmanager
    def progress(self) -> "Iterator[Callable[[Event], None]]":
        """Shows how far a long survey is, while it is open."""
        from wizard.show.reporters import reporter_for

        reporter = reporter_for(self._output)
        with reporter.shown():
            yield reporter.handle
        if self._output.live:
            discard_typed_keys()  # they were not typed as an answer to the next question

    def busy(self, text: str) -> "AbstractContextManager[Progress]":
        """Shows what is being waited for while open; yields a callback for the progress."""
        return self._output.busy(text)

    def table(self, rows: Sequence[Row]) -> None:
        """Shows the review."""
        # Both: an output serves a person or a program, and ignores the other's.
        self._output.say("\n" + "\n".join(as_lines(rows)) + "\n")
        self._output.event("review", {"rows": [row._asdict() for row in rows]})

    def consequence(self, estimated: "Estimated", assumed: str) -> None:
        """Shows the estimate for the answers so far, and the assumptions for missing answers."""
        from wizard.events import as_json

        self._output.say(consequence(estimated, assumed))
        self._output.event(*as_json(estimated))

    def scripts(self, prepared: "Prepared") -> None:
        """Shows the scripts of a build on a cluster, and the commands that submit them."""
        from wizard.submit.present import show_commands, show_scripts

        show_scripts(self._output, prepared)
        show_commands(self._output, prepared)

    def command(self, line: str) -> None:
        """Shows a command line, as it can be copied."""
        self._output.result(line)
        self._output.event("command", {"command": line})

    def preview(self, page: Path) -> None:
        """Shows where the page of images before and after is."""
        from wizard.show.preview import show_preview

        show_preview(self._output, page)

    @contextmanager
    def serving(self, page: Path) -> Iterator[None]:
        """Serves the page to a browser while open, and shows how to get there.

        Raises:
            OSError: it cannot be read, or no port can be had.
        """
        from wizard.show.page_server import served
        from wizard.show.preview import show_address

        with served(page.read_bytes()) as address:
            show_address(self._output, address)
            yield


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a conversation ended.

    Attributes:
        path: where the profile was saved; None where it was not.
        verdict: of the pre-flight, where the build is to start.
        ignored: failing checks that the person chose to ignore.
        submitted: the scripts and jobs of a build on a cluster, where it has been submitted.
    """

    kind: Start | Literal["verify", "submitted", "saved", "left"]
    profile: Profile
    path: Path | None = None
    verdict: "Verdict | None" = None
    ignored: tuple[str, ...] = ()
    submitted: "tuple[Prepared, Submitted] | None" = None
