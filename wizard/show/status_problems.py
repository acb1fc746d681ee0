"""What is wrong with a build, and what to do about it: sentences for a person."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wizard.formatting import counted, duration, few
from wizard.status.status import Health, RunSeen, Status

_HOSTS = 2
"""How many are named."""
_GONE = 2
"""How many missing files are named."""
_BEGAN = "the command that began the build"
_RANGES = 8
"""How many ranges of slices are named."""
_WORDS: dict[Health, tuple[str, str]] = {
    "failed": ("✗", "failed"),
    "silent": ("!", "killed?"),
    "stopped": ("!", "stopped"),
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A sentence that begins with its mark, and what tells it from others although its times change.

    A command to give next is on a line of its own.
    """

    key: str
    text: str


def problems(status: Status) -> list[Problem]:
    """What a person should know beyond the numbers, the worst first; the good end is among it."""
    if status.state == "complete":
        check = f"Check it   imagenet-setup verify {shlex.quote(status.output)}"
        return [
            Problem(key="complete", text=f"✓ All {status.part}s are done, and dataset.json describes them\n{check}")
        ]
    return [*_ended(status), *_not_running(status)]


def _ended(status: Status) -> Iterator[Problem]:
    """The runs that ended early or fell silent, those with the same reason in one sentence."""
    groups: dict[tuple[Health, str], list[RunSeen]] = {}
    for health in _WORDS:
        for each in status.runs:
            if each.health == health and not _is_done(each):
                groups.setdefault((health, " ".join(each.run.error.split())), []).append(each)
    for (health, error), runs in groups.items():
        who = _who([each.run.part.number for each in runs], status.slices)
        hosts = few(dict.fromkeys(each.run.host for each in runs), _HOSTS)
        mark, word = _WORDS[health]
        ago = duration(min(each.age for each in runs))
        key = f"{health} {error} {sorted(each.run.name for each in runs)}"
        if health == "silent":
            since = " or more" if len(runs) > 1 else ""
            text = f"{mark} {who}: last heard of {ago}{since} ago on {hosts}: {word}"
        else:
            last = "last " if len(runs) > 1 else ""
            text = f"{mark} {who} {word} {last}{ago} ago on {hosts}{f': {error}' if error else ''}"
        yield Problem(key=key, text=text)


def _is_done(seen: RunSeen) -> bool:
    return seen.health == "silent" and 0 < seen.run.shards <= seen.run.shards_done


def _not_running(status: Status) -> Iterator[Problem]:
    """What nobody works on."""
    missing = sum(each.missing for each in status.idle)
    if missing and status.slices > 1:
        who = _who([each.number for each in status.idle], status.slices)
        verb = "does not run" if len(status.idle) == 1 else "do not run"
        whose = "its" if len(status.idle) == 1 else "their"
        they_are = "it is" if len(status.idle) == 1 else "they are"
        text = f"! {who} {verb}: {whose} {_stay_missing(missing, status)} until {they_are} run"
        yield Problem(key=text, text=text)
    elif missing:
        gone = () if status.loss is None else status.loss.gone.values()
        were = f" ({few(gone, _GONE)})" if gone else ""
        then = f"\nBuild them   {status.command}" if status.command else f" until {_BEGAN} is given again"
        text = f"! Nothing runs here: {_stay_missing(missing, status)}{were}{then}"
        yield Problem(key=text, text=text)
    elif status.state == "idle":
        lacking = () if status.loss is None else status.loss.lacking
        then = f"\nWrite it again   {status.command}" if status.command else f": give {_BEGAN} again"
        text = f"! All {status.part}s are there, but {few(lacking, _GONE) or 'dataset.json is missing'}{then}"
        yield Problem(key="undescribed", text=text)


def _stay_missing(missing: int, status: Status) -> str:
    return f"{counted(missing, status.part)} {'stays' if missing == 1 else 'stay'} missing"


def _who(numbers: Sequence[int], slices: int) -> str:
    """Slices by their numbers; the only run of a build that is not sliced.

    >>> _who([3], 16), _who([9, 10, 14, 15, 16], 16), _who([1], 1)
    ('Slice 3 of 16', 'Slices 9, 10, 14 to 16 of 16', 'The run')
    """
    if slices == 1:
        return "The run"
    return f"{'Slice' if len(numbers) == 1 else 'Slices'} {few(_ranges(sorted(set(numbers))), _RANGES)} of {slices}"


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Numbers in order as ranges, where three or more follow each other."""
    rows: list[list[int]] = []
    for number in numbers:
        if rows and rows[-1][-1] == number - 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    words: list[str] = []
    for row in rows:
        words += [f"{row[0]} to {row[-1]}"] if len(row) > 2 else map(str, row)
    return words
