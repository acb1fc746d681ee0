"""What to do, said to somebody who answers questions and to somebody who types commands."""

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import wizard
from tests.helpers import job, toml
from wizard.ask.hints import as_error, in_setup
from wizard.cli import main
from wizard.commands.setup_ending import end
from wizard.errors import Hint, InputError, ProfileError
from wizard.output import Output
from wizard.preflight.source_check import source_check
from wizard.profile import check
from wizard.profile_keys import profile_keys

ROOT = Path(wizard.__file__).parent

BOXES = Hint("Fetch {name} again, or leave the boxes out with {}", "source.boxes=none")


def test_hints_for_the_command_line_name_the_setting() -> None:
    assert BOXES == "Fetch {name} again, or leave the boxes out with --set source.boxes=none"


def test_hints_for_the_wizard_name_the_answer() -> None:
    assert in_setup(BOXES) == 'Fetch {name} again, or leave the boxes out with the answer none to "Boxes"'
    elsewhere = Hint("Choose another folder: {}", "output.path=FOLDER")
    assert as_error(InputError("It is full.", elsewhere)).endswith("→ Choose another folder")


def test_hints_and_texts_added_are_a_hint_with_all_settings() -> None:
    skip = Hint("leave it out with {}", "output.on_bad_image=skip")
    both = "Replace it, or " + skip + ". " + BOXES
    assert both.startswith("Replace it, or leave it out with --set output.on_bad_image=skip. Fetch {name} again")
    assert in_setup(both).startswith('Replace it, or leave it out with the answer skip to "Bad images". Fetch')
    assert "--set" not in in_setup(both)


def test_a_hint_without_its_full_stop_is_a_hint() -> None:
    hint = Hint("Labels are the names; {} gives others.", "source.labels=folders").removesuffix(".")
    assert hint == "Labels are the names; --set source.labels=folders gives others"
    assert "--set" not in in_setup(hint)


@pytest.fixture
def remarkable(raw: Path, tmp_path: Path) -> Path:
    """A profile whose build says that validation's boxes are not asked for."""
    return toml(raw, tmp_path / "out", tmp_path / "p.toml")


def test_what_a_build_says_names_settings_at_the_command_line(
    remarkable: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(remarkable), "--plain"]) == 0
    assert "only train's are asked for; with both: --set source.boxes=all\n" in capsys.readouterr().err


def test_what_a_build_says_names_answers_in_the_guided_setup(
    remarkable: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(Output("plain"), remarkable) == 0
    err = capsys.readouterr().err
    assert 'only train\'s are asked for; with both: the answer all to "Boxes"\n' in err
    assert "--set" not in err


def test_the_check_of_the_raw_data_keeps_the_settings_of_its_hints(raw_copy: Path, tmp_path: Path) -> None:
    (raw_copy / "ILSVRC2012_img_val.tar").unlink()
    fix = source_check(job(raw_copy, tmp_path / "out", source={"holdout": 8, "boxes": "none"})).fix
    assert "--set source.holdout=10%" in fix
    assert "--set" not in in_setup(fix)


def test_a_setting_is_quoted_for_the_shell_and_not_for_the_wizard() -> None:
    splits = Hint("Build what is there: {}", 'source.splits=["train"]')
    assert splits == "Build what is there: --set 'source.splits=[\"train\"]'"
    assert in_setup(splits) == 'Build what is there: the answer train to "Splits"'


def test_a_hint_without_settings_is_said_as_it_is() -> None:
    assert in_setup("Download it again") == "Download it again"


def test_settings_outlast_the_way_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(BOXES)).settings == BOXES.settings


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def literals(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, without its docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    attributes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | attributes:
            yield node.value


AT_THE_COMMAND_LINE = ("cli.py", "commands", "errors.py", "events.py", "profile_override.py", "profile_command.py")
"""Where --set is typed, or put before a setting; a wizard shows none of this."""
IN_PROGRAMS = ("submit/slurm.py", "show/loading.py")
"""Scripts and programs that are written."""


def test_a_setting_is_named_in_a_hint_alone_so_that_the_wizard_can_say_it_as_an_answer() -> None:
    for path, tree in sources():
        if path.parts[0] not in AT_THE_COMMAND_LINE and path.as_posix() not in IN_PROGRAMS:
            assert not [text for text in literals(tree) if "--set" in text and path.name != "in_advance.py"], path


def test_no_question_shows_an_error_but_through_the_hints() -> None:
    for path, tree in sources():
        if path.parts[0] != "ask" or path.name == "hints.py":
            continue
        caught = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
        for node in ast.walk(tree):
            if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
                assert node.value.id not in caught, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str":
                names = {each.id for each in node.args if isinstance(each, ast.Name)}
                assert not names & (caught - {"invalid"}), path  # that is no error, but an answer


def said_of(call: ast.Call) -> Hint | None:
    """A hint of the code; None where its text or settings are put together."""
    try:
        return Hint(*map(ast.literal_eval, call.args))
    except (ValueError, TypeError):
        return None


def test_every_hint_can_be_said_in_the_wizard() -> None:
    calls = [
        node
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Hint"
    ]
    hints = [hint for hint in map(said_of, calls) if hint is not None and hint.settings and "section.key=" not in hint]
    keys = {f"{key.section}.{key.name}" for key in profile_keys()}
    assert len(hints) > 10
    for hint in hints:
        assert {setting.partition("=")[0] for setting in hint.settings} <= keys
        assert "--set" not in in_setup(hint)
        assert "{}" not in in_setup(hint)
        assert "()" not in in_setup(hint)


def test_what_a_person_has_to_find_takes_its_colon_or_brackets_along() -> None:
    few = Hint("Hold out fewer ({}), or leave them out ({})", "source.holdout=10%", "source.min_images=NUMBER")
    assert in_setup(few) == 'Hold out fewer (the answer 10% to "Held out"), or leave them out'


def test_what_is_advised_about_a_profiles_file_is_not_said_in_the_wizard() -> None:
    with pytest.raises(ProfileError) as raised:
        check({"source": {"path": "a"}, "output": {"path": "b"}, "image": {"resize": "crop"}}, "The answers")
    assert "--set" in raised.value.hint
    assert "--set" not in as_error(raised.value)
