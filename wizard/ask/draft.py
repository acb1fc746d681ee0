"""The answers so far: what was answered, what was chosen rather than accepted, kept on disk after every answer."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wizard.ask.context import Facts
from wizard.ask.defaults import yes_or_no
from wizard.ask.prompt import Value
from wizard.ask.question import Question
from wizard.ask.questions import BY_KEY, QUESTIONS
from wizard.folders import state_folder
from wizard.ilsvrc2012.archives import SPLITS
from wizard.profile import Image, Profile, check
from wizard.sources.options import FolderRole
from wizard.storage import write_whole
from wizard.targets.registry import TARGETS

_YES_NO = {True: "yes", False: "no"}
_SHARDS = tuple(f"{split}_shards" for split in SPLITS)
_RESTS_ON: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "source.path": {"source": ("layout", "links", "folders")},
    "output.format": {"output": ("features", *_SHARDS)},
    "image.resize": {"image": tuple(Image.model_fields)},
}
"""Keys of a profile that no question is about, by the question whose answer they are said of."""
_RESIZING = ("image.quality", "image.splits")
"""Questions that are not asked of originals, though a profile may answer them: it then has them encoded anew."""


@dataclass(kw_only=True)
class Draft:
    """Answers on their way to a profile.

    Attributes:
        answers: by the question's key.
        asked: keys of the questions that were answered.
        chosen: keys whose answer differs from what was offered; the others follow when their reasons change.
        base: keys of a profile that no question is about, by section.
    """

    answers: dict[str, Value] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    base: dict[str, Any] = field(default_factory=dict)

    def next(self, facts: Facts) -> Question | None:
        """The first question that applies and was not answered yet; None where all were."""
        return next((each for each in self._applying(facts) if each.key not in self.asked), None)

    def offered(self, question: Question, facts: Facts) -> Value | None:
        """What is taken when nothing is typed: the answer that was chosen before, else what the facts say."""
        if question.key in self.chosen:
            return self.answers[question.key]
        return question.default(self.answers, facts)

    def take(self, question: Question, value: Value, facts: Facts) -> None:
        """Takes an answer; `settle` then lets follow what follows from it."""
        key = question.key
        if value != self.answers.get(key):
            self._free(key)
        if key == "source.path" and facts.follow:
            self.base.setdefault("source", {})["links"] = "follow"
        if key == "source.path" and facts.role != "auto":
            self.base.setdefault("source", {})["folders"] = facts.role
        fresh = question.default(self.answers, facts)
        self.answers[key] = value
        self.asked = [each.key for each in QUESTIONS if each.key in (*self.asked, key)]
        self.chosen = [each for each in self.chosen if each != key] + ([key] if value != fresh else [])

    def _free(self, key: str) -> None:
        """Lets go what no question is about, and what was said of another answer."""
        for section, names in _RESTS_ON.get(key, {}).items():
            for name in names:
                self.base.get(section, {}).pop(name, None)

    def back(self) -> bool:
        """Takes the last answer back, to be asked again; false where there is none."""
        last = next((key for key in reversed(self.asked) if not BY_KEY[key].on_request), None)
        self.asked = [key for key in self.asked if key != last]
        return last is not None

    def settle(self, facts: Facts) -> None:
        """After an answer or the facts have changed: drops what no longer fits, and renews what was only accepted.

        As far as the first question that is open.
        """
        for question in QUESTIONS:
            key = question.key
            if key in self.chosen:
                if not _stands(question, self.answers, facts):
                    self._drop(key)
            elif key in self.asked:
                value = question.default(self.answers, facts) if question.applies(self.answers, facts) else None
                if value is None:
                    self._drop(key)
                else:
                    self.answers[key] = value
            if not question.applies(self.answers, facts):
                self.asked = [each for each in self.asked if each != key]
                implied = question.implied(self.answers, facts)
                if implied is not None:
                    self._drop(key)
                    self.answers[key] = implied
            elif key not in self.asked and not question.on_request:
                return  # what comes after may rest on this answer, and is settled after it

    def table(self, facts: Facts) -> dict[str, Any]:
        """The answers as a profile's table; unanswered questions count with what they offer."""
        table: dict[str, Any] = {key: dict(part) if isinstance(part, dict) else part for key, part in self.base.items()}
        for question, value in self._settled(facts):
            section, dot, key = question.key.partition(".")
            place = table.setdefault(section, {}) if dot else table
            # What is implied where a question is not asked gives way to what a profile says.
            unsaid = question.key in self.asked or (key or section) not in place
            if value is not None and unsaid:
                place[key or section] = plain(question, value)
        return table

    def count(self, facts: Facts) -> int:
        """How many questions there are, if the unanswered ones get what they offer."""
        answers = {question.key: value for question, value in self._settled(facts) if value is not None}
        return sum(not each.on_request and each.applies(answers, facts) for each in QUESTIONS)

    def _settled(self, facts: Facts) -> Iterator[tuple[Question, Value | None]]:
        """Each question with its answer, what it offers, or what is implied where it is not asked; None for nothing."""
        answers: dict[str, Value] = {}
        for question in QUESTIONS:
            if question.on_request and question.key not in self.asked:
                continue
            if not question.applies(answers, facts):
                value = question.implied(answers, facts)
            elif question.key in self.asked or question.key in self.chosen:
                value = self.answers[question.key]
            else:
                value = question.default(answers, facts)
            if value is not None:
                answers[question.key] = value
            yield question, value

    def _applying(self, facts: Facts) -> Iterator[Question]:
        return (each for each in QUESTIONS if not each.on_request and each.applies(self.answers, facts))

    def _drop(self, key: str) -> None:
        self.answers.pop(key, None)
        self.asked = [each for each in self.asked if each != key]
        self.chosen = [each for each in self.chosen if each != key]

    def profile(self, facts: Facts) -> Profile:
        """The answers as a profile.

        Raises:
            ProfileError: they do not fit together.
        """
        return check(self.table(facts), "The answers")

    @property
    def layout(self) -> str:
        """The form that the raw data must have; a profile says so, no question asks."""
        layout: str = self.base.get("source", {}).get("layout", "auto")
        return layout

    @property
    def folders(self) -> FolderRole:
        """How to read folders of the raw data that can be read in more than one way."""
        role: FolderRole = self.base.get("source", {}).get("folders", "auto")
        return role

    @property
    def follows_links(self) -> bool:
        """Whether links of the raw data may lead out of its folder."""
        return bool(self.base.get("source", {}).get("links") == "follow")

    def save(self) -> None:
        """Keeps the answers for a next start; a folder that cannot be written costs just that."""
        with suppress(OSError):
            path = _path()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(asdict(self) | {"at": time.time()}, indent=1).encode())

    @classmethod
    def of(cls, profile: Profile) -> "Draft":
        """A saved profile's answers, all of them chosen."""
        base = profile.model_dump(mode="json", exclude_none=True)
        answers: dict[str, Value] = {}
        for question in QUESTIONS:
            section, dot, key = question.key.partition(".")
            values: dict[str, Any] = base.get(section, {}) if dot else base
            if (key or section) in values and question.key not in _unasked(profile):
                value = values.pop(key or section)
                answers[question.key] = _YES_NO[value] if isinstance(value, bool) else value
        if "image.splits" in answers:
            answers["image.splits"] = [split for split in profile.source.splits if split in profile.image.splits]
        if not any(map(profile.boxes, profile.source.splits)):
            answers["source.boxes"] = "none"
        # What is left to the raw data follows it.
        chosen = [key for key in answers if (key, answers[key]) != ("source.labels", "auto")]
        return cls(answers=answers, asked=list(answers), chosen=chosen, base=base)


