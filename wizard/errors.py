"""Errors for a person: what happened, where, and what to do next, each with its exit code."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

from wizard.formatting import counted

FINISHED_WITH_SKIPS = 5
"""Exit code of a build that finished but skipped images."""


class Hint(str):
    """What to do next, as a command line says it; the settings in it are kept apart, so that a wizard can say it too.

    >>> Hint("Choose another folder: {}", "output.path=FOLDER")
    'Choose another folder: --set output.path=FOLDER'

    A hint added to a text is a hint, with the settings of both.

    Attributes:
        settings: each "section.key=value" of a profile that would do.
    """

    settings: tuple[str, ...]
    _text: str

    def __new__(cls, text: str, *settings: str) -> Self:
        """A hint from a text with {} for each setting."""
        hint = super().__new__(cls, _filled(text, [f"--set {shlex.quote(setting)}" for setting in settings]))
        hint._text, hint.settings = text, settings
        return hint

    def __reduce__(self) -> tuple[type[Self], tuple[str, ...]]:
        # A worker's error is pickled, and str's own way would fill the filled text again.
        return type(self), (self._text, *self.settings)

    def __add__(self, other: str) -> "Hint":
        more = other if isinstance(other, Hint) else Hint(other)
        return Hint(self._text + more._text, *self.settings, *more.settings)

    def __radd__(self, other: str) -> "Hint":
        return Hint(other) + self

    def removesuffix(self, suffix: str, /) -> "Hint":
        """The hint without an end of its text, such as a full stop."""
        return Hint(self._text.removesuffix(suffix), *self.settings)

    def said(self, how: Callable[[str], str]) -> str:
        """The text with each setting said in another way than --set."""
        return _filled(self._text, map(how, self.settings))


def _filled(text: str, words: Iterable[str]) -> str:
    """The text with a word for each {}; an empty word takes the colon before it, or the brackets around it, along."""
    filled = ""
    for word in words:  # not by str.format: the names of folders may hold braces
        before, _, text = text.partition("{}")
        if not word and before.endswith(" (") and text.startswith(")"):
            before, text = before[:-2], text[1:]
        filled += (before if word else before.removesuffix(": ")) + word
    return filled + text


class SetupError(Exception):
    """An error that a person can act on.

    Attributes:
        exit_code: the process's exit code.
        what: what was expected and seen, and where; one or more sentences.
        hint: what to do next; may be empty.
    """

    exit_code: ClassVar[int]

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n→ {self.hint}" if self.hint else self.what


class InternalError(SetupError):
    """A bug; the crash log's path is printed."""

    exit_code = 1


class UsageError(SetupError):
    """The command line asks for something that is not possible."""

    exit_code = 2


class ProfileError(SetupError):
    """A profile that cannot be read or has invalid values; lists all problems at once."""

    exit_code = 2

    def __init__(self, where: str, problems: Sequence[str], hint: str = "") -> None:
        self.problems = tuple(problems)
        lines = [f"{where}: {counted(len(problems), 'problem')}", *(f"  - {problem}" for problem in problems)]
        super().__init__("\n".join(lines), hint)


class PlanMismatch(SetupError):
    """The output folder holds shards of another plan."""

    exit_code = 2


class InputError(SetupError):
    """Input is missing, damaged, or not what its name says."""

    exit_code = 3


class NoRawData(InputError):
    """A path leads nowhere, or to a folder without raw data; another one on this machine may be meant."""


class OtherSplitError(InputError):
    """A split cannot be read because of another one, whose own error says the same."""


class BadImage(InputError):
    """An image that cannot be decoded."""


class MachineError(SetupError):
    """This machine is in the way: disk, permissions, memory, or another run in the same folder."""

    exit_code = 4


class VerifyFailed(SetupError):
    """A finished dataset does not match its manifest."""

    exit_code = 6


class Interrupted(SetupError):
    """The user or the system asked the run to stop."""

    exit_code = 130


class ReaderGone(Interrupted):
    """The reader of this program's output has closed it, so nothing more can be printed."""


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turns an OSError of the block into an InputError that names the file."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename or path} cannot be read: {error.strerror or error}."
        raise InputError(what, _how_to_read(error)) from error


def _how_to_read(error: OSError) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "Check where it is: it may have been moved or deleted, or its name misspelled"
        case IsADirectoryError():
            return "Name a file"
        case PermissionError():
            return "Check its permissions, and those of its folder"
        case _:
            return "Check the disk or network folder that it is on, or copy it again"


@contextmanager
def reading_another_split() -> Iterator[None]:
    """Turns an InputError of the block into one that says why a split is read that was not asked for."""
    try:
        yield
    except InputError as error:
        why = "It is needed here too, because the labels of all splits are counted together."
        raise OtherSplitError(f"{error.what} {why}", error.hint) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError of the block into a MachineError that names the file."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename or path} cannot be written: {error.strerror or error}."
        hint = "Free some space, fix the permissions, or choose another folder; the same command then continues"
        raise MachineError(what, hint) from error
