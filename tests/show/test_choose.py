import io

from rich.console import Console

from wizard.output import Output
from wizard.show.choose import face_for
from wizard.show.dashboard import Dashboard
from wizard.show.reporters import Lines, Ndjson


def test_a_person_at_a_terminal_gets_the_dashboard() -> None:
    output = Output()
    output.talk = Console(file=io.StringIO(), force_terminal=True)
    assert isinstance(face_for(output), Dashboard)


def test_a_file_a_reader_and_a_program_get_lines() -> None:
    assert isinstance(face_for(Output()), Lines)
    assert isinstance(face_for(Output("plain")), Lines)
    assert isinstance(face_for(Output("quiet")), Lines)
    assert isinstance(face_for(Output("json")), Ndjson)
