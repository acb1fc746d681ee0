"""Every command reads the paths that it takes as questions and profiles read one."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.helpers import TRAIN_SHARDS, toml
from wizard import local_runs
from wizard.cli import main
from wizard.commands.catalog import command_names

pytestmark = pytest.mark.skipif(os.name != "posix", reason="backslashes are between folders there")

WAYS: dict[str, Callable[[Path], str]] = {
    "plain": str,
    "single quotes": lambda path: f"'{path}'",
    "double quotes": lambda path: f'"{path}" ',
    "escaped": lambda path: str(path).replace(" ", r"\ ") + " ",
    "home": lambda path: f"~/{path.name}",
    "variable": lambda path: f"$DATA/{path.name}",
    "braces": lambda path: f"${{DATA}}/{path.name}",
    "address": lambda path: f"file://{quote(str(path))}",
    "address with a host": lambda path: f"file://localhost{quote(str(path))}",
}


@pytest.fixture(params=[*WAYS.values()], ids=[*WAYS])
def typed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """Types a path in tmp_path in one of the ways."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATA", str(tmp_path))
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def dataset(built: Path, tmp_path: Path) -> Path:
    """A finished dataset in a folder with a blank in its name."""
    return shutil.copytree(built, tmp_path / "my out")


def last_event(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_inspect(typed: Callable[[Path], str], dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert last_event(["inspect", typed(dataset)], capsys)["facts"]["what"] == "a finished dataset"


def test_status(typed: Callable[[Path], str], dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert last_event(["status", typed(dataset)], capsys)["output"] == str(dataset)


def test_verify(typed: Callable[[Path], str], dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    monkeypatch.setattr("wizard.commands.verify.report", lambda folder, *_, **__: seen.append(folder))
    assert main(["verify", typed(dataset)]) == 0
    assert seen == [dataset]


def test_attach(typed: Callable[[Path], str], dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = local_runs.this_process(dataset, command="imagenet-setup run it")
    local_runs.write(run.__class__(**{**run.__dict__, "state": "finished", "exit_code": 0, "said": "It is done."}))
    assert main(["attach", typed(dataset)]) == 0
    assert capsys.readouterr().out.startswith("It is done.")


@pytest.mark.parametrize("command", ["run", "check", "submit --slurm"])
def test_a_profile_and_its_folders(
    command: str, typed: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, *flags = command.split()
    profile = toml(tmp_path / "a", tmp_path / "b", tmp_path / "my profile.toml")
    loaded: list[Any] = []

    def stop(made: Any, *_: object, **__: object) -> None:
        loaded.append(made)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"wizard.commands.{name}.{'start' if name == 'run' else 'examine'}", stop)
    settings = [f"--set=source.path={typed(tmp_path / 'my raw')}", f"--set=output.path={typed(tmp_path / 'my out')}"]
    assert main([name, typed(profile), *flags, *settings]) == 130
    assert (loaded[0].source_path, loaded[0].output_path) == (tmp_path / "my raw", tmp_path / "my out")
    assert loaded[0].output.train_shards == TRAIN_SHARDS  # as the file says


def test_a_builds_folder_in_the_place_of_a_profile(
    typed: Callable[[Path], str], dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Any] = []
    monkeypatch.setattr("wizard.commands.run.start", lambda made, *_, **__: loaded.append(made))
    assert main(["run", typed(dataset)]) == 0
    assert loaded[0].output_path == dataset


@pytest.mark.parametrize("command", ["show", "edit"])
def test_profiles(
    command: str,
    typed: Callable[[Path], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = toml(tmp_path / "a", tmp_path / "b", tmp_path / "my profile.toml")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "true")
    assert last_event(["profiles", command, typed(profile)], capsys)["path"] == str(profile)


def test_demo(typed: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []

    def stop(raw: Path, **_: object) -> None:
        drawn.append(raw)
        raise KeyboardInterrupt

    monkeypatch.setattr("wizard.synthetic.make", stop)
    assert main(["demo", typed(tmp_path / "my demo")]) == 130
    assert drawn == [tmp_path / "my demo" / "raw-data"]


def test_download(typed: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror, sums, cookies = tmp_path / "my mirror", tmp_path / "my sums", tmp_path / "my cookies"
    mirror.mkdir()
    sums.write_text(f"{'0' * 32}  ILSVRC2012_img_val.tar\n")
    cookies.touch()
    asked: list[Any] = []

    def stop(request: Any, *_: object) -> None:
        asked.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr("wizard.commands.download.fetch", stop)
    paths = {"--to": tmp_path / "my to", "--base": mirror, "--checksums": sums, "--cookies": cookies}
    words = [word for option, path in paths.items() for word in (option, typed(path))]
    assert main(["download", "--what", "validation", "--yes", *words]) == 130
    (request,) = asked
    assert (request.folder, request.checksums, request.cookies) == (tmp_path / "my to", sums, cookies)
    assert request.base == f"file://{quote(str(mirror))}/"


def test_a_folder_to_download_to_whose_name_has_a_dollar_sign_may_be_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("wizard.commands.download.fetch", lambda request, *_: asked.append(request))
    assert main(["download", "--what", "validation", "--yes", "--to", f"'{tmp_path}/$new'"]) == 0
    assert asked[0].folder == tmp_path / "$new"


@pytest.mark.parametrize("command", ["inspect", "status", "verify", "attach", "demo"])
def test_a_path_that_is_empty_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, ""]) == 2
    assert capsys.readouterr().err == "✗ The path is empty.\n→ Name a folder; . is the current one\n"


@pytest.mark.parametrize("command", ["inspect", "status", "verify", "attach", "demo"])
def test_a_variable_that_is_not_set_is_refused(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    assert main([command, "$NOT_SET/out"]) == 2
    assert "the variable NOT_SET is not set" in capsys.readouterr().err


def test_no_command_is_left_out() -> None:
    tested = {"inspect", "status", "verify", "attach", "run", "check", "submit", "profiles", "demo", "download"}
    assert {*command_names()} - tested == {"setup", "help", "env", "free-memory"}  # none of which takes a path
