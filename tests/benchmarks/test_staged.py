import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks.reads import compiler
from tests.benchmarks.staged import main

needs_compiler = pytest.mark.skipif(
    sys.platform != "linux" or compiler() is None, reason="needs Linux and a C compiler"
)


@pytest.mark.usefixtures("whole_benchmark")
@needs_compiler
def test_a_small_run_measures_both_ways_and_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    words = ["--images", "500", "--cases", "kept", "--rounds", "1", "--workers", "1", "--seeks", "none,skip"]

    assert main([*words, "--delay", "1", "--work", str(tmp_path), "--json", str(file)]) == 0

    measured = json.loads(file.read_text())["measurements"]
    assert [*measured] == ["kept, none, direct", "kept, none, staged", "kept, skip, direct", "kept, skip, staged"]
    assert {run["images"] for runs in measured.values() for run in runs} == {500}
    read = {name: runs[0]["reads"][0] for name, runs in measured.items()}
    assert read["kept, none, staged"]["strict"] < read["kept, none, direct"]["strict"]
    assert "1 ms for each seek (skip)" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [file]


@needs_compiler
def test_memory_is_looked_at_while_many_images_are_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    words = ["--million", "--images", "800", "--set", "output.train_shards=4", "--set", "output.validation_shards=1"]

    assert main([*words, "--workers", "1", "--json", str(file)]) == 0

    found = json.loads(file.read_text())
    assert found["images"] == 800
    assert all(parent > 0 for _, parent, _, _ in found["memory"])
    assert "800 images with 1 workers" in capsys.readouterr().out


@pytest.mark.parametrize("option", [["--reads", "direct,stagd"], ["--seeks", "stagd"], ["--cases", "stagd"]])
def test_what_is_not_known_is_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(option)
    assert "'stagd'" in capsys.readouterr().err
