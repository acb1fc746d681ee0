"""The first question: a new setup, unfinished work, or a download."""

import time
from pathlib import Path
from typing import Literal, TypeAlias

from wizard import local_runs, profile_store, unfinished_builds
from wizard.ask import setup_draft
from wizard.ask.found_sources import at_hand, found_in_words
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, put
from wizard.ask.setup_draft import SetupDraft, draft_of, new_draft
from wizard.errors import SetupError, UsageError
from wizard.folders import saved_folder, shortened
from wizard.formatting import duration
from wizard.local_runs import LocalRun

Start: TypeAlias = Literal["first", "back", "download"]
"""Whence a person comes to the menu."""
_SHOWN = 5
"""Unfinished builds that are offered, the latest first."""
_DOWNLOAD = Choice("download", "Download the archives", "I don't have it yet")


def choose_start(prompter: Prompter, start: Start = "first") -> SetupDraft | Path | LocalRun | None:
    """Answers to start from, empty ones for a new setup; the profile of an unfinished build; or a run to watch.

    None where the archives are to be fetched first.

    Nothing is asked at the first start if there is nothing to resume and raw data lies in a default folder. Later the
    person has come back: from the first question after the menu, or from a download, which is then the default.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    while True:
        begun = _begun_before()
        if not begun and start == "first" and at_hand():
            return new_draft()
        choices = (*begun, Choice("new", "Start a new setup", found_in_words()), _DOWNLOAD)
        prompt = Prompt(
            key="opening",
            kind="choice",
            text="What would you like to do?",
            help="A new setup asks where the raw data is, in any form. If you have none yet, the archives can be "
            "downloaded from image-net.org, a mirror, Kaggle or Hugging Face. An unfinished build resumes with the "
            "missing shards. A replayed profile is shown for review before anything is done.",
            default="download" if start == "download" else choices[0].value,
            choices=choices,
        )
        try:
            return _from(str(put(prompter, prompt)), prompter)
        except Back:
            continue
        except SetupError as error:
            prompter.say(f"✗ {error}")


def _from(chosen: str, prompter: Prompter) -> SetupDraft | Path | LocalRun | None:
    if chosen.startswith("watch:"):
        run = local_runs.read(chosen.removeprefix("watch:"))
        if run is None:
            raise UsageError("That build has ended.")
        return run
    if chosen.startswith("build:"):
        return Path(chosen.removeprefix("build:"))
    if chosen == "download":
        return None
    if chosen == "replay":
        return _replayed(prompter)
    # Another process may have finished that setup since the menu was shown.
    stored = setup_draft.load() if chosen == "continue" else None
    return new_draft() if stored is None else stored[0]


def _begun_before() -> tuple[Choice, ...]:
    running = {Path(run.output).resolve(): run for run in reversed(local_runs.alive())}
    choices = [
        Choice(
            f"watch:{run.name}",
            f"Watch the build that runs in {shortened(Path(run.output))}",
            f"process {run.pid}, begun {duration(time.time() - run.begun)} ago",
        )
        for run in running.values()
    ]
    unfinished = [each for each in unfinished_builds.unfinished() if each.output.resolve() not in running]
    choices += [
        Choice(
            f"build:{each.profile}",
            f"Resume the unfinished build in {shortened(each.output)}",
            f"{each.done:,} of {each.shards:,} shards, stopped {duration(each.idle)} ago",
        )
        for each in unfinished[:_SHOWN]
    ]
    if stored := setup_draft.load():
        draft, age = stored
        about = f"{len(draft.asked)} answered, {duration(age)} ago"
        choices.append(Choice("continue", "Resume the unfinished setup", about))
    if profile_store.saved():
        choices.append(Choice("replay", "Replay a saved profile"))
    return tuple(choices)


def _replayed(prompter: Prompter) -> SetupDraft:
    profiles = profile_store.latest_first()
    prompt = Prompt(
        key="profile",
        kind="choice",
        text="Which profile?",
        help="It is shown for review before anything is done.",
        default=profiles[0].name,
        choices=tuple(Choice(each.name, each.name, each.about) for each in profiles),
    )
    name = str(put(prompter, prompt))
    profile = profile_store.load(str(saved_folder() / f"{name}.toml"))
    return draft_of(profile.model_copy(update={"name": name}))
