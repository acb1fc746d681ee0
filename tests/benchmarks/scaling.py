"""How long a build of ILSVRC2012 takes on 1 to 128 cores, by a simulation whose inputs are measured.

    python -m tests.benchmarks.scaling [--measured FILE ...] [--workers 1,2,16,64,128] [--json FILE]

Sizes of the images are drawn; which shard each is in, and the order of the shards, are the plan's. What the first
process spends on a shard and after the last one is measured in some ten seconds, by its real functions on the plan of
all images. What an image takes a worker is not, as drawn images are too small and simple: FILE is what `python -m
tests.benchmarks.throughput --raw RAW --json FILE` wrote, best with --workers 1 and again with --workers 2; each of its
builds is then simulated, too. Without it, figures of one machine are used.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import parent_costs
from tests.benchmarks.drawn_plan import Bytes, draw, in_order, seconds
from tests.benchmarks.modes import MODES, WRITTEN, Comparison, Mode, read
from tests.benchmarks.simulation import Costs, Outcome, Seconds, simulate
from tests.benchmarks.table import table
from wizard.engine.plan import Plan
from wizard.ilsvrc2012.archives import Split

SHARDS: Mapping[Split, int] = {"train": 1024, "validation": 128}
FEW_SHARDS: Mapping[Split, int] = {"train": 128, "validation": 16}
FEW_SHARDS_WORKERS = 100
WORKERS = (1, 2, 16, 64, 128)
HUGE = 100.0
"""Seconds of work on the huge image."""
BEFORE = 4.0
"""Seconds until the first shard begins: in `full_size` it is done after 4.0, with a cached index; without, 11 later."""
DISKS = (0.2, 1.0, 3.0)
"""GB/s of reading and writing together: a hard disk or network disk, SATA SSDs, an NVMe SSD."""

_LEGEND = """\
A core has one worker. Minutes are those of the whole command, and speed-up and efficiency are its, beside one core.
`serial` is the share of the time in which no shard is under way; `parent` the share of the engine's time in which the
first process is busy; `waiting` the share of all core-seconds in which a worker waits for its next shard; `idle at end`
that between a worker's last shard and the end of the very last one. The other three are the same for shards in the
plan's order instead of the build's; strictly by size; and in the build's order, if idle workers took over half of what
is left of another's shard. Disks are taken to be fast enough, see below."""
_HEAD = (
    "cores",
    "images/s",
    "minutes",
    "speed-up",
    "efficiency",
    "serial",
    "parent",
    "waiting",
    "idle at end",
    "in plan order",
    "by size",
    "tail split",
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A number of workers, simulated: with the build's order of shards, and with others.

    Attributes:
        one: the build with one worker.
    """

    mode: Mode
    images: int
    one: Outcome
    built: Outcome
    in_plan_order: Outcome
    by_size: Outcome
    tail_split: Outcome

    def row(self) -> list[str]:
        """A row of the table."""
        built = self.built
        gain = self.one.whole / built.whole
        return [
            str(built.workers),
            f"{self.images / built.whole:,.0f}",
            f"{built.whole / 60:,.2f}",
            f"{gain:.1f}",
            f"{gain / built.workers:.0%}",
            f"{built.serial_share:.1%}",
            f"{built.parent_share:.1%}",
            f"{built.waiting:.2%}",
            *(f"{each.idle:.1%}" for each in (built, self.in_plan_order, self.by_size, self.tail_split)),
        ]

    def figures(self) -> dict[str, Any]:
        """The same for programs."""
        names = ("built", "in_plan_order", "by_size", "tail_split")
        outcomes = {name: getattr(self, name).figures() for name in names}
        return {"mode": asdict(self.mode), "workers": self.built.workers, "images": self.images, **outcomes}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all cases of one plan share: the bytes of its images, in two orders of its shards, and the costs."""

    built: Sequence[Bytes]
    in_plan_order: Sequence[Bytes]
    costs: Costs

    @classmethod
    def of(cls, plan: Plan, costs: Costs) -> "Setting":
        orders = [in_order(plan, largest_first=first) for first in (True, False)]
        return cls(built=orders[0], in_plan_order=orders[1], costs=costs)

    @property
    def images(self) -> int:
        return sum(map(len, self.built))

    def of_mode(self, mode: Mode) -> tuple[list[Seconds], Costs]:
        """The work on the images in the build's order, and the costs."""
        return seconds(self.built, mode.image), replace(self.costs, commit=mode.commit / 1000)

    def cases(self, mode: Mode, workers: Sequence[int]) -> Iterator[Case]:
        """Simulates a mode for each number of workers."""
        built, costs = self.of_mode(mode)
        in_plan_order = seconds(self.in_plan_order, mode.image)
        by_size = sorted(built, key=lambda shard: -float(shard.sum()))
        one = simulate(built, 1, costs)
        for count in workers:
            yield Case(
                mode=mode,
                images=self.images,
                one=one,
                built=simulate(built, count, costs),
                in_plan_order=simulate(in_plan_order, count, costs),
                by_size=simulate(by_size, count, costs),
                tail_split=simulate(built, count, costs, split_tail=True),
            )

    def huge(self, mode: Mode, workers: int) -> Iterator[list[str]]:
        """Rows: an image that takes `HUGE` seconds in the first, a random, and the last shard."""
        shards, costs = self.of_mode(mode)
        plain = simulate(shards, workers, costs)
        random = int(np.random.default_rng(workers).integers(len(shards)))
        for what, place in (("first", 0), (f"random ({random + 1:,}th)", random), ("last", len(shards) - 1)):
            changed = with_huge(shards, place)
            found = simulate(changed, workers, costs)
            ends = plain.engine, found.engine, float(np.delete(found.ends, place).max())
            split = simulate(changed, workers, costs, split_tail=True).engine
            yield [f"{workers} cores, {what} shard", *(f"{each:,.1f}" for each in (*ends, split))]

    def disks(self, mode: Mode) -> Iterator[list[str]]:
        """Rows: what each disk allows."""
        a_byte = 1 + WRITTEN[mode.name]
        mean = sum(int(shard.sum()) for shard in self.built) / self.images
        for disk in DISKS:
            rate = disk * 1e9 / (mean * a_byte)
            cores = rate * mode.image / 1000
            yield [f"{mode.name}, {disk:g} GB/s", f"{rate:,.0f}", f"{cores:,.1f}", f"{self.images / rate / 60:,.1f}"]


def with_huge(shards: Sequence[Seconds], place: int) -> list[Seconds]:
    """The shards with a huge image in the middle of that at this place."""
    changed = shards[place].copy()
    changed[len(changed) // 2] = HUGE
    return [changed if index == place else shard for index, shard in enumerate(shards)]


def main(words: Sequence[str] | None = None) -> int:
    """Simulates, and prints the tables."""
    asked = _parse(words)
    compared = read(asked.measured)
    modes = list({each.mode.name: each.mode for each in compared}.values()) or list(MODES)
    plan = draw(SHARDS)
    costs = parent_costs.measure(plan, before=asked.before)
    full, few = Setting.of(plan, costs), Setting.of(draw(FEW_SHARDS), costs)
    cases = {mode.name: list(full.cases(mode, asked.workers)) for mode in modes}
    cases["few shards"] = list(few.cases(modes[0], [FEW_SHARDS_WORKERS]))
    sections = [
        _described(costs),
        _LEGEND,
        *(_section(f"{mode.name}: {mode.image:.2f} ms an image", _HEAD, _rows(cases[mode.name])) for mode in modes),
        _section(f"{modes[0].name} in {_counted(FEW_SHARDS)} shards", _HEAD, _rows(cases["few shards"])),
        _huge(full, modes[0], sorted({2, max(asked.workers)})),
        _section(
            "Where the disk is the limit",
            ("", "images/s", "cores", "minutes"),
            [row for mode in modes for row in full.disks(mode)],
        ),
        *([_compared(compared)] if compared else []),
    ]
    sys.stdout.write("\n\n".join(sections) + "\n")
    if asked.json:
        found = {
            "costs": asdict(costs),
            "cases": {name: [each.figures() for each in some] for name, some in cases.items()},
        }
        asked.json.write_text(json.dumps(found, indent=1))
    return 0


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.scaling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--measured", type=Path, nargs="+", default=[], metavar="FILE", help="JSON of throughput")
    parser.add_argument("--before", type=float, default=BEFORE, help="seconds before the first shard; default: 4")
    parser.add_argument("--workers", type=_numbers, default=WORKERS, metavar="N,N", help="default: 1,2,16,64,128")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    return parser.parse_args(words)


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _counted(shards: Mapping[Split, int]) -> str:
    return " + ".join(f"{count:,}" for count in shards.values())


def _described(costs: Costs) -> str:
    return (
        f"Before the first shard {costs.before:.1f} s, and {1000 * costs.start:.1f} ms for each worker; after the last "
        f"{costs.after:.1f} s. The first process spends {1000 * costs.make:.2f} ms on making a task, "
        f"{1000 * (costs.send + costs.collect):.2f} ms on sending it and on its end, and {1000 * costs.beat:.2f} ms on "
        "a heartbeat, of which a worker sends two a second."
    )


def _rows(cases: Sequence[Case]) -> list[list[str]]:
    return [case.row() for case in cases]


def _huge(setting: Setting, mode: Mode, workers: Sequence[int]) -> str:
    rows = [row for count in workers for row in setting.huge(mode, count)]
    head = ("engine ends after, s", "without it", "with it", "all other shards", "tail split")
    return _section(f"An image of {HUGE:.0f} s, {mode.name}", head, rows)


def _compared(compared: Sequence[Comparison]) -> str:
    rows = [
        [each.mode.name, str(each.workers), f"{each.measured:,.0f}", f"{each.simulated:,.0f}", f"{_ratio(each):.2f}"]
        for each in compared
    ]
    head = ("builds of throughput, images/s of the engine", "cores", "measured", "simulated", "simulated : measured")
    return _section("The model beside what was measured", head, rows)


def _ratio(compared: Comparison) -> float:
    return compared.simulated / compared.measured


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([f"### {title}", "", *table([head, *rows])])


if __name__ == "__main__":
    raise SystemExit(main())
