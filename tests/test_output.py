import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from wizard.errors import InputError
from wizard.output import Mode, Output

MODES: tuple[Mode, ...] = ("human", "plain")


def test_results_go_to_stdout_and_messages_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.result("result")
    output.say("talk")
    assert capsys.readouterr() == ("result\n", "talk\n")


def test_quiet_prints_only_results_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("quiet")
    output.result("result")
    output.say("talk")
    output.error(InputError("what", "hint"))
    assert capsys.readouterr() == ("result\n", "✗ what\n→ hint\n")


def test_json_puts_everything_on_stdout_as_lines(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("json")
    output.result("result")
    output.say("talk")
    output.event("name", {"a": 1})
    output.error(InputError("what", "hint"))
    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == [
        {"event": "name", "a": 1},
        {"event": "failed", "error": "what", "hint": "hint", "exit_code": 3},
    ]
    assert err == ""


def test_plain_output_replaces_glyphs_by_words(capsys: pytest.CaptureFixture[str]) -> None:
    Output("plain").result("✓ a · b → c … ✗")
    assert capsys.readouterr().out == "[ok] a - b -> c ... [no]\n"


def test_a_dumb_terminal_is_plain(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    Output().result("✓ a")
    assert capsys.readouterr().out == "[ok] a\n"


def test_brackets_and_long_lines_are_printed_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    line = "/data/[bold]x[/bold]/" + "long/" * 60
    Output().result(line)
    assert capsys.readouterr().out == f"{line}\n"


def test_a_line_that_ends_with_a_backslash_is_printed_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    for mode in MODES:
        Output(mode).result("run a.toml \\\n    --plain")
        assert capsys.readouterr().out == "run a.toml \\\n    --plain\n"


def linked(monkeypatch: pytest.MonkeyPatch, path: Path, **env: str) -> str:
    """What a terminal is sent for a link to a file."""
    for name in ("NO_COLOR", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **env}.items():
        monkeypatch.setenv(name, value)
    output, file = Output(), io.StringIO()
    output.console = Console(
        file=file, force_terminal=True, width=40, _environ={**env, "TERM": env.get("TERM", "xterm")}
    )
    output.link("before and after:", path)
    return file.getvalue()


def test_on_a_terminal_a_file_is_a_link_whose_text_is_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("/my cache/[red]/preview.html")
    for env in ({}, {"NO_COLOR": "1"}, {"TERM": "tmux-256color"}):
        shown = linked(monkeypatch, path, **env)
        assert ";file:///my%20cache/%5Bred%5D/preview.html\x1b\\" in shown
        assert f"{path}\x1b]8;;\x1b\\\n" in shown


def test_a_link_over_ssh_names_the_machine_that_the_file_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "node7")
    shown = linked(monkeypatch, Path("/preview.html"), SSH_CONNECTION="10.0.0.9 51234 10.0.0.5 22")
    assert ";file://node7/preview.html\x1b" in shown


@pytest.mark.parametrize("term", ["linux", "dumb", "eterm-color", "vt100"])
def test_a_terminal_that_would_show_the_code_of_a_link_gets_the_path_alone(
    term: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = linked(monkeypatch, Path("/preview.html"), TERM=term) or capsys.readouterr().err
    assert shown == "  before and after: /preview.html\n"


def test_what_is_to_be_copied_is_never_broken_into_lines(capsys: pytest.CaptureFixture[str]) -> None:
    command = "  scp " + "x " * 300 + "."
    for mode in MODES:
        Output(mode).copyable(command)
        assert capsys.readouterr().err == f"{command}\n"


@pytest.mark.parametrize(("mode", "moves"), [("human", True), ("plain", True), ("json", False)])
def test_in_a_conversation_messages_go_where_the_questions_are(
    mode: Mode, moves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Output, "interactive", True)
    output = Output(mode)
    assert output.console.stderr
    output.converse()
    assert output.console.stderr is not moves


def test_messages_stay_on_stderr_where_nobody_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output("plain")
    output.converse()
    output.say("looking")
    assert capsys.readouterr() == ("", "looking\n")


@pytest.mark.parametrize(
    "shown",
    [
        "  ✓ Size  9 MB (8 to 10)   79 GB free on\n          / (ext4)",
        "  ✓ a/long/name.tar  9 MB   a subset of\n      all of it",
        "  a sentence that is longer than the\n      screen",
    ],
)
def test_a_long_line_goes_on_below_its_last_column_unless_that_leaves_no_room(shown: str) -> None:
    output, file = Output(), io.StringIO()
    output.console = Console(file=file, force_terminal=True, width=40, color_system=None, highlight=False)
    output.say(re.sub(r"\n\s+", " ", shown))
    assert file.getvalue() == f"{shown}\n"


def test_errors_and_results_in_sentences_are_wrapped_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    output, file = Output(), io.StringIO()
    said = "The build goes on. To stop it: imagenet-setup attach out --stop"
    output.result(said, wrap=True)
    assert capsys.readouterr().out == f"{said}\n"
    output.console = output._results = Console(
        file=file, force_terminal=True, width=40, color_system=None, highlight=False
    )
    output.result(said, wrap=True)
    output.error(InputError("what", said))
    lines = file.getvalue().splitlines()
    assert lines[:2] == ["The build goes on. To stop it:", "    imagenet-setup attach out --stop"]
    assert lines[2:] == ["✗ what", "→ The build goes on. To stop it:", "    imagenet-setup attach out --stop"]
