import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.benchmarks.parquet import main


@pytest.mark.usefixtures("whole_benchmark")
def test_a_small_run_measures_everyone_who_is_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyarrow")
    file = tmp_path / "figures.json"

    assert main(["--images", "300", "--rounds", "1", "--workers", "1", "--json", str(file)]) == 0

    found = json.loads(file.read_text())
    others = ["datasets", "streamed"] if find_spec("datasets") else []
    assert [*found] == ["index", "cached", "our reader", "pyarrow", *others, "build"]
    assert {run["images"] for runs in found.values() for run in runs} == {300}
    # Memory is sampled, and what ends within milliseconds may be missed.
    assert any(run["MB"] > 0 for runs in found.values() for run in runs)
    assert ("datasets is not installed" in capsys.readouterr().out) == (not others)
