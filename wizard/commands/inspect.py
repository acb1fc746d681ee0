"""inspect PATH."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard import inspection
from wizard.commands.session import DEFAULT, Talk
from wizard.show.choose import face_for


def inspect(path: Annotated[Path, Parameter(help="A folder or a file.")], /, *, talk: Talk = DEFAULT) -> int:
    """Say what lies at PATH: raw data and what it lacks, a dataset finished or not, or one file of them."""
    output = talk.output()
    face = face_for(output)
    with face.shown():
        facts = inspection.inspect(path.expanduser().absolute(), face.handle)
    output.result(inspection.as_text(facts))
    output.event("finished", {"facts": facts, "exit_code": 0})
    return 0
