"""Which face shows a command's events."""

from wizard.output import Output
from wizard.show.dashboard import Dashboard
from wizard.show.reporters import Face, Lines, Ndjson


def face_for(output: Output) -> Face:
    """NDJSON for programs, a dashboard for a person at a terminal, else lines."""
    match output.mode:
        case "json":
            return Ndjson(output)
        case _ if output.live:
            return Dashboard(output)
        case _:
            return Lines(output)
