"""How a conversation begins: anew, or with what there is to go on with."""

from pathlib import Path

from wizard import known_builds, saved
from wizard.ask import draft as drafts
from wizard.ask.asked import Asked, Back, Choice, Prompter
from wizard.ask.draft import Draft
from wizard.errors import SetupError
from wizard.folders import shortened
from wizard.show.words import duration

_SHOWN = 5
"""Unfinished builds that are offered, the latest first."""


def opening(prompter: Prompter) -> Draft | Path:
    """Answers to begin with, empty ones for a new setup; or the profile of an unfinished build that is to go on.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    while True:
        choices = _choices()
        if len(choices) == 1:
            return Draft()
        asked = Asked(
            key="opening",
            kind="choice",
            text="What would you like to do?",
            help="An unfinished build goes on with the shards that are missing. A replayed profile is shown for review "
            "before anything is done.",
            default=choices[0].value,
            choices=choices,
        )
        try:
            chosen = str(answer := prompter.ask(asked))
            prompter.took(asked, answer)
            if chosen.startswith("build:"):
                return Path(chosen.removeprefix("build:"))
            kept = drafts.load()
            if chosen == "continue" and kept is not None:
                return kept[0]
            return _replayed(prompter) if chosen == "replay" else Draft()
        except Back:
            continue
        except SetupError as error:
            prompter.say(f"✗ {error}")


def _choices() -> tuple[Choice, ...]:
    choices = [
        Choice(
            value=f"build:{each.profile}",
            title=f"Go on with the unfinished build in {shortened(each.output)}",
            about=f"{each.done:,} of {each.shards:,} shards, stopped {duration(each.idle)} ago",
        )
        for each in known_builds.unfinished()[:_SHOWN]
    ]
    kept = drafts.load()
    if kept is not None:
        draft, age = kept
        about = f"{len(draft.asked)} answered, {duration(age)} ago"
        choices.append(Choice(value="continue", title="Go on with the unfinished setup", about=about))
    if saved.saved():
        choices.append(Choice(value="replay", title="Replay a saved profile"))
    return (*choices, Choice(value="new", title="Start a new setup"))


def _replayed(prompter: Prompter) -> Draft:
    profiles = saved.latest_first()
    asked = Asked(
        key="profile",
        kind="choice",
        text="Which profile?",
        help="It is shown for review before anything is done.",
        default=profiles[0].name,
        choices=tuple(Choice(value=each.name, title=each.name, about=each.about) for each in profiles),
    )
    name = prompter.ask(asked)
    prompter.took(asked, name)
    profile = saved.load(str(saved.saved_folder() / f"{name}.toml"))
    return Draft.of(profile.model_copy(update={"name": str(name)}))
