"""The review: all answers on one screen, the estimates, and the results of the checks."""

from collections.abc import Sequence

from wizard.ask.context import Context
from wizard.ask.hints import in_setup
from wizard.ask.images_in_words import what_images_become
from wizard.ask.lines import Row
from wizard.ask.prompt import Choice, Prompt
from wizard.events import CheckResult, Estimated
from wizard.folders import shortened
from wizard.formatting import GLYPHS, counted, duration, human_bytes, of_which_part, with_range
from wizard.planning import Job
from wizard.preflight.checks import ELSEWHERE, can_be_ignored
from wizard.preflight.examine import glance_at
from wizard.preflight.source_check import damage_in_words
from wizard.profile import Profile
from wizard.show import at_a_glance
from wizard.sources.remarks import remarks
from wizard.targets.registry import TARGETS

LOOK = Choice("preview", "Look at images before and after", "in a browser, over ssh too")
_BOXES = {"none": "none", "train": "those of train", "all": "all, including validation's"}
_OF_BUILDING = {"Run", "Memory", "Time"}
"""Rows on how it is built."""


def rows(
    job: Job,
    context: Context,
    estimated: Estimated | None,
    checks: Sequence[CheckResult],
    said: Sequence[at_a_glance.Row] = (),
    *,
    is_complete: bool = False,
) -> list[Row]:
    """The table's lines; those that a person decides by come last, where they are right above the question.

    Args:
        job: what the answers come to.
        context: with the raw data.
        estimated: its size and time; None where they could not be measured.
        checks: of this machine and the folders.
        said: what was said of the classes when the raw data was looked at, and is not repeated.
        is_complete: whether the dataset is there, so that no line is about building it.
    """
    # Missing archives were reported when the raw data was found; size and memory have lines of their own.
    shown = ("raw-data", "disk", "memory") if estimated is not None else ()
    # What is in the output folder already is said of every build that goes on.
    told = [check for check in checks if check.status != "pass" or (check.name == "output" and check.brief)]
    by_name = {check.name: check for check in checks}
    found = [
        *_classes(job, context, said),
        *_answers(job, context),
        *([] if estimated is None else _machine(job.profile, estimated, by_name)),
        Row("Output", f"{shortened(job.profile.output_path)}   {_written(job)}"),
        Row("Images", what_images_become(job) + ("" if estimated is None else _kept(estimated))),
        *([] if estimated is None else _measured(estimated, by_name)),
        *(Row(_label(check), _seen(check), GLYPHS[check.status]) for check in told if check.name not in shown),
    ]
    return [row for row in found if not (is_complete and row.label in _OF_BUILDING)]


def _classes(job: Job, context: Context, said: Sequence[at_a_glance.Row]) -> list[Row]:
    """The classes, labels and examples, and what is remarkable about the images."""
    glance = at_a_glance.rows(glance_at(job, context.counts))
    found = [Row(row.about.capitalize(), row.text, "!" if row.warning else "") for row in glance if row not in said]
    for split, survey in job.surveys.items():
        notes = [] if survey.table is None else remarks(survey.table)
        found += [Row(split.capitalize(), str(note), GLYPHS["warn"]) for note in notes if note.warning]
    return found


def _answers(job: Job, context: Context) -> list[Row]:
    profile = job.profile
    counts = " · ".join(f"{split} {survey.images:,}" for split, survey in job.surveys.items())
    found = [
        Row("Profile", profile.name or "without a name"),
        Row("Raw data", f"{shortened(profile.source_path)}   {counts}"),
        *([Row("Opened by", job.trainer.title)] if profile.output.trainer else []),
        Row("Boxes", _boxes(job, context)),
    ]
    if profile.source.classes is not None:
        found.append(Row("Classes", f"the first {profile.source.classes:,}"))
    if profile.source.min_images is not None:
        found.append(Row("Classes", f"those with {profile.source.min_images:,} images of train or more"))
    if profile.source.holdout is not None:
        found.append(Row("Held out", f"{profile.source.holdout} of each class, from train for validation"))
    if profile.source.links == "follow":
        found.append(Row("Links", "followed, even out of the raw data's folder"))
    if extras := _extras(profile):
        found.append(Row("With", " · ".join(extras)))
    if profile.output.on_bad_image == "skip":
        found.append(Row("Bad images", "left out and listed"))
    return found


def _extras(profile: Profile) -> list[str]:
    """Output settings that differ from the defaults, in words."""
    output = dict(profile.output)
    options = TARGETS[profile.output.format].options
    said = [option.reviewed(output[key]) for key, option in options.items()]
    said += ["boxes as a CSV"] if profile.output.boxes_csv else []
    said += ["load.py"] if profile.output.load_py else []
    return [text for text in said if text]


