"""What a conversation is shown on besides its questions, and how it can end."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from wizard.ask.review import Row
from wizard.events import Estimated, Event
from wizard.preflight.examine import Verdict
from wizard.profile import Profile
from wizard.sources.source import Progress


class View(Protocol):
    """What is shown besides the questions."""

    def progress(self) -> AbstractContextManager[Callable[[Event], None]]:
        """Shows how far a long survey is, while it is open."""

    def busy(self, text: str) -> AbstractContextManager[Progress]:
        """Says what is waited for, while it is open; what it gives is told how far that is."""

    def table(self, rows: list[Row]) -> None:
        """Shows the review."""

    def consequence(self, estimated: Estimated, assumed: str) -> None:
        """Shows what the answers so far come to, and what was assumed where answers are still missing."""

    def link(self, text: str, path: Path) -> None:
        """Shows where a file is."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a conversation ended.

    Attributes:
        kind: start the build, saved, or left.
        profile: the answers; None where they were not complete.
        path: where the profile was saved; None where it was not.
        verdict: of the pre-flight, where the build is to start.
        ignored: checks that fail and that the person goes on without.
    """

    kind: Literal["start", "saved", "left"]
    profile: Profile | None = None
    path: Path | None = None
    verdict: Verdict | None = None
    ignored: tuple[str, ...] = ()
