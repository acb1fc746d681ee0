"""Settings given beside a profile, as after --set: applied to its table, and blamed for what they break."""

import copy
import shlex
import tomllib
from collections.abc import Sequence
from typing import Any

from wizard.errors import ProfileError, UsageError
from wizard.profile import Profile, Table, check, check_some


def check_with(table: Table, overrides: Sequence[str], where: str) -> Profile:
    """Validates a table with `section.key=value` overrides; `where` it was read from.

    Raises:
        UsageError: an override is not section.key=value.
        ProfileError: as `profile.check`; it says which problems the overrides have made.
    """
    changed = copy.deepcopy(table)
    for override in overrides:
        _override(changed, override)
    try:
        return check(changed, where)
    except ProfileError as error:
        before = _problems(table)
        new = [problem for problem in error.problems if problem not in before]
        if not new:
            raise
        if len(new) == len(error.problems):
            said = " ".join(f"--set {shlex.quote(each)}" for each in overrides)
            raise ProfileError(f"{said}, with {where}", new, error.hint) from error
        problems = [f"{problem} (by --set)" if problem in new else problem for problem in error.problems]
        raise ProfileError(where, problems, error.hint) from error


def table_of(settings: Sequence[str]) -> Table:
    """Values that are given as section.key=value, without a profile.

    Raises:
        UsageError: one is not section.key=value.
        ProfileError: lists every unknown key, and every value that is not allowed or contradicts another one.
    """
    table: Table = {}
    for setting in settings:
        _override(table, setting)
    check_some(table, "--set")
    return table


def _problems(table: Table) -> tuple[str, ...]:
    try:
        check(table, "")
    except ProfileError as error:
        return error.problems
    return ()


def _override(table: Table, text: str) -> None:
    """Sets what section.key=value says; without a value, the key's default applies again."""
    dotted, equals, value = text.partition("=")
    *sections, key = dotted.strip().split(".")
    if not (equals and key and all(sections)) or len(sections) > 1:
        raise UsageError(f"--set {text}: this is not section.key=value.", "For example: --set image.quality=90")
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise UsageError(f"--set {text}: {section} is not a section.")
    if not value.strip():
        table.pop(key, None)
        return
    table[key] = parse_value(value)


def parse_value(text: str) -> Any:
    """What a value after --set means: TOML, or a string without its quotes."""
    try:
        (value,) = tomllib.loads(f"value = {text}").values()
    except ValueError:
        return text
    return value
