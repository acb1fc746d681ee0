"""What a command line leads to, and the exit code that it ends with.

What is needed for one kind alone is imported there, so that --help and the first question appear at once.
"""

import io
import sys
import time
from collections.abc import Sequence

import wizard
from wizard.commands import overview
from wizard.commands.session import session
from wizard.errors import (
    InternalError,
    Interrupted,
    MachineError,
    NoRawData,
    ProfileError,
    ReaderGone,
    SetupError,
)
from wizard.folders import state_folder


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit code; the only place where an error becomes one.

    `show.how_it_ended` says the same to watchers, who learn of it from a file.
    """
    session.begin(list(sys.argv[1:] if argv is None else argv))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name that the terminal's encoding lacks must not end the program with a UnicodeEncodeError.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(session.words)
    except ReaderGone as error:
        return error.exit_code
    except SetupError as error:
        return _failed(_with_more(error))
    except KeyboardInterrupt:
        return _failed(_stopped_at_once())
    except OSError as error:
        return _failed(MachineError(f"{error.filename or 'The system'}: {error.strerror or error}."))
    except Exception as error:  # noqa: BLE001  a bug must become an exit code and a crash log
        return _crashed(error)


def _run(words: list[str]) -> int:
    # The first three are answered without the command line's library, which takes long to import.
    if overview.is_wanted(words):
        overview.show()
        return 0
    if not words:
        from wizard.commands.conversation import converse

        return converse(session.output)
    if words[0] == "__complete":
        from wizard.commands.completion import answer

        answer(words[1:])
        return 0
    from wizard.commands.command_line import run

    return run(words)


def _stopped_at_once() -> Interrupted:
    if not session.resume:  # nothing had begun that could be kept
        return Interrupted("Stopped.", f"Again with: {session.command}")
    return Interrupted("Stopped at once; what was finished is kept.", f"Resume with: {session.resume}")


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
            f"imagenet-setup {wizard.__version__}, Python {platform.python_version()}, {platform.platform()}",
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
