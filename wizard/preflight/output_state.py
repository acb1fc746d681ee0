"""The contents of the output folder, and whether this build can resume from them."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import RecordedPlan, counted, read_commit_records
from wizard.engine.ingredients import Ingredients, SplitIngredients
from wizard.engine.plan import ingredients
from wizard.engine.staged.layout import spills_of
from wizard.events import CheckResult
from wizard.formatting import human_bytes
from wizard.planning import Job, Reading, Settings, is_open
from wizard.preflight.checks import ELSEWHERE
from wizard.slices import WHOLE
from wizard.targets import registry
from wizard.targets.presence import foreign_files


@dataclass(frozen=True, kw_only=True)
class OutputState:
    """The contents of the output folder.

    Attributes:
        plan: the one that was begun there; None if there is none.
        recorded: number of shards recorded as done.
        present: files that readers of a dataset would find.
        in_place: the records of shards whose file is there.
        spilled: bytes of images on their way into shards of the slice.
        spilled_elsewhere: the same of other slices.
        error: why the folder cannot be read; None if it can.
    """

    plan: RecordedPlan | None = None
    recorded: int = 0
    present: tuple[str, ...] = ()
    in_place: tuple[CommitRecord, ...] = ()
    spilled: int = 0
    spilled_elsewhere: int = 0
    error: OSError | None = field(default=None, compare=False)

    @property
    def bytes(self) -> int:
        """Bytes of the shards that are there, and of what waits to be put into others."""
        return sum(result.bytes_out for result in self.in_place) + self.spilled + self.spilled_elsewhere


def read_output(settings: Settings) -> OutputState:
    """Reads the state of the output folder."""
    output, target = settings.output, settings.target
    try:
        records = read_commit_records(output)
        present = foreign_files(output, [target]) if records.plan is None else registry.anything(output)
        in_place = [result for result in records.done.values() if (output / target.file(result.shard)).is_file()]
        spilled = _bytes_below(spills_of(output, settings.slice))
        elsewhere = _bytes_below(spills_of(output, WHOLE)) - spilled
    except OSError as error:
        return OutputState(error=error)
    return OutputState(
        plan=records.plan,
        recorded=len(records.done),
        present=tuple(present),
        in_place=tuple(in_place),
        spilled=spilled,
        spilled_elsewhere=elsewhere,
    )


def _bytes_below(folder: Path) -> int:
    sizes = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # another slice is done with it
            sizes += file.stat().st_size if file.is_file() else 0
    return sizes


def going_on(job: Job, state: OutputState) -> Job:
    """The job, read in stages if an earlier run of it has begun that: its reading would be lost otherwise."""
    tables = [survey.table for survey in job.surveys.values() if survey.table is not None]
    if not is_open(job.profile, tables) or not state.spilled or state.plan is None:
        return job
    ours = foreseen(job)
    if state.plan.ingredients.comparable(ours).differences(ours):
        return job
    waiting = f"{human_bytes(state.spilled)} of images wait in {job.output}"
    why = f"An earlier run has read raw data in stages, and this one goes on: {waiting}"
    return replace(job, reading=Reading(staged=True, why=why))


def output_check(asked: Settings, state: OutputState) -> CheckResult:
    """Whether shards of another plan are there, as far as that is known before the images are read."""
    output = str(asked.output)
    waiting = f", but {human_bytes(state.spilled)} of images on their way into them" if state.spilled else ""
    result = CheckResult(name="output", looked_at=output, found=f"no shards are in {output} yet{waiting}")
    if state.error is not None:
        found = f"{output} cannot be read: {state.error.strerror}"
        return replace(result, status="warn", found=found, fix="Correct its permissions")
    if in_the_way := _in_the_way(asked):
        found = f"{in_the_way} is a file, and the build needs a folder of that name"
        return replace(
            result, status="fail", found=found, fix="Move it away, or choose another folder", setting=ELSEWHERE
        )
    if not state.present:
        return result
    if state.plan is None:
        found = f"{output} holds {counted(list(state.present), asked.target)}, of unknown origin"
    else:
        ours = foreseen(asked)
        differences = state.plan.ingredients.comparable(ours).differences(ours)
        if not differences:
            found = f"{state.recorded:,} of {sum(asked.shards.values()):,} shards of this build are in {output}"
            return replace(result, found=found)
        found = f"{output} holds {len(state.present):,} shards of another plan: {'; '.join(differences)}"
    return replace(result, status="fail", found=found, fix="Choose another folder", setting=ELSEWHERE)


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
