"""What lies in an output folder and says where its build stands: plan, commit records, and the files of runs."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.engine import manifest
from wizard.engine.build_state import look_at_build
from wizard.engine.commit_records import read_plan, recorded_names
from wizard.errors import InputError, reading
from wizard.profile_files import command_that_resumes, is_kept
from wizard.run_files import SeenRun, read_all
from wizard.status.status import Loss

_FOLDER = "Give the output folder of a run"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What lies in an output folder.

    Attributes:
        shards: how many each split has, in the order of the plan.
        recorded: the shards that are recorded, each as its split and its number in it.
        described: whether dataset.json is there, which is written last.
        loss: what a look at the shards found; None while a run builds, which has looked itself.
        command: what goes on with the build; empty where the folder does not keep its profile.
        part: what a person calls a shard.
    """

    output: str
    plan_id: str
    shards: Mapping[str, int]
    recorded: Collection[tuple[str, int]]
    described: bool
    runs: Sequence[SeenRun] = ()
    loss: Loss | None = None
    command: str = ""
    part: str = "shard"


def find(folder: Path, loss: Loss | None = None) -> Found:
    """What lies in an output folder.

    While a run builds, commit records are counted by their names, and none is read; else every shard is looked at.

    Args:
        folder: the output folder.
        loss: what a look a moment ago has found, if no run built then: it is not repeated.

    Raises:
        InputError: no build was begun there, or the folder cannot be read.
        VerifyFailed: dataset.json alone is left of the build, and it is damaged.
    """
    with reading(folder):
        # Before the records: what a run is told to have under way is then done at worst, and never lost.
        runs = read_all(folder)
        plan = read_plan(folder)
        names = recorded_names(folder)
        described = (folder / manifest.MANIFEST).is_file()
        runs = [seen for seen in runs if plan is None or seen.run.plan_id in ("", plan.plan_id)]
        if any(seen.alive and seen.run.state != "preparing" for seen in runs):
            loss = None
        elif loss is None and (build := look_at_build(folder)) is not None:
            there = sum(record.bytes_out for record in build.in_place)
            loss = Loss(gone=build.gone, lacking=tuple(build.lacking), bytes_there=there)
    gone = {} if loss is None else loss.gone
    if plan is not None:
        shards = {split: each.shards for split, each in plan.ingredients.splits.items()}
        recorded = _numbered((name for name in names if name not in gone), shards)
        return Found(
            output=str(folder),
            plan_id=plan.plan_id,
            shards=shards,
            recorded=recorded,
            described=described,
            runs=runs,
            loss=loss,
            command=_command(folder),
            part=plan.part,
        )
    if described:
        return _finished(folder, loss)
    if folder.is_dir():
        what = f"No build was begun in {folder}: it holds neither a plan nor a {manifest.MANIFEST}."
        hint = f"{_FOLDER}. One that was started just now looks at the source first; ask again soon"
    else:
        what = f"{folder} {'is not a folder' if folder.exists() else 'does not exist'}."
        hint = "Check the path: the output folder of a run is wanted"
    raise InputError(what, hint)


def _finished(folder: Path, loss: Loss | None) -> Found:
    """What a finished dataset says of itself, whose state folder was removed."""
    known = manifest.read(folder)
    shards = dict(Counter(shard.split for shard in known.shards))
    every = [(split, number) for split, count in shards.items() for number in range(count)]
    gone = {} if loss is None else loss.gone
    return Found(
        output=str(folder),
        plan_id=known.plan_id,
        shards=shards,
        recorded=[place for place, shard in zip(every, known.shards, strict=True) if shard.shard not in gone],
        described=True,
        loss=loss,
        command=_command(folder),
        part=known.target.part,
    )


def _command(folder: Path) -> str:
    return command_that_resumes(folder) if is_kept(folder) else ""


def _numbered(names: Iterable[str], shards: Mapping[str, int]) -> set[tuple[str, int]]:
    """The shards that have these names, if they are of the plan: each begins with its split, - and its number."""
    found = set()
    for name in names:
        match = re.match(r"(\w+)-(\d+)", name, re.ASCII)
        if match and int(match[2]) < shards.get(match[1], 0):
            found.add((match[1], int(match[2])))
    return found
