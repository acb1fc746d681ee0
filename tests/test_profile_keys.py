from pathlib import Path

from wizard.profile_keys import profile_keys, set_help, with_keys

PAGE = Path(__file__).parent.parent / "docs" / "profile.md"


def test_every_key_says_what_it_means() -> None:
    assert [key.name for key in profile_keys() if not key.comment] == []


def test_the_page_on_profiles_lists_the_keys_that_there_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_keys(page) == page, "python -m wizard.profile_keys docs/profile.md brings it up to date"


def test_help_names_the_keys() -> None:
    assert "image.quality" in set_help()
    assert "output.format" in set_help()
