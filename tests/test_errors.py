import pickle
from pathlib import Path

import pytest

from wizard import errors
from wizard.errors import BadImage, InputError, MachineError, ProfileError, reading, writing


def test_exit_codes_are_the_documented_ones() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    documented = {
        int(line.split("|")[1]) for line in readme.splitlines() if line.startswith("| ") and line[2].isdigit()
    }
    classes = [each for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "exit_code")]
    assert {each.exit_code for each in classes} | {0, errors.FINISHED_WITH_SKIPS} == documented


def test_an_error_can_be_pickled_by_a_worker() -> None:
    back = pickle.loads(pickle.dumps(BadImage("what", "hint")))
    assert (type(back), back.what, back.hint) == (BadImage, "what", "hint")


def test_an_error_has_a_message_and_a_hint() -> None:
    assert str(InputError("what", "hint")) == "what\n→ hint"
    assert str(InputError("what")) == "what"
    assert str(ProfileError("p.toml", ["a", "b"])) == "p.toml: 2 problems\n  - a\n  - b"


def test_an_os_error_becomes_a_message_with_the_files_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{tmp_path} cannot be read: Is a directory"), reading(tmp_path):
        tmp_path.read_bytes()
    with pytest.raises(MachineError, match=f"{tmp_path} cannot be written: Is a directory"), writing(tmp_path):
        tmp_path.write_bytes(b"")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (FileNotFoundError(2, "No such file or directory"), "Check where it is"),
        (NotADirectoryError(20, "Not a directory"), "Check where it is"),
        (PermissionError(13, "Permission denied"), "Check its permissions"),
        (IsADirectoryError(21, "Is a directory"), "Name a file"),
        (OSError(5, "Input/output error"), "Check the disk"),
    ],
)
def test_what_to_do_about_a_file_that_cannot_be_read_follows_from_why(error: OSError, advice: str) -> None:
    with pytest.raises(InputError) as raised, reading("/data/x"):
        raise error
    assert raised.value.hint.startswith(advice)
    assert ("permissions" in raised.value.hint) == isinstance(error, PermissionError)
