"""The state of an output folder: its plan, and the commit records that fit it."""

import json
import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath

from wizard.commit_record import CommitRecord
from wizard.engine.ingredients import Ingredients
from wizard.engine.looks import missing_shards
from wizard.engine.plan import Plan
from wizard.engine.sidecars import remove_sidecars, sidecar_folders
from wizard.errors import Hint, PlanMismatch
from wizard.storage import PREFIX, SUFFIX, name_of_temporary, time_in, write_whole
from wizard.targets import registry
from wizard.targets.names import PLAN, RECORD_FOLDER, STAGING
from wizard.targets.presence import foreign_files
from wizard.targets.record_file import read_record, record_path
from wizard.targets.target import Target


@dataclass(frozen=True, kw_only=True)
class RecordedPlan:
    """The plan that a folder was begun with, `plan.json`; its ingredients show how it differs from another.

    Attributes:
        target: what is written there; None in a file of a version that did not store it, or of a later one's target.
    """

    plan_id: str
    ingredients: Ingredients
    target: Target | None = None

    @property
    def part(self) -> str:
        """What a person calls one of its shards."""
        return self.target.part if self.target else "shard"

    @property
    def shards(self) -> int:
        """The number of its shards."""
        return self.ingredients.shards


@dataclass(frozen=True, kw_only=True)
class CommitRecords:
    """The plan and the commit records of a folder, read once, for building, repairing and reporting.

    Attributes:
        plan: the one that the folder was begun with; None if there is none.
        done: the records that fit the plan, by shard. The shards themselves may have been removed since.
    """

    folder: Path
    plan: RecordedPlan | None
    done: dict[str, CommitRecord] = field(default_factory=dict)

    def is_recorded(self, shard: str, *, skip_bad: bool) -> bool:
        """Whether a shard is recorded; if images were skipped, only with `skip_bad`."""
        record = self.done.get(shard)
        return record is not None and (skip_bad or not record.skipped)

    def finished(self, shards: Iterable[str], target: Target, *, skip_bad: bool) -> list[str]:
        """Those of the shards that are recorded, as in `is_recorded`, and in place with their sizes."""
        recorded = [self.done[name] for name in shards if self.is_recorded(name, skip_bad=skip_bad)]
        gone = missing_shards(self.folder, recorded, target)
        return [record.shard for record in recorded if record.shard not in gone]

    def reject(self, shard: str) -> None:
        """Removes a shard's record, so that the shard is built again."""
        self.done.pop(shard, None)
        record_path(self.folder, shard).unlink(missing_ok=True)


def plan_path(folder: Path) -> Path:
    """The file that names a folder's plan."""
    return folder / PLAN


def read_plan(folder: Path) -> RecordedPlan | None:
    """The plan that a folder was begun with; None if there is none, or it is damaged.

    Raises:
        OSError: the folder cannot be read.
    """
    try:
        fields = json.loads(plan_path(folder).read_bytes())
        plan = RecordedPlan(plan_id=fields["plan_id"], ingredients=Ingredients.from_json(fields["ingredients"]))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError):
        return None
    with suppress(TypeError, KeyError, AttributeError):
        return replace(plan, target=registry.from_json(fields["target"]))
    return plan


def recorded_names(folder: Path) -> list[str]:
    """The shards with a commit record. None is read: those of image files take seconds for all of ImageNet."""
    return [file.stem for file in (folder / RECORD_FOLDER).glob("*.json")]


def count_records(folder: Path) -> int:
    """How many commit records a folder holds."""
    return len(recorded_names(folder))


def read_commit_records(folder: Path) -> CommitRecords:
    """Reads a folder's plan and commit records; a damaged record is none, so its shard is built again.

    Raises:
        OSError: the folder cannot be read.
    """
    plan = read_plan(folder)
    records = CommitRecords(folder=folder, plan=plan)
    if plan is None:
        return records
    for file in sorted((folder / RECORD_FOLDER).glob("*.json")):
        try:
            # Of a million image files' rows no more than one shard's are in memory.
            stored = read_record(folder, file.stem)
        except (ValueError, FileNotFoundError):
            continue
        if stored.plan_id == plan.plan_id:
            records.done[file.stem] = stored.record
    return records


