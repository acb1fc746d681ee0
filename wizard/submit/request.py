"""What a person asks Slurm for, checked before Slurm sees it: a refusal there names no option of this program."""

import re
from dataclasses import dataclass

from wizard.errors import UsageError

MOST_TASKS = 100_000
USUAL_CPUS = 8
"""Of a task, where nothing is said."""
_ARRAY = re.compile(r"(\d{1,6})(?:%(\d{1,6}))?", re.ASCII)
_MEMORY = re.compile(r"\d{1,9}(?:[KMGT]B?)?", re.ASCII | re.IGNORECASE)
_NAME = re.compile(r"[\w.+@:/-]+(?:,[\w.+@:/-]+)*")
_LINE = re.compile(r"(--[a-z][a-z-]*)(?:=(.*))?", re.ASCII)
_DAYS = re.compile(r"(\d{1,4})-(\d{1,3})(?::(\d{1,2})(?::(\d{1,2}))?)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,7})(?::(\d{1,2}))?(?::(\d{1,2}))?", re.ASCII)
_OPTIONS = {
    "--array": "--array",
    "--cpus-per-task": "--cpus",
    "--mem": "--mem",
    "--time": "--time",
    "--partition": "--partition",
    "--account": "--account",
}
"""Options of sbatch that have one of our own."""
_NEEDED = (
    "--chdir",
    "--dependency",
    "--error",
    "--input",
    "--mem-per-cpu",
    "--no-requeue",
    "--nodes",
    "--ntasks",
    "--open-mode",
    "--output",
    "--parsable",
    "--requeue",
    "--signal",
    "--test-only",
    "--wait",
    "--wrap",
)
"""Options of sbatch that the scripts set themselves, or that they would not work with."""


@dataclass(frozen=True, kw_only=True)
class SlurmRequest:
    """What each task of an array may have, as Slurm writes it; None and empty where it is not said.

    Attributes:
        tasks: number of tasks, which is that of slices.
        at_once: how many of them may run at the same time.
        cpus: of each task.
        time: limit of each task.
        memory: of each task.
        extra: further lines of the scripts, each an option of sbatch.
    """

    tasks: int | None = None
    at_once: int | None = None
    cpus: int = USUAL_CPUS
    time: str | None = None
    memory: str | None = None
    partition: str = ""
    account: str = ""
    extra: tuple[str, ...] = ()


def slurm_request(
    *,
    array: str | None = None,
    cpus: int = USUAL_CPUS,
    time: str | None = None,
    memory: str | None = None,
    partition: str = "",
    account: str = "",
    extra: tuple[str, ...] = (),
) -> SlurmRequest:
    """The request of these texts.

    Raises:
        UsageError: one is nothing that Slurm takes, or would break the scripts.
    """
    tasks, at_once = (None, None) if array is None else parse_array(array)
    require_cpus(cpus)
    if time is not None:
        seconds_of(time)
    if memory is not None and not _MEMORY.fullmatch(memory):
        raise UsageError(f"--mem {memory!r}: not an amount of memory that Slurm accepts.", "For example 16G")
    return SlurmRequest(
        tasks=tasks,
        at_once=at_once,
        cpus=cpus,
        time=time,
        memory=memory,
        partition=parse_name(partition, "--partition"),
        account=parse_name(account, "--account"),
        extra=tuple(map(_extra, extra)),
    )


def require_cpus(cpus: int, option: str = "--cpus") -> None:
    """Checks a number of CPUs; raises UsageError."""
    if not 1 <= cpus <= 4096:
        raise UsageError(f"{option} {cpus}: a task has 1 to 4,096 CPUs.")


def parse_array(text: str, option: str = "--array") -> tuple[int, int | None]:
    """The number of tasks, and how many may run at once; `option` is what an error calls it.

    >>> parse_array("16"), parse_array("16%4")
    ((16, None), (16, 4))

    Raises:
        UsageError: it is neither.
    """
    match = _ARRAY.fullmatch(text)
    tasks, at_once = (int(number) if number else None for number in match.groups()) if match else (0, None)
    if not tasks or tasks > MOST_TASKS or at_once == 0:
        raise UsageError(
            f"{option} {text!r}: give the number of tasks, from 1 to {MOST_TASKS:,}; each builds one slice.",
            "For example 16, or 16%4 for four at a time",
        )
    return tasks, at_once


def seconds_of(text: str, option: str = "--time") -> int:
    """A limit of time as Slurm writes it: minutes, MIN:SEC, H:MIN:SEC, DAYS-H, DAYS-H:MIN or DAYS-H:MIN:SEC.

    >>> seconds_of("90"), seconds_of("1:30:00"), seconds_of("1-12")
    (5400, 5400, 129600)

    Raises:
        UsageError: it is none of these, or 0, which to Slurm is no limit.
    """
    seconds = 0
    if match := _DAYS.fullmatch(text):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        seconds = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    elif match := _CLOCK.fullmatch(text):
        first, *others = (int(part) for part in match.groups() if part is not None)
        # A number alone is minutes, as is the first of two; the first of three is hours.
        seconds = first * 60 if len(others) < 2 else first * 3600
        seconds += others[0] * 60 + others[1] if len(others) == 2 else sum(others)
    if seconds == 0:
        raise UsageError(
            f"{option} {text!r}: not a time limit that Slurm accepts.",
            "For example 90 (minutes), 4:00:00 or 1-12:00:00 (a day and a half)",
        )
    return seconds


def parse_name(text: str, option: str) -> str:
    """A name as Slurm gives it to partitions and accounts, or several; may be empty.

    Raises:
        UsageError: it is none.
    """
    if text and not _NAME.fullmatch(text):
        raise UsageError(
            f"{option} {text!r}: letters, digits and . _ - + @ : / are possible, and commas between names."
        )
    return text


def _extra(text: str) -> str:
    match = _LINE.fullmatch(text)
    if match is None or not text.isprintable():
        raise UsageError(
            f"--sbatch {text!r}: not a long option of sbatch on one line.", "For example --sbatch=--qos=long"
        )
    option = match[1]
    if option in _OPTIONS:
        raise UsageError(f"--sbatch {text}: imagenet-setup submit has {_OPTIONS[option]} for that.")
    if option in _NEEDED:
        raise UsageError(f"--sbatch {text}: the scripts set or need {option} themselves.")
    return text
