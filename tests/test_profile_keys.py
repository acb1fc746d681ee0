from tests.profile_page import PAGE, with_keys
from wizard.profile_keys import profile_keys, set_help


def test_every_profile_key_has_a_description() -> None:
    assert [key.name for key in profile_keys() if not key.comment] == []


def test_the_profile_documentation_lists_all_keys() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_keys(page) == page, "python -m tests.profile_page brings it up to date"


def test_help_lists_the_profile_keys() -> None:
    assert "image.quality" in set_help()
    assert "output.format" in set_help()
