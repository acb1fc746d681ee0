import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import parent_costs, scaling
from tests.benchmarks.drawn_plan import draw_sizes, in_order, seconds
from tests.benchmarks.modes import Mode, read
from tests.benchmarks.scaling import Setting, with_huge
from tests.benchmarks.simulation import Costs
from tests.engine.test_plan import made
from tests.sources.test_samples import table
from wizard.engine.plan import Plan
from wizard.targets.tfrecord.target import TFRecords

MODE = Mode(name="480-q85", image=3.0, commit=0.1)


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is repeated to be more exact is done once."""
    monkeypatch.setattr(parent_costs, "_RUNS", 1)
    monkeypatch.setattr(parent_costs, "_STARTS", 1)


def small(shards: int = 8) -> Plan:
    rows = table([0] * 400)
    (split,) = made(rows, shards=shards).splits
    return Plan(splits=(split,), label_base=1, seed=1, target=TFRecords(index=False))


def results(folder: Path, workers: int, rate: float) -> Path:
    """What `throughput` writes, of 3,600 images that take 4 ms and 1 ms of a commit each."""
    run = {
        "images": 3600,
        "seconds": 3600 / rate,
        "whole": 3600 / rate + 1,
        "cpu": 15.0,
        "workers": workers,
        "stages": {"decode": 7.2, "encode": 7.2, "commit": 3.6},
    }
    file = folder / f"{workers}.json"
    file.write_text(json.dumps({"measurements": {"imagenet-setup 480-q85": [run], "codec loop": [run]}}))
    return file


def test_sizes_have_the_mean_asked_for_and_the_same_are_drawn_again() -> None:
    drawn = draw_sizes(10_000, 110_000)
    assert drawn.mean() == pytest.approx(110_000, rel=1e-4)
    assert np.log(drawn).std() == pytest.approx(0.88, rel=0.05)
    assert drawn.tolist() == draw_sizes(10_000, 110_000).tolist()


def test_work_has_the_mean_asked_for_and_follows_the_bytes() -> None:
    first, second = seconds([np.array([100, 300]), np.array([200])], 5.0)
    assert [*first, *second] == pytest.approx([0.0025, 0.0075, 0.005])


def test_shards_come_in_the_order_of_the_build() -> None:
    plan = small()
    built = [task.samples.size.tolist() for task in plan.tasks("/out", skip_bad=False, largest_first=True)]
    assert [shard.tolist() for shard in in_order(plan, largest_first=True)] == built


def test_what_the_first_process_spends_is_measured_on_a_plan() -> None:
    costs = parent_costs.measure(small(), before=3.0)
    assert costs.before == 3.0
    assert min(costs.make, costs.send, costs.collect, costs.start, costs.after) > 0


def test_a_mode_is_what_the_first_file_measured_without_its_commits(tmp_path: Path) -> None:
    one, two = read([results(tmp_path, 1, 240.0), results(tmp_path, 2, 450.0)])
    assert one.mode == two.mode
    assert (one.mode.image, one.mode.commit) == pytest.approx((4.0, 1.0))
    assert (one.workers, one.measured, two.workers, two.measured) == (1, 240.0, 2, 450.0)
    # One worker does 250 images a second, and at its end waits for a commit of 0.1 of 14.4 seconds.
    assert one.simulated == pytest.approx(250.0, rel=0.01)
    assert 1.8 * one.simulated < two.simulated < 2 * one.simulated


def test_results_without_stage_times_are_refused(tmp_path: Path) -> None:
    file = results(tmp_path, 1, 240.0)
    found = json.loads(file.read_text())
    found["measurements"]["imagenet-setup 480-q85"][0]["stages"] = {}
    file.write_text(json.dumps(found))
    with pytest.raises(SystemExit, match=r"1\.json has no stage times"):
        read([file])


def test_one_core_is_as_fast_as_one_core_and_more_are_faster() -> None:
    cases = list(Setting.of(small(), Costs()).cases(MODE, [1, 2, 4]))
    assert cases[0].built.whole == cases[0].one.whole
    assert cases[0].built.whole > cases[1].built.whole > cases[2].built.whole


def test_a_huge_image_takes_the_place_of_one_image() -> None:
    shards = [np.full(4, 0.5), np.full(4, 0.5)]
    changed = with_huge(shards, 1)
    assert changed[0].tolist() == shards[0].tolist()
    assert sorted(changed[1]) == [0.5, 0.5, 0.5, scaling.HUGE]


def test_the_command_prints_every_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The plan of all of ImageNet takes some ten seconds.
    monkeypatch.setattr(scaling, "draw", lambda shards: small(len(shards)))
    file = tmp_path / "scaling.json"

    measured = results(tmp_path, 1, 240.0)
    assert scaling.main(["--measured", str(measured), "--workers", "1,3", "--json", str(file)]) == 0

    printed = capsys.readouterr().out
    titles = [line for line in printed.splitlines() if line.startswith("### ")]
    assert titles == [
        "### 480-q85: 4.00 ms an image",
        "### 480-q85 in 128 + 16 shards",
        "### An image of 100 s, 480-q85",
        "### Where the disk is the limit",
        "### The model beside what was measured",
    ]
    found: dict[str, Any] = json.loads(file.read_text())
    assert [case["workers"] for case in found["cases"]["480-q85"]] == [1, 3]
    assert found["cases"]["480-q85"][0]["built"]["whole"] > 0
