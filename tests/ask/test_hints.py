"""What to do, said to somebody who answers questions and to somebody who types commands."""

import pickle

from wizard.ask.hints import as_error, in_setup
from wizard.errors import Hint, InputError

BOXES = Hint("Fetch {name} again, or leave the boxes out with {}", "source.boxes=none")


def test_hints_for_the_command_line_name_the_setting() -> None:
    assert BOXES == "Fetch {name} again, or leave the boxes out with --set source.boxes=none"


def test_hints_for_the_wizard_name_the_answer() -> None:
    assert in_setup(BOXES) == 'Fetch {name} again, or leave the boxes out with the answer none to "Boxes"'
    elsewhere = Hint("Choose another folder: {}", "output.path=FOLDER")
    assert as_error(InputError("It is full.", elsewhere)).endswith("→ Choose another folder")


def test_hints_and_texts_added_are_a_hint_with_all_settings() -> None:
    skip = Hint("leave it out with {}", "output.on_bad_image=skip")
    both = "Replace it, or " + skip + ". " + BOXES
    assert both.startswith("Replace it, or leave it out with --set output.on_bad_image=skip. Fetch {name} again")
    assert in_setup(both).startswith('Replace it, or leave it out with the answer skip to "Bad images". Fetch')
    assert "--set" not in in_setup(both)


def test_a_setting_is_quoted_for_the_shell_and_not_for_the_wizard() -> None:
    splits = Hint("Build what is there: {}", 'source.splits=["train"]')
    assert splits == "Build what is there: --set 'source.splits=[\"train\"]'"
    assert in_setup(splits) == 'Build what is there: the answer train to "Splits"'


def test_a_hint_without_settings_is_said_as_it_is() -> None:
    assert in_setup("Download it again") == "Download it again"


def test_settings_outlast_the_way_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(BOXES)).settings == BOXES.settings
