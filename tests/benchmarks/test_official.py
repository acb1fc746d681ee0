import json
from pathlib import Path

import pytest

from tests.benchmarks import checkout, setting
from tests.benchmarks.cases import CASES


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Smaller archives would end before the part that the official ones are looked at for holes in."""
    folder = tmp_path_factory.mktemp("official") / "raw"
    setting.draw(folder, 400)
    return folder


@pytest.mark.parametrize(("name", "hashes"), [("kept-proven", False), ("kept-md5", True)])
def test_archives_count_as_official_and_are_hashed_only_if_that_is_measured(
    name: str, hashes: bool, raw: Path, tmp_path: Path
) -> None:
    this = checkout.this(tmp_path)
    shared = setting.Setting(raw=raw, work=tmp_path, workers=1, sets=[], this=this)
    case = next(case for case in CASES if case.name == name)

    printed = shared.build(case, this, shared.raw, tmp_path / "out").stdout

    events = [json.loads(line) for line in printed.splitlines()]
    notes = [event["text"] for event in events if event["event"] == "note"]
    assert {event["result"]["check"] for event in events if event["event"] == "shard_done"} == {"md5"}
    assert any("(verified now)" in note for note in notes) == hashes