def remove_leftovers(folder: Path, target: Target, shards: Collection[str] | None = None) -> None:
    """Removes the incomplete files of killed writers; if shards are named, only of those that wrote these."""
    if shards is None:
        shutil.rmtree(folder / STAGING, ignore_errors=True)
    else:
        for waiting in (folder / STAGING).glob("*"):
            if waiting.name.rpartition("-")[0] in shards:
                shutil.rmtree(waiting, ignore_errors=True)
    beside = (PurePosixPath(pattern).parent.as_posix() for pattern in target.beside)
    for place in {"", RECORD_FOLDER, *target.places, *beside, *sidecar_folders(folder)}:
        for file in (folder / place).glob(f"{PREFIX}*{SUFFIX}"):
            if shards is None or name_of_temporary(file.name).removesuffix("-") in shards:
                file.unlink(missing_ok=True)


def start_or_resume(folder: Path, plan: Plan, others: Callable[[], bool] = lambda: False) -> None:
    """Prepares an output folder for a plan; finished shards of this plan stay.

    Args:
        folder: the dataset's.
        plan: what is built there.
        others: says whether other runs build there now, so that a plan that was begun is theirs.

    Raises:
        PlanMismatch: the folder holds shards of another plan, or files named like shards that no plan knows; or other
            runs build another plan there.
        OSError: the folder cannot be written.
    """
    begun = read_plan(folder)
    if begun is not None and begun.plan_id != plan.plan_id:
        # What is not listed is taken to be removed, and NFS remembers a listing for a minute unless the folder changes.
        for listed in (folder, *(each for each in folder.iterdir() if each.is_dir())):
            time_in(listed)
    _refuse_foreign(folder, begun, plan)
    if begun is not None and begun.plan_id != plan.plan_id and others():
        raise PlanMismatch(
            f"Other runs are building another plan in {folder}:{_listed(begun.ingredients, plan)}",
            "Give all slices the same profile, and run them with the same versions; or choose another folder",
        )
    (folder / RECORD_FOLDER).mkdir(parents=True, exist_ok=True)
    if begun is not None and begun.plan_id == plan.plan_id:
        return
    remove_sidecars(folder)
    for file in (folder / RECORD_FOLDER).glob("*.json"):
        file.unlink(missing_ok=True)
    ours = {
        "plan_id": plan.plan_id,
        "ingredients": asdict(plan.ingredients),
        "target": registry.to_json(plan.target),
    }
    write_whole(plan_path(folder), json.dumps(ours, indent=1, ensure_ascii=False).encode())


def files_in_words(present: list[str], target: Target) -> str:
    """A phrase for the files that `foreign_files` found."""
    if target.one_file_per_image:
        return f"image files, among them {present[0]}"
    return f"{len(present):,} files named like shards, among them {present[0]}"


def _refuse_foreign(folder: Path, begun: RecordedPlan | None, plan: Plan) -> None:
    theirs = None if begun is None else begun.ingredients
    differs = theirs is not None and theirs != plan.ingredients
    # A folder where another plan was begun may hold what this plan's readers do not look for.
    present = registry.anything(folder) if differs else foreign_files(folder, [plan.target])
    if not present:
        return
    elsewhere = Hint("Choose another folder: {}. Or remove the shards that are there", "output.path=FOLDER")
    if theirs is None:
        raise PlanMismatch(
            f"{folder} holds {files_in_words(present, plan.target)}, and no {plan_path(folder).relative_to(folder)} "
            "that says how they were made.",
            elsewhere,
        )
    if theirs != plan.ingredients:
        raise PlanMismatch(f"{folder} holds {len(present):,} shards of another plan:{_listed(theirs, plan)}", elsewhere)
    if not plan.target.one_file_per_image:
        planned = {plan.target.file(name) for name in plan.shard_names}
        for foreign in present:
            if foreign not in planned:
                raise PlanMismatch(f"{folder} holds {foreign}, which is not a shard of this plan.", elsewhere)


def _listed(theirs: Ingredients, plan: Plan) -> str:
    return "".join(f"\n  {line}" for line in theirs.differences(plan.ingredients))
