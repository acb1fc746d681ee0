"""The setup conversation, from the menu to what follows from its end.

What is needed only after the first question is imported where it is used, so that the question appears at once.
"""

import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import wizard
from wizard.ask.hints import as_error
from wizard.ask.prompt import Back, Prompter, Value
from wizard.ask.prompters import prompter_for
from wizard.ask.start_menu import Begin, Start, choose_start, new_setup
from wizard.commands.session import session
from wizard.errors import InputError, Interrupted, MachineError, UsageError
from wizard.folders import as_typed
from wizard.hangup import Terminal
from wizard.local_runs import LocalRun
from wizard.output import Output

if TYPE_CHECKING:
    from wizard.ask.setup_draft import SetupDraft
    from wizard.ask.view import Outcome
    from wizard.download.request import Request


def converse(output: Output, settings: tuple[str, ...] = ()) -> int:
    """Asks, builds or does what else was chosen, and returns the exit code.

    Args:
        output: to a person at a terminal, or to a program.
        settings: answers in advance, as section.key=value.

    Raises:
        UsageError: there is nobody to ask, or a setting is none.
        Interrupted: the person left.
        SetupError: as what was chosen does.
    """
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
    begin = _begin_with(settings)
    prompter = prompter_for(output)
    try:
        ended = _conversation(output, prompter, begin, "set" if settings else "first")
    except KeyboardInterrupt:
        from wizard.ask import setup_draft

        if setup_draft.load() is None:
            raise Interrupted("Nothing was built.", "imagenet-setup begins again") from None
        raise Interrupted("Nothing was built; your answers are kept.", "imagenet-setup resumes with them") from None
    from wizard.commands.setup_ending import end

    return 0 if ended is None else end(output, ended)


def _begin_with(settings: tuple[str, ...]) -> Begin:
    if not settings:
        return new_setup
    from wizard.ask.in_advance import layers
    from wizard.ask.setup_draft import new_draft

    given = layers(settings)
    return lambda: new_draft(**given)


def _conversation(output: Output, prompter: Prompter, begin: Begin, start: Start) -> "Outcome | Path | LocalRun | None":
    output.say(f"imagenet-setup {wizard.__version__} · turns raw image data into a dataset your trainer opens")
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
    output: Output, prompter: Prompter, start: Start = "first", begin: Begin = new_setup
) -> "SetupDraft | Path | LocalRun | None":
    """A draft, a profile to build, or a run to watch; a failed download returns to the choice.

    None if the terminal was lost during a download: the next start goes on with what it fetched.
    """
    answers: Mapping[str, Value] = {}
    begun = choose_start(prompter, start, begin)
    while begun is None:
        from wizard.ask import setup_draft
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


def _downloaded(request: "Request", output: Output, prompter: Prompter, terminal: Terminal) -> Path | None:
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
