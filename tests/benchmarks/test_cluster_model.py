import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks import cluster_model
from tests.benchmarks.cluster_figures import IMAGENET, MEASURED, SERVERS, WINTER21, Server
from tests.benchmarks.cluster_limits import Cluster, Work, estimate, index_seconds, shards_seconds
from tests.benchmarks.cluster_model import KEPT, PAGE, SMALLER, with_tables
from wizard.engine.looks import AT_ONCE

IDLE = Server(
    name="idle",
    read=math.inf,
    write=math.inf,
    reads=math.inf,
    writes=math.inf,
    creates=math.inf,
    latency=0.0,
    source="nothing is in the way",
)
WORK = Work(dataset=IMAGENET, recipe=SMALLER)


def test_the_page_has_the_tables_of_the_model() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = "python -m tests.benchmarks.cluster_model --write brings it up to date"
    assert cluster_model.BEGIN in page, told
    assert with_tables(page) == page, told


def test_the_cores_of_one_machine_are_its_limit_where_nothing_else_is_slow() -> None:
    found = estimate(WORK, Cluster(machines=1, server=IDLE, card=math.inf), MEASURED)
    assert found.first == "cores"
    assert found.busy["cores"] == pytest.approx(IMAGENET.images * 3.02e-3 * 115_400 / 108_000 / 64)


def test_machines_with_fewer_shards_than_cores_leave_cores_idle() -> None:
    found = estimate(WORK, Cluster(machines=100, server=IDLE, card=math.inf), MEASURED)
    assert found.busy["number of shards"] == pytest.approx(found.busy["cores"] * 6400 / 1152)
    more = replace(WORK, dataset=replace(IMAGENET, shards=64_000))
    assert "number of shards" not in estimate(more, Cluster(machines=100, server=IDLE, card=math.inf), MEASURED).busy


def test_a_machine_with_one_shard_more_than_cores_needs_two_rounds() -> None:
    assert shards_seconds(64, 1, 64, 5.0) == 5.0
    assert shards_seconds(65, 1, 64, 5.0) == 10.0


def test_more_machines_do_not_help_where_the_server_is_the_limit() -> None:
    nfs = next(server for server in SERVERS if server.name == "NFS")
    few, many = (estimate(WORK, Cluster(machines=count, server=nfs), MEASURED) for count in (16, 100))
    assert few.first == many.first == "server's bandwidth"
    assert few.seconds == many.seconds


def test_kept_bytes_fill_a_card_that_encoding_again_does_not() -> None:
    slow = Cluster(machines=1, server=IDLE, card=25)
    assert estimate(WORK, slow, MEASURED).first == "cores"
    assert estimate(replace(WORK, recipe=KEPT), slow, MEASURED).first == "network cards"


def test_image_files_cost_the_server_two_changes_each() -> None:
    slow = replace(IDLE, creates=1000)
    found = estimate(replace(WORK, form="image files"), Cluster(machines=1, server=slow), MEASURED)
    assert found.first == "server's metadata"
    assert found.busy["server's metadata"] > 2 * IMAGENET.images / 1000


def test_the_finishing_slice_looks_at_every_image_file_many_at_a_time() -> None:
    far = replace(IDLE, latency=1e-3)
    files, shards = (
        estimate(replace(WORK, form=form), Cluster(machines=100, server=far), MEASURED).serial
        for form in ("image files", "TFRecord")
    )
    assert files - shards == pytest.approx(IMAGENET.images * 1e-3 / AT_ONCE)


def test_indexing_waits_for_a_read_for_each_image_unless_the_processor_is_slower() -> None:
    assert index_seconds(IMAGENET, 1e-3, MEASURED) == pytest.approx(IMAGENET.images * 1.2e-3)
    assert index_seconds(IMAGENET, 0.0, MEASURED) == pytest.approx(IMAGENET.images * 8e-6)


def test_class_archives_are_waited_for_together() -> None:
    assert index_seconds(WINTER21, 3e-3, MEASURED) == pytest.approx(WINTER21.images * 3.6e-3 / 16)
    assert index_seconds(WINTER21, 0.0, MEASURED) == pytest.approx(WINTER21.images * 4e-5)


def test_measured_figures_of_another_machine_replace_those_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.json"
    found.write_text(json.dumps({"plan": 4.5}))
    assert cluster_model.main(["--measured", str(found)]) == 0
    printed = capsys.readouterr().out
    assert "| plan, for a million images | 4.5 s | `cluster_measure`, found.json |" in printed