def _boxes(job: Job, context: Context) -> str:
    boxes = "those that the records have" if context.from_records else _BOXES[job.profile.source.boxes]
    if job.target.has_boxes or boxes == _BOXES["none"]:
        return boxes
    if job.profile.output.boxes_csv:
        return f"{boxes}, in the CSV alone"
    return f"none: these {job.target.unit} cannot hold them"


def _written(job: Job) -> str:
    target = TARGETS[job.profile.output.format]
    if target.one_file_per_image:
        return f"{target.offer.short} · one file per image"
    shards = " + ".join(f"{count:,}" for count in job.shards.values())
    unit = "shard" if sum(job.shards.values()) == 1 else "shards"
    last = job.label_base + len(job.classes) - 1
    return f"{target.offer.short} · {shards} {unit} · labels {job.label_base} to {last}"


def review_prompt(
    failing: Sequence[CheckResult],
    on_cluster: Sequence[CheckResult] | None,
    *,
    is_complete: bool = False,
    has_preview: bool = False,
    background: bool = False,
) -> Prompt:
    """The choice below the review: a build is offered only where it could begin and something is left to build.

    Args:
        failing: the checks that fail here.
        on_cluster: of those that would fail on a cluster too; None where there is none to submit to.
        is_complete: whether the dataset is there already.
        has_preview: whether there is a page of images before and after.
        background: whether a start in the background is offered.
    """
    start = "Start" if on_cluster is None else "Run here"
    begin: list[Choice] = []
    if is_complete:
        begin = [
            Choice("verify", "Verify it", "re-reads every shard and opens it as a trainer does"),
            Choice("size", "Build it in another size", "into a folder of its own"),
            Choice("folder", "Build it in another folder", "the same again"),
        ]
    elif can_be_ignored(failing):
        begin = [Choice("start", f"{start}{_despite(failing)}")]
        if background:
            about = "the shell is free once the build starts"
            begin.append(Choice("background", f"{start} in the background{_despite(failing)}", about))
    elif any(check.setting == ELSEWHERE for check in failing):
        begin = [Choice("folder", "Choose another folder")]
    if on_cluster is not None and not is_complete and can_be_ignored(on_cluster):
        begin += [
            Choice("cluster", f"Run on the cluster (Slurm){_despite(on_cluster)}", "after a few questions"),
            Choice("script", "Show the script for the cluster", "to submit it yourself"),
        ]
    choices = (
        *begin,
        Choice("edit", "Change an answer"),
        Choice("save", "Save as a profile and leave"),
        Choice("command", "Show the command for this"),
        *([LOOK] if has_preview else []),
        Choice("quit", "Leave", "the answers are kept"),
    )
    help_ = f"{start} saves the answers as a profile and builds. A build that stops for any reason resumes when it is "
    help_ += "started again."
    if is_complete:
        help_ = "All shards of this dataset are in the output folder, so there is nothing to build there."
    return Prompt(
        key="review",
        kind="choice",
        text="The dataset is complete. What next?" if is_complete else "What next?",
        help=help_,
        default="edit" if failing and begin[:1] and begin[0].value == "start" else choices[0].value,
        choices=choices,
    )


def _despite(failing: Sequence[CheckResult]) -> str:
    return f" despite failed checks: {', '.join(check.name for check in failing)}" if failing else ""


def _kept(estimated: Estimated) -> str:
    kept = "" if estimated.kept is None else f" (about {estimated.kept:,} of {estimated.images:,} images)"
    if not estimated.smaller:
        return kept
    smaller = "all" if estimated.smaller == estimated.images else f"about {estimated.smaller:,}"
    return f"{kept} · {smaller} are smaller and stay so"


def _machine(profile: Profile, estimated: Estimated, checks: dict[str, CheckResult]) -> list[Row]:
    memory = checks["memory"]
    asked = "" if profile.run.workers in ("auto", estimated.workers) else f" ({profile.run.workers} asked for)"
    return [
        Row("Run", f"{counted(estimated.workers, 'worker')} on this machine{asked}"),
        Row("Memory", f"{memory.needed}   {_seen(memory)}", GLYPHS[memory.status]),
    ]


def _measured(estimated: Estimated, checks: dict[str, CheckResult]) -> list[Row]:
    disk = checks["disk"]
    return [
        Row("Size", f"{with_range(estimated.bytes_out, human_bytes)}   {_seen(disk)}", GLYPHS[disk.status]),
        Row("Time", f"{with_range(estimated.seconds, duration)}{of_which_part(estimated.remaining)}"),
        *([Row("Damaged", damage_in_words(estimated), GLYPHS["warn"])] if estimated.damaged else []),
    ]


def _label(check: CheckResult) -> str:
    # The row "Output" is about what is written.
    return "Output folder" if check.name == "output" else check.name.replace("-", " ").capitalize()


def _seen(check: CheckResult) -> str:
    found = check.brief or check.found
    return f"{found} → {in_setup(check.fix)}" if check.fix else found
