"""Rows of progress below each other: name, bar, percent, and what else there is to say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

SHORTEST = 6
"""Cells of the shortest bar that is drawn."""
_GAP = "  "
_ASCII = str.maketrans("╭╮╰╯├┤│─━╸·→…✓✗", "++++++|-##->~+x")


@dataclass(frozen=True, kw_only=True)
class Row:
    """Progress of one thing.

    Attributes:
        total: None where that is not known, and then there is neither bar nor percent.
        cells: what else there is to say, by column.
    """

    name: str
    done: int
    total: int | None
    cells: Mapping[str, str] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """The percentage done, rounded down; 100 if there is nothing to do."""
        return 100 * self.done // self.total if self.total else 100


def draw_rows(
    rows: Sequence[Row],
    width: int,
    *,
    columns: Mapping[str, int] | None = None,
    dropped: Collection[str] = (),
    longest_bar: int | None = None,
) -> list[Text]:
    """Draws a line for each row, cut to the given number of columns.

    Args:
        rows: from top to bottom.
        width: in columns.
        columns: the cells' columns, in order, and how wide each is at least, so that little moves.
        dropped: what goes first where there is little room, in order; "bar" is one of them.
        longest_bar: cells; 0 draws none, None lets bars have what is left over.
    """
    least = {"name": 0, "bar": SHORTEST, "percent": len("100 %"), **(columns or {})}
    if longest_bar == 0:
        del least["bar"]
        if all(row.total is None for row in rows):
            del least["percent"]
    percents = ["" if row.total is None else f"{row.percent} %" for row in rows]
    texts = [{"name": row.name, "percent": percent, **row.cells} for row, percent in zip(rows, percents, strict=True)]
    widths = {name: max([low, *(cell_len(text.get(name, "")) for text in texts)]) for name, low in least.items()}
    spare = width - sum(widths.values()) - len(_GAP) * (len(widths) - 1)
    for name in dropped:
        if spare < 0 and name in widths:
            spare += widths.pop(name) + len(_GAP)
    if "bar" in widths:
        longest = width if longest_bar is None else longest_bar
        widths["bar"] = min(longest, widths["bar"] + max(0, spare))
    widths["name"] = max(1, widths["name"] + min(0, spare))
    return [_line(row, text, widths) for row, text in zip(rows, texts, strict=True)]


def _line(row: Row, texts: Mapping[str, str], widths: Mapping[str, int]) -> Text:
    line = Text(texts["name"])
    line.truncate(widths["name"], overflow="ellipsis", pad=True)
    for name, cells in widths.items():
        if name == "name":
            continue
        line.append(_GAP)
        if name == "bar":
            line.append_text(_bar(row, cells))
        else:
            line.append(" " * (cells - cell_len(texts.get(name, ""))) + texts.get(name, ""))
    return line


def _bar(row: Row, cells: int) -> Text:
    if row.total is None:
        return Text(" " * cells)
    # A file may grow beyond its announced size.
    halves = min(2 * cells, 2 * cells * row.done // row.total) if row.total else 2 * cells
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return Text.assemble((full, "green" if row.percent == 100 else "cyan"), ("─" * (cells - len(full)), "dim"))


def flow(parts: Iterable[str], width: int, lines: int) -> list[Text]:
    """Joins parts into as few lines as possible; parts beyond the last line are dropped."""
    flowing: list[str] = []
    for part in parts:
        if flowing and cell_len(f"{flowing[-1]} · {part}") <= width:
            flowing[-1] += f" · {part}"
        else:
            flowing.append(part)
    return [Text(line) for line in flowing[: max(0, lines)]]


def fewer(rows: list[Text], space: int, what: str, more: int = 0) -> list[Text]:
    """As many of the rows as there is space for, and how many more there are of what they show.

    `more` of them have no row.
    """
    if len(rows) + bool(more) <= space:
        return [*rows, Text(f"and {more} more {what}")] if more else rows
    if space <= 1:
        return [Text(f"{len(rows) + more} {what}")][: max(0, space)]
    return [*rows[: space - 1], Text(f"and {len(rows) - space + 1 + more} more {what}")]


def fitted(line: Text, width: int, *, ascii_only: bool) -> Text:
    """The line cut to a width, so that the terminal does not wrap it."""
    line.truncate(width, overflow="ellipsis")
    line.no_wrap, line.overflow = True, "crop"
    if ascii_only:
        line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return line


def printable(text: str) -> str:
    """The text without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
