"""inspect PATH."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from wizard import inspection
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import AsMeant
from wizard.record_facts import Facts
from wizard.show.at_a_glance import BETWEEN, WIDTH, folded
from wizard.show.loading import how_to_load
from wizard.show.reporters import reporter_for


def inspect(
    path: Annotated[Path, AsMeant, Parameter(help="A folder or a file.")],
    /,
    *,
    trainer: Annotated[str, Parameter(help="What will open a finished dataset: a value of output.trainer.")] = "",
    flags: OutputFlags = DEFAULT,
) -> int:
    """Show what PATH holds: raw data and what is missing, a dataset, or one of their files."""
    output = flags.output()
    reporter = reporter_for(output)
    with reporter.shown():
        found = inspection.inspect(path.absolute(), reporter.handle, trainer)
    width = output.columns or WIDTH
    # A path with a blank in it could not be copied from two lines.
    output.result(as_text(found.facts, width, sentences=output.columns is not None and " " not in str(path)))
    fields: dict[str, Any] = {"facts": found.facts, "glance": None if found.glance is None else asdict(found.glance)}
    if found.loading is not None:
        output.result("\n".join(["", *how_to_load(found.loading, width)]))
        fields |= {"trainer": found.loading.trainer.name, "loading": found.loading.program}
    if found.problems:
        output.event("inspected", fields)
    found.require_readable()
    output.event("finished", fields | {"exit_code": 0})
    return 0


def as_text(facts: Facts, width: int = WIDTH, *, sentences: bool = False) -> str:
    """The facts as aligned lines; lists are wrapped, and sentences if that is asked for, but words are never broken."""
    broad = min(44, max(map(len, facts)))
    lines = []
    for key, value in facts.items():
        text = f"{value:,}" if isinstance(value, int) else str(value)
        if sentences or BETWEEN in text:
            text = folded(text, width - broad - 2, broad + 2)
        lines.append(f"{key:<{broad}}  {text}")
    return "\n".join(lines)
