"""Which face shows a command's events."""

from wizard.output import Output
from wizard.show.faces import Face, Lines, Ndjson
from wizard.show.progress import Bars


def face_for(output: Output) -> Face:
    """NDJSON for programs, something that moves for a person at a terminal, else lines."""
    match output.mode:
        case "json":
            return Ndjson(output)
        case _ if output.live:
            return Bars(output)
        case _:
            return Lines(output)
