"""The pages of --help and help, and the shell completion."""

import inspect
import os
import re
import subprocess
import sys
from functools import reduce
from pathlib import Path

import pytest

from wizard.cli import main
from wizard.commands import command_line
from wizard.commands.catalog import GROUPS, OPTIONS, command_names
from wizard.commands.overview import overview

README = Path(__file__).parent.parent / "README.md"


def page(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def test_each_command_is_in_one_group() -> None:
    assert sorted(command_names()) == sorted(name for name in command_line.app if not name.startswith("-"))


def test_help_names_each_option_that_needs_no_command() -> None:
    registered = {name for name in command_line.app if name.startswith("-")}
    parameters = {name for argument in command_line.app.assemble_argument_collection() for name in argument.names}
    flags = registered | {name for name in parameters if name.startswith("-")}
    options = {name for names in OPTIONS for name in names.split(", ")}
    assert options == flags - {"--help", "-h"}


def test_the_readme_has_each_command_in_its_table() -> None:
    rows = re.findall(r"^\| .*?\|", README.read_text(encoding="utf-8"), re.MULTILINE)
    for name in command_names():
        assert len([row for row in rows if f"`{name}`" in row or f"`{name} " in row]) == 1, name


@pytest.mark.parametrize("width", [40, 60, 100])
def test_help_fits_into_any_width(width: int) -> None:
    lines = overview(width).splitlines()
    assert all(len(line) <= width for line in lines if "imagenet-setup " not in line)


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_fits_on_a_screen_with_the_guided_setup_first(
    flag: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = page([flag], capsys).splitlines()
    assert len(lines) < 25
    assert all(len(line) <= 80 for line in lines)
    titles = [line.split()[0] for line in lines if line[:1].strip() and not line.startswith(("Usage", "Turns"))]
    assert titles == [*GROUPS, "Options", "Try"]
    assert lines[3].split()[:2] == ["Begin", "setup"]


def test_the_page_of_a_command_has_its_options_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    out = page(["help", "status"], capsys)
    assert out == page(["status", "--help"], capsys)
    assert "--watch" in out
    assert out.endswith("Examples:\n  imagenet-setup status ~/tfrecords --watch\n")
    assert "$VISUAL" in page(["help", "profiles", "edit"], capsys)


def test_a_long_example_can_be_copied_from_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert "imagenet-setup run trial \\\n      --set source.path=~/imagenet \\\n" in page(["help", "run"], capsys)


@pytest.mark.parametrize(
    "words", [["help", "chek"], ["chek"], ["chek", "my-profile", "--set", "a.b=c"], ["chek", "--jsn"]]
)
def test_the_command_that_was_meant_is_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == "✗ There is no command 'chek'.\n→ Did you mean check?\n"


def test_help_of_a_command_that_is_not_there_names_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "profiles", "lst"]) == 2
    assert capsys.readouterr().err == "✗ There is no command 'lst'.\n→ Did you mean list?\n"
    assert main(["help", "profiles", "fly"]) == 2
    assert "Commands: list, show, edit, delete" in capsys.readouterr().err
    assert main(["profiles", "lst"]) == 2
    assert capsys.readouterr().err == "✗ There is no command 'lst'.\n→ Did you mean list?\n"
    assert main(["help", "run", "fly"]) == 2


def test_the_version_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.fullmatch(r"imagenet-setup \d\S*\n", page(["-V"], capsys))


