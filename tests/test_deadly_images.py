"""Images that crash the workers which decode them are found, named, and skipped if allowed; no others are."""

from pathlib import Path
from typing import Any

import pytest

from tests import deadly
from tests.helpers import build_dataset, contents, examined, profile
from wizard.engine.build_result import BuildResult
from wizard.errors import BadImage, VerifyFailed
from wizard.events import Event, WorkerLost
from wizard.verify.dataset import verify

SECTIONS: dict[str, Any] = {"source": {"splits": ["train"], "boxes": "none"}}
DEADLY = {3: deadly.SEGFAULT, 4: deadly.ABORT, 9: deadly.SEGFAULT, 14: deadly.EXIT, 15: deadly.ABORT}
"""Crashing images in one shard: more than a shard has attempts."""
COUNT = 20


def tree(folder: Path, kinds: dict[int, bytes]) -> Path:
    for place in range(COUNT):
        file = folder / "train" / ("cat" if place % 2 else "dog") / f"{place:02}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(deadly.image(kinds.get(place, b""), place))
    return folder


def name(place: int) -> str:
    return f"{'cat' if place % 2 else 'dog'}/{place:02}.jpg"


def built(raw: Path, out: Path, on_bad_image: str, events: list[Event] | None = None) -> BuildResult:
    report = [] if events is None else events
    output = {"train_shards": 2, "on_bad_image": on_bad_image}
    return build_dataset(raw, out, report=report.append, output=output, run={"workers": 2}, **SECTIONS)


def test_crashing_images_are_skipped_and_the_bytes_are_those_of_a_build_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, broken = tree(tmp_path / "raw", DEADLY), tree(tmp_path / "broken", DEADLY)
    for place in DEADLY:  # of the same size, for an equal plan; refused without a crash
        file = broken / "train" / name(place)
        file.write_bytes(b"\0" * file.stat().st_size)
    ordinary = built(broken, tmp_path / "ordinary", "skip")
    deadly.arm(tmp_path / "armed", monkeypatch)
    events: list[Event] = []
    finished = built(raw, tmp_path / "out", "skip", events)
    assert contents(tmp_path / "out") == contents(tmp_path / "ordinary")
    assert {image.name for image in finished.skipped} == {image.name for image in ordinary.skipped}
    reasons = {image.name: image.reason for image in finished.skipped}
    assert reasons[name(3)] == "a worker crashed on it twice (SIGSEGV)"
    assert reasons[name(4)] == "a worker crashed on it twice (SIGABRT)"
    assert reasons[name(14)] == "a worker crashed on it twice (exit code 1)"
    told = [event.reason for event in events if isinstance(event, WorkerLost)]
    assert len(told) == len(DEADLY)
    assert all(any(f"{name(place)} (" in reason for reason in told) for place in DEADLY)


def test_a_crashing_image_stops_the_run_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tree(tmp_path / "raw", {3: deadly.SEGFAULT})
    deadly.arm(tmp_path / "armed", monkeypatch)
    with pytest.raises(BadImage, match=rf"{name(3)} \(.* bytes at byte 0\): a worker crashed on it twice \(SIGSEGV\)"):
        built(raw, tmp_path / "out", "stop")


def test_an_image_that_causes_a_later_crash_is_skipped_and_the_later_image_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tree(tmp_path / "raw", {3: deadly.LATER})
    deadly.arm(tmp_path / "armed", monkeypatch)
    finished = built(raw, tmp_path / "out", "skip")
    assert {image.name for image in finished.skipped} <= {name(3)}
    assert finished.splits[0].images_out + len(finished.skipped) == COUNT


def test_a_sample_that_crashes_a_worker_is_not_blamed_on_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tree(tmp_path / "raw", {3: deadly.SEGFAULT})
    deadly.arm(tmp_path / "armed", monkeypatch)
    verdict = examined(profile(raw, tmp_path / "out", **SECTIONS))
    check = next(check for check in verdict.checks if check.name == "raw-data")
    assert check.status == "warn"
    assert f"{name(3)} (" in check.found
    assert "crashed (SIGSEGV) while processing this image" in check.found
    assert "memory" not in check.fix


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders"])
def test_verify_names_the_record_that_crashes_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    raw, out = tree(tmp_path / "raw", {3: deadly.ABORT}), tmp_path / "out"
    build_dataset(raw, out, output={"train_shards": 2, "format": form}, **SECTIONS)
    deadly.arm(tmp_path / "armed", monkeypatch)
    with pytest.raises(VerifyFailed, match=rf"record \d+ \({name(3)}\): a worker crashed on it twice"):
        verify(out, lambda _: None)
