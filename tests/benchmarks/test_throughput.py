import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.checkout import HERE
from tests.benchmarks.throughput import main


def results_of(file: Path, *words: str) -> dict[str, Any]:
    """What a run of one round with one process wrote; it must not fail."""
    assert main(["--rounds", "1", "--workers", "1", "--set", "output.train_shards=2", "--json", str(file), *words]) == 0
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.mark.usefixtures("whole_benchmark")
def test_a_small_run_measures_everyone_and_prints_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "results.json"
    words = ["--images", "50", "--cases", "records-480-q85", "--against", str(HERE), "--to", str(tmp_path)]
    words += ["--beside", "codec loop,checkout's codec loop,cp"]

    results = results_of(file, *words)

    measured = results["measurements"]
    names = [re.sub(r"at \w+", "elsewhere", key) for key in measured]
    assert names == [
        "codec loop shortest 480 85",
        "codec loop elsewhere shortest 480 85",
        "cp records",
        "imagenet-setup records-480-q85",
        "elsewhere records-480-q85",
    ]
    assert {len(runs) for runs in measured.values()} == {1}
    assert {runs[0]["images"] for runs in measured.values()} == {results["images"]["count"]}
    assert all(run["seconds"] <= run["whole"] for runs in measured.values() for run in runs)
    printed = capsys.readouterr().out
    assert "drawn images, which are not photos" in printed
    assert "### records-480-q85: TFRecords to TFRecords" in printed
    assert list(tmp_path.iterdir()) == [file]


def test_other_tools_do_the_same_job_beside_a_build(tmp_path: Path) -> None:
    results = results_of(tmp_path / "results.json", "--images", "50", "--cases", "kept", "--beside", "webdataset")

    assert [*results["measurements"]] == ["imagenet-setup kept", "webdataset kept"]


def test_an_unknown_contestant_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--beside", "codec lop"])
    assert "there is no 'codec lop'" in capsys.readouterr().err
