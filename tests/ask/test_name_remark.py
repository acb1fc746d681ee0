"""A profile's name that another dataset's profile has."""

from pathlib import Path

from tests.ask.conftest import known
from tests.helpers import profile
from wizard import profile_store
from wizard.ask.context import Context
from wizard.ask.name_remark import replaces_another


def test_a_name_of_another_datasets_profile_is_told(context: Context, raw: Path, tmp_path: Path) -> None:
    profile_store.save(profile(raw, tmp_path / "other"), "mine")
    said = replaces_another("mine", known(context, {"output.path": str(tmp_path / "out")}))
    assert said == (
        f"The saved profile mine builds in {tmp_path / 'other'}. Saving replaces it, and keeps it as mine.toml.bak."
    )


def test_a_new_name_and_that_of_the_same_dataset_are_not_told(context: Context, raw: Path, tmp_path: Path) -> None:
    profile_store.save(profile(raw, tmp_path / "out"), "mine")
    answers = known(context, {"output.path": str(tmp_path / "out")})
    assert replaces_another("mine", answers) == replaces_another("new", answers) == ""
