"""Shell completion: installing it, and answering a shell that asks for profiles or commands.

cyclopts writes a script for the shell. The script itself knows commands, options and their choices; for parameters with
a completer it runs `imagenet-setup __complete WORD ...` at every press of Tab.
"""

from contextlib import suppress
from typing import Annotated, Literal, get_args

from cyclopts import App, Parameter

from wizard.commands.catalog import command_names
from wizard.commands.parameters import complete_profile, complete_saved
from wizard.errors import UsageError

Shell = Literal["bash", "zsh", "fish"]
ASKED = "__complete"
"""The first word of a command line that a shell has sent."""


def install(app: App, shell: Shell | None) -> None:
    """Writes the completion script of a shell to where it looks for one, and tells so.

    Raises:
        UsageError: no shell is given, and this one is another or cannot be told.
        OSError: a file cannot be written.
    """
    # Not at the top: a Tab need not wait for them.
    from cyclopts.completion.detect import ShellDetectionError, detect_shell
    from cyclopts.completion.install import create_install_completion_command

    found: str | None = shell
    if found is None:
        with suppress(ShellDetectionError):
            found = detect_shell()
    if found not in get_args(Shell):  # PowerShell's script asks in another way, and was never tried
        raise UsageError(
            "This is neither bash nor zsh nor fish, as far as can be told.",
            "imagenet-setup --install-completion --shell bash (or zsh, fish)",
        )
    create_install_completion_command(app.install_completion, add_to_startup=True)(shell=found)


def answer(words: list[str]) -> None:
    """Prints what the last word may become.

    cyclopts would import the command that is being typed, which takes seconds where that is `run`. The script has found
    out already that the word is one for a completer, and which one it is follows from the command.
    """
    match words:
        case ["help", *_]:
            completer = lambda _: command_names()  # noqa: E731
        case ["profiles", "delete", *_]:
            completer = complete_saved
        case _:
            completer = complete_profile

    def slot(word: Annotated[str, Parameter(completer=completer)], /) -> None:
        del word

    App(default_command=slot, result_action="return_value")([ASKED, *words[-1:]])
