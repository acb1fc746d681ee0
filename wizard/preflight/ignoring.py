"""What --ignore may name, and how a build is refused whose checks fail."""

from collections.abc import Collection, Sequence

from wizard.errors import InputError, MachineError, PlanMismatch, SetupError, UsageError
from wizard.events import CheckResult
from wizard.preflight import checks

_WORTH_IGNORING = {name for name in checks.IGNORABLE if name != "raw-data"}
"""Without raw data a build ends anyway; ignoring that check only saves its time."""
_BEFORE_A_BUILD: dict[str, type[SetupError]] = {"raw-data": InputError, "output": PlanMismatch}


def require_known(ignored: Collection[str]) -> None:
    """Looks at the names after --ignore.

    Raises:
        UsageError: one is no check's that can be ignored.
    """
    unknown = [name for name in ignored if name not in checks.IGNORABLE]
    if unknown:
        known = ", ".join(checks.IGNORABLE)
        raise UsageError(f"--ignore {unknown[0]}: there is no such check to ignore.", f"There are {known}")


def refuse(results: Sequence[CheckResult], ignored: Collection[str], *, building: bool) -> None:
    """Stops where a check fails that is not ignored.

    Args:
        results: what the pre-flight found.
        ignored: names of checks.
        building: whether a build would come next: then raw data or an output that will not do are the errors that
            they are to the build.

    Raises:
        InputError: raw data that will not do, before a build.
        PlanMismatch: an output that holds other shards, before a build.
        MachineError: any other check that fails.
    """
    bad = checks.failed(results, list(ignored))
    if not bad:
        return
    lines = [f"{len(bad)} of {len(results)} checks {'fails' if len(bad) == 1 else 'fail'}. Nothing was begun."]
    for check in bad:
        needed = f"; needed: {check.needed}" if check.needed else ""
        lines.append(f"  {check.name}: {check.found}{needed}")
        if check.fix:
            lines.append(f"    → {check.command_fix}")
    names = [check.name for check in bad]
    fix = "Fix that first"
    if _WORTH_IGNORING.issuperset(names):
        fix = f"Fix that, or go on anyway with {' '.join(f'--ignore {name}' for name in names)}"
    kinds = [kind for name, kind in _BEFORE_A_BUILD.items() if building and name in names]
    raise (kinds[0] if kinds else MachineError)("\n".join(lines), fix)
