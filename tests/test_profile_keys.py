from tests.profile_page import PAGE, with_keys
from wizard.profile_keys import profile_keys, set_help


def test_every_key_says_what_it_means() -> None:
    assert [key.name for key in profile_keys() if not key.comment] == []


def test_the_page_on_profiles_lists_the_keys_that_there_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_keys(page) == page, "python -m tests.profile_page brings it up to date"


def test_help_names_the_keys() -> None:
    assert "image.quality" in set_help()
    assert "output.format" in set_help()
