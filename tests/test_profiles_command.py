"""profiles list and edit as typed by a person; show and delete are test_cli.py's."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.helpers import toml
from wizard.cli import main
from wizard.commands.editing import editor_command
from wizard.errors import UsageError


@pytest.fixture
def profiles(home: Path) -> Path:
    folder = home / "config" / "profiles"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def mine(profiles: Path, tmp_path: Path) -> Path:
    return toml(tmp_path / "raw", tmp_path / "out", profiles / "mine.toml")


def editor(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Makes a line of Python, which knows the file as `path`, the person's editor."""
    line = f"import sys, pathlib; path = pathlib.Path(sys.argv[1]); {code}"
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-c", line]))


def append(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    editor(monkeypatch, f"path.write_text(path.read_text() + {text!r})")


def drafts(home: Path) -> list[Path]:
    return list((home / "state").glob("*.toml"))


def test_list_tells_what_a_profile_makes_and_where(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '# an old comment\n[image]\nresize = "shortest"\nsize = 256\nquality = 85\n'
    mine.write_text(text + mine.read_text())
    assert main(["profiles", "list"]) == 0
    out = capsys.readouterr().out
    assert "  mine\n    tfrecord: train and validation, shortest 256, Q85\n" in out
    assert f"    → {tmp_path / 'out'}\n" in out
    assert "old comment" not in out


@pytest.mark.usefixtures("mine")
def test_own_profiles_are_listed_next_to_the_prompt_and_first_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "list"]) == 0
    out = capsys.readouterr().out
    assert out.index("Shipped recipes") < out.index("Saved in") < out.index("  mine\n")
    assert main(["profiles", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["kind"] == "saved"


def test_list_marks_broken_files_and_still_lists_the_others(
    mine: Path, profiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (profiles / "bad-keys.toml").write_text("[image]\nquality = 900\nfoo = 1\n")
    (profiles / "no-toml.toml").write_text("quality =\n")
    (profiles / "newer.toml").write_text("schema_version = 99\n")
    (profiles / "no-section.toml").write_text("output = 3\n")
    assert main(["profiles", "list"]) == 0
    out = capsys.readouterr().out
    assert "  bad-keys\n    ✗ image.quality = 900: allowed is 100 or less (and 1 more)\n" in out
    assert "  no-toml\n    ✗ it is not valid TOML: " in out
    assert "  newer\n    ✗ schema_version = 99: " in out
    assert "  no-section\n    ✗ output = 3: allowed is a section" in out
    assert f"  {mine.stem}\n    tfrecord: " in out
    assert "  trial\n    The first 2 classes at 256 px" in out
    assert out.count("✗") == 4


def test_list_says_how_to_give_the_folders_that_a_profile_leaves_open(
    profiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (profiles / "both.toml").write_text("[image]\nquality = 90\n")
    (profiles / "one.toml").write_text("[output]\npath = '/data/out'\n")
    assert main(["profiles", "list"]) == 0
    out = capsys.readouterr().out
    assert "\n    imagenet-setup run both --set source.path=FOLDER --set output.path=FOLDER\n" in out
    assert "\n    → /data/out\n    imagenet-setup run one --set source.path=FOLDER\n" in out
    assert "Shipped recipes (imagenet-setup run NAME --set source.path=FOLDER --set output.path=FOLDER):\n" in out


def test_list_with_json_has_the_same_as_fields(mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (mine.parent / "bad.toml").write_text("[image]\nquality = 900\n")
    assert main(["profiles", "list", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_name = {event["name"]: event for event in events if event["event"] == "profile"}
    assert by_name["mine"]["output"] == str(tmp_path / "out")
    assert by_name["mine"]["makes"].startswith("tfrecord: ")
    assert by_name["mine"]["command"] == "imagenet-setup run mine"
    assert by_name["bad"]["problems"] == ["image.quality = 900: allowed is 100 or less"]
    assert by_name["bad"]["command"] == ""
    assert (by_name["trial"]["kind"], by_name["trial"]["output"], by_name["trial"]["problems"]) == ("recipe", "", [])


def test_edit_saves_what_the_editor_wrote(
    mine: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mine.read_text()
    append(monkeypatch, "# more\n")
    assert main(["profiles", "edit", "mine"]) == 0
    assert mine.read_text() == before + "# more\n"
    assert mine.with_name("mine.toml.bak").read_text() == before
    out = capsys.readouterr().out
    assert out.startswith("Saved ")
    assert out.endswith("mine.toml\nBuild it with: imagenet-setup run mine\n")
    assert drafts(home) == []


def test_edit_of_an_unchanged_profile_leaves_it_and_its_backup(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, "pass")
    assert main(["profiles", "edit", "mine"]) == 0
    said = capsys.readouterr()
    assert "was not changed" in said.err
    assert "Saved" not in said.out
    assert not mine.with_name("mine.toml.bak").exists()


def test_edit_proposes_no_build_of_a_profile_with_problems(
    mine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.write_text("[image]\nquality = 900\n")
    editor(monkeypatch, "pass")
    assert main(["profiles", "edit", "mine"]) == 0
    out = capsys.readouterr().out
    assert "imagenet-setup profiles edit mine\n" in out
    assert "imagenet-setup run" not in out


def test_edit_of_a_path_writes_to_that_path(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mine.rename(tmp_path / "a file.toml")
    append(monkeypatch, "# more\n")
    assert main(["profiles", "edit", str(path)]) == 0
    assert path.read_text().endswith("# more\n")
    assert f"imagenet-setup run '{path}'\n" in capsys.readouterr().out


def test_edit_of_a_recipe_saves_a_copy_under_its_own_name_and_then_edits_that(
    profiles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    append(monkeypatch, "# once\n")
    assert main(["profiles", "edit", "trial"]) == 0
    assert "trial is a shipped recipe" in capsys.readouterr().err
    copy = profiles / "my-trial.toml"
    assert 'name = "my-trial"' in copy.read_text()
    assert "# The first 2 classes" not in copy.read_text()  # the recipe's description, which may cease to hold
    append(monkeypatch, "# twice\n")
    assert main(["profiles", "edit", "trial"]) == 0
    assert copy.read_text().endswith("# once\n# twice\n")


@pytest.mark.usefixtures("profiles")
def test_the_command_that_edit_proposes_builds_once_its_placeholders_are_filled_in(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, "pass")
    assert main(["profiles", "edit", "pytorch-folders"]) == 0
    proposed = capsys.readouterr().out.partition("Build it with: ")[2]
    assert proposed == "imagenet-setup run my-pytorch-folders --set source.path=FOLDER --set output.path=FOLDER\n"
    given = proposed.replace("source.path=FOLDER", f"source.path={raw}").replace("=FOLDER", f"={tmp_path}/out")
    assert main(shlex.split(given)[1:]) == 0


@pytest.mark.parametrize("more", ["[image]\nquality = 900\n", "quality =\n"])
def test_edit_without_a_terminal_does_not_save_problems_but_keeps_the_text(
    more: str, mine: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mine.read_text()
    append(monkeypatch, more)
    assert main(["profiles", "edit", "mine"]) == 2
    err = capsys.readouterr().err
    assert "1 problem in what you wrote" in err
    assert mine.read_text() == before
    (draft,) = drafts(home)
    assert str(draft) in err
    assert draft.read_text() == before + more


@pytest.mark.usefixtures("mine")
def test_edit_with_an_editor_that_fails_saves_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, "sys.exit(3)")
    assert main(["profiles", "edit", "mine"]) == 2
    err = capsys.readouterr().err
    assert "ended with exit code 3, so nothing was saved" in err
    assert "is kept in" not in err
    assert drafts(home) == []
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert main(["profiles", "edit", "mine"]) == 2
    assert "/no/such/editor cannot be started" in capsys.readouterr().err


def test_the_editor_is_visual_then_editor_then_one_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor_command({"VISUAL": "", "EDITOR": "vi"}) == ["vi"]
    monkeypatch.setattr("shutil.which", lambda name: name == "nano")
    monkeypatch.setattr("wizard.commands.editing._EDITORS", ("sensible-editor", "nano", "vi"))
    assert editor_command({}) == ["nano"]
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(UsageError, match="There is no editor"):
        editor_command({})
    with pytest.raises(UsageError, match="VISUAL is not a command"):
        editor_command({"VISUAL": "a 'b"})


@pytest.mark.parametrize(
    ("keys", "saved"), [("\r", "# twice"), ("\x1b[B\r", "quality = 900"), ("\x1b[B\x1b[B\r", ""), ("\x1b", "")]
)
def test_problems_can_be_edited_again_saved_or_left(
    keys: str, saved: str, mine: Path, home: Path, tmp_path: Path
) -> None:
    pexpect = pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
    before = mine.read_text()
    # The first time it writes a mistake, then it takes it back.
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text, bad = path.read_text(), '[image]\\nquality = 900\\n'\n"
        "path.write_text(text.replace(bad, '') + '# twice\\n' if bad in text else text + bad)\n"
    )
    env = os.environ | {"EDITOR": shlex.join([sys.executable, str(script)]), "TERM": "xterm"}
    env.pop("VISUAL", None)
    child = pexpect.spawn(
        sys.executable, ["-m", "wizard", "profiles", "edit", "mine"], env=env, encoding="utf-8", timeout=60
    )
    child.expect("image.quality = 900")
    child.expect("What now")
    child.expect("Leave the profile")
    child.send(keys)
    child.expect(pexpect.EOF)
    child.close()
    if saved:
        assert child.exitstatus == 0
        assert mine.read_text().rstrip().endswith(saved)
        assert drafts(home) == []
    else:
        assert child.exitstatus == 130
        assert mine.read_text() == before
        assert "quality = 900" in drafts(home)[0].read_text()
