"""The first question: a new setup, one from a recipe or a saved profile, unfinished work, or a download."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from wizard import local_runs, profile_files, run_files, unfinished_builds
from wizard.ask import stored_answers
from wizard.ask.found_sources import at_hand, found_in_words
from wizard.ask.hints import as_error
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, put
from wizard.errors import SetupError, UsageError
from wizard.folders import shortened
from wizard.formatting import counted, duration
from wizard.local_runs import Kind, LocalRun

# What makes drafts is imported where it is used: it takes longer than all that the menu needs.
if TYPE_CHECKING:
    from wizard.ask.setup_draft import SetupDraft

Start: TypeAlias = Literal["first", "set", "back", "download"]
"""Where a person comes to the menu from; set: a command line that gives answers in advance."""
Begin: TypeAlias = "Callable[[], SetupDraft]"
"""Makes the draft of a new setup."""
_SHOWN = 5
"""Unfinished builds that are offered, the latest first."""
_RUNNING: Mapping[Kind, str] = {
    "build": "build running in",
    "download": "download running to",
    "verification": "verification running of",
}
"""What runs, before the name of its folder."""
_HELP: Mapping[str, str] = {
    "watch": "What runs can be watched; it continues when you leave.",
    "build": "An unfinished build resumes with the missing shards.",
    "continue": "An unfinished setup continues at the question that was open.",
    "new": "A new setup asks what will open the result, and where the raw data is, in any form.",
    "profile": "A saved profile's answers can be changed before anything is done.",
    "recipe": "A recipe has the settings of a well-known dataset; the wizard asks for the rest.",
    "download": "The archives can be downloaded from image-net.org, a mirror, Kaggle or Hugging Face.",
}
"""A sentence on each choice, by its value up to a colon."""


def new_setup() -> "SetupDraft":
    """The draft of a setup in which nothing is answered."""
    from wizard.ask.setup_draft import new_draft

    return new_draft()


def choose_start(
    prompter: Prompter, start: Start = "first", new: Begin = new_setup
) -> "SetupDraft | Path | LocalRun | None":
    """Answers to start from, the profile of an unfinished build to resume, or a run to watch.

    None where the archives are to be fetched first.

    Nothing is asked at the first start if there is nothing to resume and raw data lies in a default folder, or if
    answers were given in advance. Later the person has come back: from the first question after the menu, or from a
    download, which is then the default.

    Args:
        prompter: asks.
        start: where the person comes from.
        new: makes the draft of a new setup.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    if start == "set":
        return new()
    refused = ""
    while True:
        begun = _begun_before()
        if not begun and start == "first" and at_hand():
            prompter.say("Recipes and downloads are in the menu: go back from the first question.")
            return new()
        choices = _choices(begun)
        prompt = Prompt(
            key="opening",
            kind="choice",
            text="What would you like to do?",
            help=" ".join(_HELP[kind] for kind in dict.fromkeys(_kind(choice) for choice in choices)),
            default="download" if start == "download" else choices[0].value,
            choices=choices,
            error=refused,
        )
        refused = ""
        try:
            chosen = str(put(prompter, prompt))
        except Back:
            refused = "This is the first question. Ctrl-C leaves."
            continue
        try:
            return _from(chosen, prompter, new)
        except Back:
            continue
        except SetupError as error:
            prompter.say(f"✗ {as_error(error)}")


def _from(chosen: str, prompter: Prompter, new: Begin) -> "SetupDraft | Path | LocalRun | None":
    match chosen:
        case "download":
            return None
        case "recipe":
            from wizard.ask.start_from_profile import start_from

            return start_from(prompter, "Which recipe?", profile_files.recipes())
        case "profile":
            from wizard.ask.start_from_profile import start_from

            return start_from(prompter, "Which profile?", profile_files.latest_first())
        case "continue":
            # Another process may have finished that setup since the menu was shown.
            stored = _stored()
            return new() if stored is None else stored[0]
        case "new":
            return new()
        case _ if chosen.startswith("watch:"):
            run = local_runs.read(chosen.removeprefix("watch:"))
            if run is None:
                raise UsageError("That has ended.")
            return run
        case _:
            return Path(chosen.removeprefix("build:"))


def _begun_before() -> tuple[Choice, ...]:
    running = {Path(run.output).resolve(): run for run in reversed(local_runs.alive())}
    choices = [
        Choice(
            f"watch:{run.name}",
            f"Watch the {_RUNNING[run.kind]} {shortened(Path(run.output))}",
            _how_far(run),
        )
        for run in running.values()
    ]
    unfinished = [each for each in unfinished_builds.unfinished() if each.output.resolve() not in running]
    choices += [
        Choice(
            f"build:{each.profile}",
            f"Resume the unfinished build in {shortened(each.output)}",
            f"{each.done:,} of {counted(each.shards, each.part)}, stopped {duration(each.idle)} ago",
        )
        for each in unfinished[:_SHOWN]
    ]
    if stored := _stored():
        draft, age = stored
        about = f"{counted(len(draft.asked), 'answer')}, {duration(age)} ago"
        title = "Resume the unfinished setup"
        if not draft.asked:
            about, title = f"{duration(age)} ago", f"Set up a dataset from {draft.chosen['source.path']}"
        choices.append(Choice("continue", title, about))
    if saved := profile_files.saved():
        choices.append(Choice("profile", "Start from a saved profile", f"{len(saved)} saved"))
    return tuple(choices)


def _stored() -> "tuple[SetupDraft, float] | None":
    """The draft of the unfinished setup, and its age in seconds; None at most starts."""
    if not stored_answers.are_there():
        return None
    from wizard.ask.setup_draft import load

    return load()


def _how_far(run: LocalRun) -> str:
    if run.kind != "build":
        return f"started {duration(time.time() - run.begun)} ago"
    done = run_files.percent_done(Path(run.output), run.host, run.pid)
    so_far = "being prepared" if done is None else f"{done} % done"
    return f"{so_far}, started {duration(time.time() - run.begun)} ago"


def _choices(begun: Sequence[Choice]) -> tuple[Choice, ...]:
    return (
        *begun,
        Choice("new", "Start a new setup", found_in_words()),
        Choice("recipe", "Start from a recipe", f"{len(profile_files.recipes())} to choose from"),
        Choice("download", "Download the archives", "I don't have it yet"),
    )


def _kind(choice: Choice) -> str:
    return str(choice.value).partition(":")[0]
