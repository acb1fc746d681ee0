"""Whether each image of a plan has a place of its own in the output."""

from pathlib import PurePosixPath

from wizard.engine.plan import Plan, SplitPlan
from wizard.engine.targets import key
from wizard.errors import InputError
from wizard.sources.names import unsafe


def require_distinct_paths(plan: Plan) -> None:
    """Sees to it that no two images would become one file or one sample, and none lies outside the output.

    Raises:
        InputError: one would; both images are named, or the class.
    """
    for name in plan.classes.names:
        why = unsafe(name) or ("has / in it" if "/" in name else "")
        if why:
            raise InputError(f"The name of the class {name!r} {why}.", "Rename the class in the raw data")
    if plan.target.format != "tfrecord":
        for split in plan.splits:
            _require_distinct(plan, split)


def _require_distinct(plan: Plan, split: SplitPlan) -> None:
    table, target = split.table, plan.target
    taken: dict[str, str] = {}
    for name, rank in zip(map(bytes.decode, table.name.tolist()), table.label.tolist(), strict=True):
        place = target.image(split.split, name, table.classes.name(rank)) if target.of_files else key(name)
        place = str(PurePosixPath(place))
        other = taken.setdefault(place, name)
        if other != name:
            raise InputError(
                f"{split.split}: {other} and {name} would both become {place}.", "Rename one of them in the raw data"
            )