def load() -> tuple[Draft, float] | None:
    """The answers that were kept, and how many seconds ago; None where there are none that can be read."""
    try:
        stored: Mapping[str, Any] = json.loads(_path().read_text(encoding="utf-8"))
        draft = Draft(**{key: stored[key] for key in ("answers", "asked", "chosen", "base")})
        sections = [stored["base"].get(section, {}) for section in ("source", "image", "output", "run")]
        if not all(isinstance(each, dict) for each in (stored["answers"], *sections)):
            return None
        if not draft.asked or not BY_KEY.keys() >= draft.answers.keys() >= {*draft.asked, *draft.chosen}:
            return None
        return draft, max(0.0, time.time() - stored["at"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def forget() -> None:
    """Lets the kept answers go."""
    with suppress(OSError):
        _path().unlink(missing_ok=True)


def _path() -> Path:
    return state_folder() / "answers.json"


def plain(question: Question, value: Value) -> Value | bool:
    """The answer as a profile has it: a number where a word may stand too (workers), yes and no as what they mean."""
    if question.key == "run.workers" and isinstance(value, str) and value.isdigit():
        return int(value)
    return value == "yes" if question.choices is yes_or_no else value


def _unasked(profile: Profile) -> tuple[str, ...]:
    """Questions that its answers leave open, though it may have values for them."""
    is_sharded = not TARGETS[profile.output.format].one_file_per_image
    shards = () if is_sharded else tuple(f"output.{key}" for key in _SHARDS)
    if profile.image.resize == "original":
        return (*_RESIZING, *shards)
    resized = {*profile.source.splits} & {*profile.image.splits}
    return shards if resized and len(profile.source.splits) > 1 else ("image.splits", *shards)


def _stands(question: Question, answers: Mapping[str, Value], facts: Facts) -> bool:
    """Whether an answer is still one of those that can be chosen."""
    possible = {choice.value for choice in question.choices(answers, facts)}
    value = answers[question.key]
    if not possible or not question.applies(answers, facts):
        return True
    return bool(value) and possible.issuperset(value) if isinstance(value, list) else value in possible