def test_help_waits_for_no_library() -> None:
    """It is to be there within 0.3 s; the import of the command line's library takes most of that."""
    slow = ("cyclopts", "rich", "numpy", "pydantic", "email", "logging")
    code = f"""
import sys
from wizard.__main__ import entry
sys.argv = ["imagenet-setup", "--help"]
try:
    entry()
except SystemExit:
    print([name for name in {slow} if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("\n[]\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are others there")
def test_help_without_a_reader_is_no_error() -> None:
    words = [sys.executable, "-m", "wizard", "--help"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        assert ran.stderr.read() == b""


def candidates(words: list[str], capfd: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["__complete", *words]) == 0
    return capfd.readouterr().out.partition("\x1fbegin\n")[2].splitlines()


def test_a_shell_is_offered_profiles_recipes_and_paths(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = home / "config" / "profiles"
    profiles.mkdir(parents=True)
    for path in (profiles / "trial-mine.toml", tmp_path / "try.toml", tmp_path / "a" / "b" / "c.toml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "notes.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert candidates(["run", "tr"], capfd) == ["trial", "trial-mine", "try.toml"]
    assert candidates(["run", "--set", "a.b=c", "./a"], capfd) == ["./a/b/c.toml"]
    assert candidates(["check", "n"], capfd) == ["nvidia-352-q90", "nvidia-480-q85"]
    assert candidates(["profiles", "delete", ""], capfd) == ["trial-mine"]
    assert candidates(["help", "p"], capfd) == command_names()
    assert candidates(["run", "/no/such/folder/"], capfd) == []
    assert candidates(["run", "~nobody-here/"], capfd) == []


def test_a_shell_that_asks_does_not_wait_for_the_command() -> None:
    code = "import sys; from wizard.cli import main; main(['__complete', 'run', 't']); print('numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("\nFalse\n")


@pytest.mark.skipif(sys.platform == "win32", reason="there is another home folder")
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_for_a_shell(shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZSH", "ZSH_CUSTOM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--install-completion", "--shell", shell]) == 0
    (script,) = (path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith("rc"))
    text = script.read_text()
    assert all(word in text for word in ("__complete", "free-memory", "slice", "imagenet-setup"))


def test_completion_for_a_shell_that_cannot_be_told_asks_for_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyclopts.completion.detect.detect_shell", lambda: "powershell")
    assert main(["--install-completion"]) == 2
    assert "--shell bash (or zsh, fish)" in capsys.readouterr().err


def test_bash_completes_commands_and_profiles(tmp_path: Path) -> None:
    """With a real shell; zsh and fish were tried by hand."""
    if not os.access("/bin/bash", os.X_OK):
        pytest.skip("there is no bash")
    env = os.environ | {"HOME": str(tmp_path)}
    words = [sys.executable, "-m", "wizard"]
    subprocess.run([*words, "--install-completion", "--shell", "bash"], env=env, check=True, capture_output=True)
    program = tmp_path / "imagenet-setup"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wizard "$@"\n')
    program.chmod(0o755)
    asked = """
        . ~/.bashrc
        function=$(complete -p imagenet-setup | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        tab() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); $function; echo "${COMPREPLY[@]}"; }
        tab imagenet-setup f; tab imagenet-setup run tria; tab imagenet-setup run --sl; tab imagenet-setup profiles e
    """
    path = f"{tmp_path}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/bash", "-c", asked], env=env | {"PATH": path}, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["free-memory", "trial", "--slice", "edit"]


def _commands_with_required_arguments() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name in command_names():
        words: list[tuple[str, ...]] = [(name, sub) for sub in command_line.app[name] if not sub.startswith("-")] or [
            (name,)
        ]
        for each in words:
            function = reduce(lambda app, word: app[word], each, command_line.app).default_command
            parameters = inspect.signature(function).parameters.values() if function else ()
            if any(p.default is p.empty and p.kind is p.POSITIONAL_ONLY for p in parameters):
                found.append(each)
    return found


@pytest.mark.parametrize("words", _commands_with_required_arguments(), ids=" ".join)
def test_a_command_without_what_it_needs_says_what_that_is(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words]) == 2
    sentence, hint = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"✗ [A-Z]+ is missing: \w.+[^.]\.", sentence)
    assert hint == f"→ imagenet-setup help {' '.join(words)}"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "x", "--slice"], "--slice needs a value."),
        (["status", "a", "b"], "'b' is one argument too many."),
    ],
)
def test_other_mistakes_lead_to_the_page_of_the_command(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err == f"✗ {sentence}\n→ imagenet-setup help {words[0]}\n"
