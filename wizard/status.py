"""Where a build stands, whichever machines it runs on: from its plan, its commit records and the files of its runs."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.engine import manifest
from wizard.engine.commit_records import read_plan, recorded_names
from wizard.errors import InputError, reading
from wizard.run_files import SeenRun, read_all
from wizard.run_status import RunStatus

State = Literal["complete", "running", "idle"]
"""Whether a dataset is complete and described, something runs that will make it so, or nothing does."""
Health = Literal["alive", "silent", "finished", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What lies in an output folder.

    Attributes:
        shards: how many each split has, in the order of the plan.
        recorded: the shards that are recorded, each as its split and its number in it.
        described: whether dataset.json is there, which is written last.
    """

    output: str
    plan_id: str
    shards: Mapping[str, int]
    recorded: Collection[tuple[str, int]]
    described: bool
    runs: Sequence[SeenRun] = ()


@dataclass(frozen=True, kw_only=True)
class SplitStatus:
    """A split's shards; those that are neither done nor under way are missing."""

    split: str
    shards: int
    done: int
    under_way: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class RunSeen:
    """A run, and whether it goes on.

    Attributes:
        health: alive, ended in one of three ways, or silent: not heard of for too long.
        age: seconds since it was last heard of.
    """

    health: Health
    age: float
    run: RunStatus


@dataclass(frozen=True, kw_only=True)
class HostSeen:
    """What the living runs do on one host.

    Attributes:
        slices: numbers of the slices whose runs are on this host; empty if it only has workers of a run elsewhere.
        workers: 0 if they have not begun.
        shards: under way.
        seconds_left: of the slowest run that is on this host; None if unknown.
    """

    host: str
    slices: tuple[int, ...]
    workers: int
    shards: int
    images_per_second: float | None
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True)
class IdleSlice:
    """A slice with shards that nobody builds."""

    number: int
    missing: int


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a build stands.

    Attributes:
        described: whether dataset.json is there.
        slices: how many the build is dealt out to; 1 if it is not.
        splits: in the order of the plan.
        runs: the living ones, and how the others of as many slices ended.
        hosts: of living runs.
        more_hosts: how many more there are, which the runs' files do not name.
        idle: slices that no living run builds; the only one of a build that is not sliced.
        images_per_second: of the living runs together; None if unknown.
        seconds_left: of the slowest living run; None if unknown. Shards that nobody builds are not in it.
        bytes_out: written by these runs, and by earlier ones into the same slices; None until all living runs know.
    """

    output: str
    plan_id: str
    state: State
    described: bool
    slices: int
    splits: tuple[SplitStatus, ...]
    runs: tuple[RunSeen, ...] = ()
    hosts: tuple[HostSeen, ...] = ()
    more_hosts: int = 0
    idle: tuple[IdleSlice, ...] = ()
    images_per_second: float | None = None
    seconds_left: float | None = None
    bytes_out: int | None = None

    @property
    def shards(self) -> int:
        """The number of shards of all splits."""
        return sum(split.shards for split in self.splits)

    @property
    def done(self) -> int:
        """Shards that are done, of all splits."""
        return sum(split.done for split in self.splits)

    @property
    def under_way(self) -> int:
        """Shards that are being built, of all splits."""
        return sum(split.under_way for split in self.splits)

    @property
    def missing(self) -> int:
        """Shards that are neither done nor under way, of all splits."""
        return sum(split.missing for split in self.splits)

    @property
    def alive(self) -> list[RunSeen]:
        """The runs that go on."""
        return [each for each in self.runs if each.health == "alive"]


def look(folder: Path) -> Status:
    """Where the build in an output folder stands.

    Raises:
        InputError: no build was begun there, or the folder cannot be read.
        VerifyFailed: dataset.json alone is left of the build, and it is damaged.
    """
    return evaluate(find(folder))


def find(folder: Path) -> Found:
    """What lies in an output folder; commit records are counted by their names, and none is read.

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
    if plan is not None:
        shards = {split: each.shards for split, each in plan.ingredients.splits.items()}
        recorded = _numbered(names, shards)
        return Found(
            output=str(folder),
            plan_id=plan.plan_id,
            shards=shards,
            recorded=recorded,
            described=described,
            runs=[seen for seen in runs if seen.run.plan_id in ("", plan.plan_id)],
        )
    if described:
        return _finished(folder)
    if folder.is_dir():
        what = f"No build was begun in {folder}: it holds neither a plan nor a {manifest.MANIFEST}."
        hint = (
            "Give the output folder of a run. One that was started just now looks at the source first; ask again soon"
        )
    else:
        what, hint = f"{folder} {'is not a folder' if folder.exists() else 'does not exist'}.", _FOLDER
    raise InputError(what, hint)


