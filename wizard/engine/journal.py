"""Which shards are done: one JSON line each, on disk before anyone is told, readable after any crash."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wizard.engine.events import ShardResult
from wizard.engine.manifest import IMAGES, MANIFEST
from wizard.engine.plan import Plan, plan_id
from wizard.engine.writers import INDEX_FOLDER, write_whole
from wizard.errors import PlanMismatch

STATE_FOLDER = ".imagenet-setup"


class Journal:
    """The journal of one output folder, opened for one plan.

    Its first line names the plan with all its ingredients; every other is a finished shard, or a shard that was set
    aside. A last line that a crash cut short is dropped, and so is any that cannot be read: its shard is built again.

    Attributes:
        done: the finished shards by name.
        plan_id: of the plan.

    Raises:
        PlanMismatch: the folder holds shards of another plan, or files named like shards that no journal knows.
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._path = folder / STATE_FOLDER / "journal.jsonl"
        ingredients = plan.ingredients
        self.plan_id = plan_id(ingredients)
        header, self.done = read(folder)
        _refuse_foreign(folder, plan, header, ingredients)
        if header is None or header.get("plan_id") != self.plan_id:
            self.done = {}
            _remove_descriptions(folder)
            write_whole(self._path, _line({"plan_id": self.plan_id, "ingredients": ingredients}))
        elif not self._path.read_bytes().endswith(b"\n"):
            with self._path.open("ab") as file:
                file.write(b"\n")

    def proves(self, shard: str, *, skip_bad: bool) -> bool:
        """Whether a shard is finished and in place with its size; one with images left out only where that may be."""
        result = self.done.get(shard)
        if result is None or (result.skipped and not skip_bad):
            return False
        file = self._folder / shard
        return file.is_file() and file.stat().st_size == result.bytes_out

    def record(self, result: ShardResult) -> None:
        """Adds a finished shard; on disk when this returns."""
        self.done[result.shard] = result
        self._append({"done": asdict(result)})

    def reject(self, shard: str) -> None:
        """Takes back what was recorded of a shard."""
        self.done.pop(shard, None)
        self._append({"rejected": shard})

    def _append(self, entry: Mapping[str, Any]) -> None:
        with self._path.open("ab") as file:
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


def shard_files(folder: Path) -> list[str]:
    """Names in the folder that a trainer's globs train-* and validation-* would find, sorted."""
    return sorted(file.name for pattern in ("train-*", "validation-*") for file in folder.glob(pattern))


def differing(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Which ingredients of a plan are others than those asked for, in words."""
    return [
        f"{name}: there {theirs.get(name, 'none')} · asked for {ours.get(name, 'none')}"
        for name in sorted({*theirs, *ours})
        if theirs.get(name) != ours.get(name)
    ]


def _remove_descriptions(folder: Path) -> None:
    """A folder without shards may still hold what described an older plan's."""
    orphans = [folder / MANIFEST, folder / IMAGES, *(folder / INDEX_FOLDER).glob("*-of-*")]
    for file in orphans:
        file.unlink(missing_ok=True)


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _refuse_foreign(folder: Path, plan: Plan, header: Mapping[str, Any] | None, ingredients: Mapping[str, str]) -> None:
    present = shard_files(folder)
    if not present:
        return
    elsewhere = "Choose another folder with --set output.path=FOLDER, or remove the shards that are there"
    if header is None:
        raise PlanMismatch(
            f"{folder} holds {len(present):,} files named like shards, among them {present[0]}, and no journal that "
            "says how they were made.",
            elsewhere,
        )
    theirs: Mapping[str, str] = header.get("ingredients", {})
    if theirs != ingredients:
        told = "".join(f"\n  {line}" for line in differing(theirs, ingredients))
        raise PlanMismatch(f"{folder} holds {len(present):,} shards of another plan:{told}", elsewhere)
    planned = set(plan.shard_names)
    foreign = [name for name in present if name not in planned]
    if foreign:
        raise PlanMismatch(f"{folder} holds {foreign[0]}, which is no shard of this plan.", elsewhere)
