"""Long lines in a window: broken between words, but not inside a command that a person may copy."""

import re
import textwrap

_HANGING = 4
"""Columns that continuation lines are indented by, where the line has no columns of its own."""
_GAP = re.compile(r"(?<=\S)\s{2,}(?=\S)")
"""Between two columns of a table."""
_INDENTED = 0.4
"""Part of the width that continuation lines are indented by at most."""
_WORD = r"""(?:'[^']*'|"[^"]*"|[^\s'"();·])+"""
"""A word as a shell reads it, which may be a path with spaces in quotes."""
_COMMAND = re.compile(rf"(?:imagenet-setup|pip install)(?: {_WORD}){{0,3}}(?: (?=[-'~/]|[\w.]+=){_WORD})*")
"""A command as messages name it. Where a sentence follows, some of its words are taken along, which does no harm."""
_GLUE = "\ue000"
"""Stands for a space that no line is broken at: a private character, which is no white space to textwrap."""


def wrapped(line: str, width: int) -> list[str]:
    """The line in parts that fit, all but the first indented: as far as its last column that leaves room enough.

    What is longer than the width, as a path may be, is left to the terminal to break, so that it can be copied whole;
    it is indented less where it fits then.

    >>> wrapped("The build goes on. To stop it: imagenet-setup attach ~/out --stop", 50)
    ['The build goes on. To stop it:', '    imagenet-setup attach ~/out --stop']
    """
    if len(line) <= width:
        return [line]
    columns = [gap.end() for gap in _GAP.finditer(line) if gap.end() <= _INDENTED * width]
    indent = columns[-1] if columns else len(line) - len(line.lstrip()) + _HANGING
    parts = textwrap.wrap(
        _COMMAND.sub(lambda command: command[0].replace(" ", _GLUE), line),
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        tabsize=4,
    )
    return [_less_indented(part.replace(_GLUE, " "), width) for part in parts] or [""]


def _less_indented(part: str, width: int) -> str:
    text = part.lstrip()
    return part if len(part) <= width else " " * max(0, width - len(text)) + text
