"""All that a run found out: as text for a person, and as JSON with every single measurement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmarks import table
from tests.benchmarks.cases import Case
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.rounds import Results
from tests.benchmarks.tools import TOOLS, Tool


@dataclass(frozen=True, kw_only=True)
class Report:
    """The results and what they depend on.

    Attributes:
        machine: as `machine.facts` found it before the first round.
        images: their count and bytes, whether they are drawn, and whether they were brought into the page cache.
        options: of the run.
        jobs: the contestants of each case.
    """

    machine: Mapping[str, Any]
    images: Mapping[str, Any]
    options: Mapping[str, Any]
    jobs: Mapping[Case, Sequence[Contestant]]
    results: Results

    def text(self) -> str:
        """The conditions, an explanation, and a table for each case."""
        tables = [table.section(case, contestants, self.results) for case, contestants in self.jobs.items()]
        return "\n\n".join(["\n".join(self._conditions()), table.LEGEND, *tables])

    def json(self) -> str:
        """The same for programs; a measurement is under the key of its contestant, one a round."""
        cases = {
            case.name: {"about": case.about, "contestants": {each.name: each.key for each in contestants}}
            for case, contestants in self.jobs.items()
        }
        found = {
            "machine": self.machine,
            "images": self.images,
            "options": self.options,
            "cases": cases,
            "measurements": {key: [asdict(run) for run in runs] for key, runs in self.results.runs.items()},
            "failed": self.results.failed,
        }
        return json.dumps(found, indent=1)

    def _conditions(self) -> list[str]:
        kind = "drawn images, which are not photos" if self.images["drawn"] else "images"
        where = "in the page cache" if self.images["cached"] else "more than memory holds, so the disk counts"
        lines = [
            f"{self.images['count']:,} {kind}, {self.images['bytes'] / 1e6:,.1f} MB, {where}.",
            f"Rounds: {self.options['rounds']}. Processes: {self.options['workers']} on {self.machine['cores']} cores, "
            f"{self.machine['cpu']}; load when it began: {self.machine['load']:.2f}.",
            f"Codecs: {self.machine['codecs']}.",
        ]
        return lines + [_describe(name, TOOLS[name]) for name in self.options["beside"] if name in TOOLS]


def _describe(name: str, tool: Tool) -> str:
    if tool.missing:
        return f"{name} is left out: {' and '.join(tool.missing)} cannot be imported."
    return f"{name}: {tool.about}."
