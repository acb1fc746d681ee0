"""From what lies in an output folder to where its build stands."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from wizard.run_files import SeenRun
from wizard.run_status import RunStatus
from wizard.status.find import Found, find
from wizard.status.status import Health, HostSeen, IdleSlice, RunSeen, SplitStatus, State, Status


def look(folder: Path, before: Status | None = None) -> Status:
    """Where the build in an output folder stands; what a look `before` has found is not looked for again.

    Raises:
        InputError: no build was begun there, or the folder cannot be read.
        VerifyFailed: dataset.json alone is left of the build, and it is damaged.
    """
    return evaluate(find(folder, None if before is None else before.loss))


def evaluate(found: Found) -> Status:
    """What can be told from what lies there."""
    runs = [RunSeen(health=_health(seen), age=seen.age, run=seen.run) for seen in found.runs]
    slices = _slices(found.runs)
    # Of the runs that are gone, only those that cut the build as it is cut now still say something.
    runs = [each for each in runs if each.health == "alive" or each.run.part.of == slices]
    alive = [each.run for each in runs if each.health == "alive"]
    splits = tuple(_split(split, count, found.recorded, alive) for split, count in found.shards.items())
    lacking = found.loss is not None and bool(found.loss.lacking)
    whole = found.described and not lacking and all(split.done == split.shards for split in splits)
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
        bytes_out=_bytes_out(found, runs),
        loss=found.loss,
        command=found.command,
        part=found.part,
    )


def _bytes_out(found: Found, runs: Sequence[RunSeen]) -> int | None:
    if found.loss is not None:  # every shard was looked at, which says more than what runs wrote when they ended
        return found.loss.bytes_there
    if any(each.health == "alive" and each.run.state == "preparing" for each in runs):
        return None
    return sum(each.run.bytes_out for each in runs)


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