_FOLDER = "Give the output folder of a run"


def _finished(folder: Path) -> Found:
    """What a finished dataset says of itself, whose state folder was removed."""
    known = manifest.read(folder)
    shards = dict(Counter(shard.split for shard in known.shards))
    recorded = [(split, number) for split, count in shards.items() for number in range(count)]
    return Found(output=str(folder), plan_id=known.plan_id, shards=shards, recorded=recorded, described=True)


def _numbered(names: Iterable[str], shards: Mapping[str, int]) -> set[tuple[str, int]]:
    """The shards that have these names, if they are of the plan: each begins with its split, - and its number."""
    found = set()
    for name in names:
        match = re.match(r"(\w+)-(\d+)", name, re.ASCII)
        if match and int(match[2]) < shards.get(match[1], 0):
            found.add((match[1], int(match[2])))
    return found


def evaluate(found: Found) -> Status:
    """What can be told from what lies there."""
    runs = [RunSeen(health=_health(seen), age=seen.age, run=seen.run) for seen in found.runs]
    slices = _slices(found.runs)
    # Of the runs that are gone, only those that cut the build as it is cut now still say something.
    runs = [each for each in runs if each.health == "alive" or each.run.part.of == slices]
    alive = [each.run for each in runs if each.health == "alive"]
    splits = tuple(_split(split, count, found.recorded, alive) for split, count in found.shards.items())
    whole = found.described and all(split.done == split.shards for split in splits)
    state: State = "complete" if whole else "running" if alive else "idle"
    return Status(
        output=found.output,
        plan_id=found.plan_id,
        state=state,
        described=found.described,
        slices=slices,
        splits=splits,
        runs=tuple(runs),
        hosts=_hosts(alive),
        more_hosts=sum(run.more_hosts for run in alive),
        idle=_idle(found, alive, slices),
        images_per_second=_sum(run.images_per_second for run in alive),
        seconds_left=_slowest(alive),
        bytes_out=None if any(run.state == "preparing" for run in alive) else sum(each.run.bytes_out for each in runs),
    )


def _health(seen: SeenRun) -> Health:
    if seen.alive:
        return "alive"
    return "silent" if seen.silent else seen.run.state  # type: ignore[return-value]


def _slices(runs: Sequence[SeenRun]) -> int:
    """How many slices the build is dealt out to now: as the run says that was heard of last, a living one first."""
    latest = min(runs, key=lambda seen: (not seen.alive, seen.age), default=None)
    return 1 if latest is None else latest.run.part.of


def _split(split: str, shards: int, recorded: Collection[tuple[str, int]], alive: list[RunStatus]) -> SplitStatus:
    done = sum(1 for name, _ in recorded if name == split)
    # Records are newer than what runs say, and two runs may build the same shard.
    under_way = min(shards - done, sum(max(0, run.under_way.get(split, 0)) for run in alive))
    return SplitStatus(split=split, shards=shards, done=done, under_way=under_way, missing=shards - done - under_way)


def _idle(found: Found, alive: list[RunStatus], slices: int) -> tuple[IdleSlice, ...]:
    """The slices that have shards which are neither done nor among those that a living run builds."""
    built = {(run.part.of, run.part.number) for run in alive}
    ways = {of for of, _ in built}
    missing: Counter[int] = Counter()
    every = [(split, number) for split, count in found.shards.items() for number in range(count)]
    recorded = set(found.recorded)
    for number, shard in enumerate(every):
        covered = any((of, number % of + 1) in built for of in ways)
        if shard not in recorded and not covered:
            missing[number % slices + 1] += 1
    return tuple(IdleSlice(number=number, missing=count) for number, count in sorted(missing.items()))


def _hosts(alive: list[RunStatus]) -> tuple[HostSeen, ...]:
    names = dict.fromkeys([*(run.host for run in alive), *(each.host for run in alive for each in run.hosts)])
    found = []
    for host in sorted(names):
        mine = [run for run in alive if run.host == host]
        here = [each for run in alive for each in run.hosts if each.host == host]
        found.append(
            HostSeen(
                host=host,
                slices=tuple(sorted(run.part.number for run in mine)),
                workers=sum(each.workers for each in here),
                shards=sum(each.shards for each in here),
                images_per_second=_sum(each.images_per_second for each in here),
                seconds_left=_slowest(mine),
            )
        )
    return tuple(found)


def _sum(rates: Iterable[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def _slowest(runs: Iterable[RunStatus]) -> float | None:
    return max((run.seconds_left for run in runs if run.seconds_left is not None), default=None)
