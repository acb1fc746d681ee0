"""What to do, said to somebody who answers questions and to somebody who types commands."""

import pickle

from wizard.ask.hints import as_error, in_setup
from wizard.errors import Hint, InputError

BOXES = Hint("Fetch {name} again, or leave the boxes out with {}", "source.boxes=none")


def test_a_command_line_is_told_the_setting() -> None:
    assert BOXES == "Fetch {name} again, or leave the boxes out with --set source.boxes=none"


def test_a_wizard_is_told_the_answer() -> None:
    assert in_setup(BOXES) == 'Fetch {name} again, or leave the boxes out with the answer none to "Boxes"'
    elsewhere = Hint("Choose another folder: {}", "output.path=FOLDER")
    assert as_error(InputError("It is full.", elsewhere)).endswith("→ Choose another folder")


def test_a_hint_without_settings_is_said_as_it_is() -> None:
    assert in_setup("Download it again") == "Download it again"


def test_settings_outlast_the_way_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(BOXES)).settings == BOXES.settings
