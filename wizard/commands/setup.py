"""setup: the guided way to a profile and a build, which imagenet-setup without a command starts."""

import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from wizard.ask import setup_draft
from wizard.ask.hints import as_error
from wizard.ask.in_advance import layers
from wizard.ask.prompt import Back, Prompter, Value
from wizard.ask.prompters import prompter_for
from wizard.ask.setup_draft import SetupDraft, new_draft
from wizard.ask.start_menu import Begin, Start, choose_start
from wizard.commands.session import DEFAULT, OutputFlags, session
from wizard.download.request import Request
from wizard.errors import InputError, Interrupted, MachineError, UsageError
from wizard.folders import as_typed
from wizard.hangup import Terminal
from wizard.local_runs import LocalRun
from wizard.output import Output
from wizard.profile_keys import set_help

if TYPE_CHECKING:
    from wizard.ask.view import Outcome


def setup(
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=set_help())] = (),
    flags: OutputFlags = DEFAULT,
) -> int:
    """Ask a few questions, check this machine, and build."""
    output = flags.output()
    if output.mode == "quiet":
        raise UsageError(
            "The guided setup asks, so it cannot be quiet.", "imagenet-setup run PROFILE --quiet asks nothing"
        )
    if output.mode != "json" and not output.interactive:
        raise UsageError(
            "imagenet-setup asks questions, and this is not a terminal.",
            "Use: imagenet-setup run PROFILE --set source.path=FOLDER --set output.path=FOLDER "
            "(imagenet-setup profiles list names the profiles); a program can drive imagenet-setup setup --json",
        )
    if sys.stdin is None:  # as Python has it where a parent process closed it
        raise UsageError("setup --json reads its answers from stdin, which is closed.")
    begin = partial(new_draft, **layers(set_))
    prompter = prompter_for(output)
    try:
        ended = _conversation(output, prompter, begin, "set" if set_ else "first")
    except KeyboardInterrupt:
        if setup_draft.load() is None:
            raise Interrupted("Nothing was built.", "imagenet-setup begins again") from None
        raise Interrupted("Nothing was built; your answers are kept.", "imagenet-setup resumes with them") from None
    # Not at the top, as below: the first question need not wait for what a build needs.
    from wizard.commands.setup_ending import end

    return 0 if ended is None else end(output, ended)


def _conversation(output: Output, prompter: Prompter, begin: Begin, start: Start) -> "Outcome | Path | LocalRun | None":
    output.say(f"imagenet-setup {version('imagenet-setup')} · turns raw image data into a dataset your trainer opens")
    if output.mode == "human":
        output.say("Esc goes back · ? explains · Ctrl-C keeps your answers\n")
    while True:
        begun = _draft_or_build(output, prompter, start, begin)
        if begun is None or isinstance(begun, Path | LocalRun):
            return begun
        from wizard.ask.interview import Interview
        from wizard.ask.live_estimate import LiveEstimate
        from wizard.ask.view import View

        # Closed also at Ctrl-C, so that no worker process is left behind.
        with suppress(Back), closing(LiveEstimate()) as live:
            return Interview(prompter, View(output), live, begun).run()
        start = "back"


def _draft_or_build(
    output: Output, prompter: Prompter, start: Start = "first", begin: Begin = new_draft
) -> SetupDraft | Path | LocalRun | None:
    """A draft, a profile to build, or a run to watch; a failed download returns to the choice.

    None if the terminal was lost during a download: the next start goes on with what it fetched.
    """
    answers: Mapping[str, Value] = {}
    begun = choose_start(prompter, start, begin)
    while begun is None:
        # Whoever has the archives need not wait for an HTTP client.
        from wizard.ask.downloading import ask_answers, request_of

        with suppress(Back):
            answers = ask_answers(prompter, {}, answers)
            terminal = Terminal()
            folder = _downloaded(request_of(answers), output, prompter, terminal)
            draft = None if folder is None else begin().with_folder(as_typed(folder))
            if draft is not None:
                setup_draft.save(draft)  # whoever starts a download of hours may come back to a lost terminal
            if terminal.lost:
                output.event("finished", {"folder": None if folder is None else str(folder), "exit_code": 0})
                return None
            if draft is not None:
                return draft
        begun = choose_start(prompter, "download", begin)
    return begun


def _downloaded(request: Request, output: Output, prompter: Prompter, terminal: Terminal) -> Path | None:
    """The folder to build from; None if nothing was downloaded, or something has to be fixed first."""
    from wizard.ask.downloading import command
    from wizard.commands.downloading import fetch

    session.resume = command(request)
    try:
        folder = fetch(request, output, prompter, terminal)
    except KeyboardInterrupt:
        raise Interrupted("The download stopped; what was fetched is kept.", f"Resume with: {session.resume}") from None
    except (InputError, MachineError, UsageError) as error:
        if terminal.lost:
            raise
        prompter.say(f"✗ {as_error(error)}")
        output.result(f"  Continue here once that is fixed, or with: {session.resume}", wrap=True)
        folder = None
    session.resume = ""
    return folder
