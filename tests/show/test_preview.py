import json
from pathlib import Path

import pytest

from wizard.output import Mode, Output
from wizard.show.preview import show_address, show_preview

PAGE = Path("/cache/preview.html")
ADDRESS = "http://127.0.0.1:4711/token/"


@pytest.fixture
def _at_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.9 51234 10.0.0.5 22")
    monkeypatch.setenv("LOGNAME", "ann")


@pytest.fixture
def _at_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


@pytest.mark.usefixtures("_at_this_machine")
def test_at_this_machine_the_path_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    show_preview(Output(), PAGE)
    assert capsys.readouterr() == ("", f"  before and after: {PAGE}\n")


@pytest.mark.usefixtures("_at_another_machine")
@pytest.mark.parametrize("mode", ["human", "plain"])
def test_over_ssh_a_command_that_copies_the_page_stands_alone_on_its_line(
    mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    show_preview(Output(mode), PAGE)
    first, hint, command = capsys.readouterr().err.splitlines()
    assert first == f"  before and after: {PAGE}"
    assert "10.0.0.5" in hint
    assert command == f"  scp ann@10.0.0.5:{PAGE} ."


@pytest.mark.usefixtures("_at_another_machine")
def test_an_address_that_is_the_same_everywhere_is_not_put_in_doubt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "9.9.9.8 51234 9.9.9.9 22")
    show_preview(Output(), PAGE)
    assert "To copy it to your own computer, run there:\n" in capsys.readouterr().err


@pytest.mark.usefixtures("_at_another_machine")
@pytest.mark.parametrize("mode", ["human", "plain", "quiet"])
def test_what_has_to_be_run_and_opened_is_printed_even_when_quiet(
    mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    show_address(Output(mode), ADDRESS)
    assert capsys.readouterr().out == f"  ssh -N -L 4711:127.0.0.1:4711 ann@10.0.0.5\n  {ADDRESS}\n"


@pytest.mark.usefixtures("_at_another_machine")
def test_a_program_gets_path_address_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    show_preview(Output("json"), PAGE)
    show_address(Output("json"), ADDRESS)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"event": "preview", "path": str(PAGE)},
        {"event": "serving", "address": ADDRESS, "forward": "ssh -N -L 4711:127.0.0.1:4711 ann@10.0.0.5"},
    ]
