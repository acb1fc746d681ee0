"""The commands. Each is thin: it reads its words, calls one room, and says what came of it."""

import difflib
import io
import platform
import shlex
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from wizard import build, inspection
from wizard.demo import demo as make_demo
from wizard.engine.events import Finished, as_json
from wizard.errors import BUG, FINISHED_WITH_SKIPS, Interrupted, MachineError, ReaderGone, SetupError, UsageError
from wizard.interrupts import listening
from wizard.output import Mode, Output
from wizard.profile import load, state_folder
from wizard.show import summary
from wizard.show.faces import Face, Lines, Ndjson
from wizard.show.progress import Bars
from wizard.verify.dataset import verify as verify_dataset

app = App(
    name="imagenet-setup",
    help="Turns the official ILSVRC2012 archives into sharded TFRecords that a trainer opens, and proves them.",
    version=lambda: f"imagenet-setup {version('imagenet-setup')}",
    result_action="return_value",
    default_parameter=Parameter(negative="", show_default=False),
    suppress_keyboard_interrupt=False,
)


@dataclass(kw_only=True)
class _Session:
    """What main must remember of the command under way, to say how it ended."""

    command_line: list[str]
    output: Output


_session = _Session(command_line=[], output=Output())


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Talk:
    """How the command speaks."""

    json: Annotated[bool, Parameter(help="One JSON object a line on stdout.")] = False
    plain: Annotated[bool, Parameter(help="Lines without control codes.")] = False
    quiet: Annotated[bool, Parameter(help="Results and errors alone.")] = False

    def output(self) -> Output:
        """The output that was asked for.

        Raises:
            UsageError: more than one way of speaking was.
        """
        asked: dict[Mode, bool] = {"json": self.json, "plain": self.plain, "quiet": self.quiet}
        chosen = [mode for mode in asked if asked[mode]]
        if len(chosen) > 1:
            raise UsageError(f"--{' and --'.join(chosen)} cannot go together.")
        _session.output = Output(chosen[0] if chosen else "human")
        return _session.output


_DEFAULT = Talk()


@app.command
def run(
    profile: Annotated[str, Parameter(help="A path, a saved profile's name or a shipped recipe's name.")],
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help="section.key=value")] = (),
    md5: Annotated[bool, Parameter(help="Prove the archives' official MD5s first.")] = False,
    repair: Annotated[bool, Parameter(help="Build damaged shards anew.")] = False,
    yes: Annotated[bool, Parameter(help="Ask nothing; run never does, so this changes nothing.")] = False,
    talk: Talk = _DEFAULT,
) -> int:
    """Build what PROFILE asks for, or go on with an unfinished build; it asks nothing."""
    del yes
    output = talk.output()
    loaded = load(profile, set_)
    face = _face(output)
    with listening(output.say) as stopping, face.shown():
        finished = build.build(loaded, face.handle, build.Options(md5=md5, repair=repair, stopping=stopping))
    return _finished(output, finished)


@app.command
def verify(
    out: Annotated[Path, Parameter(help="The folder of a finished dataset.")],
    /,
    *,
    pixels: Annotated[bool, Parameter(help="Decode every image.")] = False,
    talk: Talk = _DEFAULT,
) -> int:
    """Re-read the finished dataset in OUT, prove that nothing is missing or damaged, and open it with TensorFlow."""
    output = talk.output()
    face = _face(output)
    with face.shown():
        verified = verify_dataset(out.expanduser().absolute(), face.handle, pixels=pixels)
    output.result(summary.verified(verified))
    output.event("finished", asdict(verified) | {"exit_code": 0})
    return 0


@app.command
def inspect(path: Annotated[Path, Parameter(help="A folder or a file.")], /, *, talk: Talk = _DEFAULT) -> int:
    """Say what lies at PATH: archives, a finished or unfinished dataset, or one shard."""
    output = talk.output()
    face = _face(output)
    with face.shown():
        facts = inspection.inspect(path.expanduser().absolute(), face.handle)
    output.result(inspection.as_text(facts))
    output.event("finished", {"facts": facts, "exit_code": 0})
    return 0


@app.command
def demo(
    out: Annotated[Path, Parameter(help="A folder for its raw data, profile and dataset.", show_default=True)] = Path(
        "imagenet-demo"
    ),
    /,
    *,
    talk: Talk = _DEFAULT,
) -> int:
    """Draw a tiny ILSVRC2012 in OUT, build it and verify it; no download, under a minute."""
    output = talk.output()
    face = _face(output)
    with listening(output.say) as stopping, face.shown():
        finished, verified = make_demo(out.expanduser().absolute(), face.handle, build.Options(stopping=stopping))
    code = _finished(output, finished)
    output.result(f"\n{summary.verified(verified)}")
    return code


@app.default
def welcome(*words: str) -> int:
    """Without a command there is nothing to do yet: say what there is."""
    if words:
        commands = [name for name in app if not name.startswith("-")]
        near = difflib.get_close_matches(words[0], commands, n=1)
        raise UsageError(
            f"There is no command {words[0]!r}.",
            f"Did you mean {near[0]}?" if near else f"There are {', '.join(commands)}; --help tells more",
        )
    raise UsageError(
        "imagenet-setup needs a command; its guided setup is not part of this version.",
        "imagenet-setup demo shows the whole way in a minute; imagenet-setup run PROFILE --set source.path=FOLDER "
        "--set output.path=FOLDER builds; imagenet-setup --help lists the rest",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns the process's exit code; the only place that turns an error into one."""
    _session.command_line = list(sys.argv[1:] if argv is None else argv)
    _session.output = Output("json" if "--json" in _session.command_line else "human")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(_session.command_line, exit_on_error=False, print_error=False)
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


def _finished(output: Output, finished: Finished) -> int:
    code = FINISHED_WITH_SKIPS if finished.skipped else 0
    output.result(summary.finished(finished))
    name, fields = as_json(finished)
    output.event(name, fields | {"exit_code": code})
    return code


def _face(output: Output) -> Face:
    match output.mode:
        case "json":
            return Ndjson(output)
        case _ if output.live:
            return Bars(output)
        case _:
            return Lines(output)


def _with_resume(error: Interrupted) -> Interrupted:
    return Interrupted(error.what, f"Go on with: {shlex.join(['imagenet-setup', *_session.command_line])}")


def _failed(error: SetupError) -> int:
    _session.output.error(error)
    return error.exit_code


def _crashed(error: Exception) -> int:
    log = state_folder() / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.log"
    text = "\n".join(
        (
            f"imagenet-setup {version('imagenet-setup')}, Python {platform.python_version()}, {platform.platform()}",
            shlex.join(["imagenet-setup", *_session.command_line]),
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
