from pathlib import Path

from wizard.profile_keys import profile_keys, set_help, with_keys

PAGE = Path(__file__).parent.parent / "docs" / "profile.md"


def test_every_profile_key_has_a_description() -> None:
    assert [key.name for key in profile_keys() if not key.comment] == []


def test_the_profile_documentation_lists_all_keys() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_keys(page) == page, "python -m wizard.profile_keys docs/profile.md brings it up to date"


def test_help_lists_the_profile_keys() -> None:
    assert "image.quality" in set_help()
    assert "output.format" in set_help()
