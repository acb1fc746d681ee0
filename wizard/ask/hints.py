"""Hints in the guided setup: settings become answers, never --set."""

import re

from wizard.errors import Hint, ProfileError, SetupError

_TOML_MARKS = r'[\[\]"]'


def as_error(error: SetupError) -> str:
    """An error as a question shows it: why, and below it what to do."""
    # The problems of a profile name its keys, and what they advise is about its file.
    return with_hint(error.what, "" if isinstance(error, ProfileError) else error.hint)


def with_hint(what: str, hint: str, *, indent: int = 2) -> str:
    """The problem, and the fix below it."""
    return f"{what}\n{' ' * indent}→ {in_setup(hint)}" if hint else what


def in_setup(hint: str) -> str:
    """The fix, in answers instead of settings."""
    return hint.said(_as_answer) if isinstance(hint, Hint) else hint


def _as_answer(setting: str) -> str:
    """The answer for a setting; empty if the person has to find the value.

    >>> _as_answer('source.splits=["train", "test"]'), _as_answer("output.path=FOLDER")
    ('the answer train, test to "Splits"', '')
    """
    # Not at the top: the questions import this module, to refuse answers.
    from wizard.ask.questions import BY_KEY

    key, _, value = setting.partition("=")
    # A value in capitals, as FOLDER, stands for one that the person has to find.
    if value.isupper():
        return ""
    answer = re.sub(_TOML_MARKS, "", value)
    # What no question asks was said by a profile.
    return f'the answer {answer} to "{BY_KEY[key].label}"' if key in BY_KEY else f"{key} = {answer} in the profile"
