import pytest

from wizard.wrapping import wrapped

COMMANDS = (
    "imagenet-setup attach ~/my-folders --stop",
    "imagenet-setup run mine --ignore=disk --slice=3/16",
    "imagenet-setup verify '/data/my own/folder'",
    "imagenet-setup run tfr-crop --set source.path=/data --set image.size=256",
    "pip install 'imagenet-setup[jpegli]'",
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "after", ["", "; it does the same again", " shows what runs there and on which of the machines"]
)
def test_no_line_break_is_inside_a_command(command: str, after: str) -> None:
    sentence = f"The build goes on (process 26021). To stop it: {command}{after}"
    for width in range(len(command) + 8, 120):
        parts = wrapped(sentence, width)
        assert any(command in part for part in parts)
        assert max(map(len, parts)) <= width or width < 60
        assert " ".join(part.strip() for part in parts) == sentence


def test_a_line_that_fits_is_left_as_it_is() -> None:
    assert wrapped("  a   b  ", 9) == ["  a   b  "]
    assert wrapped("", 9) == [""]


def test_a_path_that_fits_with_less_of_the_indent_is_on_one_line() -> None:
    assert wrapped("  Log       /home/ann/runs/20261127.log", 30) == ["  Log", "   /home/ann/runs/20261127.log"]
    assert wrapped("  Log       /home/ann/runs/20261127.log", 20) == ["  Log", "/home/ann/runs/20261127.log"]
