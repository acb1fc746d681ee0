import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from PIL import Image

from tests.helpers import (
    CLASSES,
    TRAIN,
    TRAIN_SHARDS,
    VALIDATION,
    VALIDATION_SHARDS,
    add_test_archive,
    build_dataset,
    encoded,
    examined,
    ignore,
    noise,
    profile,
    shards,
)
from wizard.build import Options
from wizard.engine.commit_records import read_commit_records
from wizard.engine.plan import ShardTask
from wizard.errors import InputError, Interrupted
from wizard.events import CheckResult, Estimated, Event, Glanced, Preparing
from wizard.formatting import Range
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.machine.disks import disk_of
from wizard.machine.memory import Memory
from wizard.machine.processes import Process
from wizard.planning import decide, decide_without_source, resolve
from wizard.preflight import checks, estimate, examine
from wizard.preflight.checks import refuse
from wizard.preflight.examine import Verdict, evaluate, remaining_fraction
from wizard.preflight.output_state import OutputState, read_output
from wizard.preflight.source_check import source_check
from wizard.profile import Profile
from wizard.sources.opening import open_source
from wizard.sources.source import Survey

TRAIN_TAR, VAL_TAR, BOXES = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar", "ILSVRC2012_bbox_train_v2.tar.gz"


def look(made: Profile) -> Verdict:
    return examined(made)


def remaining(made: Profile) -> float:
    job = resolve(made, ignore)
    return remaining_fraction(job, read_output(job))


def evaluated(raw: Path, tmp_path: Path) -> Verdict:
    """Of a build that eight workers were wanted for."""
    settings = decide_without_source(profile(raw, tmp_path / "out", run={"workers": 8}))
    return evaluate(settings, GOOD, OutputState(), ESTIMATED)


def named(verdict: Verdict) -> dict[str, CheckResult]:
    return {check.name: check for check in verdict.checks}


def stopped_after(raw: Path, out: Path, count: int, **sections: Any) -> int:
    """Builds that many shards and stops; returns how many images the finished ones hold."""
    options = Options(stopping=lambda: len(shards(out)) >= count)
    with pytest.raises(Interrupted):
        build_dataset(raw, out, options=options, **sections)
    return sum(record.images for record in read_commit_records(out).done.values())


def test_every_check_is_made_in_one_order(raw: Path, tmp_path: Path) -> None:
    verdict = look(profile(raw, tmp_path / "out"))
    assert tuple(check.name for check in verdict.checks) == checks.NAMES
    assert {check.status for check in verdict.checks} <= {"pass", "warn"}
    assert verdict.estimated is not None
    assert (verdict.settings.workers, verdict.estimated.workers, verdict.estimated.images) == (1, 1, TRAIN + VALIDATION)
    assert all(check.fix for check in verdict.checks if check.status == "warn")
    refuse(verdict.checks, [], building=True)
    assert list(tmp_path.iterdir()) == []


def test_a_subset_is_a_warning_that_says_what_there_is(raw: Path, tmp_path: Path) -> None:
    check = named(look(profile(raw, tmp_path / "out")))["raw-data"]
    assert (check.status, check.looked_at) == ("warn", str(raw))
    assert check.found.startswith(f"train has {TRAIN} images of {CLASSES} classes, ")
    assert f"; validation has {VALIDATION} images of " in check.found
    assert check.found.endswith("; boxes of train")
    assert check.fix.startswith("Not the whole of ImageNet")


