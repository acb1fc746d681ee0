import json
from pathlib import Path

import pytest

from tests.benchmarks import full_size
from tests.benchmarks.full_size import main


@pytest.mark.usefixtures("whole_benchmark")
def test_a_small_run_measures_every_stage_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_size, "SMALL", 961)
    monkeypatch.setattr(full_size, "SMALL_VALIDATION", 39)
    monkeypatch.setattr(full_size, "_ENGINE_RUNS", 1)
    file = tmp_path / "figures.json"
    words = ["--train", "3000", "--validation", "400", "--workers", "1", "--stages", "index,plan,engine,build,inspect"]

    assert main([*words, "--json", str(file)]) == 0

    found = json.loads(file.read_text())
    engine = ["engine, few images", "engine, all images"]
    assert [each["stage"] for each in found] == ["index cold", "index cached", "plan", *engine, "build", "inspect"]
    images = {each["stage"]: each["images"] for each in found if "images" in each}
    assert images == {"engine, few images": 1_000, "engine, all images": 3_400}
    assert all(each["s"] > 0 and each["parent MB"] > 0 for each in found)
    assert "| build, imagenet-setup |" in capsys.readouterr().out


def test_an_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--stages", "index,plam"])
    assert "there is no 'plam'" in capsys.readouterr().err
