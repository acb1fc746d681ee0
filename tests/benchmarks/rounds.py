"""Runs all contestants in turn, round by round, so that what slows the machine slows all of them."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.command import CommandFailed
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.measured import Measured


@dataclass(kw_only=True)
class Results:
    """Measurements by contestants' keys, one a round; and why a contestant failed."""

    runs: dict[str, list[Measured]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def run(jobs: Sequence[Sequence[Contestant]], rounds: int, say: Callable[[str], None]) -> Results:
    """Measures the contestants of several cases; those that are beside more than one only once a round.

    A contestant that fails takes part in no further round, and none of its runs counts.
    """
    results = Results()
    everyone = _once_each(contestant for job in jobs for contestant in job)
    for number in range(1, rounds + 1):
        for contestant in everyone:
            if contestant.key in results.failed:
                continue
            os.sync()  # what the one before has written is not to be this one's burden
            began = time.monotonic()
            try:
                measured = contestant.measure()
            except CommandFailed as error:
                results.failed[contestant.key] = str(error)
                results.runs.pop(contestant.key, None)
                say(f"round {number}: {contestant.key}: {error}")
                continue
            results.runs.setdefault(contestant.key, []).append(measured)
            took = time.monotonic() - began
            say(
                f"round {number}: {contestant.key}: {measured.rate:,.0f} images/s, "
                f"{measured.whole_rate:,.0f} from start to end ({took:.1f} s)"
            )
    return results


def _once_each(contestants: Iterable[Contestant]) -> list[Contestant]:
    return list({contestant.key: contestant for contestant in contestants}.values())
