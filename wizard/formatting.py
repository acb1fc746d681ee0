"""Amounts for a person: bytes, durations, counts and ranges."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

GLYPHS: Mapping[str, str] = {"pass": "✓", "warn": "!", "fail": "✗"}
"""Marks of a check, by its status."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """An expected value and the two it should lie between."""

    low: float
    likely: float
    high: float


def counted(count: int, unit: str) -> str:
    """A number of things whose plural has an s, or es after s and x.

    >>> counted(1, "worker"), counted(1200, "worker"), counted(2, "class")
    ('1 worker', '1,200 workers', '2 classes')
    """
    plural = "es" if unit.endswith(("s", "x")) else "s"
    return f"{count:,} {unit}{'' if count == 1 else plural}"


def duration(seconds: float) -> str:
    """A time in words.

    >>> duration(12.3), duration(1860), duration(4210)
    ('12 seconds', '31 minutes', '1 hour 10 minutes')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return counted(whole, "second")
    hours, minutes = divmod(round(whole / 60), 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(counted(count, unit) for count, unit in parts if count)


def clock(seconds: float) -> str:
    """Hours, minutes, seconds.

    >>> clock(702.4)
    '00:11:42'
    """
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def short_clock(seconds: float) -> str:
    """The same without hours where there are none."""
    return clock(seconds).removeprefix("00:")


def moment(when: float, now: float | None = None) -> str:
    """Epoch seconds by this machine's clock, as "at 15:04"; with the day unless that is today's."""
    then, today = time.localtime(when), time.localtime(now)
    same_day = (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday)
    return time.strftime("at %H:%M" if same_day else "on %Y-%m-%d at %H:%M", then)


def human_bytes(count: float) -> str:
    """Bytes in powers of 1,000.

    >>> human_bytes(147_897_477_120)
    '147.9 GB'
    """
    if round(count) < 1000:
        return f"{count:.0f} bytes"
    for unit in ("kB", "MB"):
        count /= 1000
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} GB"


def few(names: Iterable[object], most: int = 8) -> str:
    """The first of some names, and how many more there are.

    >>> few(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = [str(name) for name in names]
    more = f" and {len(shown) - most:,} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def with_range(expected: Range, form: Callable[[float], str]) -> str:
    """An expected value and its limits, with the unit written once where they share it.

    >>> with_range(Range(low=64e9, likely=66e9, high=69.1e9), human_bytes)
    '66.0 GB (64.0 to 69.1)'
    >>> with_range(Range(low=50, likely=60, high=70), duration)
    '1 minute (50 seconds to 1 minute)'
    """
    low, likely, high = form(expected.low), form(expected.likely), form(expected.high)
    if low == likely == high:
        return likely
    units = {text.partition(" ")[2].removesuffix("s") for text in (low, likely, high)}
    if len(units) == 1 and " " not in units.pop():
        low, high = low.partition(" ")[0], high.partition(" ")[0]
    return f"{likely} ({low} to {high})"


def of_which_part(remaining: float) -> str:
    """What a time is for if it is not for all images, to stand behind it; empty if it is.

    Args:
        remaining: the part of all images that is built in that time.

    >>> f"1 second{of_which_part(0.036)}"
    '1 second for the 4 % of the images that this run builds'
    """
    if remaining < 1e-6:  # what is left of a difference of fractions
        return ", as all images are built already"
    if remaining >= 1:
        return ""
    percent = min(99, round(100 * remaining)) or "less than 1"
    return f" for the {percent} % of the images that this run builds"
