import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import profile
from wizard import profile_files, profile_store
from wizard.errors import MachineError, ProfileError, UsageError
from wizard.folders import recipes_folder
from wizard.profile import SCHEMA, Profile, Table, check
from wizard.profile_files import command_that_resumes, find
from wizard.profile_store import about, as_toml, examine, load, save, write
from wizard.typed_path import expanded
from wizard.unfinished_builds import keep

FOLDERS = ["source.path=/raw", "output.path=/out"]


def made(**sections: Any) -> Profile:
    table: Table = {"source": {"path": "/raw"}, "output": {"path": "/out"}}
    return check(table | sections, "test")


def file(folder: Path, text: str, name: str = "p.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


@pytest.mark.parametrize("recipe", sorted(recipes_folder().glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_needs_only_folders(recipe: Path) -> None:
    profile = load(recipe.stem, FOLDERS)
    assert profile.name == recipe.stem
    with pytest.raises(ProfileError) as error:
        load(recipe.stem)
    assert error.value.problems == ("source.path is missing", "output.path is missing")


def test_there_is_a_recipe_for_each_older_system() -> None:
    assert len(list(recipes_folder().glob("*.toml"))) >= 5


def test_overrides_are_toml_or_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("[image]\nquality = 3\n")
    changes = ["image.quality=90", "source.splits=['train']", "source.boxes=none", "run.workers=4", "name=other"]
    profile = load(str(path), [*FOLDERS, *changes])
    assert isinstance(profile, Profile)
    assert (profile.image.quality, profile.source.splits, profile.source.boxes) == (90, ("train",), "none")
    assert (profile.run.workers, profile.name, profile.source.path) == (4, "other", "/raw")


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("name = 'p'\n", encoding="utf-8-sig")
    assert load(str(path), FOLDERS).name == "p"


def test_a_value_with_a_line_break_is_text(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("")
    assert load(str(path), [*FOLDERS, "source.path='/a'\nb = 1"]).source.path == "'/a'\nb = 1"


def test_an_unknown_home_folder_and_too_long_a_name_are_reported() -> None:
    with pytest.raises(ProfileError, match="there is no user nobody-here"):
        load("nvidia-480-q85", ["source.path=~nobody-here/x", "output.path=/o"])
    with pytest.raises(UsageError, match="There is no profile"):
        find("x" * 300)


@pytest.mark.parametrize("override", ["quality", "image.", ".quality=1", "a.b.c=1", "name.x=1"])
def test_a_malformed_override_is_refused(tmp_path: Path, override: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text("name = 'p'\n")
    with pytest.raises(UsageError, match="--set"):
        load(str(path), [override])


def test_invalid_toml_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("[image\n")
    with pytest.raises(ProfileError, match="it is not valid TOML"):
        load(str(path))


def _is_understood(path: str) -> bool:
    """Whether a person may give this path: a variable or a user that there is not is an error."""
    try:
        expanded(path)
    except UsageError:
        return False
    return True


PATHS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NAMES = st.from_regex(
    r"(\w[\w.-]{0,20})?", fullmatch=True, alphabet=st.characters(codec="utf-8", categories=["L", "Nd", "P"])
)
SPLITS = st.lists(st.sampled_from(["train", "validation"]), min_size=1, unique=True)
PIXELS = st.integers(1, 16384)
QUALITY = st.integers(1, 100)
IMAGE = st.one_of(
    st.fixed_dictionaries({"resize": st.just("original")}, optional={"quality": QUALITY}),
    st.fixed_dictionaries(
        {"resize": st.just("shortest"), "size": PIXELS, "quality": QUALITY}, optional={"upscale": st.booleans()}
    ),
    st.fixed_dictionaries(
        {"resize": st.sampled_from(["exact", "crop"]), "height": PIXELS, "width": PIXELS, "quality": QUALITY}
    ),
)
SOURCE = {
    "layout": st.sampled_from(["auto", "archives"]),
    "splits": SPLITS,
    "boxes": st.sampled_from(["none", "train", "all"]),
    "classes": st.integers(1, 1000),
}
OUTPUT = {
    "train_shards": st.integers(1, 99_999),
    "validation_shards": st.integers(1, 99_999),
    "label_base": st.integers(0, 1),
    "seed": st.integers(0, 2**63 - 1),
    "on_bad_image": st.sampled_from(["stop", "skip"]),
}
TABLES = st.fixed_dictionaries(
    {
        "source": st.fixed_dictionaries({"path": PATHS.map("/raw/{}".format).filter(_is_understood)}, optional=SOURCE),
        "output": st.fixed_dictionaries({"path": PATHS.map("out-{}".format).filter(_is_understood)}, optional=OUTPUT),
    },
    optional={
        "name": NAMES,
        "image": IMAGE,
        "run": st.fixed_dictionaries({"workers": st.just("auto") | st.integers(1, 4096)}),
    },
)


@given(TABLES)
def test_a_written_profile_is_read_back_unchanged(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    profile = check(table, "test")
    path = tmp_path_factory.getbasetemp() / "round.toml"
    write(profile, path)
    assert load(str(path)) == profile


@given(TABLES)
def test_a_written_profile_has_a_heading_and_comments_on_its_keys(table: Table) -> None:
    profile = check(table, "test")
    first, *lines = as_toml(profile).split("\n")
    assert first.startswith("# A profile of imagenet-setup")
    assert any(re.match(r"resize = .*# original \| shortest \| exact \| crop: ", line) for line in lines)


def test_a_saved_profile_is_found_by_its_name(home: Path) -> None:
    path = save(made(name="old", image={"quality": 80}), "mine")
    assert path == home / "config" / "profiles" / "mine.toml"
    assert load("mine") == made(name="mine", image={"quality": 80})


def test_overwriting_a_profile_keeps_a_backup(home: Path) -> None:
    for quality in (70, 80, 90):
        save(made(image={"quality": quality}), "mine")
    backup = home / "config" / "profiles" / "mine.toml.bak"
    assert load("mine").image.quality == 90
    assert load(str(backup)).image.quality == 80
    assert names(home / "config" / "profiles") == {"mine.toml", "mine.toml.bak"}


def test_saving_an_unchanged_profile_keeps_the_earlier_backup() -> None:
    path = save(made(image={"quality": 70}), "mine")
    for _ in range(2):
        assert save(made(image={"quality": 80}), "mine") == path
    assert load(f"{path}.bak").image.quality == 70


@pytest.mark.parametrize("step", ["os.fsync", "shutil.copy2", "pathlib.Path.replace"])
def test_saving_a_profile_is_atomic(home: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = save(made(image={"quality": 70}), "mine")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(MachineError, match="No space left on device"):
            save(made(image={"quality": 80}), "mine")
    assert path.read_bytes() == before
    assert names(home / "config" / "profiles") <= {"mine.toml", "mine.toml.bak"}
    save(made(image={"quality": 80}), "mine")
    assert load("mine").image.quality == 80


def test_an_unwritable_folder_is_reported(home: Path) -> None:
    (home / "config").write_text("in the way")
    with pytest.raises(MachineError, match="cannot be written") as error:
        save(made(), "mine")
    assert str(home / "config") in error.value.what


def test_a_profile_without_a_version_has_the_current_one(tmp_path: Path) -> None:
    path = file(tmp_path, "[source]\npath = '/raw'\n[output]\npath = '/out'\n[image]\nquality = 80\n")
    profile = load(path)
    assert (profile.schema_version, profile.name, profile.image.quality) == (SCHEMA, "p", 80)


def test_a_newer_version_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = file(tmp_path, f"schema_version = {SCHEMA + 1}\nfuture = true\n")
    with pytest.raises(ProfileError) as error:
        load(path, FOLDERS)
    assert error.value.problems == (f"schema_version = {SCHEMA + 1}: this imagenet-setup knows versions up to 1",)
    assert error.value.hint == "A newer imagenet-setup wrote it; upgrade this one"


@pytest.mark.parametrize("version", ["'1'", "true", "-1", "1.0", "[]"])
def test_an_invalid_version_is_a_problem_of_the_file(tmp_path: Path, version: str) -> None:
    path = file(tmp_path, f"schema_version = {version}\n")
    with pytest.raises(ProfileError) as error:
        load(path, FOLDERS)
    assert [problem.split(" = ")[0] for problem in error.value.problems] == ["schema_version"]


def test_all_problems_of_a_file_and_its_overrides_are_reported_together(tmp_path: Path) -> None:
    path = file(tmp_path, "nam = 'p'\n[image]\nqualty = 3\n[output]\ntrain_shards = 0\n")
    with pytest.raises(ProfileError) as error:
        load(path, ["run.workers=0", "output.path=/out"])
    told = "\n".join(error.value.problems)
    assert len(error.value.problems) == 5
    for key in ("nam is", "image.qualty", "output.train_shards = 0", "run.workers = 0", "source.path is missing"):
        assert key in told
    assert error.value.what.startswith(f"{path}: 5 problems\n  - ")


def test_the_profiles_name_is_the_files_name_with_invalid_characters_replaced(tmp_path: Path) -> None:
    assert load(file(tmp_path, "", "my profile (2).toml"), FOLDERS).name == "my-profile-2-"
    assert load(file(tmp_path, "", "(draft) p.toml"), FOLDERS).name == "draft-p"
    assert load(file(tmp_path, "", f"{'x' * 150}.toml"), FOLDERS).name == "x" * 100
    assert load(file(tmp_path, "name = 'other'", "my profile (2).toml"), FOLDERS).name == "other"


def test_a_profile_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_bytes(b"name = '\xff'\n")
    with pytest.raises(ProfileError, match="it is not valid TOML"):
        load(str(tmp_path / "p.toml"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_or_a_folder_is_not_a_profile(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("pipe.toml", "."):
        with pytest.raises(UsageError, match="There is no profile"):
            load(str(tmp_path / name))


def test_an_empty_override_removes_a_value() -> None:
    sets = ["source.path=a", "output.path=b", "image.size=", "image.resize=crop", "image.height=224", "image.width=224"]
    assert load("nvidia-480-q85", sets).image.size is None
    assert load("nvidia-480-q85", [*sets[:2], "image.size=", "image.resize=original", "name="]).name == ""


def test_what_comes_of_set_is_blamed_on_it_with_the_settings_that_would_do(tmp_path: Path) -> None:
    image = "[image]\nresize = 'shortest'\nsize = 256\nquality = 85\n"
    path = file(tmp_path, f"[source]\npath = '/raw'\n[output]\npath = '/out'\n{image}")
    with pytest.raises(ProfileError) as error:
        load(path, ["image.resize=crop"])
    assert error.value.what.startswith(f"--set image.resize=crop, with {path}: 3 problems\n  - ")
    assert error.value.hint == (
        "Add --set image.size= --set image.height=PIXELS --set image.width=PIXELS, or fix the file"
    )
    assert load(path, ["image.resize=crop", "image.size=", "image.height=64", "image.width=64"]).image.size is None


def test_a_builds_folder_is_given_in_the_place_of_its_profile(raw: Path, tmp_path: Path) -> None:
    made = profile(raw, tmp_path / "out")
    (tmp_path / "out" / ".imagenet-setup").mkdir(parents=True)
    with pytest.raises(UsageError, match="There is no profile"):
        load(str(tmp_path / "out"))
    keep(made)
    moved = (tmp_path / "out").rename(tmp_path / "moved out")
    assert load(str(moved)) == made.model_copy(
        update={"output": made.output.model_copy(update={"path": str(moved)}), "name": load(str(moved)).name}
    )
    assert command_that_resumes(moved) == f"imagenet-setup run '{moved}'"


def test_a_finished_dataset_without_its_state_folder_still_names_its_profile(built_copy: Path) -> None:
    shutil.rmtree(built_copy / ".imagenet-setup")
    loaded = load(str(built_copy), ["output.seed=7"])
    assert (loaded.image.height, loaded.output_path, loaded.output.seed) == (64, built_copy, 7)
    (built_copy / "dataset.json").write_text("{}")
    with pytest.raises(UsageError, match=r"dataset\.json names no profile"):
        load(str(built_copy))


def test_a_split_that_is_not_resized_is_told_apart(tmp_path: Path) -> None:
    image = {"resize": "shortest", "size": 480, "quality": 85, "splits": ["train"]}
    made = profile(tmp_path, tmp_path / "out", image=image)
    assert profile_store.makes(made) == "tfrecord: train, shortest 480, Q85; validation, JPEGs keep their bytes"


def test_no_comment_of_a_written_profile_depends_on_its_values(tmp_path: Path) -> None:
    def comments(text: str) -> list[str]:
        return [line.partition("#")[2] for line in text.splitlines()]

    one = profile(tmp_path, tmp_path / "one", image={"resize": "shortest", "size": 480, "quality": 85})
    other = profile(tmp_path / "raw", tmp_path / "other", image={"resize": "shortest", "size": 64, "quality": 60})
    assert comments(as_toml(one)) == comments(as_toml(other))


def test_what_a_saved_profile_is_follows_its_values_and_not_its_comment(tmp_path: Path) -> None:
    save(profile(tmp_path, tmp_path / "out", image={"resize": "shortest", "size": 480, "quality": 85}), "mine")
    (listed,) = profile_files.saved()
    listed.path.write_text("# Q10 for all\n" + listed.path.read_text().replace("quality = 85", "quality = 60"))
    assert about(listed, examine(listed.path)).endswith("train and validation, shortest 480, Q60")
    listed.path.write_text("[source")
    assert about(listed, examine(listed.path)) == ""


@pytest.mark.parametrize("recipe", profile_files.recipes(), ids=lambda recipe: recipe.name)
def test_a_recipe_is_told_by_its_description(recipe: profile_files.Listed) -> None:
    assert f"# {about(recipe, examine(recipe.path))}" == recipe.path.read_text().splitlines()[0]


def test_settings_alone_make_a_profile_with_the_defaults_for_all_else() -> None:
    assert load(None, FOLDERS) == made()
    assert load(None, [*FOLDERS, "name=mine", "image.quality=80"]) == made(name="mine", image={"quality": 80})
    with pytest.raises(UsageError, match="neither a PROFILE nor a setting"):
        load(None)
