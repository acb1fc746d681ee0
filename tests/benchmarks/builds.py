"""One build, from the command line to its figures."""

import json
import shutil
from collections import Counter
from typing import Any

from tests.benchmarks.cases import Case
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.command import Usage
from tests.benchmarks.measured import Measured
from tests.benchmarks.setting import Setting


def measure(setting: Setting, case: Case, checkout: Checkout) -> Measured:
    """Builds a case once, and removes the result.

    Raises:
        CommandFailed: the build failed.
    """
    output = setting.work / "out"
    source = setting.source(case)
    try:
        return measured(setting.build(case, checkout, source, output))
    finally:
        shutil.rmtree(output, ignore_errors=True)


def measured(usage: Usage) -> Measured:
    """The figures of a build that printed its events as JSON."""
    events = [json.loads(line) for line in usage.stdout.splitlines()]
    finished = events[-1]
    shards: list[dict[str, Any]] = [event["result"] for event in events if event["event"] == "shard_done"]
    stages: Counter[str] = Counter()
    for shard in shards:
        stages.update(shard.get("stages", {}))  # checkouts before the benchmark have none
    return Measured(
        images=finished["images_built"],
        seconds=finished["seconds"],
        whole=usage.whole,
        cpu=usage.cpu,
        parent=usage.parent,
        worker=max(usage.worker, *(shard["rss"] for shard in shards)),
        stages=dict(stages),
        busy=sum(shard["seconds"] for shard in shards),
    )
