"""What the conversation shows besides questions, as lines: a table of labels and texts, and what answers come to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from wizard.formatting import counted, duration, human_bytes, of_which_part

if TYPE_CHECKING:
    from wizard.events import Estimated


class Row(NamedTuple):
    """A line of a table: its label, its text, and a mark if something was checked."""

    label: str
    text: str
    mark: str = ""


def as_lines(table: Sequence[Row]) -> list[str]:
    """A table as aligned lines."""
    width = max(len(row.label) for row in table)
    lines = []
    for row in table:
        first, *more = row.text.split("\n")
        lines += [
            f"  {row.mark or ' '} {row.label:<{width}}  {first}",
            *(f"{'':{width + 6}}{each.strip()}" for each in more),
        ]
    return lines


def consequence(estimated: "Estimated", assumed: str) -> str:
    """The estimated result of the answers so far, in one line, with the assumptions for missing answers."""
    with_what = f" · assumed: {assumed}" if assumed else ""
    return (
        f"  → about {human_bytes(estimated.bytes_out.likely)} instead of {human_bytes(estimated.bytes_in)} · "
        f"about {duration(estimated.seconds.likely)} with {counted(estimated.workers, 'worker')}"
        f"{of_which_part(estimated.remaining)} · "
        f"measured on {counted(estimated.sampled, 'image')}{with_what}"
    )
