"""The command line: which commands there are, and how a command's end becomes an exit code.

A command's module is imported when it is called, so that help and the first question need not wait for the engine.
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

from wizard.commands.session import Talk, session
from wizard.errors import BUG, Interrupted, MachineError, ReaderGone, SetupError, UsageError
from wizard.folders import state_folder

_COMMANDS = {
    "setup": "Ask a few questions, check this machine, and build; what imagenet-setup alone does.",
    "run": "Build what PROFILE asks for, or go on with an unfinished build; it asks nothing.",
    "check": "Say whether PROFILE would work here: raw data, disk, memory, rights; and how long it would take.",
    "verify": "Re-read the finished dataset in OUT and prove that nothing is missing or damaged.",
    "inspect": "Say what lies at PATH: raw data and what it lacks, a dataset finished or not, or one file of them.",
    "download": "Get the archives from image-net.org, a mirror, Kaggle or Hugging Face; a broken transfer goes on.",
    "demo": "Draw a tiny ILSVRC2012 in OUT, build it and verify it; no download, under a minute.",
}

app = App(
    name="imagenet-setup",
    help="Turns ImageNet, in whatever form you have it, into what a trainer opens, and proves that nothing is missing.",
    version=lambda: f"imagenet-setup {version('imagenet-setup')}",
    result_action="return_value",
    default_parameter=Parameter(negative="", show_default=False),
    suppress_keyboard_interrupt=False,
)
for _name, _help in _COMMANDS.items():
    app.command(f"wizard.commands.{_name}:{_name}", name=_name, help=_help)
app.command("wizard.commands.profiles:app", name="profiles", help="List, show or delete saved profiles.")
app.command(
    "wizard.commands.free_memory:free_memory", name="free-memory", help="Show who holds memory; drop the page cache."
)


@app.default
def welcome(
    *words: Annotated[str, Parameter(show=False)],
    plain: Annotated[bool, Parameter(help="Numbered lines without control codes, for screen readers.")] = False,
) -> int:
    """Without a command, ask."""
    if words:
        commands = [name for name in app if not name.startswith("-")]
        near = difflib.get_close_matches(words[0], commands, n=1)
        raise UsageError(
            f"There is no command {words[0]!r}.",
            f"Did you mean {near[0]}?" if near else f"There are {', '.join(commands)}; --help tells more",
        )
    from wizard.commands.setup import setup

    return setup(talk=Talk(plain=plain))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns the process's exit code; the only place that turns an error into one."""
    session.begin(list(sys.argv[1:] if argv is None else argv))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(session.words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _failed(UsageError(f"{str(error).strip()}", "imagenet-setup --help, or imagenet-setup COMMAND --help"))
    except ReaderGone as error:
        return error.exit_code
    except SetupError as error:
        return _failed(_with_resume(error) if isinstance(error, Interrupted) else error)
    except KeyboardInterrupt:
        return _failed(_with_resume(Interrupted("Stopped at once; what was finished is kept.")))
    except OSError as error:
        return _failed(MachineError(f"{error.filename or 'The system'}: {error.strerror or error}."))
    except Exception as error:  # noqa: BLE001  the one place where a bug becomes an exit code
        return _crashed(error)
    return code if isinstance(code, int) else 0


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
        where = text
    failure = SetupError(f"This is a bug in imagenet-setup: {type(error).__name__}: {error}", where)
    failure.exit_code = BUG  # type: ignore[misc]
    return _failed(failure)
