"""The questions about what will open the result, and what follows from their answers."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from wizard.ask.context import Context
from wizard.ask.prompt import Choice, Value, with_need
from wizard.ask.question import Answers
from wizard.errors import UsageError
from wizard.profile import Profile
from wizard.targets.registry import DEFAULT_FORMAT, OPTIONS, TARGETS, from_profile, output_for, trainers
from wizard.targets.target import Target
from wizard.targets.trainer import FAMILIES, Family, Trainer

Known: TypeAlias = Answers[Context]

OTHER = "other"
"""The answer of whoever wants to choose the format."""


def families(_known: Known) -> tuple[Choice, ...]:
    """The frameworks, and none of them."""
    words: dict[Family, str] = {}
    for target, trainer in trainers().values():
        text = f"{trainer.name} {trainer.title} {target.format} {target.offer.title}"
        words[trainer.family] = f"{words.get(trainer.family, '')} {text}".strip()
    listed = (Choice(each.name, each.title, _about_family(each), words[each]) for each in FAMILIES if each in words)
    return (*listed, Choice(OTHER, "Something else", "choose the format", " ".join(TARGETS)))


def _about_family(family: Family) -> str:
    """What there is to say of a framework; what has to be installed only where each of its ways needs it."""
    needed = {target.lacking() for target, trainer in trainers().values() if trainer.family == family}
    return with_need(family.about, needed.pop() if len(needed) == 1 else "")


def usual_family(known: Known) -> Value:
    """That of the last profile's trainer; the first one if there is no profile."""
    last = known.context.last
    return FAMILIES[0].name if last is None else family_of(last.output.trainer)


def family_of(trainer: str | None) -> str:
    """The answer that leads to a profile's trainer."""
    return trainers()[trainer][1].family.name if trainer is not None else OTHER


def of_family(known: Known) -> tuple[Choice, ...]:
    """The trainers of the chosen framework."""
    there = [each for each in trainers().values() if each[1].family.name == known.get("family")]
    there.sort(key=lambda each: not each[1].leads)
    return tuple(
        Choice(each.name, each.title, with_need(each.about, target.lacking()), _settings(target, each))
        for target, each in there
    )


def _settings(target: type[Target], trainer: Trainer) -> str:
    """The words of a profile for a trainer, by which it is found in the list."""
    output = (f"{key} {value}" for key, value in trainer.output.items())
    return " ".join((target.format, target.offer.title, *output))


def formats(_known: Known) -> tuple[Choice, ...]:
    """The formats that can be written."""
    offers = ((name, target.offer, target.lacking()) for name, target in TARGETS.items())
    return tuple(Choice(name, offer.title, with_need(offer.about, lacking)) for name, offer, lacking in offers)


def usual(known: Known) -> Value | None:
    """The last profile's trainer if it is of the chosen framework, else the first of these."""
    there = [choice.value for choice in of_family(known)]
    last = known.context.last
    if last is not None and last.output.trainer in there:
        return last.output.trainer
    return there[0] if there else None


def only_one(known: Known) -> Value | None:
    """The trainer of a framework that has just one."""
    there = of_family(known)
    return there[0].value if len(there) == 1 else None


def chosen(known: Known) -> Trainer | None:
    """The trainer that was chosen; None if the format is to be chosen instead."""
    named = trainers().get(str(known.get("output.trainer")))
    return None if named is None else named[1]


def can_open(value: Value, known: Known) -> None:
    """Refuses a trainer whose format this raw data cannot become, or this installation cannot write.

    Raises:
        UsageError: with the reason.
    """
    _can_write(output_for(str(value)), known)


def family_can_open(value: Value, known: Known) -> None:
    """Refuses a framework if each of its trainers is refused; raises what `can_open` does of the first."""
    refusals: list[UsageError] = []
    for choice in of_family(Answers(values={"family": value}, context=known.context)):
        try:
            can_open(choice.value, known)
        except UsageError as error:
            refusals.append(error)
        else:
            return
    if refusals:
        raise refusals[0]


def can_write(value: Value, known: Known) -> None:
    """Refuses such a format; raises what `can_open` does."""
    _can_write({"format": value}, known)


def _can_write(output: Mapping[str, Any], known: Known) -> None:
    _target(output, known).for_classes(known.context.classes)


def _target(output: Mapping[str, Any], known: Known) -> Target:
    raw = known.context.raw
    return from_profile(output, "image" if raw is None else raw.form)


def format_of(known: Known) -> Value | None:
    """The format that the chosen trainer opens."""
    return output_for(str(known.get("output.trainer"))).get("format")


def output(known: Known) -> dict[str, Any]:
    """The [output] section as far as it is known: what the trainer sets, and the answers about it."""
    found = output_for(str(known.get("output.trainer")))
    found["format"] = known.get("output.format") or found.get("format", DEFAULT_FORMAT)
    for key in OPTIONS:
        value = known.get(f"output.{key}")
        if value is not None:
            found[key] = in_profile(value)
    return found


def in_profile(value: Value) -> Value | bool:
    """An answer as a profile says it: yes is true there."""
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value


def needs(key: str, known: Known) -> bool:
    """Whether the chosen trainer leaves no choice for a key of [output]."""
    trainer = chosen(known)
    # Of a list, some values are needed and others may be added.
    return trainer is not None and key in trainer.requires and not (key in OPTIONS and OPTIONS[key].many)


def keeps_needed(key: str, value: Value, known: Known) -> None:
    """Refuses a list for a key of [output] without what the chosen trainer needs.

    Raises:
        UsageError: it names what is missing.
    """
    trainer = chosen(known)
    needed = () if trainer is None else trainer.requires.get(key, ())
    if trainer is None or not isinstance(needed, tuple) or not isinstance(value, list):
        return
    missing = [each for each in OPTIONS[key].allowed if each.value in needed and each.value not in value]
    if missing:
        files = ", ".join(each.about or each.title for each in missing)
        raise UsageError(f"The result is for {trainer.title}, which reads {files}: keep that ticked.")


def hold_boxes(known: Known) -> bool:
    """Whether what is written has a place for boxes."""
    try:
        return _target(output(known), known).has_boxes
    except UsageError:  # the review says what is wrong
        return True


def image(known: Known) -> dict[str, Any]:
    """What the chosen trainer proposes for the images, unless the last profile was for it, too."""
    trainer, last = chosen(known), known.context.last
    if trainer is None or (last is not None and last.output.trainer == trainer.name):
        return {}
    return dict(trainer.image)


def same_as(profile: Profile, known: Known) -> bool:
    """Whether the answers are about the same trainer and format as a profile."""
    trainer = chosen(known)
    here = (trainer.name if trainer else None, known.get("output.format"))
    return here == (profile.output.trainer, profile.output.format)
