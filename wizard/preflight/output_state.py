"""The contents of the output folder, and whether this build can resume from them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from wizard.commit_record import CommitRecord
from wizard.engine.build_state import BuildState, look_at_build
from wizard.engine.commit_records import RecordedPlan, files_in_words
from wizard.engine.ingredients import Ingredients, SplitIngredients
from wizard.engine.plan import ingredients
from wizard.engine.staged.layout import spills_of
from wizard.events import CheckResult
from wizard.formatting import counted, human_bytes
from wizard.planning import Job, Reading, Settings, is_open
from wizard.preflight.checks import ELSEWHERE
from wizard.slices import WHOLE
from wizard.targets import registry
from wizard.targets.presence import foreign_files


@dataclass(frozen=True, kw_only=True)
class OutputState:
    """The contents of the output folder.

    Attributes:
        build: the one that was begun there; None if there is none.
        present: files that readers of a dataset would find.
        spilled: bytes of images on their way into shards of the slice.
        spilled_elsewhere: the same of other slices.
        error: why the folder cannot be read; None if it can.
    """

    build: BuildState | None = None
    present: tuple[str, ...] = ()
    spilled: int = 0
    spilled_elsewhere: int = 0
    error: OSError | None = field(default=None, compare=False)

    @property
    def in_place(self) -> Sequence[CommitRecord]:
        """The records of shards that are there."""
        return () if self.build is None else self.build.in_place

    @property
    def plan(self) -> RecordedPlan | None:
        """The plan of the build that was begun there; None if nothing tells of one."""
        return None if self.build is None else self.build.plan

    @property
    def bytes(self) -> int:
        """Bytes of the shards that are there, and of what waits to be put into others."""
        return sum(result.bytes_out for result in self.in_place) + self.spilled + self.spilled_elsewhere


def read_output(settings: Settings) -> OutputState:
    """Reads the state of the output folder."""
    output, target = settings.output, settings.target
    try:
        build = look_at_build(output, target, skip_bad=settings.skip_bad)
        known = build is not None and build.plan is not None
        present = registry.anything(output) if known else foreign_files(output, [target])
        spilled = _bytes_below(spills_of(output, settings.slice))
        elsewhere = _bytes_below(spills_of(output, WHOLE)) - spilled
    except OSError as error:
        return OutputState(error=error)
    return OutputState(build=build, present=tuple(present), spilled=spilled, spilled_elsewhere=elsewhere)


def _bytes_below(folder: Path) -> int:
    sizes = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # another slice is done with it
            sizes += file.stat().st_size if file.is_file() else 0
    return sizes


def going_on(job: Job, state: OutputState) -> Job:
    """The job, read in stages if an earlier run of it has begun that: its reading would be lost otherwise."""
    tables = [survey.table for survey in job.surveys.values() if survey.table is not None]
    if not is_open(job.profile, tables) or not state.spilled or this_build(job, state) is None:
        return job
    waiting = f"{human_bytes(state.spilled)} of images wait in {job.output}"
    why = f"An earlier run has read raw data in stages, and this one goes on: {waiting}"
    return replace(job, reading=Reading(staged=True, why=why))


def output_check(asked: Settings, state: OutputState) -> CheckResult:
    """Whether shards of another plan are there, as far as that is known before the images are read."""
    output = str(asked.output)
    waiting = f", but {human_bytes(state.spilled)} of images on their way there" if state.spilled else ""
    result = CheckResult(name="output", looked_at=output, found=f"nothing of this build is in {output} yet{waiting}")
    if state.error is not None:
        found = f"{output} cannot be read: {state.error.strerror}"
        return replace(result, status="warn", found=found, fix="Correct its permissions")
    if in_the_way := _in_the_way(asked):
        found = f"{in_the_way} is a file, and the build needs a folder of that name"
        return replace(
            result, status="fail", found=found, fix="Move it away, or choose another folder", setting=ELSEWHERE
        )
    if (build := this_build(asked, state)) is not None:
        if not build.in_place and not build.gone:
            return result
        brief = build.in_words(building=asked.slice.is_whole)
        return replace(result, status="warn" if build.gone else "pass", found=f"{output}: {brief}", brief=brief)
    if not state.present:
        return result
    if state.plan is None:
        found = f"{output} holds {files_in_words(list(state.present), asked.target)}, of unknown origin"
    else:
        listed = "".join(f"\n      {each}" for each in _differences(asked, state.plan))
        files = "image files" if state.plan.part == "part" else counted(len(state.present), "shard")
        found = f"{output} holds {files} of another plan:{listed}"
    return replace(result, status="fail", found=found, fix="Choose another folder", setting=ELSEWHERE)


def this_build(asked: Settings, state: OutputState) -> BuildState | None:
    """The build that was begun in the folder, if it is the one that is asked for; None if there is none, or another."""
    return None if state.plan is None or _differences(asked, state.plan) else state.build


def holds_these_images(asked: Settings, state: OutputState) -> bool:
    """Whether the shards that are there hold the images as asked for, whatever the numbers of shards.

    The guided setup asks for these last, and estimates before.
    """
    if state.plan is None:
        return False
    theirs = state.plan.ingredients.splits
    shards = {split: theirs[split].shards if split in theirs else count for split, count in asked.shards.items()}
    return not _differences(replace(asked, shards=shards), state.plan)


def _differences(asked: Settings, plan: RecordedPlan) -> list[str]:
    """How the plan that was begun differs from what is asked for, as far as that is known before images are read."""
    ours = foreseen(asked)
    return plan.ingredients.comparable(ours).differences(ours)


def _in_the_way(asked: Settings) -> Path | None:
    """A file where the dataset will have a folder."""
    for place in asked.target.places:
        below = PurePosixPath(place)
        for part in (below, *below.parents):
            if (asked.output / part).is_file():
                return asked.output / part
    return None


def foreseen(asked: Settings) -> Ingredients:
    """The ingredients of the plan as far as they are known before its images are read."""
    splits: dict[str, SplitIngredients] = {}
    for split, shards in asked.shards.items():
        images = None  # unknown until their classes are counted
        if isinstance(asked, Job) and asked.profile.source.classes is None:
            images = asked.surveys[split].images
        splits[split] = SplitIngredients(shards=shards, recipe=str(asked.recipes[split]), images=images)
    return ingredients(asked.target, asked.label_base, asked.profile.output.seed, splits, asked.recipes.values())
