"""Lines that are broken to fit, with each command that the program may show, and each that its messages name."""

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import wizard
from wizard.commands import command_line
from wizard.commands.catalog import command_names
from wizard.formats import array_record, jpegli_package, parquet_file
from wizard.machine.page_cache import BY_HAND
from wizard.wrapping import wrapped

PACKAGE = Path(wizard.__file__).parent
LONG = shlex.quote("/home/ann/my own data/ImageNet 2012/" + "/".join(["as it was downloaded"] * 4))
WIDTHS = range(40, 101)
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


def is_kept_whole(command: str, sentence: str, width: int) -> bool:
    return any(command in part for part in wrapped(sentence, width))


def options(name: str) -> dict[str, bool]:
    """The options of a command, and whether a value follows them."""
    app = command_line.app[name]
    if app.default_command is None:
        return {}
    arguments = app.assemble_argument_collection()
    return {
        option: argument.hint is not bool
        for argument in arguments
        for option in argument.names
        if option.startswith("--") and not option.startswith(("--no-", "--empty-"))
    }


SENTENCES = (
    "  Continue here once that is fixed, or with: {}",
    "→ Resume with: {}",
    "Submitted. {} shows what runs there and on which machines; it does the same again",
    "Either way will do ({}), as the answers are kept in the profile.",
    "Stopped; what was fetched is kept. {}. The same command continues later, with the rest of it.",
)


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("name", command_names())
@pytest.mark.parametrize("value", [LONG, "train,validation,boxes", "source.path=/data"])
def test_no_command_of_this_program_is_broken_whatever_its_options(name: str, sentence: str, value: str) -> None:
    words = [f"{option} {value}" if takes else option for option, takes in options(name).items()]
    command = " ".join(["imagenet-setup", name, value, *words])
    assert all(is_kept_whole(command, sentence.format(command), width) for width in WIDTHS)


OTHERS = (
    BY_HAND,
    array_record.INSTALL,
    jpegli_package.INSTALL,
    parquet_file.INSTALL,
    "pip install 'httpx[socks]'",
    f"sudo install -d -o ann {LONG}",
    f"sudo chown ann {LONG}",
    "ulimit -n 65536",
    "squeue --job 123456,123457",
    "scancel 123456 123457",
    "md5sum *.tar *.tar.gz *.tgz > FILE",
    "ssh -J gate.example.org -N -L 8000:127.0.0.1:8000 ann@node17.example.org",
    "git lfs pull",
    "hf auth login",
)


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("command", OTHERS)
def test_no_command_of_another_program_is_broken(command: str, sentence: str) -> None:
    assert all(is_kept_whole(command, sentence.format(command), width) for width in WIDTHS)


def texts(module: Path) -> Iterator[str]:
    """The strings of a module, with a long path in place of whatever is put into them."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    docs = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else LONG for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner | docs:
            yield node.value


def named(text: str) -> Iterator[str]:
    """The commands of this program in a text: as far as their own options, their values, and folders reach."""
    for rest in text.split("imagenet-setup ")[1:]:
        name, *words = rest.replace(LONG, "<long>").split(" ")
        if name not in command_names():
            continue
        takes, end = options(name), 0
        for place, word in enumerate(words):
            option = word.rstrip(".,;:)\n").partition("=")[0]
            if option in takes or takes.get(words[place - 1] if place else "") or word.startswith(("<long>", "--")):
                end = place + 1
            elif not word.isupper() or place > 0:
                break
        whole = " ".join(["imagenet-setup", name, *words[:end]]).partition("\n")[0]
        yield whole.rstrip(".,;:)").replace("<long>", LONG)


def test_no_message_of_the_program_breaks_a_command_that_it_names() -> None:
    messages = [text for module in PACKAGE.rglob("*.py") for text in texts(module)]
    commands = [(command, line) for text in messages for command in named(text) for line in text.split("\n")]
    broken = [
        (command, width)
        for command, line in commands
        for width in WIDTHS
        if command in line and not is_kept_whole(command, line, width)
    ]
    assert not broken
    assert len(commands) > 30


def test_lines_are_broken_in_one_place_only() -> None:
    breaking = [
        module.relative_to(PACKAGE).as_posix()
        for module in PACKAGE.rglob("*.py")
        if "textwrap" in module.read_text(encoding="utf-8")
    ]
    assert breaking == ["wrapping.py"]
