"""inspect PATH."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard import inspection
from wizard.commands.session import DEFAULT, OutputFlags
from wizard.show.at_a_glance import WIDTH
from wizard.show.inspected import as_text
from wizard.show.reporters import reporter_for


def inspect(path: Annotated[Path, Parameter(help="A folder or a file.")], /, *, flags: OutputFlags = DEFAULT) -> int:
    """Show what PATH holds: raw data and what is missing, a dataset, or one of their files."""
    output = flags.output()
    reporter = reporter_for(output)
    with reporter.shown():
        found = inspection.inspect(path.expanduser().absolute(), reporter.handle)
    output.result(as_text(found.facts, output.width if output.live else WIDTH))
    fields = {"facts": found.facts, "glance": None if found.glance is None else asdict(found.glance)}
    if found.problems:
        output.event("inspected", fields)
    found.require_readable()
    output.event("finished", fields | {"exit_code": 0})
    return 0
