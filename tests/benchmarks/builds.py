"""One build, from the command line to its figures."""

import json
import shutil
from collections import Counter
from typing import Any

from tests.benchmarks.cases import Case
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.command import CommandFailed, Usage
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
        return measured(setting.build(case, checkout, source, output), proven=case.md5 in ("known", "made"))
    finally:
        shutil.rmtree(output, ignore_errors=True)


def measured(usage: Usage, *, proven: bool) -> Measured:
    """The figures of a build that printed its events as JSON.

    Raises:
        CommandFailed: images that should have been proven by the MD5 of their archive were checked in another way.
    """
    events = [json.loads(line) for line in usage.stdout.splitlines()]
    finished = events[-1]
    shards: list[dict[str, Any]] = [event["result"] for event in events if event["event"] == "shard_done"]
    if proven and any(shard["check"] != "md5" for shard in shards):
        raise CommandFailed("the archives' MD5s did not spare the images from being decoded")
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
        workers=next(event["workers"] for event in events if event["event"] == "started"),
        busy=sum(shard["seconds"] for shard in shards),
    )
