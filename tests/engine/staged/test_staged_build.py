"""Builds whose source is read in stages give the bytes of those that read it directly, whatever happens on the way."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN, build_dataset, contents
from tests.test_build import TENCH_1, cut_short, damage_image
from wizard.build import Options
from wizard.cli import main
from wizard.engine.staged import layout as layouts
from wizard.engine.staged.layout import SPILL_FOLDER
from wizard.errors import BadImage, Interrupted, MachineError
from wizard.events import Event, Heartbeat, ShardDone, Started, StretchDone
from wizard.ilsvrc2012.archives import IMAGES

STAGED = {"read": "staged"}
RESIZED = {"resize": "shortest", "size": 64, "quality": 85}


@pytest.fixture
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "STRETCH_IMAGES", 5)


@pytest.fixture
def merging(monkeypatch: pytest.MonkeyPatch, small_stretches: None) -> None:
    del small_stretches
    monkeypatch.setattr(layouts, "UNMERGED", 1)


@pytest.fixture(scope="module")
def direct(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("direct")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(folder / "home"))
        build_dataset(raw, folder / "out", source={"read": "direct"})
    return contents(folder / "out")


class StopAfter:
    """Stops a build, as Ctrl-C does, after so many events of a kind."""

    def __init__(self, kind: type[Event], count: int, act: Callable[[], None] = lambda: None) -> None:
        self.events: list[Event] = []
        self._kind, self._count, self._act = kind, count, act

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, self._kind) and self.count(self._kind) == self._count:
            self._act()

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    def stopping(self) -> bool:
        return self.count(self._kind) >= self._count


def files(out: Path) -> dict[str, bytes]:
    """The dataset, but for its description, which names the profile."""
    found = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if not name.startswith((".imagenet-setup", "dataset.json"))
    }


def staged(raw: Path, out: Path, report: Callable[[Event], None] = lambda _: None, **more: Any) -> None:
    build_dataset(raw, out, report=report, source=STAGED, **more)


@pytest.mark.usefixtures("small_stretches")
@pytest.mark.parametrize("workers", [1, 2])
def test_shards_are_those_of_a_direct_build(raw: Path, tmp_path: Path, direct: dict[str, bytes], workers: int) -> None:
    staged(raw, tmp_path / "out", run={"workers": workers})
    assert contents(tmp_path / "out") == direct
    assert not (tmp_path / "out" / SPILL_FOLDER).exists()


@pytest.mark.usefixtures("merging")
def test_shards_put_together_from_merged_spills_are_those_of_a_direct_build(
    raw: Path, tmp_path: Path, direct: dict[str, bytes]
) -> None:
    events: list[Event] = []
    staged(raw, tmp_path / "out", events.append)
    assert contents(tmp_path / "out") == direct
    names = [event.stretch for event in events if isinstance(event, StretchDone)]
    assert any(name.startswith("merged") for name in names)
    beats = [event for event in events if isinstance(event, Heartbeat) and event.shard.startswith("merged")]
    assert beats
    assert all(0 < beat.done <= beat.total for beat in beats)  # the guard foresees how much is still to be written


@pytest.mark.usefixtures("small_stretches")
@pytest.mark.parametrize("form", ["webdataset", "flat", "records"])
def test_other_targets_and_resized_images_are_those_of_a_direct_build(raw: Path, tmp_path: Path, form: str) -> None:
    output = {} if form == "records" else {"format": form}
    build_dataset(raw, tmp_path / "direct", output=output, image=RESIZED)
    staged(raw, tmp_path / "staged", output=output, image=RESIZED)
    assert files(tmp_path / "staged") == files(tmp_path / "direct")


@pytest.mark.usefixtures("merging")
@pytest.mark.parametrize(("kind", "count"), [(StretchDone, 1), (StretchDone, 6), (ShardDone, 2)])
def test_a_stopped_build_goes_on_where_it_was(
    raw: Path, tmp_path: Path, direct: dict[str, bytes], kind: type[Event], count: int
) -> None:
    out = tmp_path / "out"
    first, again = StopAfter(kind, count), StopAfter(kind, 1000)
    with pytest.raises(Interrupted, match=r"shards done, and \d+ of \d+ stretches of the raw data read; none of them"):
        staged(raw, out, first, options=Options(stopping=first.stopping))
    staged(raw, out, again)
    assert contents(out) == direct
    read = [event for run in (first, again) for event in run.events if isinstance(event, StretchDone) and event.images]
    assert len({(event.split, event.stretch) for event in read}) == len(read)


@pytest.mark.usefixtures("small_stretches")
def test_what_was_spilled_for_another_plan_is_not_used(raw: Path, tmp_path: Path, direct: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    first = StopAfter(StretchDone, 3)
    with pytest.raises(Interrupted):
        staged(raw, out, first, options=Options(stopping=first.stopping), image=RESIZED)
    staged(raw, out)
    assert contents(out) == direct


@pytest.mark.usefixtures("small_stretches")
def test_a_build_that_reads_directly_removes_what_was_spilled_before_it(
    raw: Path, tmp_path: Path, direct: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    first = StopAfter(StretchDone, 3)
    with pytest.raises(Interrupted):
        staged(raw, out, first, options=Options(stopping=first.stopping))
    assert (out / SPILL_FOLDER).exists()
    build_dataset(raw, out, source={"read": "direct"})
    assert contents(out) == direct
    assert not (out / SPILL_FOLDER).exists()


@pytest.mark.usefixtures("small_stretches")
def test_only_shards_that_are_missing_are_put_together(raw: Path, tmp_path: Path, direct: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    build_dataset(raw, out, source={"read": "direct"})
    gone = "train-00002-of-00005"
    (out / gone).unlink()
    events: list[Event] = []
    staged(raw, out, events.append)
    assert contents(out) == direct
    assert [event.result.shard for event in events if isinstance(event, ShardDone)] == [gone]
    (started,) = [split for event in events if isinstance(event, Started) for split in event.splits if split.stretches]
    read = [event for event in events if isinstance(event, StretchDone)]
    assert len(read) == started.stretches < 9


@pytest.mark.usefixtures("merging")
@pytest.mark.parametrize("stop", [0, 2, 9])
def test_splits_in_the_same_files_are_read_together(raw: Path, tmp_path: Path, stop: int) -> None:
    only_train = tmp_path / "raw"
    only_train.mkdir()
    (only_train / IMAGES["train"].name).symlink_to(raw / IMAGES["train"].name)
    out, held = tmp_path / "out", {"holdout": "40%", "boxes": "none"}
    image = {**RESIZED, "splits": ["train"]}
    build_dataset(only_train, tmp_path / "direct", source={**held, "read": "direct"}, image=image)
    first, again = StopAfter(StretchDone, stop), StopAfter(StretchDone, 1000)
    with suppress(Interrupted):
        build_dataset(only_train, out, source=held | STAGED, image=image, report=first, options=_stopping(first, stop))
    build_dataset(only_train, out, source=held | STAGED, image=image, report=again)
    assert contents(out) == contents(tmp_path / "direct")
    read = [event for run in (first, again) for event in run.events if isinstance(event, StretchDone) and event.images]
    assert len({(event.split, event.stretch) for event in read}) == len(read)
    stretches = {split: {event.stretch for event in read if event.split == split} for split in ("train", "validation")}
    assert stretches["train"] & stretches["validation"]
    assert sum(event.images for event in read) == TRAIN


def _stopping(listener: StopAfter, count: int) -> Options | None:
    return Options(stopping=listener.stopping) if count else None


@pytest.mark.usefixtures("small_stretches")
def test_a_spill_altered_between_the_passes_stops_the_build_and_the_next_one_reads_it_again(
    raw: Path, tmp_path: Path, direct: dict[str, bytes]
) -> None:
    out = tmp_path / "out"

    def alter() -> None:
        file = max((out / SPILL_FOLDER / "train").glob("stretch-00000.*.images"))
        file.write_bytes(bytes(file.stat().st_size))

    events = StopAfter(StretchDone, 1, alter)
    with pytest.raises(MachineError, match=r"stretch-00000.*was altered after it was written") as error:
        staged(raw, out, events, run={"workers": 1})
    assert "Run the same command again" in error.value.hint
    again: list[Event] = []
    staged(raw, out, again.append)
    assert contents(out) == direct
    read = [event.stretch for event in again if isinstance(event, StretchDone) and event.split == "train"]
    assert read == ["stretch-00000"]


@pytest.mark.usefixtures("small_stretches")
def test_images_skipped_in_a_stretch_are_listed_and_read_again_where_none_may_be_skipped(
    raw_copy: Path, tmp_path: Path
) -> None:
    damage_image(raw_copy, TENCH_1, cut_short)
    out, skip = tmp_path / "out", {"on_bad_image": "skip"}
    with pytest.raises(BadImage):
        staged(raw_copy, out)
    first = StopAfter(ShardDone, 1)
    with pytest.raises(Interrupted):
        staged(raw_copy, out, first, options=Options(stopping=first.stopping), output=skip)
    with pytest.raises(BadImage):
        staged(raw_copy, out)
    build_dataset(raw_copy, tmp_path / "direct", output=skip)
    staged(raw_copy, out, output=skip)
    assert contents(out) == contents(tmp_path / "direct")


def test_a_started_event_says_how_much_is_read_before_shards_are_made(raw: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    staged(raw, tmp_path / "out", events.append)
    started = next(event for event in events if isinstance(event, Started))
    assert [(split.stretches, split.stretches_done) for split in started.splits] == [(1, 0), (1, 0)]


def command(raw: Path, out: Path, profile: Path) -> list[str]:
    profile.write_text("")
    sets = [f"source.path={raw}", f"output.path={out}", "source.read=staged", "run.workers=2"]
    shards = ["output.train_shards=9", "output.validation_shards=3"]
    return [sys.executable, "-m", "wizard", "run", str(profile), "--json", *(f"--set={text}" for text in sets + shards)]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for the workers in /proc")
def test_a_build_killed_again_and_again_ends_in_the_same_shards(raw: Path, tmp_path: Path) -> None:
    shards = {"train_shards": 9, "validation_shards": 3}
    build_dataset(raw, tmp_path / "direct", output=shards)
    out = tmp_path / "out"
    words = command(raw, out, tmp_path / "p.toml")
    for seen in ("spills/train/*", "spills/train/*.json", "shards/*.json"):
        run = subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True)
        _wait_for(out / ".imagenet-setup", seen, run)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    assert main(words[3:]) == 0
    assert contents(out) == contents(tmp_path / "direct")
    assert not (out / SPILL_FOLDER).exists()


def _wait_for(folder: Path, seen: str, run: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while run.poll() is None and not any(folder.glob(seen)):
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_full_disk_stops_the_build_and_it_goes_on_with_what_was_spilled(
    raw: Path, tmp_path: Path, direct: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "STRETCH_IMAGES", 5)
    out = tmp_path / "out"
    spills = out / SPILL_FOLDER / "train"

    def take_away() -> None:
        shutil.move(spills, out / "elsewhere")
        spills.write_bytes(b"")

    with pytest.raises(MachineError, match="cannot be written"):
        staged(raw, out, StopAfter(StretchDone, 2, take_away), run={"workers": 1})
    spills.unlink()
    shutil.move(out / "elsewhere", spills)
    staged(raw, out)
    assert contents(out) == direct
