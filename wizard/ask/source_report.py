"""What lies in a folder of raw data, in lines for a person."""

from contextlib import suppress

from wizard.ask import trainers
from wizard.ask.context import Context
from wizard.ask.hints import in_setup, with_hint
from wizard.ask.setup_draft import SetupDraft, profile_of
from wizard.errors import ProfileError, UsageError
from wizard.folders import shortened
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import CLASSES, IMAGES
from wizard.planning import Job
from wizard.preflight.source_check import is_short
from wizard.show import at_a_glance
from wizard.sources.folder_contents import describe_folder
from wizard.sources.glance import Glance, LabelState, glance, glance_at_raw
from wizard.sources.remarks import remarks
from wizard.sources.source import Part, Survey

_COST = {
    ("images", "test"): "few need it; it has no labels",
    ("boxes", "train"): "records of train will have no bounding boxes; classification needs none",
    ("boxes", "validation"): "records of validation will have no bounding boxes; few trainers look at them",
}
_FETCHED = 'To fetch the archives: "Download the archives" at the next start, or imagenet-setup download'
_BROAD = 40
"""Most columns for names; longer ones overflow."""
_SIZE = 8
"""Columns for sizes. They begin in one column, as continuation lines do below them."""


def source_lines(context: Context, job: Job | None = None) -> list[str]:
    """What the raw data is and why, then one line per part: what it holds, what is wrong, or what its absence costs.

    Args:
        context: with the raw data.
        job: what is likely to be built, whose labels are shown; None where that is open.
    """
    raw = context.raw
    shown = [each for each in context.parts if each.path is not None or each.expected]
    width = min(_BROAD, max(len(each.name) for each in shown))
    lines = [line for each in shown for line in _line(context, each, width)]
    if raw is not None and not raw.official:
        lines = [f"  {raw.what[:1].upper()}{raw.what[1:]}.", *(f"  {in_setup(why)}" for why in raw.why), *lines]
    if context.surveys:
        if context.unreadable:
            can, cannot = " and ".join(context.splits), " and ".join(context.unreadable)
            lines.append(f"  ! Only {can} can be built from this as it is: {cannot} cannot be read.")
        packed = raw is not None and raw.official
        lines.append(f"  {'Nothing is extracted and nothing' if packed else 'Nothing'} there is changed.")
        lines += class_lines(context, job)
    return lines


def class_lines(context: Context, job: Job | None = None) -> list[str]:
    """The classes of the raw data and their labels; see `source_lines`."""
    return at_a_glance.lines(_glance(context, job))


def class_rows(context: Context, job: Job | None = None) -> list[at_a_glance.Row]:
    """The same as rows, so that the review need not repeat those that it has too."""
    return at_a_glance.rows(_glance(context, job))


def likely_job(draft: SetupDraft) -> Job | None:
    """What the answers so far come to; None before it is known what the labels will be, or where they do not fit."""
    if trainers.chosen(draft.answers) is None and "output.format" not in draft.asked:
        return None
    with suppress(ProfileError, UsageError):  # the questions and the review say what does not fit
        return draft.context.job(profile_of(draft))
    return None


def _glance(context: Context, job: Job | None) -> Glance:
    if job is None:
        return glance_at_raw(context.surveys, context.counts)
    labels: LabelState = "stored" if job.target.stores_labels else "none"
    return glance(job.classes, job.label_base, [*context.counts.values()], labels=labels)


def nothing_usable(context: Context) -> str:
    """Why a folder cannot be used as raw data, and how to get some."""
    assert context.folder is not None
    bad = [f"  {with_hint(each.problem, each.hint)}" for each in context.parts if each.problem]
    seen = f"  {describe_folder(context.folder)}\n  → {_FETCHED}"
    return "\n".join([f"{shortened(context.folder)} holds no images that can be used.", *(bad or [seen])])


def _line(context: Context, part: Part, width: int) -> list[str]:
    name = f"{part.name:<{width}}"
    if part.path is None:
        mark = "·" if part.split == "test" else "!"
        return [f"  {mark} {name}   {'missing':<{_SIZE}}   {_cost(context, part)}"]
    if part.problem:
        return [f"  ✗ {name}   {with_hint(part.problem, part.hint, indent=6)}"]
    if part.kind == "boxes":
        return [f"  ✓ {name}   {_size(part.bytes)}   bounding boxes of {part.split}"]
    survey = context.surveys[part.split]
    notes = [] if survey.table is None else remarks(survey.table)
    mark = "!" if is_short(survey) or any(note.warning for note in notes) else "✓"
    return [
        f"  {mark} {name}   {_size(survey.bytes)}   {_description(survey)}",
        *(f"    {'!' if note.warning else '·'} {note}" for note in notes),
    ]


def _cost(context: Context, part: Part) -> str:
    others = [split for split in context.splits if split != part.split]
    return _COST.get((part.kind, part.split)) or f"only {' and '.join(others) or 'nothing'} can be built"


def _description(survey: Survey) -> str:
    images = counted(survey.images, "image")
    images += f" of {counted(survey.classes, 'class')}" if survey.classes else ", without labels"
    official = IMAGES[survey.split]
    if survey.official:
        return f"{images} · {f'MD5 verified {survey.verified}' if survey.verified else 'MD5 not checked yet'}"
    if is_short(survey):
        of_classes = f" of {CLASSES:,} classes" if survey.classes < CLASSES and survey.split != "test" else ""
        return f"{images}; a subset: the full set has {official.images:,} images{of_classes}"
    return images


def _size(count: int) -> str:
    return f"{human_bytes(count) if count else '':<{_SIZE}}"
