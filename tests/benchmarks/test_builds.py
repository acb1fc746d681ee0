import json

import pytest

from tests.benchmarks.builds import measured
from tests.benchmarks.command import CommandFailed, Usage


def printed(*shards: dict[str, object]) -> Usage:
    events: list[dict[str, object]] = [{"event": "shard_done", "result": shard} for shard in shards]
    events.insert(0, {"event": "started", "workers": 2})
    events.append({"event": "finished", "images_built": 200, "seconds": 4.0})
    text = "\n".join(map(json.dumps, events))
    return Usage(stdout=text, whole=5.0, cpu=6.0, parent=80, worker=70)


def test_figures_of_a_build_come_from_its_events_and_its_process() -> None:
    first: dict[str, object] = {"seconds": 1.5, "rss": 60}

    found = measured(printed(first, {"seconds": 2.0, "rss": 75}), proven=False)

    assert (found.rate, found.whole_rate, found.cpu_ms) == (50.0, 40.0, 30.0)
    assert (found.parent, found.worker, found.busy, found.workers) == (80, 75, 3.5, 2)
    assert found.stages == {}


def test_stages_are_summed_over_all_shards() -> None:
    shard: dict[str, object] = {"seconds": 1.0, "rss": 1}
    first, second = {"decode": 1.0, "write": 0.5}, {"decode": 2.0}

    found = measured(printed(shard | {"stages": first}, shard | {"stages": second}), proven=False)

    assert found.stages == {"decode": 3.0, "write": 0.5}


def test_a_build_that_decoded_what_was_proven_is_no_measurement() -> None:
    shard: dict[str, object] = {"seconds": 1.0, "rss": 1}
    measured(printed(shard | {"check": "md5"}), proven=True)
    with pytest.raises(CommandFailed, match="did not spare"):
        measured(printed(shard | {"check": "md5"}, shard | {"check": "decode"}), proven=True)
