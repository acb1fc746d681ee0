"""The command line: its commands, and the exit code that each ends with.

A command's module is imported only when it is called, so that --help and the first question appear at once.
"""

import difflib
import io
import platform
import sys
import time
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

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

_COMMANDS = {
    "setup": "Ask a few questions, check this machine, and build; the default command.",
    "run": "Build what PROFILE asks for, or continue an unfinished build, without questions.",
    "submit": "Write the scripts that build PROFILE as a job array of a cluster (Slurm); --submit submits them.",
    "check": "Check whether PROFILE would work here (raw data, disk, memory, permissions) and estimate the time.",
    "verify": "Re-read the finished dataset in OUT and check that nothing is missing or damaged.",
    "status": "Show how far the build in OUT is, and what runs there on which machines; --watch goes on showing it.",
    "inspect": "Show what PATH holds: raw data and what is missing, a dataset, or one of their files.",
    "download": "Download the archives from image-net.org, a mirror, Kaggle or Hugging Face; transfers resume.",
    "demo": "Draw a tiny ILSVRC2012 in OUT, build it and verify it: no download, under a minute.",
    "free-memory": "Show what uses memory, and drop the page cache.",
}

app = App(
    name="imagenet-setup",
    help="Turns ImageNet, in any of its forms, into a dataset that trainers open, and checks that nothing is missing.",
    version=lambda: f"imagenet-setup {version('imagenet-setup')}",
    result_action="return_value",
    default_parameter=Parameter(negative="", show_default=False),
    suppress_keyboard_interrupt=False,
)
for _name, _help in _COMMANDS.items():
    _module = _name.replace("-", "_")
    app.command(f"wizard.commands.{_module}:{_module}", name=_name, help=_help)
app.command("wizard.commands.profiles:app", name="profiles", help="List, show or delete saved profiles.")


@app.default
def welcome(
    *words: Annotated[str, Parameter(show=False)],
    plain: Annotated[bool, Parameter(help="Numbered lines without control codes, for screen readers.")] = False,
) -> int:
    """Runs the wizard if no command is given."""
    if words:
        commands = [name for name in app if not name.startswith("-")]
        near = difflib.get_close_matches(words[0], commands, n=1)
        raise UsageError(
            f"There is no command {words[0]!r}.",
            f"Did you mean {near[0]}?" if near else f"Commands: {', '.join(commands)}; see --help",
        )
    # Not at the top: --help and errors need not wait for it.
    from wizard.commands.setup import setup

    return setup(flags=OutputFlags(plain=plain))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit code; the only place where an error becomes one."""
    session.begin(list(sys.argv[1:] if argv is None else argv))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name that the terminal's encoding lacks must not end the program with a UnicodeEncodeError.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(session.words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _failed(UsageError(str(error).strip(), "imagenet-setup --help, or imagenet-setup COMMAND --help"))
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


def _with_more(error: SetupError) -> SetupError:
    if isinstance(error, Interrupted):
        return _with_resume(error)
    if isinstance(error, NoRawData | ProfileError):
        # Not at the top: it imports all forms of raw data.
        from wizard.discovery.report import hint_with_found

        error.hint = hint_with_found(error)
    return error


def _with_resume(error: Interrupted) -> Interrupted:
    return Interrupted(error.what, error.hint or f"Go on with: {session.resume or session.command}")


def _failed(error: SetupError) -> int:
    session.output.error(error)
    return error.exit_code


def _crashed(error: Exception) -> int:
    log = state_folder() / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.log"
    text = "\n".join(
        (
            f"imagenet-setup {version('imagenet-setup')}, Python {platform.python_version()}, {platform.platform()}",
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
