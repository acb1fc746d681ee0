"""What is offered where there is no validation split: images of train that are held out."""

from typing import TypeAlias

from wizard.ask.context import Context
from wizard.ask.prompt import Choice, Value
from wizard.ask.question import Answers

Known: TypeAlias = Answers[Context]

NO_HOLDOUT = "none"
"""The answer that holds out no images; a profile leaves the key out."""
HOLDOUTS = (
    Choice(NO_HOLDOUT, "No", "train keeps all its images"),
    Choice("10%", "10 % of each class"),
    Choice("20%", "20 % of each class"),
    Choice(50, "50 images of each class", "as in ILSVRC2012 and ImageNet-21K-P"),
)


def holdout(known: Known) -> Value:
    """The rule of the profile that is replayed, or of the last one for the same folder, else none."""
    last, said = known.context.last, known.get("source.holdout")
    if said is not None:
        return said
    if last is None or last.source.holdout is None or last.source_path != known.context.folder:
        return NO_HOLDOUT
    return last.source.holdout


def holdout_choices(known: Known) -> tuple[Choice, ...]:
    """The usual rules, and the one that `holdout` offers."""
    offered = holdout(known)
    if isinstance(offered, list) or is_usual_holdout(offered):
        return HOLDOUTS
    return (*HOLDOUTS, Choice(offered, f"{offered} of each class"))


def is_usual_holdout(value: object) -> bool:
    """Whether a rule is among those that are always offered."""
    return value in [choice.value for choice in HOLDOUTS]


def holds_out(known: Known) -> bool:
    """Condition: images of train become validation."""
    return known.get("source.holdout") not in (None, NO_HOLDOUT)
