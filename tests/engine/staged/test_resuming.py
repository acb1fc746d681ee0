"""What an interrupted staged build has spilled is used by the next one only where it is what that one would spill."""

import json
from pathlib import Path

import pytest

from tests.engine.staged.test_staged_build import StopAfter, staged
from tests.helpers import build_dataset, contents
from wizard.build import Options
from wizard.engine.staged import layout as layouts
from wizard.engine.staged.layout import SPILL_FOLDER
from wizard.engine.staged.spill import SpillFiles
from wizard.errors import Interrupted
from wizard.events import StretchDone


def read(events: StopAfter) -> list[tuple[str, str]]:
    """The stretches that were read."""
    return [(event.split, event.stretch) for event in events.events if isinstance(event, StretchDone) and event.images]


def interrupted(raw: Path, out: Path) -> None:
    """A staged build that was stopped after two stretches."""
    events = StopAfter(StretchDone, 2)
    with pytest.raises(Interrupted):
        staged(raw, out, events, options=Options(stopping=events.stopping))


@pytest.mark.parametrize("images", [4, 7])
def test_spills_of_other_stretches_of_the_same_plan_are_not_used(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: int
) -> None:
    build_dataset(raw, tmp_path / "direct", source={"read": "direct"})
    out = tmp_path / "out"
    monkeypatch.setattr(layouts, "STRETCH_IMAGES", 5)
    interrupted(raw, out)
    monkeypatch.setattr(layouts, "STRETCH_IMAGES", images)
    staged(raw, out)
    assert contents(out) == contents(tmp_path / "direct")


@pytest.mark.parametrize(("check", "again"), [("decode", 0), ("md5", 1)])
def test_images_that_an_archive_s_sum_stood_for_are_read_again_where_nothing_does(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str, again: int
) -> None:
    monkeypatch.setattr(layouts, "STRETCH_IMAGES", 30)
    interrupted(raw, tmp_path / "out")
    record = SpillFiles(folder=tmp_path / "out" / SPILL_FOLDER / "train", name="stretch-00000").record
    record.write_text(json.dumps(json.loads(record.read_text()) | {"check": check}))
    events = StopAfter(StretchDone, 1000)
    staged(raw, tmp_path / "out", events)
    assert read(events).count(("train", "stretch-00000")) == again


def test_what_was_spilled_of_a_split_that_is_not_wanted_any_more_is_removed(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "STRETCH_IMAGES", 5)
    out = tmp_path / "out"
    interrupted(raw, out)
    events = StopAfter(StretchDone, 1)
    with pytest.raises(Interrupted):
        build_dataset(
            raw,
            out,
            report=events,
            options=Options(stopping=events.stopping),
            source={"read": "staged", "splits": ["validation"]},
        )
    assert [folder.name for folder in (out / SPILL_FOLDER).iterdir()] == ["validation"]
