import shlex
from pathlib import Path

import platformdirs
import pytest

from wizard.folders import cache_folder, config_folder, existing, in_command, recipes_folder, shortened, state_folder
from wizard.typed_path import expanded


def test_all_state_is_under_the_configured_home(home: Path) -> None:
    assert [config_folder(), cache_folder(), state_folder()] == [home / "config", home / "cache", home / "state"]


def test_the_default_home_follows_the_systems_conventions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGENET_SETUP_HOME")
    assert config_folder() == platformdirs.user_config_path("imagenet-setup")
    assert cache_folder() == platformdirs.user_cache_path("imagenet-setup")
    assert state_folder() == platformdirs.user_state_path("imagenet-setup")


def test_a_tilde_in_the_configured_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGENET_SETUP_HOME", "~/kept")
    assert config_folder() == Path.home() / "kept" / "config"


def test_the_shipped_recipes_are_found() -> None:
    assert (recipes_folder() / "nvidia-480-q85.toml").is_file()


@pytest.mark.parametrize("text", ["~", "~/data/out", "/somewhere/else", "relative"])
def test_a_path_in_the_home_folder_is_shown_with_a_tilde(text: str) -> None:
    assert shortened(expanded(text)) == text


def test_a_folder_whose_name_starts_like_the_home_folder_is_not_shortened() -> None:
    beside = Path(f"{Path.home()}-too") / "data"
    assert shortened(beside) == str(beside)


def test_the_nearest_existing_path_is_the_path_itself_or_a_parent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert existing(tmp_path) == tmp_path
    assert existing(tmp_path / "a" / "b") == tmp_path
    assert existing(tmp_path / "file" / "b") == tmp_path / "file"


def test_the_nearest_existing_path_to_a_relative_path_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert existing(Path("a") / "b") == Path()


def test_a_path_that_the_system_rejects_does_not_exist(tmp_path: Path) -> None:
    assert existing(tmp_path / ("x" * 300) / "out") == tmp_path


@pytest.mark.parametrize("name", ["out", "my images", "it's", "$DATA", "a;b"])
@pytest.mark.parametrize("parent", ["~", "/data"])
def test_a_path_in_a_command_is_one_word_of_a_shell_and_that_path(name: str, parent: str) -> None:
    path = expanded(parent) / name
    words = shlex.split(in_command(path))
    assert [word.replace("~", str(Path.home())) for word in words] == [str(path)]


def test_a_path_in_a_command_begins_with_a_tilde_that_the_shell_still_reads() -> None:
    assert in_command(Path.home() / "out") == "~/out"
    assert in_command(Path.home() / "my out") == f"'{Path.home()}/my out'"
