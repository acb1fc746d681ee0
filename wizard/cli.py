"""The command line: its commands, and the exit code that each ends with.

A command's module is imported only when it is called, so that --help and the first question appear at once.
"""

import io
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from wizard.commands import overview
from wizard.commands.catalog import GROUPS, OPTIONS, Command, command_names
from wizard.commands.session import OutputFlags, session
from wizard.errors import (
    InternalError,
    Interrupted,
    MachineError,
    NoRawData,
    ProfileError,
    ReaderGone,
    SetupError,
    UsageError,
)
from wizard.folders import state_folder


def _version() -> str:
    # Not at the top, here and below: few runs need these modules.
    from importlib.metadata import version

    return f"imagenet-setup {version('imagenet-setup')}"


app = App(
    name="imagenet-setup",
    help="Turns ImageNet, in any of its forms, into a dataset that trainers open.",
    version=_version,
    version_flags=("--version", "-V"),
    version_format="markdown",  # cyclopts 5.5 prints plain text without a line break
    help_format="plaintext",  # rich's Markdown takes 0.1 s to import
    result_action="return_value",
    default_parameter=Parameter(negative="", show_default=False),
    suppress_keyboard_interrupt=False,
)


@app.command(name="--install-completion", help=OPTIONS["--install-completion"])
def install_completion(
    *,
    shell: Annotated[
        Literal["bash", "zsh", "fish"] | None,
        Parameter(help="The one that runs this command unless given."),
    ] = None,
) -> int:
    """Makes Tab complete."""
    from wizard.commands.completion import install

    install(app, shell)
    return 0


def _help(
    *command: Annotated[
        str, Parameter(help="Of this command, as: profiles edit.", completer=lambda _: command_names())
    ],
) -> int:
    """Print the page of a command, or the list of all."""
    _, apps, rest = app.parse_commands(list(command))
    if rest:
        raise _no_command(rest[0], [name for name in apps[-1] if not name.startswith("-")])
    app.help_print(list(command))
    return 0


def _register(name: str, command: Command) -> None:
    module = f"wizard.commands.{name.replace('-', '_')}"
    if name == "profiles":  # commands of its own, and so pages of its own
        app.command(f"{module}:app", name=name, help=command.help)
        return
    target = _help if name == "help" else f"{module}:{name.replace('-', '_')}"
    app.command(target, name=name, help=command.help, help_epilogue=command.epilogue)


for _commands in GROUPS.values():
    for _name, _command in _commands.items():
        _register(_name, _command)


@app.default
def welcome(
    *words: Annotated[str, Parameter(show=False)],
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=OPTIONS["--set"])] = (),
    plain: Annotated[bool, Parameter(help=OPTIONS["--plain"])] = False,
) -> int:
    """Runs the wizard if no command is given."""
    if words:
        raise _no_command(words[0], command_names())
    # Not at the top: errors and shells need not wait for it.
    from wizard.commands.setup import setup

    return setup(set_=set_, flags=OutputFlags(plain=plain))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit code; the only place where an error becomes one.

    `show.how_it_ended` says the same to watchers, who learn of it from a file.
    """
    session.begin(list(sys.argv[1:] if argv is None else argv))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name that the terminal's encoding lacks must not end the program with a UnicodeEncodeError.
            stream.reconfigure(errors="backslashreplace")
    if _answered_without_a_command(session.words):
        return 0
    try:
        code = app(session.words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _failed(_wrong_usage(error))
    except ReaderGone as error:
        return error.exit_code
    except SetupError as error:
        return _failed(_with_more(error))
    except KeyboardInterrupt:
        return _failed(_with_resume(Interrupted("Stopped at once; what was finished is kept.")))
    except OSError as error:
        return _failed(MachineError(f"{error.filename or 'The system'}: {error.strerror or error}."))
    except Exception as error:  # noqa: BLE001  a bug must become an exit code and a crash log
        return _crashed(error)
    return code if isinstance(code, int) else 0


def _answered_without_a_command(words: list[str]) -> bool:
    """Answers --help and a shell that asks what a word may become, for both of which cyclopts takes too long."""
    if overview.is_wanted(words):
        overview.show()
        return True
    if words[:1] == ["__complete"]:
        from wizard.commands.completion import answer

        answer(words[1:])
        return True
    return False


def _wrong_usage(error: CycloptsError) -> UsageError:
    first = session.words[0] if session.words else ""
    if first and not first.startswith("-") and first not in command_names():
        return _no_command(first, command_names())  # its options are unknown only because the command is
    return UsageError(str(error).strip(), "imagenet-setup help, or imagenet-setup help COMMAND")


def _no_command(word: str, known: list[str]) -> UsageError:
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    names = f"Commands: {', '.join(known)}; see imagenet-setup help" if known else "imagenet-setup help lists them"
    return UsageError(f"There is no command {word!r}.", f"Did you mean {near[0]}?" if near else names)


def _with_more(error: SetupError) -> SetupError:
    if isinstance(error, Interrupted):
        return _with_resume(error)
    if isinstance(error, NoRawData | ProfileError):
        # Not at the top: it imports all forms of raw data.
        from wizard.discovery.report import hint_with_found

        error.hint = hint_with_found(error)
    return error


def _with_resume(error: Interrupted) -> Interrupted:
    return Interrupted(error.what, error.hint or f"Resume with: {session.resume or session.command}")


def _failed(error: SetupError) -> int:
    session.output.error(error)
    return error.exit_code


def _crashed(error: Exception) -> int:
    import platform
    import traceback

    log = state_folder() / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.log"
    text = "\n".join(
        (
            f"{_version()}, Python {platform.python_version()}, {platform.platform()}",
            session.command,
            "".join(traceback.format_exception(error)),
        )
    )
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8", errors="backslashreplace")
        where = f"The crash log is {log}"
    except OSError:
        where = text  # a full or read-only home folder must not hide the bug
    return _failed(InternalError(f"This is a bug in imagenet-setup: {type(error).__name__}: {error}", where))
