"""Which shards of its build an output folder holds: the one judgement that all commands and the wizard go by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wizard.commit_record import CommitRecord
from wizard.engine import manifest
from wizard.engine.commit_records import RecordedPlan, read_commit_records
from wizard.engine.looks import look_at_each, missing_shards
from wizard.engine.sidecars import missing_sidecars
from wizard.formatting import counted, few
from wizard.targets.target import Target

_NAMED = 3
"""How many missing files a sentence names."""


@dataclass(frozen=True, kw_only=True)
class BuildState:
    """Where the build in a folder stands, after a look at every file of it.

    Attributes:
        plan_id: of the plan that the folder was begun with.
        plan: the plan itself; None where dataset.json alone tells of it.
        shards: how many each split has, in the order of the plan.
        in_place: the records of the shards that are there, with the sizes that were recorded.
        gone: the shards that were done and are no longer as they were recorded, each with a clause on it.
        lacking: clauses on files beside the shards that are missing; empty until all shards are in place.
    """

    plan_id: str
    plan: RecordedPlan | None = None
    shards: Mapping[str, int]
    in_place: Sequence[CommitRecord] = ()
    gone: Mapping[str, str] = field(default_factory=dict)
    lacking: Sequence[str] = ()

    @property
    def part(self) -> str:
        """What a person calls a shard."""
        return self.plan.part if self.plan else "shard"

    @property
    def total(self) -> int:
        """The number of shards of all splits."""
        return sum(self.shards.values())

    @property
    def missing(self) -> int:
        """Shards that a run would build: those that are gone, and those that were never done."""
        return self.total - len(self.in_place)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to build or to write."""
        return not self.missing and not self.lacking

    def in_words(self, *, building: bool) -> str:
        """How many shards are there; a sentence without a full stop, which says what a run will do where one begins."""
        there = f"{len(self.in_place):,} of {counted(self.total, self.part)} {'is' if self.total == 1 else 'are'} there"
        if self.is_complete:
            return f"{there}, and the dataset is complete"
        if not self.missing:
            return f"{there}, but {few(self.lacking, _NAMED)}{'; that will be written again' if building else ''}"
        missing = f"{self.missing:,} {'is' if self.missing == 1 else 'are'} missing"
        which = f" ({few(self.gone.values(), _NAMED)})" if self.gone else ""
        return f"{there}; {missing}{which}{' and will be built' if building else ''}"


def look_at_build(folder: Path, target: Target | None = None, *, skip_bad: bool = True) -> BuildState | None:
    """Looks at every shard of the build in a folder, image by image where these are files of their own.

    Args:
        folder: the dataset's.
        target: what is written there, where that is known; else as the folder says itself.
        skip_bad: whether a shard counts that lacks images because they could not be decoded.

    Returns:
        None where no build was begun, and there is no dataset.json.

    Raises:
        OSError: the folder cannot be read.
        VerifyFailed: dataset.json alone is left of the build, and it is damaged.
    """
    records = read_commit_records(folder)
    if records.plan is None:
        return _of_manifest(folder) if (folder / manifest.MANIFEST).is_file() else None
    plan, target = records.plan, target or records.plan.target
    done = [record for name, record in records.done.items() if records.is_recorded(name, skip_bad=skip_bad)]
    # Without a target, as in folders of older versions, records have to be taken at their word.
    gone = missing_shards(folder, done, target) if target else {}
    in_place = [record for record in done if record.shard not in gone]
    is_whole = len(in_place) == plan.shards
    return BuildState(
        plan_id=plan.plan_id,
        plan=plan,
        shards={split: each.shards for split, each in plan.ingredients.splits.items()},
        in_place=in_place,
        gone=gone,
        lacking=_lacking(folder, in_place, target) if is_whole else (),
    )


def _of_manifest(folder: Path) -> BuildState:
    known = manifest.read(folder)
    gone = missing_shards(folder, known.shards, known.target)
    return BuildState(
        plan_id=known.plan_id,
        shards=dict(Counter(shard.split for shard in known.shards)),
        in_place=[shard for shard in known.shards if shard.shard not in gone],
        gone=gone,
        lacking=[f"{name} is gone" for name in (*known.sidecars, manifest.IMAGES) if not (folder / name).is_file()],
    )


def _lacking(folder: Path, records: Sequence[CommitRecord], target: Target | None) -> list[str]:
    """Clauses on what describes the dataset, and on the index of each shard."""
    lacking = [f"{name} is gone" for name in missing_sidecars(folder)]
    if target is not None and target.beside:
        wrong = look_at_each(records, lambda record: target.wrong_beside(folder, record), files_of_images=False)
        lacking += filter(None, wrong)
    return lacking