def test_the_reading_of_headers_is_reported(raw: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    examined(profile(raw, tmp_path / "out"), told.append)
    steps = [event.step for event in told if isinstance(event, Preparing) and "a look at" in event.step]
    assert steps[0] == "a look at train"
    assert steps[-1] == "a look at validation"
    told.clear()
    examined(profile(raw, tmp_path / "out"), told.append)
    assert {event.step for event in told if isinstance(event, Preparing)} == {"a sample of the images"}


def test_the_glance_shows_what_would_be_built(raw: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    chosen = profile(raw, tmp_path / "out", source={"splits": ["train"], "classes": 2}, output={"label_base": 0})
    examined(chosen, told.append)
    (seen,) = [event.glance for event in told if isinstance(event, Glanced)]
    assert [(each.words[:5], each.label, each.images) for each in seen.first] == [("tench", 0, 17), ("goldf", 1, 8)]
    assert [split.split for split in seen.splits] == ["train"]


def test_formats_that_store_no_labels_show_none(raw: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    examined(profile(raw, tmp_path / "out", output={"format": "folders"}), told.append)
    (seen,) = [event.glance for event in told if isinstance(event, Glanced)]
    assert (seen.labels, seen.first[0].label) == ("none", None)


@pytest.mark.parametrize("official", [True, False])
@pytest.mark.parametrize("when", ["", "2026-01-02 03:04"])
def test_whole_archives_pass_with_what_is_known_of_their_sum(
    raw: Path, tmp_path: Path, surveys: dict[Split, Survey], official: bool, when: str
) -> None:
    whole = {
        split: replace(each, classes=1000, images=IMAGES[split].images, official=official, verified=when)
        for split, each in surveys.items()
    }
    check = source_check(decide(profile(raw, tmp_path / "out"), open_source(raw), whole))
    assert (check.status, check.fix) == ("pass", "")
    assert ("train has the official size" in check.found) == official
    assert (f"MD5 verified {when}" in check.found) == bool(official and when)
    assert ("MD5 not checked" in check.found) == (official and not when)


def lose(raw: Path) -> None:
    (raw / VAL_TAR).unlink()


def lose_boxes(raw: Path) -> None:
    (raw / BOXES).unlink()


def lose_all(raw: Path) -> None:
    for path in raw.iterdir():
        path.unlink()
    raw.rmdir()


def truncate(raw: Path) -> None:
    content = (raw / TRAIN_TAR).read_bytes()
    (raw / TRAIN_TAR).write_bytes(content[: len(content) // 2])


def save_the_login_page(raw: Path) -> None:
    (raw / VAL_TAR).write_bytes(b"<html>Log in</html>")


@pytest.mark.parametrize(
    ("damage", "seen"),
    [
        (lose, f"{VAL_TAR} is missing in "),
        (lose_boxes, f"{BOXES} is missing in "),
        (lose_all, "raw does not exist."),
        (truncate, "but the archive has only "),
        (save_the_login_page, "is an HTML page"),
    ],
)
def test_archives_that_will_not_do_fail_and_the_machine_is_still_looked_at(
    raw_copy: Path, tmp_path: Path, damage: Callable[[Path], None], seen: str
) -> None:
    damage(raw_copy)
    verdict = look(profile(raw_copy, tmp_path / "out"))
    found = named(verdict)
    assert found["raw-data"].status == "fail"
    assert seen in found["raw-data"].found
    assert found["raw-data"].fix
    assert verdict.estimated is None
    assert set(checks.NAMES) - set(found) == {"memory"}, "what a worker needs is not known"
    assert (found["write-access"].status, found["disk"].status) == ("pass", "warn")
    with pytest.raises(InputError):
        refuse(verdict.checks, [], building=True)


def test_a_member_that_is_no_image_fails_unless_such_may_be_skipped(raw_copy: Path, tmp_path: Path) -> None:
    content = (raw_copy / VAL_TAR).read_bytes()
    (raw_copy / VAL_TAR).write_bytes(content[:512] + b"no image" + content[520:])
    check = named(look(profile(raw_copy, tmp_path / "out")))["raw-data"]
    assert check.status == "fail"
    assert "does not begin as an image does" in check.found
    assert look(profile(raw_copy, tmp_path / "out", output={"on_bad_image": "skip"})).estimated is not None


@pytest.mark.parametrize(("on_bad_image", "status"), [("stop", "fail"), ("skip", "warn")])
def test_a_file_without_bytes_in_a_tree_fails_as_it_would_in_the_build(
    tmp_path: Path, on_bad_image: str, status: str
) -> None:
    (tmp_path / "raw" / "train" / "cat").mkdir(parents=True)
    (tmp_path / "raw" / "train" / "cat" / "1.jpg").write_bytes(encoded(Image.fromarray(noise(60, 80))))
    (tmp_path / "raw" / "train" / "cat" / "2.jpg").write_bytes(b"")
    source = {"splits": ["train"], "boxes": "none"}
    made = profile(tmp_path / "raw", tmp_path / "out", source=source, output={"on_bad_image": on_bad_image})
    check = named(look(made))["raw-data"]
    assert check.status == status
    assert "2.jpg" in check.found


def die(_task: ShardTask) -> None:
    os._exit(9)


def test_a_sample_that_cannot_be_measured_leaves_the_rest(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "dry_run", die)
    verdict = look(profile(raw, tmp_path / "out"))
    check = named(verdict)["raw-data"]
    assert (check.status, verdict.estimated, verdict.settings.workers) == ("warn", None, 1)
    assert "no sample could be measured: A process that was measuring images ended: worker" in check.found
    assert check.found.endswith("exited unexpectedly (exit code 9).")
    assert "memory" not in check.fix
    assert named(verdict)["disk"].status == "warn"
    refuse(verdict.checks, [], building=False)


def refuse_processes(**_: object) -> None:
    raise OSError(11, "Resource temporarily unavailable")


def test_workers_that_cannot_be_started_leave_the_rest(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.engine.executors.local_worker._CONTEXT.Process", refuse_processes)
    verdict = look(profile(raw, tmp_path / "out", run={"workers": 2}))
    check = named(verdict)["raw-data"]
    assert check.status == "warn"
    assert "A worker process cannot be started: Resource temporarily unavailable." in check.found
    assert "\n" not in check.found
    assert "open files" in check.fix


GOOD = CheckResult(name="raw-data", status="pass", looked_at="/raw", found="whole")
ESTIMATED = Estimated(
    images=1000,
    sampled=100,
    workers=8,
    bytes_in=10**9,
    bytes_out=Range(low=0.9e9, likely=1e9, high=1.1e9),
    seconds=Range(low=80, likely=100, high=120),
    worker_memory=Range(low=0.8e9, likely=0.9e9, high=1e9),
)


@pytest.mark.parametrize(("cores", "seconds"), [(8, 400), (4, 200), (2, 100), (1, 100)])
def test_short_memory_means_fewer_workers_and_more_time(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int, seconds: int
) -> None:
    """Two workers fit where eight were wanted; those beyond the cores brought nothing."""
    little = Memory(total=4 * 10**9, available=25 * 10**8, machine=64 * 10**9)
    monkeypatch.setattr(examine, "usable_memory", lambda: little)
    monkeypatch.setattr(examine, "usable_cores", lambda: cores)
    verdict = evaluated(raw, tmp_path)
    found = named(verdict)
    assert (found["memory"].status, verdict.settings.workers) == ("warn", 2)
    assert "Using 2 workers instead" in found["memory"].fix
    assert found["cores"].needed == "2 workers"
    assert verdict.estimated is not None
    assert verdict.estimated.workers == 2
    assert verdict.estimated.seconds.likely == seconds


def test_processes_are_looked_at_only_where_memory_is_short(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Process(pid=4711, user="alice", resident=20 * 10**9, seconds=9.0, command="python train.py")
    processes = Mock(return_value=[trainer])
    monkeypatch.setattr(examine, "largest_processes", processes)
    enough = Memory(total=64 * 10**9, available=32 * 10**9, machine=64 * 10**9)
    monkeypatch.setattr(examine, "usable_memory", lambda: enough)
    assert named(evaluated(raw, tmp_path))["memory"].status == "pass"
    assert not processes.called
    monkeypatch.setattr(examine, "usable_memory", lambda: replace(enough, available=0))
    found = named(evaluated(raw, tmp_path))
    assert "process 4711 of alice" in found["memory"].fix


def test_a_full_disk_fails_by_what_is_needed(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = replace(disk_of(tmp_path), free=1000, files_free=3)
    monkeypatch.setattr(examine, "disk_of", lambda _path: full)
    verdict = look(profile(raw, tmp_path / "out"))
    assert {check.name for check in checks.failed(verdict.checks, [])} == {"disk", "files"}
    assert named(verdict)["files"].needed == f"{3 * (TRAIN_SHARDS + VALIDATION_SHARDS) + 16} files"


@pytest.mark.parametrize(("form", "classes"), [("folders", CLASSES), ("flat", CLASSES)])
def test_image_files_are_counted_one_by_one(
    raw: Path, tmp_path: Path, surveys: dict[Split, Survey], form: str, classes: int
) -> None:
    images, shards_too = TRAIN + VALIDATION, TRAIN_SHARDS + VALIDATION_SHARDS
    folders = classes + surveys["validation"].classes
    made = profile(raw, tmp_path / "out", output={"format": form})
    assert named(look(made))["files"].needed == f"{images + folders + shards_too + 16} files"
    build_dataset(raw, tmp_path / "out", output={"format": form})
    assert named(look(made))["files"].needed == f"{folders + 16} files"


@pytest.mark.parametrize("form", ["folders", "flat", "webdataset"])
def test_a_finished_build_of_any_target_leaves_nothing_to_do(raw: Path, tmp_path: Path, form: str) -> None:
    asked: dict[str, Any] = {"output": {"format": form}, "source": {"boxes": "none"}}
    made = profile(raw, tmp_path / "out", **asked)
    assert remaining(made) == 1.0
    build_dataset(raw, tmp_path / "out", **asked)
    assert remaining(made) == 0.0
    assert named(look(made))["output"].status == "pass"


def test_the_test_split_is_looked_at_without_asking_for_classes(raw_copy: Path, tmp_path: Path) -> None:
    add_test_archive(raw_copy, 4)
    verdict = look(profile(raw_copy, tmp_path / "out", source={"splits": ["test"], "boxes": "all", "classes": 2}))
    check = named(verdict)["raw-data"]
    assert check.found.startswith("test has 4 images, ")
    assert "boxes" not in check.found
    assert "classes" not in check.found
    assert verdict.estimated is not None


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
@pytest.mark.usefixtures("unprivileged")
def test_an_output_in_a_folder_that_may_not_be_looked_into_is_a_check_that_fails(raw: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    build_dataset(raw, closed / "out")
    closed.chmod(0)
    verdict = look(profile(raw, closed / "out"))
    closed.chmod(0o700)
    assert tuple(check.name for check in verdict.checks) == checks.NAMES
    assert [check.name for check in checks.failed(verdict.checks, [])] == ["write-access"]


def test_shards_of_an_earlier_run_need_neither_time_nor_room(raw: Path, tmp_path: Path) -> None:
    made, out = profile(raw, tmp_path / "out"), tmp_path / "out"
    assert remaining(made) == 1.0
    built, done = stopped_after(raw, out, 3), len(shards(out))
    assert done >= 3
    assert remaining(made) == pytest.approx(1 - built / (TRAIN + VALIDATION))
    found = named(look(made))
    assert found["files"].needed == f"{3 * (TRAIN_SHARDS + VALIDATION_SHARDS - done) + 16} files"
    shards(out)[0].unlink()
    assert remaining(made) > 1 - built / (TRAIN + VALIDATION)
    build_dataset(raw, out)
    assert remaining(made) == 0.0
    assert named(look(made))["disk"].needed == "0 bytes with 5 % to spare"


def test_with_fewer_classes_the_remaining_fraction_is_of_their_images(raw: Path, tmp_path: Path) -> None:
    half: dict[str, Any] = {"source": {"classes": CLASSES // 2, "splits": ["train"]}}
    assert remaining(profile(raw, tmp_path / "out", **half)) == 1.0
    build_dataset(raw, tmp_path / "out", **half)
    assert remaining(profile(raw, tmp_path / "out", **half)) == 0.0


def test_shards_of_another_size_save_no_time_and_other_numbers_of_the_same_do(raw: Path, built: Path) -> None:
    crop = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
    assert remaining(profile(raw, built, image=crop, source={"boxes": "all"}, output={"train_shards": 3})) == 0.0
    assert remaining(profile(raw, built, image={**crop, "quality": 86}, source={"boxes": "all"})) == 1.0


@pytest.mark.parametrize(("on_bad_image", "way_out"), [("stop", "on_bad_image"), ("skip", "left out and listed")])
def test_a_damaged_image_in_the_sample_is_named_before_the_build(
    tmp_path: Path, on_bad_image: str, way_out: str
) -> None:
    data = encoded(Image.fromarray(noise(60, 80)))
    for name, content in {"cat/1.jpg": data, "cat/2.jpg": data[: len(data) // 2], "dog/1.jpg": data}.items():
        path = tmp_path / "raw" / "train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    source = {"splits": ["train"], "boxes": "none"}
    made = profile(tmp_path / "raw", tmp_path / "out", source=source, output={"on_bad_image": on_bad_image})
    check = named(look(made))["raw-data"]
    assert check.status == "warn"
    assert "1 of 3 sampled images cannot be decoded; the first is" in check.found
    assert "raw/train/cat/2.jpg: it is truncated" in check.found
    assert way_out in check.fix


def test_raw_data_that_cannot_be_read_is_the_error_also_where_shards_are_kept(tmp_path: Path) -> None:
    made = profile(tmp_path / "none", tmp_path / "out", output={"shards": "keep"})
    check = named(look(made))["raw-data"]
    assert check.status == "fail"
    assert "does not exist" in check.found
