"""The draft of a setup: begun empty or from a profile, turned into a profile, and stored after every answer."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from wizard.ask.context import Context, first_context
from wizard.ask.defaults import NO_HOLDOUT, is_usual_holdout
from wizard.ask.draft import Draft
from wizard.ask.prompt import Value
from wizard.ask.questions import BY_KEY, QUESTIONS
from wizard.ask.trainers import family_of
from wizard.folders import state_folder
from wizard.profile import Profile, check
from wizard.storage import write_whole
from wizard.targets.registry import TARGETS

SetupDraft: TypeAlias = Draft[Context]


def new_draft(**layers: Any) -> SetupDraft:
    """A draft with the context before the first question; for `layers`, see Draft."""
    return Draft(questions=QUESTIONS, context=first_context(), **layers)


def draft_of(profile: Profile) -> SetupDraft:
    """A saved profile's answers, all of them chosen; what no question asks stays in the layer below."""
    values = _flat(profile.model_dump(mode="json", exclude_none=True))
    if not any(map(profile.boxes, profile.source.splits)):
        values["source.boxes"] = "none"  # as train's are where train is not built
    values.setdefault("source.holdout", NO_HOLDOUT)
    values["family"] = family_of(profile.output.trainer)
    values |= {f"output.{split}_shards": profile.shards(split) for split in profile.source.splits}
    asked = [key for key in BY_KEY if key in values and key not in _unasked(profile)]
    # A profile may name splits that are not built; the question offers those that are.
    if "image.splits" in asked:
        values["image.splits"] = [split for split in profile.source.splits if split in profile.image.splits]
    # A rule that is not always offered is offered while it stands in the layer below.
    below = () if is_usual_holdout(values["source.holdout"]) else ("source.holdout",)
    chosen = {key: _as_answer(values.pop(key)) for key in asked if key not in below}
    if chosen["source.labels"] == "auto":
        del chosen["source.labels"]  # left to the raw data, so it follows the raw data
    return new_draft(chosen=chosen, profile=values, asked=tuple(asked))


def profile_of(draft: SetupDraft) -> Profile:
    """The answers as a profile; unanswered questions count with their defaults.

    Raises:
        ProfileError: the answers do not fit together.
    """
    table: dict[str, Any] = {}
    for dotted, value in draft.answers.values.items():
        if dotted in BY_KEY and not BY_KEY[dotted].stored:
            continue
        section, dot, key = dotted.partition(".")
        place = table.setdefault(section, {}) if dot else table
        place[key or section] = BY_KEY[dotted].in_profile(value) if dotted in BY_KEY else value
    return check(table, "The answers")


def save(draft: SetupDraft) -> None:
    """Stores the answers for the next start, if the folder can be written."""
    stored = {"chosen": draft.chosen, "profile": draft.profile, "asked": draft.asked, "at": time.time()}
    with suppress(OSError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(stored, indent=1).encode())


def load() -> tuple[SetupDraft, float] | None:
    """The stored answers, and how many seconds ago they were given; None where there are none that can be read."""
    # A file that was cut short, or that another version wrote, loses its answers, but does not stop the start.
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        stored: Mapping[str, Any] = json.loads(_path().read_text(encoding="utf-8"))
        chosen, profile, asked = dict(stored["chosen"]), dict(stored["profile"]), tuple(stored["asked"])
        if asked and {*asked, *chosen} <= BY_KEY.keys():
            # At least 0: a clock may have been set back since.
            return new_draft(chosen=chosen, profile=profile, asked=asked), max(0.0, time.time() - stored["at"])
    return None


def forget() -> None:
    """Deletes the stored answers."""
    with suppress(OSError):
        _path().unlink(missing_ok=True)


def _path() -> Path:
    return state_folder() / "answers.json"


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for section, value in table.items():
        if isinstance(value, dict):
            values |= {f"{section}.{key}": part for key, part in value.items()}
        else:
            values[section] = value
    return values


def _as_answer(value: Any) -> Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    answer: Value = value
    return answer


def _unasked(profile: Profile) -> set[str]:
    """Questions that do not apply to a profile, though it may have values for them.

    For original images no quality is asked; a profile may set one, and they are then re-encoded.
    """
    unasked = set()
    if TARGETS[profile.output.format].one_file_per_image:
        unasked |= {key for key in BY_KEY if key.endswith("_shards")}
    if profile.image.resize == "original":
        unasked |= {"image.quality", "image.splits"}
    if len(profile.source.splits) < 2 or not {*profile.source.splits} & {*profile.image.splits}:
        unasked.add("image.splits")
    return unasked
