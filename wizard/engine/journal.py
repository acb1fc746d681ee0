"""Which shards are done: one JSON line each, on disk before anyone is told, readable after any crash."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wizard.engine.plan import Plan, plan_id
from wizard.engine.sidecars import remove_sidecars
from wizard.errors import PlanMismatch
from wizard.shard_result import ShardResult
from wizard.storage import write_whole
from wizard.targets import registry
from wizard.targets.names import STATE_FOLDER
from wizard.targets.target import Target


class Journal:
    """The journal of one output folder, opened for one plan.

    Its first line names the plan with all its ingredients; every other is a finished shard, or a shard that was set
    aside. A last line that a crash cut short is dropped, and so is any that cannot be read: its shard is built again.

    Attributes:
        done: the finished shards by name.
        plan_id: of the plan.
        path: the journal's file.

    Raises:
        PlanMismatch: the folder holds shards of another plan, or files named like shards that no journal knows.
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._target = plan.target
        self.path = folder / STATE_FOLDER / "journal.jsonl"
        ingredients = plan.ingredients
        self.plan_id = plan_id(ingredients)
        header, self.done = read(folder)
        _refuse_foreign(folder, plan, header, ingredients)
        if header is None or header.get("plan_id") != self.plan_id:
            self.done = {}
            remove_sidecars(folder)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, _line({"plan_id": self.plan_id, "ingredients": ingredients}))
        elif not self.path.read_bytes().endswith(b"\n"):
            with self.path.open("ab") as file:
                file.write(b"\n")

    def proves(self, shard: str, *, skip_bad: bool) -> bool:
        """Whether a shard is finished and in place with its size; one with images left out only where that may be."""
        result = self.done.get(shard)
        if result is None or (result.skipped and not skip_bad):
            return False
        return not self._target.missing(self._folder, result)

    def record(self, result: ShardResult) -> None:
        """Adds a finished shard; it is on disk when this returns.

        Raises:
            FileNotFoundError: the journal has been removed; no incomplete one is started.
        """
        self.done[result.shard] = result
        self._append({"done": asdict(result)})

    def reject(self, shard: str) -> None:
        """Takes back what was recorded of a shard."""
        self.done.pop(shard, None)
        self._append({"rejected": shard})

    def _append(self, entry: Mapping[str, Any]) -> None:
        with open(self.path, "ab", opener=_without_making) as file:
            file.write(_line(entry))
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path) -> tuple[dict[str, Any] | None, dict[str, ShardResult]]:
    """What a folder's journal says: its header (None where there is none) and the finished shards by name."""
    try:
        lines = (folder / STATE_FOLDER / "journal.jsonl").read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return None, {}
    header: dict[str, Any] | None = None
    done: dict[str, ShardResult] = {}
    for line in lines:
        try:
            entry = json.loads(line)
            if "plan_id" in entry:
                header = entry
            elif "rejected" in entry:
                done.pop(entry["rejected"], None)
            else:
                result = ShardResult.from_json(entry["done"])
                done[result.shard] = result
        except (ValueError, TypeError, KeyError):
            continue
    return header, done


def planned_shards(header: Mapping[str, Any]) -> int:
    """How many shards a journal's plan has."""
    ingredients = header.get("ingredients", {})
    return sum(int(value) for key, value in ingredients.items() if key.endswith(" shards"))


def differing(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Which ingredients of a plan are others than those asked for, in words."""
    return [
        f"{name}: there {theirs.get(name, 'none')} · asked for {ours.get(name, 'none')}"
        for name in sorted({*theirs, *ours})
        if theirs.get(name) != ours.get(name)
    ]


def _without_making(path: str, flags: int) -> int:
    return os.open(path, flags & ~os.O_CREAT)


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _refuse_foreign(folder: Path, plan: Plan, header: Mapping[str, Any] | None, ingredients: Mapping[str, str]) -> None:
    theirs: Mapping[str, str] = {} if header is None else header.get("ingredients", {})
    differs = header is not None and theirs != ingredients
    # A folder where another plan was begun may hold what this plan's readers do not look for.
    present = registry.anything(folder) if differs else plan.target.foreign_files(folder)
    if not present:
        return
    elsewhere = "Choose another folder with --set output.path=FOLDER, or remove the shards that are there"
    if header is None:
        raise PlanMismatch(
            f"{folder} holds {counted(present, plan.target)}, and no journal that says how they were made.", elsewhere
        )
    if differs:
        told = "".join(f"\n  {line}" for line in differing(theirs, ingredients))
        raise PlanMismatch(f"{folder} holds {len(present):,} shards of another plan:{told}", elsewhere)
    if not plan.target.one_file_per_image:
        planned = {plan.target.file(name) for name in plan.shard_names}
        for foreign in present:
            if foreign not in planned:
                raise PlanMismatch(f"{folder} holds {foreign}, which is no shard of this plan.", elsewhere)


def counted(present: list[str], target: Target) -> str:
    """What `foreign_files` found, in words."""
    if target.one_file_per_image:
        return f"image files, among them {present[0]}"
    return f"{len(present):,} files named like shards, among them {present[0]}"
