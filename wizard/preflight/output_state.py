"""What lies in the output folder already, and whether this build could go on with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import RecordedPlan, counted, differing, read_records
from wizard.engine.plan import settings
from wizard.engine.transform import Recipe
from wizard.events import Checked
from wizard.planning import Job, Settings
from wizard.targets import registry

_ELSEWHERE = "Choose another folder: --set output.path=FOLDER"


@dataclass(frozen=True, kw_only=True)
class OutputState:
    """The output folder, looked at once.

    Attributes:
        plan: that was begun there; None if none was.
        recorded: how many shards that are recorded as done.
        present: files that readers of a dataset would find.
        in_place: the records of shards whose file is there.
        error: why the folder cannot be looked into; None if it can.
    """

    plan: RecordedPlan | None = None
    recorded: int = 0
    present: tuple[str, ...] = ()
    in_place: tuple[CommitRecord, ...] = ()
    error: OSError | None = field(default=None, compare=False)

    @property
    def images(self) -> int:
        """Images that are stored, or were left out."""
        return sum(result.images + len(result.skipped) for result in self.in_place)

    @property
    def bytes(self) -> int:
        """Bytes of the shards that are there."""
        return sum(result.bytes_out for result in self.in_place)


def read_output(settings: Settings) -> OutputState:
    """Looks into the output folder."""
    output, target = settings.output, settings.target
    try:
        records = read_records(output)
        present = target.foreign_files(output) if records.plan is None else registry.anything(output)
        in_place = [result for result in records.done.values() if (output / target.file(result.shard)).is_file()]
    except OSError as error:
        return OutputState(error=error)
    return OutputState(plan=records.plan, recorded=len(records.done), present=tuple(present), in_place=tuple(in_place))


def output_check(asked: Settings, state: OutputState) -> Checked:
    """Whether shards of another plan are there, as far as that can be told before the images are read."""
    output = str(asked.output)
    if state.error is not None:
        seen = f"{output} cannot be looked into: {state.error.strerror}"
        return Checked(name="output", status="warn", looked_at=output, seen=seen, mend="Mend its rights")
    if not state.present:
        return Checked(name="output", status="pass", looked_at=output, seen=f"no shards are in {output} yet")
    if state.plan is None:
        seen = f"{output} holds {counted(list(state.present), asked.target)}, of unknown origin"
        return Checked(name="output", status="fail", looked_at=output, seen=seen, mend=_ELSEWHERE)
    ours = foreseen(asked)
    theirs = {name: value for name, value in state.plan.ingredients.items() if _comparable(name, ours)}
    told = differing(theirs, ours)
    if told:
        seen = f"{output} holds {len(state.present):,} shards of another plan: {'; '.join(told)}"
        return Checked(name="output", status="fail", looked_at=output, seen=seen, mend=_ELSEWHERE)
    seen = f"{state.recorded:,} of {sum(asked.shards.values()):,} shards of this build are in {output}"
    return Checked(name="output", status="pass", looked_at=output, seen=seen)


def foreseen(asked: Settings) -> dict[str, str]:
    """The ingredients of the plan that are known before its images are read."""
    splits: dict[str, tuple[int, Recipe]] = {
        split: (shards, asked.recipes[split]) for split, shards in asked.shards.items()
    }
    named = settings(asked.label_base, asked.profile.output.seed, splits, asked.target)
    if isinstance(asked, Job) and asked.profile.source.classes is None:
        named |= {f"{split} images": f"{survey.images:,}" for split, survey in asked.surveys.items()}
    return named


def _comparable(name: str, ours: Mapping[str, str]) -> bool:
    """What is not known yet cannot differ; a split that is not asked for does."""
    return name in ours or name.endswith((" shards", " recipe"))
