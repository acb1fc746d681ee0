"""The commands and their options, as cyclopts reads them; a command's module is imported only when it is called."""

from typing import Annotated, Literal

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnknownCommandError, UnusedCliTokensError

import wizard
from wizard.commands.catalog import GROUPS, OPTIONS, Command, command_names
from wizard.commands.output_flags import OutputFlags
from wizard.commands.session import session
from wizard.errors import UsageError

app = App(
    name="imagenet-setup",
    help="Turns ImageNet, in any of its forms, into a dataset that trainers open.",
    version=f"imagenet-setup {wizard.__version__}",
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
        raise _no_command(rest[0], _commands_of(apps[-1]))
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


def run(words: list[str]) -> int:
    """Runs the command that a command line names, and returns its exit code.

    Raises:
        UsageError: there is no such command, or it does not take these options.
        SetupError: as the command does.
    """
    try:
        code = app(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise _wrong_usage(error) from error
    return code if isinstance(code, int) else 0


def _wrong_usage(error: CycloptsError) -> UsageError:
    first = session.words[0] if session.words else ""
    if first and not first.startswith("-") and first not in command_names():
        return _no_command(first, command_names())  # its options are unknown only because the command is
    chain = error.command_chain or ()
    if isinstance(error, UnknownCommandError) and error.unused_tokens:
        return _no_command(error.unused_tokens[0], _commands_of(app.parse_commands(list(chain))[1][-1]))
    return UsageError(_sentence(error), f"imagenet-setup help {' '.join(chain)}" if chain else "imagenet-setup help")


def _sentence(error: CycloptsError) -> str:
    """What is wrong with a command line; a missing argument is named with its text in the command's help."""
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"{error.unused_tokens[0]!r} is one argument too many."
    if not isinstance(error, MissingArgumentError) or error.argument is None:
        return str(error).strip()
    name = error.keyword or error.argument.name
    if name.startswith("-"):
        return f"{name} needs a value."
    about = error.argument.parameter.help or ""
    return f"{name} is missing: {about[:1].lower()}{about[1:].rstrip('.')}." if about else f"{name} is missing."


def _commands_of(group: App) -> list[str]:
    return [name for name in group if not name.startswith("-")]


def _no_command(word: str, known: list[str]) -> UsageError:
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    names = f"Commands: {', '.join(known)}; see imagenet-setup help" if known else "imagenet-setup help lists them"
    return UsageError(f"There is no command {word!r}.", f"Did you mean {near[0]}?" if near else names)
