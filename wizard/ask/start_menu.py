"""How a conversation begins: anew, with what there is to go on with, or with a download."""

from dataclasses import dataclass
from pathlib import Path

from wizard import profile_store, unfinished_builds
from wizard.ask import draft as drafts
from wizard.ask.context import Facts, likely_source
from wizard.ask.draft import Draft
from wizard.ask.prompt import Asked, Back, Choice, Prompter
from wizard.errors import SetupError
from wizard.folders import expanded, shortened
from wizard.formatting import duration

_SHOWN = 5
"""Unfinished builds that are offered, the latest first."""
_ALWAYS = (
    Choice(value="new", title="Start a new setup"),
    Choice(value="download", title="Download the archives", about="I don't have it yet"),
)


@dataclass(frozen=True)
class NoDataYet:
    """The archives are to be fetched first."""


def opening(prompter: Prompter, *, again: bool = False) -> Draft | Path | NoDataYet:
    """Answers to begin with, empty ones for a new setup; or the profile of an unfinished build that is to go on.

    Who has nothing to go on with, but raw data in a usual place, is not kept from the first question.

    Args:
        prompter: puts the question.
        again: a download was chosen before, and came to nothing.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    while True:
        choices = _choices()
        if choices == _ALWAYS and not again and _at_hand():
            return Draft()
        asked = Asked(
            key="opening",
            kind="choice",
            text="What would you like to do?",
            help="A new setup asks where the raw data is, in any form. Who has none yet can have the archives fetched "
            "from image-net.org or a mirror of it, Kaggle or Hugging Face. An unfinished build goes on with the shards "
            "that are missing. A replayed profile is shown for review before anything is done.",
            default="download" if again else choices[0].value,
            choices=choices,
        )
        try:
            chosen = str(answer := prompter.ask(asked))
            prompter.took(asked, answer)
            if chosen.startswith("build:"):
                return Path(chosen.removeprefix("build:"))
            if chosen == "download":
                return NoDataYet()
            kept = drafts.load()
            if chosen == "continue" and kept is not None:
                return kept[0]
            return _replayed(prompter) if chosen == "replay" else Draft()
        except Back:
            continue
        except SetupError as error:
            prompter.say(f"✗ {error}")


def _at_hand() -> bool:
    """Whether raw data lies in a usual place, and not as the beginning of a download."""
    place = likely_source(Facts())
    return place is not None and not any(expanded(place).glob("*.part"))


def _choices() -> tuple[Choice, ...]:
    choices = [
        Choice(
            value=f"build:{each.profile}",
            title=f"Go on with the unfinished build in {shortened(each.output)}",
            about=f"{each.done:,} of {each.shards:,} shards, stopped {duration(each.idle)} ago",
        )
        for each in unfinished_builds.unfinished()[:_SHOWN]
    ]
    kept = drafts.load()
    if kept is not None:
        draft, age = kept
        about = f"{len(draft.asked)} answered, {duration(age)} ago"
        choices.append(Choice(value="continue", title="Go on with the unfinished setup", about=about))
    if profile_store.saved():
        choices.append(Choice(value="replay", title="Replay a saved profile"))
    return (*choices, *_ALWAYS)


def _replayed(prompter: Prompter) -> Draft:
    profiles = profile_store.latest_first()
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
    profile = profile_store.load(str(profile_store.saved_folder() / f"{name}.toml"))
    return Draft.of(profile.model_copy(update={"name": str(name)}))
