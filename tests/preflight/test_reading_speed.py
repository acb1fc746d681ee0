"""The choice between direct and staged reading; reads are slowed down where they are made, in this process."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import build_dataset, examined, ignore, profile
from wizard.build import Options
from wizard.engine.staged import layout
from wizard.errors import Interrupted
from wizard.events import Event, StretchDone
from wizard.folders import cache_folder
from wizard.machine.disks import Disk
from wizard.planning import Job, make_plan, resolve
from wizard.preflight import estimate, examine
from wizard.preflight.reading_speed import ReadingSpeed, choose, measure_reading, seconds_to_read_bytes

MB = 1_000_000
DISK = ReadingSpeed(scattered=10 * MB, in_order=150 * MB)
SSD = ReadingSpeed(scattered=2000 * MB, in_order=3000 * MB)


def test_a_disk_that_seeks_is_read_in_order_and_the_reason_is_given() -> None:
    made = choose(DISK, 1000 * MB, work=5, spilling=4)
    assert made.staged
    assert made.why == (
        "The raw data is read at 10.0 MB/s at random places, 150.0 MB/s in order: reading it once, in order, takes "
        "about 11 % of the time"
    )


def test_a_fast_disk_and_slow_work_are_read_directly() -> None:
    assert not choose(SSD, 1000 * MB, work=5, spilling=4).staged
    assert not choose(DISK, 1000 * MB, work=500, spilling=4).staged


def test_reading_in_order_must_be_clearly_faster_to_be_chosen() -> None:
    assert not choose(DISK, 1000 * MB, work=5, spilling=65).staged


def here(function: Callable[..., float], *args: Any) -> Future[float]:
    future: Future[float] = Future()
    future.set_result(function(*args))
    return future


def test_a_whole_archive_and_a_table_are_both_measured(raw: Path, tmp_path: Path) -> None:
    job = resolve(profile(raw, tmp_path / "out"), ignore)
    survey, any_task = job.surveys["train"], next(make_plan(job, ignore).tasks("", skip_bad=True))
    assert survey.table is not None
    for each in (survey, replace(survey, table=None)):
        speed = measure_reading(each, 2, cache_folder(), here, lambda table: replace(any_task, samples=table))
        assert 0 < speed.scattered < 1e12
        assert 0 < speed.in_order < 1e12


def test_a_file_shorter_than_what_is_to_be_read_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert seconds_to_read_bytes(tmp_path / "a", 1, 1 << 20) > 0


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """As measured on a disk on which finding an image takes as long as reading megabytes."""
    monkeypatch.setattr(estimate, "measure_reading", lambda *_: ReadingSpeed(scattered=1e3, in_order=1e9))


@pytest.mark.usefixtures("slow_disk")
def test_the_pre_flight_chooses_the_faster_way_and_says_so(raw: Path, tmp_path: Path) -> None:
    verdict = examined(profile(raw, tmp_path / "out"))
    assert isinstance(verdict.settings, Job)
    assert verdict.settings.reading.staged
    check = next(check for check in verdict.checks if check.name == "reading")
    assert check.status == "pass"
    assert check.found.startswith("The raw data is read at 1.0 kB/s at random places, 1.0 GB/s in order")
    disk = next(check for check in verdict.checks if check.name == "disk")
    assert "of it for images on their way into shards" in disk.needed


@pytest.mark.usefixtures("slow_disk")
def test_what_the_profile_asks_for_is_not_measured(raw: Path, tmp_path: Path) -> None:
    verdict = examined(profile(raw, tmp_path / "out", source={"read": "direct"}))
    assert isinstance(verdict.settings, Job)
    assert not verdict.settings.reading.staged
    assert verdict.estimated is not None
    assert not verdict.estimated.reading


@pytest.mark.usefixtures("slow_disk")
def test_a_disk_without_room_for_spills_is_read_directly_with_a_warning(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ample = examined(profile(raw, tmp_path / "out", source={"read": "direct"})).estimated
    assert ample is not None
    free = round(ample.bytes_out.high) + 1000
    monkeypatch.setattr(examine, "disk_of", lambda _: Disk(mount="/x", kind="ext4", free=free, files_free=None))
    verdict = examined(profile(raw, tmp_path / "out"))
    assert isinstance(verdict.settings, Job)
    assert not verdict.settings.reading.staged
    check = next(check for check in verdict.checks if check.name == "reading")
    assert check.status == "warn"
    assert "are missing on the output's disk for that" in check.found
    assert verdict.estimated is not None
    assert (verdict.estimated.spill, verdict.estimated.reading) == (0, "")  # it is the estimate of a direct build


@pytest.mark.parametrize(("image", "staged"), [({}, True), ({"resize": "shortest", "size": 64, "quality": 85}, False)])
def test_a_build_that_was_interrupted_goes_on_in_stages_although_direct_reading_is_fast_now(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: dict[str, Any], staged: bool
) -> None:
    """What the first run read is in the page cache when the second one measures; another plan has no use for it."""
    monkeypatch.setattr(estimate, "measure_reading", lambda *_: SSD)
    monkeypatch.setattr(layout, "STRETCH_IMAGES", 5)
    events: list[Event] = []

    def stopping() -> bool:
        return any(isinstance(event, StretchDone) for event in events)

    with pytest.raises(Interrupted):
        build_dataset(
            raw, tmp_path / "out", report=events.append, options=Options(stopping=stopping), source={"read": "staged"}
        )
    verdict = examined(profile(raw, tmp_path / "out", image=image))
    assert isinstance(verdict.settings, Job)
    assert verdict.settings.reading.staged is staged
    check = next(check for check in verdict.checks if check.name == "reading")
    assert check.found.startswith("An earlier run has read raw data in stages, and this one goes on: ") is staged
