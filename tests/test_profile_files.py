from pathlib import Path

import pytest

from wizard.errors import UsageError
from wizard.folders import recipes_folder
from wizard.profile_files import delete, find, path_of, recipes, saved, write

RECIPE = "nvidia-480-q85"


def saved_as(name: str, text: str = "# a profile\n") -> Path:
    write(text.encode(), path_of(name))
    return path_of(name)


def test_a_profile_is_a_path_a_saved_name_or_a_recipe_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find(RECIPE) == recipes_folder() / f"{RECIPE}.toml"
    own = saved_as(RECIPE)
    assert find(RECIPE) == own
    (tmp_path / RECIPE).write_text("")
    assert find(RECIPE) == Path(RECIPE)


@pytest.mark.parametrize("typed", ["{}/out", "./out"])
def test_a_path_without_a_suffix_does_not_mean_the_file_of_that_name_beside_it(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved_as("out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out.toml").write_text("")
    with pytest.raises(UsageError, match="There is no profile"):
        find(typed.format(tmp_path))
    assert find("out") == path_of("out")


def test_an_unknown_profile_name_suggests_a_similar_one() -> None:
    with pytest.raises(UsageError, match=f"Did you mean {RECIPE}"):
        find("nvidia-480-q58")


def test_a_deleted_profile_is_kept_as_a_bak_file() -> None:
    path = saved_as("mine")
    backup = delete("mine")
    assert backup.read_text() == "# a profile\n"
    assert [each.name for each in path.parent.iterdir()] == ["mine.toml.bak"] == [backup.name]
    with pytest.raises(UsageError, match="There is no profile 'mine'"):
        find("mine")


def test_a_recipe_cannot_be_deleted_but_a_saved_profile_of_the_same_name_can() -> None:
    saved_as(RECIPE)
    delete(RECIPE)
    assert find(RECIPE) == recipes_folder() / f"{RECIPE}.toml"
    with pytest.raises(UsageError, match=f"{RECIPE} is a shipped recipe and cannot be deleted"):
        delete(RECIPE)


def test_deleting_an_unknown_profile_lists_the_existing_ones() -> None:
    with pytest.raises(UsageError, match="no saved profile 'mine' in") as error:
        delete("mine")
    assert error.value.hint == "None is saved yet"
    for name in ("b", "a"):
        saved_as(name)
    with pytest.raises(UsageError) as error:
        delete("mine")
    assert error.value.hint == "Saved are: a, b"
    assert str(path_of("mine").parent) in error.value.what


def test_lists_name_each_profile() -> None:
    assert saved() == []
    for name in ("second", "first"):
        saved_as(name, "")
    assert [(each.name, each.is_recipe) for each in saved()] == [("first", False), ("second", False)]
    assert {each.path for each in recipes()} == set(recipes_folder().glob("*.toml"))
    assert all(each.is_recipe for each in recipes())
