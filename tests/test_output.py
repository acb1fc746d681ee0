import json

import pytest

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
