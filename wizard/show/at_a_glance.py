"""Formats the summary of classes and labels as a few lines for a person."""

from collections.abc import Iterator
from typing import NamedTuple

from wizard.formatting import counted
from wizard.sources.glance import ClassSeen, Glance, Lacking, Size, SplitSeen
from wizard.targets.registry import DEFAULT_FORMAT, TARGETS
from wizard.targets.target import Target
from wizard.wrapping import wrapped

_LONGEST = 28
"""Most characters shown of a class's name."""
BETWEEN = " · "
"""Separator between the items of a list."""
_DEFAULT = TARGETS[DEFAULT_FORMAT]
_OPEN = (
    f"(labels follow from what is built: from {_DEFAULT.first_label({})} in {_DEFAULT.offer.title}, "
    f"else from {Target.first_label({})})"
)
_NARROW = 30
WIDTH = 100
"""Default width of lines, in columns, without a terminal."""


class Row(NamedTuple):
    """A line: its subject, its text, and whether it is a warning."""

    about: str
    text: str
    warning: bool = False


def rows(glance: Glance) -> list[Row]:
    """The summary's lines: labels, class sizes, an example of each split, and classes that differ."""
    found: list[Row] = []
    if glance.first:
        found.append(Row("class labels" if glance.labels == "stored" else "class order", _ends(glance)))
    if sizes := BETWEEN.join(_sizes(glance)):
        found.append(Row("class sizes", sizes))
    found += [
        Row(f"example of {split.split}", _example(split), warning=bool(split.problem))
        for split in glance.splits
        if split.example or split.problem
    ]
    if glance.lacking:
        found.append(Row("classes differ", BETWEEN.join(map(_lacking, glance.lacking)), warning=True))
    return found


def lines(glance: Glance, width: int = 0, *, only_warnings: bool = False) -> list[str]:
    """The same as aligned lines, with warnings marked, wrapped at a width in columns unless that is 0."""
    found = [row for row in rows(glance) if row.warning or not only_warnings]
    column = max((len(row.about) for row in found), default=0)
    drawn = []
    for row in found:
        head = f"{'!' if row.warning else ' '} {row.about:<{column}}  "
        drawn.append(head + (folded(row.text, width - len(head), len(head)) if width else row.text))
    return drawn


def folded(text: str, width: int, indent: int) -> str:
    r"""Wraps a list whose items are separated by dots, unless there are too few columns to be readable.

    `width` and `indent` are in columns; all lines but the first are indented.

    >>> folded("one of them · two of them · and number three of them", 30, 2)
    'one of them · two of them\n  and number three of them'
    """
    if width < _NARROW:
        return text
    done: list[str] = []
    for item in text.split(BETWEEN):
        longer = f"{done[-1]}{BETWEEN}{item}" if done else item
        if done and len(longer) <= width:
            done[-1] = longer
        else:
            done += wrapped(item, width, indent=0)
    return f"\n{' ' * indent}".join(done)


def _ends(glance: Glance) -> str:
    counted_in = next((split.split for split in glance.splits if split.classes), "")
    unit = f"in {counted_in}" if len(glance.splits) > 1 else ""
    shown = [_end(each, unit, _place(each, glance)) for each in (*glance.first, *glance.last)]
    if glance.last and glance.last[0].rank > glance.first[-1].rank + 1:
        shown.insert(len(glance.first), "…")
    if glance.labels == "open":
        shown.append(_OPEN)
    return BETWEEN.join(shown)


def _end(seen: ClassSeen, unit: str, place: str) -> str:
    """One class. Its count is in brackets and has a unit, so that it cannot be read as a label."""
    facts = [place] if place else []
    if seen.images is not None:
        facts.append(f"{seen.images:,} {unit}" if unit else counted(seen.images, "image"))
    return f"{_class(seen)} ({', '.join(facts)})" if facts else _class(seen)


def _place(seen: ClassSeen, glance: Glance) -> str:
    """The class's place among all of them, where no label tells it and some classes are not there."""
    if glance.labels != "open" or not glance.without_images:
        return ""
    return f"class {seen.rank + 1:,}" + (f" of {glance.classes:,}" if seen is glance.first[0] else "")


def _sizes(glance: Glance) -> Iterator[str]:
    for split in glance.splits:
        if split.smallest is None or split.largest is None:
            continue
        name = f"{split.split} " if len(glance.splits) > 1 else ""
        sizes = f"{_size(split.smallest)} to {_size(split.largest)} images"
        if split.smallest.images == split.largest.images:
            # "6 images each" of all classes would contradict that some have none.
            each = " in each class that has any" if glance.without_images else " each"
            sizes = f"{counted(split.smallest.images, 'image')}{each}"
        yield f"{name}{sizes}{'' if split.counted else ' (as published, not counted)'}"
    if glance.without_images:
        yield f"{glance.without_images:,} of {glance.classes:,} classes without images"


def _size(size: Size) -> str:
    if size.example is None:
        return f"{size.images:,}"
    others = f" and {size.classes - 1:,} more" if size.classes > 1 else ""
    return f"{size.images:,} ({_short(size.example)}{others})"


def _example(split: SplitSeen) -> str:
    if not split.example:
        return f"cannot be read: {split.problem}"
    label = "no label" if split.example_class is None else _class(split.example_class)
    return f"{split.example} → {label}"


def _lacking(lacking: Lacking) -> str:
    named = ", ".join(map(_short, lacking.first)) + (", …" if lacking.classes > len(lacking.first) else "")
    kind = "class" if lacking.classes == 1 else "classes"
    others = f"{' and '.join(lacking.others)} {'has' if len(lacking.others) == 1 else 'have'}"
    return f"{lacking.split} has no images of {lacking.classes:,} {kind} that {others}: {named}"


def _class(seen: ClassSeen) -> str:
    return _short(seen) + (f" = {seen.label}" if seen.label is not None else "")


def _short(seen: ClassSeen) -> str:
    """The first of a synset's words, or the name of a class without words; control characters are escaped."""
    name = seen.name if seen.words == seen.name else seen.words.partition(",")[0] or seen.name
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
