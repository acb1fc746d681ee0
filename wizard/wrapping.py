"""Long lines in a window: broken between words, but never inside a command that a person may copy.

The only module that breaks lines. What is longer than the window is left to the terminal to break, whose breaks are not
copied.
"""

import re
import textwrap

_HANGING = 4
"""Columns that continuation lines are indented by, where the line has no columns of its own."""
_GAP = re.compile(r"(?<=\S)\s{2,}(?=\S)")
"""Between two columns of a table."""
_INDENTED = 0.4
"""Part of the width that continuation lines are indented by at most."""
_PROGRAMS = (
    "imagenet-setup",
    *("pip install", "git lfs", "hf auth", "huggingface-cli"),
    *("sbatch", "squeue", "scancel", "ssh"),
    *("sudo", "ulimit", "sync", "md5sum", "wget"),
)
"""What the commands in messages begin with."""
_WORD = r"""(?:\\.|'[^']*'|"[^"]*"|[^\s'"();·\\`])+"""
"""A word as a shell reads it, which may be a path with spaces in quotes."""
_OPTION = rf"(?: --?\w[\w-]*(?:={_WORD}|(?: (?!-){_WORD}){{0,2}}))"
"""An option, with the words that follow, which may be its value and an argument."""
_TOLD_APART = rf"(?: (?=['\"~/*<]|[\w.]+=){_WORD})"
"""Another word that no sentence has: a path, a pattern, something in quotes, a setting."""
_JOINED = rf"(?: (?:\||&&|>)(?: {_WORD}){{0,4}})"
"""Another command behind it, or a file for its output."""
_COMMAND = re.compile(
    rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, _PROGRAMS))})(?: (?!-){_WORD}){{0,3}}"
    rf"(?:{_OPTION}|{_TOLD_APART}|{_JOINED})*"
)
"""A command as messages name it. Where a sentence follows, some of its words are taken along, which does no harm."""
_GLUE = "\ue000"
"""Stands for a space that no line is broken at: a private character, which is no white space to textwrap."""


def wrapped(line: str, width: int, *, indent: int | None = None, break_words: bool = False) -> list[str]:
    """The line in parts that fit, all but the first indented: as far as its last column that leaves room enough.

    What is longer than the width, as a path or a command may be, has a part of its own, which the terminal breaks, so
    that it can be copied whole; it is indented less where it fits then.

    >>> wrapped("The build goes on. To stop it: imagenet-setup attach ~/out --stop", 50)
    ['The build goes on. To stop it:', '    imagenet-setup attach ~/out --stop']

    Args:
        line: to be broken; line feeds in it are blanks.
        width: columns of the window.
        indent: columns before all parts but the first, whatever the columns of the line.
        break_words: whether what is too long is broken here, for a window that would cut it off.
    """
    if len(line) <= width and "\n" not in line:
        return [line]
    if indent is None:
        columns = [gap.end() for gap in _GAP.finditer(line) if gap.end() <= _INDENTED * width]
        indent = columns[-1] if columns else len(line) - len(line.lstrip()) + _HANGING
    parts = textwrap.wrap(
        _COMMAND.sub(lambda command: command[0].replace(" ", _GLUE), line),
        max(1, width),
        subsequent_indent=" " * indent,
        break_long_words=break_words,
        break_on_hyphens=False,
        tabsize=4,
    )
    return [_less_indented(part.replace(_GLUE, " "), width) for part in parts] or [""]


def _less_indented(part: str, width: int) -> str:
    text = part.lstrip()
    return part if len(part) <= width else " " * max(0, width - len(text)) + text
