"""setup: the guided way to a profile and a build; what imagenet-setup does when it is called alone."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from wizard.ask import setup_draft
from wizard.ask.interview import Interview
from wizard.ask.live_estimate import LiveEstimate
from wizard.ask.prompt import Back, Prompter
from wizard.ask.prompters import prompter_for
from wizard.ask.review import Row, as_lines, consequence
from wizard.ask.setup_draft import SetupDraft, new_draft
from wizard.ask.start_menu import DownloadFirst, choose_start
from wizard.ask.survey_source import SOURCE
from wizard.ask.view import Outcome
from wizard.build import Options
from wizard.commands.run import start
from wizard.commands.session import DEFAULT, Talk, session
from wizard.download.request import Request
from wizard.errors import InputError, Interrupted, MachineError, UsageError
from wizard.events import Estimated, Event, as_json
from wizard.folders import shortened
from wizard.output import Output
from wizard.profile_store import load
from wizard.show.reporters import reporter_for
from wizard.sources.source import Progress

KEYS = "Esc goes back · ? explains · Ctrl-C keeps your answers"


def setup(*, talk: Talk = DEFAULT) -> int:
    """Ask a few questions, check this machine, and build."""
    output = talk.output()
    if output.mode == "quiet":
        raise UsageError(
            "The guided setup asks, so it cannot be quiet.", "imagenet-setup run PROFILE --quiet asks nothing"
        )
    if output.mode != "json" and not output.asks:
        raise UsageError(
            "imagenet-setup asks questions, and this is not a terminal.",
            "Use: imagenet-setup run PROFILE --set source.path=FOLDER --set output.path=FOLDER "
            "(imagenet-setup profiles list names the profiles); a program can drive imagenet-setup setup --json",
        )
    if sys.stdin is None:
        raise UsageError("setup --json reads its answers from stdin, which is closed.")
    prompter = prompter_for(output)
    try:
        ended = _conversation(output, prompter)
    except KeyboardInterrupt:
        if setup_draft.load() is None:
            raise Interrupted("Nothing was built.", "imagenet-setup begins again") from None
        raise Interrupted("Nothing was built; your answers are kept.", "imagenet-setup goes on with them") from None
    return _build(output, ended) if isinstance(ended, Path) else _end(output, ended)


class _View:
    """What is shown besides the questions, on an output; see View."""

    def __init__(self, output: Output) -> None:
        self._output = output

    @contextmanager
    def progress(self) -> Iterator[Callable[[Event], None]]:
        """See View."""
        reporter = reporter_for(self._output)
        with reporter.shown():
            yield reporter.handle

    def busy(self, text: str) -> AbstractContextManager[Progress]:
        """See View."""
        return self._output.busy(text)

    def table(self, rows: Sequence[Row]) -> None:
        """See View."""
        self._output.say("\n" + "\n".join(as_lines(rows)) + "\n")
        self._output.event("review", {"rows": [row._asdict() for row in rows]})

    def consequence(self, estimated: Estimated, assumed: str) -> None:
        """See View."""
        self._output.say(consequence(estimated, assumed))
        self._output.event(*as_json(estimated))

    def link(self, text: str, path: Path) -> None:
        """See View."""
        self._output.link(text, path)
        self._output.event("preview", {"path": str(path)})


def _conversation(output: Output, prompter: Prompter) -> Outcome | Path:
    output.say(f"imagenet-setup {version('imagenet-setup')} · turns raw image data into a dataset your trainer opens")
    if output.mode == "human":
        output.say(f"{KEYS}\n")
    begun = _begun(output, prompter)
    if isinstance(begun, Path):
        return begun
    with closing(LiveEstimate()) as live:
        return Interview(prompter, _View(output), live, begun).run()


def _begun(output: Output, prompter: Prompter) -> SetupDraft | Path:
    """What there is to begin with; a download that comes to nothing leads back to the choice."""
    request: Request | None = None
    begun = choose_start(prompter)
    while isinstance(begun, DownloadFirst):
        # Whoever has the archives need not wait for an HTTP client.
        from wizard.ask.downloading import Given, ask_request

        with suppress(Back):
            request = ask_request(prompter, Given(), request)
            folder = _downloaded(request, output, prompter)
            if folder is not None:
                return new_draft(chosen={SOURCE: shortened(folder)})
        begun = choose_start(prompter, again=True)
    return begun


def _downloaded(request: Request, output: Output, prompter: Prompter) -> Path | None:
    """The folder to build from; None where the person did not begin, or has something to mend first."""
    from wizard.ask.downloading import command
    from wizard.commands.downloading import fetch

    session.resume = command(request)
    try:
        folder = fetch(request, output, prompter)
    except KeyboardInterrupt:
        raise Interrupted("The download stopped; what was fetched is kept.", f"Go on with: {session.resume}") from None
    except (InputError, MachineError, UsageError) as error:
        prompter.say(f"✗ {error}")
        output.result(f"  Go on here when that is mended, or with: {session.resume}")
        folder = None
    session.resume = ""
    return folder


def _end(output: Output, outcome: Outcome) -> int:
    if outcome.kind == "left" or outcome.profile is None:
        kept = "; your answers are kept. imagenet-setup goes on with them." if setup_draft.load() else "."
        output.result(f"Nothing was built{kept}")
        output.event("finished", {"kind": "left", "exit_code": 0})
        return 0
    if outcome.path is None:
        session.resume = "imagenet-setup"
        return start(outcome.profile, output, Options(), outcome.ignored, outcome.verdict)
    command = f"imagenet-setup run {shlex.quote(outcome.path.stem)}"
    if outcome.kind == "saved":
        output.result(f"Saved as {shortened(outcome.path)}. Build it with: {command}")
        output.event("finished", {"kind": "saved", "profile": str(outcome.path), "command": command, "exit_code": 0})
        return 0
    output.say(f"· saved as {shortened(outcome.path)}; {command} does the same again")
    session.resume = " ".join([command, *(f"--ignore {name}" for name in outcome.ignored)])
    return start(load(str(outcome.path)), output, Options(), outcome.ignored, outcome.verdict)


def _build(output: Output, profile: Path) -> int:
    session.resume = f"imagenet-setup run {shlex.quote(str(profile))}"
    return start(load(str(profile)), output, Options())
