"""What a list shows: a line for each choice; below, what is typed, how many more there are, and a description."""

from collections.abc import Collection, Sequence
from typing import Any, cast

import questionary
from prompt_toolkit.application import Application
from prompt_toolkit.filters import Always, is_done
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import ConditionalContainer, Dimension, FormattedTextControl, HSplit, Window
from prompt_toolkit.layout.containers import WindowRenderInfo
from rich.cells import cell_len, set_cell_size

from wizard.ask.filtered_list import FilteredList
from wizard.ask.prompt import Choice, Value
from wizard.typed_path import looks_like_path
from wizard.wrapping import wrapped

_INDENT = 4
"""Columns before a choice's title, and one that stays free."""
_TICK = 2
"""Columns of the mark before a choice that can be ticked."""
_GAP = 2
"""Columns between a choice's title and its description."""
_LEAST = 20
"""Columns that are worth to show the beginning of a description in."""
_BELOW = 2
"""Columns before what stands below the list."""
_ROWS = 3
"""Rows of a list that are shown on any screen."""
_NOTHING = "No entry has that."
_PATHS = " Paths have a question of their own."
"""Follows for whoever pastes one into a list that takes none."""


def choice_lines(
    choices: Sequence[Choice], ticked: Collection[Value], *, columns: int, can_be_ticked: bool, unicode: bool
) -> list[questionary.Choice]:
    """A line for each choice, its description beside it; what is cut there is the line's description, in lines.

    Args:
        choices: of the list.
        ticked: values of those that are ticked.
        columns: of the terminal.
        can_be_ticked: whether lines have a mark.
        unicode: whether characters beyond ASCII can be shown.
    """
    room = columns - _INDENT - (_TICK if can_be_ticked else 0)
    # A title so long that no description has room beside it does not push those of the others away.
    usual = [length for each in choices if (length := cell_len(each.title)) <= room - _GAP - _LEAST]
    broad = max(usual, default=0)
    lines = []
    for choice in choices:
        title = _cut(choice.title, room, unicode=unicode)
        beside = room - max(broad, cell_len(title)) - _GAP
        fits = cell_len(choice.about) <= beside
        shown = _cut(choice.about, beside, unicode=unicode) if fits or beside >= _LEAST else ""
        whole = [text for text, part in ((choice.title, title), (choice.about, shown)) if text != part]
        below = ["\n".join(_broken(text, columns)) for text in whole]
        lines.append(
            questionary.Choice(
                f"{title}{' ' * (broad - cell_len(title))}{' ' * _GAP}{shown}".rstrip(),
                value=choice.value,
                checked=choice.value in ticked,
                description="\n".join(below) or None,
            )
        )
    return lines


def arrange(application: Application[Any], shown: FilteredList, *, above: int, unicode: bool, elsewhere: bool) -> None:
    """Puts lines below a list, in the place of questionary's line with the filter, and makes it fit on the screen.

    Args:
        application: shows the list.
        shown: the list.
        above: rows above the question that are not to be scrolled away, as its help.
        unicode: whether characters beyond ASCII can be shown.
        elsewhere: whether Enter takes as an answer what no choice has.
    """
    window = next(each for each in application.layout.find_all_windows() if each.content is shown.control)
    window.dont_extend_height = Always()  # else the foot is at the bottom of the screen once it was larger
    hint = "Enter continues with it" if elsewhere else "Backspace corrects it"

    def _below() -> list[str]:
        """The lines below the first one, which do not depend on what fits on the screen."""
        if shown.is_without_match:
            why = _PATHS if not elsewhere and looks_like_path(shown.text) else ""
            return _broken(f"{_NOTHING}{why} {hint}, Esc shows all.", application.output.get_size().columns)
        about = shown.control.get_pointed_at().description
        return about.split("\n") if about else []

    def _lines() -> StyleAndTextTuples:
        columns = application.output.get_size().columns
        first = [f"Filter: {_end_of(shown.text, columns // 2)}"] if shown.text else []
        # Windows are drawn from above, so this is about the list as it is on the screen now.
        if window.render_info is not None and (more := _more(window.render_info, unicode=unicode)):
            first.append(more)
        lines = ["   ".join(first), *_below()]
        return [("class:instruction", "\n".join(" " * _BELOW + line for line in lines))]

    foot = Window(FormattedTextControl(_lines), height=lambda: Dimension.exact(1 + len(_below())))
    root = cast(HSplit, application.layout.container)
    place = next(index for index, child in enumerate(root.children) if getattr(child, "content", None) is window)
    question = root.children[:place]

    def _height() -> Dimension:
        size = application.output.get_size()
        others = sum(each.preferred_height(size.columns, size.rows).preferred for each in question) + 1 + len(_below())
        return Dimension(max=max(_ROWS, size.rows - above - others))

    window.height = _height
    root.children = [*root.children[: place + 1], ConditionalContainer(foot, filter=~is_done)]


def _more(seen: WindowRenderInfo, *, unicode: bool) -> str:
    """How many choices are above and below those that fit on the screen."""
    above = seen.vertical_scroll
    below = seen.content_height - above - seen.window_height
    up, down = ("↑ {:,} more", "↓ {:,} more") if unicode else ("{:,} more above", "{:,} more below")
    found = [text.format(count) for text, count in ((up, above), (down, below)) if count > 0]
    return "   ".join(found)


def _broken(text: str, columns: int) -> list[str]:
    """A text below the list, all of it: what is too long for a line would be cut off."""
    return wrapped(text, columns - _BELOW - 1, indent=0, break_words=True)


def _cut(text: str, columns: int, *, unicode: bool) -> str:
    mark = "…" if unicode else "..."
    if cell_len(text) <= columns:
        return text
    return set_cell_size(text, max(0, columns - len(mark))).rstrip() + mark


def _end_of(text: str, columns: int) -> str:
    """The last characters of what is typed, where the next one will stand."""
    return text[-columns:]
