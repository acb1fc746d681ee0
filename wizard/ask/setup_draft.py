"""The draft of a setup: begun empty or from a profile, turned into a profile, and stored after every answer."""

from collections.abc import Callable, Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from wizard.ask import stored_answers
from wizard.ask.context import Context, first_context
from wizard.ask.draft import Draft
from wizard.ask.holdout import NO_HOLDOUT, is_usual_holdout
from wizard.ask.prompt import Value
from wizard.ask.question import Answers, Question
from wizard.ask.questions import BY_KEY, QUESTIONS
from wizard.ask.trainers import family_of
from wizard.profile import Profile, check
from wizard.profile_keys import flat
from wizard.targets.registry import TARGETS

_STORED: Mapping[str, Callable[[Any], Any]] = {
    "chosen": dict,
    "profile": dict,
    "asked": tuple,
    "given": tuple,
    "origin": str,
    "earlier": dict,
}
"""The layers that are kept for the next start, and their types, which JSON does not tell."""


@dataclass(frozen=True, kw_only=True)
class SetupDraft(Draft[Context]):
    """The answers of a setup.

    Attributes:
        origin: the saved profile or recipe that it begins from; empty for none.
        earlier: the answers of that.
    """

    origin: str = ""
    earlier: Mapping[str, Value] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """See Draft; it follows from what the raw data holds."""
        return self._lengths[1]

    @property
    def can_shorten(self) -> bool:
        """See Draft."""
        # No number is right from the start, so the most is told, and as such: what is likely would grow, and a number
        # that shrinks without a word looks like a mistake.
        fewest, most = self._lengths
        return fewest < most

    @cached_property
    def _lengths(self) -> tuple[int, int]:
        """How many questions there are at least and at most, whatever is answered to the open ones; 0 if unknown."""
        if self.context.raw is None:
            return 0, 0
        fewest = most = self
        # Twice, as what an early answer leads to depends on later ones: which readers offer boxes, on what is resized.
        for question in self.questions * 2:
            fewest = min(fewest._answered_otherwise(question), key=lambda each: len(each._to_put))
            most = max(most._answered_otherwise(question), key=lambda each: len(each._to_put))
        return len(fewest._to_put), len(most._to_put)

    def _answered_otherwise(self, question: Question[Context]) -> list[Self]:
        """This draft, and those with each answer to a question, if it is open: each choice, and all together."""
        if question.key in self.asked or question not in self._to_put:
            return [self]
        values = [choice.value for choice in question.choices(self.answers)]
        answers: list[Value] = []
        if question.kind == "choice":
            answers = [*values]
        elif question.kind == "choices":
            answers = [[str(value) for value in values], *([str(value)] for value in values)]
        return [self, *(replace(self, chosen={**self.chosen, question.key: answer}) for answer in answers)]

    def with_folder(self, path: str) -> Self:
        """The draft that offers a folder of raw data."""
        return replace(self, chosen={**self.chosen, "source.path": path}).without("source.path")

    def note(self, question: Question[Context]) -> str:
        """See Draft: an answer is marked if it would be another one without an earlier profile."""
        offered = self.offered(question)
        if offered is None:
            return ""
        if self.earlier.get(question.key) == offered:
            return f"as in {self.origin}"
        if self.context.last is None or question.default(self.answers) != offered:
            return ""
        without_it = Answers(values=self.answers.values, context=replace(self.context, last=None))
        return "as last time" if question.default(without_it) != offered else ""


def new_draft(**layers: Any) -> SetupDraft:
    """A draft with the context before the first question; for `layers`, see SetupDraft."""
    return SetupDraft(questions=QUESTIONS, context=first_context(), **layers)


def draft_of(profile: Profile, *, leaves_open: Container[str] = (), origin: str = "") -> SetupDraft:
    """A profile's answers, all of them given in advance; what no question asks stays in the layer below.

    Args:
        profile: a saved one, or a recipe.
        leaves_open: keys of the questions that it does not answer.
        origin: its name, by which its answers are marked.
    """
    values = flat(profile.model_dump(mode="json", exclude_none=True))
    if not any(map(profile.boxes, profile.source.splits)):
        values["source.boxes"] = "none"  # as train's are where train is not built
    values.setdefault("source.holdout", NO_HOLDOUT)
    values["family"] = family_of(profile.output.trainer)
    values |= {f"output.{split}_shards": profile.shards(split) for split in profile.source.splits}
    values = {key: value for key, value in values.items() if key not in leaves_open}
    asked = [key for key in BY_KEY if key in values and key not in _unasked(profile)]
    # A profile may name splits that are not built; the question offers those that are.
    if "image.splits" in asked:
        values["image.splits"] = [split for split in profile.source.splits if split in profile.image.splits]
    # A rule that is not always offered is offered while it stands in the layer below.
    below = () if is_usual_holdout(values["source.holdout"]) else ("source.holdout",)
    chosen = {key: as_answer(values.pop(key)) for key in asked if key not in below}
    if chosen["source.labels"] == "auto":
        del chosen["source.labels"]  # left to the raw data, so it follows the raw data
    given = tuple(asked)
    return new_draft(
        chosen=chosen, profile=values, asked=given, given=given, origin=origin, earlier=dict(chosen) if origin else {}
    )


def to_walk_through(draft: SetupDraft) -> SetupDraft:
    """The same answers, each to be asked for; those that are asked on request alone stay answered.

    Without the name, so that the profile is not replaced unless its name is typed.
    """
    on_request = tuple(key for key in draft.asked if BY_KEY[key].advanced)
    chosen = {key: value for key, value in draft.chosen.items() if key != "name"}
    return replace(draft, chosen=chosen, asked=on_request, given=on_request)


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
    stored_answers.write({key: getattr(draft, key) for key in _STORED})


def load() -> tuple[SetupDraft, float] | None:
    """The stored answers, and how many seconds ago they were given; None where there are none that can be read."""
    # A file that was cut short, or that another version wrote, loses its answers, but does not stop the start.
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        stored, age = stored_answers.read()
        layers = {key: kind(stored[key]) for key, kind in _STORED.items()}
        begun = layers["asked"] or "source.path" in layers["chosen"]  # the latter after a download
        if begun and {*layers["asked"], *layers["chosen"]} <= BY_KEY.keys():
            return new_draft(**layers), age
    return None


def as_answer(value: Any) -> Value:
    """A profile's value as a question takes it: yes for true."""
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
