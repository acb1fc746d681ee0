import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import tensorflow as tf

from tests.helpers import (
    ODD,
    TRAIN,
    TRAIN_SHARDS,
    VALIDATION,
    build_dataset,
    contents,
    features,
    plan_of,
    profile,
    shards,
    tar,
)
from wizard.build import Options, build
from wizard.cli import main
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import BadImage, InputError, Interrupted, MachineError, PlanMismatch
from wizard.events import Event, Heartbeat, Note, Started
from wizard.ilsvrc2012.archives import IMAGES
from wizard.ilsvrc2012.synsets import rank_of_image
from wizard.preflight.examine import examine
from wizard.profile import Profile
from wizard.verify.dataset import verify

CROPPED = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
RESIZED = {"resize": "shortest", "size": 64, "quality": 85}
TENCH_1 = "n01440764_10.JPEG"


class Listener:
    """Collects events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note)]

    @property
    def shards_done_before(self) -> int:
        return sum(split.shards_done for event in self.events if isinstance(event, Started) for split in event.splits)


def damage_image(raw: Path, name: str, change: Callable[[bytearray], None]) -> None:
    """Changes an image's bytes inside the train archive."""
    path = raw / IMAGES["train"].name
    content = bytearray(path.read_bytes())
    at = content.index(name.encode()) + 512
    size = int(content[at - 512 + 124 : at - 512 + 135], 8)
    image = content[at : at + size]
    change(image)
    content[at : at + size] = image
    path.write_bytes(content)


def cut_short(image: bytearray) -> None:
    image[len(image) // 2 :] = bytes(len(image) - len(image) // 2)


def test_every_image_is_in_the_dataset_once_with_its_label(raw: Path, tmp_path: Path) -> None:
    finished = build_dataset(raw, tmp_path / "out")
    found = features(tmp_path / "out")
    assert len(found) == TRAIN + VALIDATION == sum(split.images_out for split in finished.splits)
    for name, record in found.items():
        rank = rank_of_image(name)
        assert rank is not None
        assert record["image/class/label"] == (rank + 1,)
    assert finished.converted == {"CMYK": 1, "PNG": 2}
    assert len(shards(tmp_path / "out")) == 7


def test_the_result_of_a_build_counts_the_stored_images(raw_copy: Path, tmp_path: Path) -> None:
    damage_image(raw_copy, TENCH_1, cut_short)
    seen = build_dataset(raw_copy, tmp_path / "out", output={"on_bad_image": "skip"}).glance
    assert seen is not None
    assert [(each.label, each.images) for each in seen.first] == [(1, 16), (2, 8), (3, 8)]
    assert [split.images for split in seen.splits] == [TRAIN - 1, VALIDATION]


def test_images_are_shuffled_across_shards(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out")
    names = [name for name in features(tmp_path / "out") if name.startswith("n")]
    assert names != sorted(names)
    first = {name[:9] for name in names[: TRAIN // TRAIN_SHARDS]}
    assert len(first) > 1


def test_repeated_builds_with_any_number_of_workers_give_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("three", 3)):
        build_dataset(raw, tmp_path / name, image=RESIZED, run={"workers": workers})
    assert contents(tmp_path / "one") == contents(tmp_path / "three")


def test_the_workers_that_measured_a_sample_build_the_shards(raw: Path, tmp_path: Path) -> None:
    listener = Listener()
    with WorkerPool() as pool:
        verdict = examine(profile(raw, tmp_path / "out"), listener, pool)
        measured = pool.executor(1).submit(os.getpid).result(timeout=60)
        build(verdict.require_job(), listener, Options(), pool)
        assert not psutil.pid_exists(measured)
    assert {event.worker for event in listener.events if isinstance(event, Heartbeat)} == {measured}


def test_only_the_splits_in_image_splits_are_resized(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out", image=RESIZED | {"splits": ["train"]})
    found = features(tmp_path / "out")
    validation = (raw / IMAGES["validation"].name).read_bytes()
    for name, record in found.items():
        data = record["image/encoded"]
        assert isinstance(data, bytes)
        assert (data in validation) == name.startswith("ILSVRC2012_val")


@pytest.mark.parametrize(("boxes", "train", "validation"), [("none", 0, 0), ("train", 1, 0), ("all", 1, 1)])
def test_boxes_are_stored_only_in_the_requested_splits(
    raw: Path, tmp_path: Path, boxes: str, train: int, validation: int
) -> None:
    finished = build_dataset(raw, tmp_path / "out", source={"boxes": boxes})
    assert [bool(split.boxes) for split in finished.splits] == [train, validation]


def test_a_record_has_the_boxes_of_its_image(raw: Path, tmp_path: Path) -> None:
    plan = plan_of(profile(raw, tmp_path / "out"))
    planned = {sample.name: sample for sample in plan.splits[0].table}
    build_dataset(raw, tmp_path / "out")
    for name, record in features(tmp_path / "out").items():
        if name in planned:
            corners = np.stack([record[f"image/object/bbox/{c}"] for c in ("xmin", "ymin", "xmax", "ymax")], axis=1)
            assert np.allclose(corners, planned[name].boxes, atol=1e-7)
            assert record["image/object/bbox/label"] == record["image/class/label"] * len(corners)


def test_label_base_0_counts_labels_from_0(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out", output={"label_base": 0})
    assert features(tmp_path / "out")[TENCH_1]["image/class/label"] == (0,)


def test_a_single_split_may_have_more_shards_than_images(raw: Path, tmp_path: Path) -> None:
    build_dataset(
        raw, tmp_path / "out", source={"splits": ["validation"]}, output={"validation_shards": VALIDATION + 5}
    )
    assert len(shards(tmp_path / "out")) == VALIDATION + 5
    assert len(features(tmp_path / "out")) == VALIDATION
    verify(tmp_path / "out", lambda _: None)


def test_tensorflow_reads_every_unusual_kind_of_image(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out", image=RESIZED)
    odd = {name: record for name, record in features(tmp_path / "out").items() if "_9000" in name}
    assert len(odd) == ODD
    for record in odd.values():
        shape = (*record["image/height"], *record["image/width"], 3)
        assert tf.io.decode_jpeg(record["image/encoded"]).shape == shape


def test_a_build_reports_what_the_archives_lack(raw: Path, tmp_path: Path) -> None:
    listener = Listener()
    build_dataset(raw, tmp_path / "out", report=listener)
    assert any("validation: records carry no bounding boxes" in note for note in listener.notes)


def test_a_second_run_builds_only_missing_shards_with_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_dataset(raw, out)
    before = contents(out)
    again = build_dataset(raw, out)
    assert again.images_built == 0
    shards(out)[2].unlink()
    listener = Listener()
    rebuilt = build_dataset(raw, out, report=listener)
    assert listener.shards_done_before == 6
    assert 0 < rebuilt.images_built < TRAIN
    assert contents(out) == before


def test_another_plan_in_the_same_folder_is_refused(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out")
    with pytest.raises(
        PlanMismatch, match="train stored as: there original size, bytes kept · asked for shortest side 64"
    ):
        build_dataset(raw, tmp_path / "out", image=RESIZED)
    with pytest.raises(PlanMismatch, match=r"train boxes: there \d+ · asked for 0"):
        build_dataset(raw, tmp_path / "out", source={"boxes": "none"})


def test_the_plan_id_does_not_depend_on_where_the_archives_are(raw: Path, tmp_path: Path) -> None:
    before = plan_of(profile(raw, tmp_path)).plan_id
    moved = shutil.copytree(raw, tmp_path / "elsewhere")
    assert plan_of(profile(moved, tmp_path)).plan_id == before


def test_an_undecodable_image_stops_the_run_and_is_named(raw_copy: Path, tmp_path: Path) -> None:
    damage_image(raw_copy, TENCH_1, cut_short)
    with pytest.raises(BadImage, match=rf"ILSVRC2012_img_train\.tar: {TENCH_1} .* cannot be decoded"):
        build_dataset(raw_copy, tmp_path / "out")
    assert not list((tmp_path / "out").glob(".building*"))
    assert TENCH_1 not in features(tmp_path / "out")


def test_a_run_stopped_by_a_bad_image_resumes_with_skip(raw_copy: Path, tmp_path: Path) -> None:
    damage_image(raw_copy, TENCH_1, cut_short)
    with pytest.raises(BadImage):
        build_dataset(raw_copy, tmp_path / "out")
    finished = build_dataset(raw_copy, tmp_path / "out", output={"on_bad_image": "skip"})
    assert [image.name for image in finished.skipped] == [TENCH_1]
    assert set(features(tmp_path / "out")) & {TENCH_1} == set()
    assert verify(tmp_path / "out", lambda _: None, pixels=True).skipped == 1
    assert build_dataset(raw_copy, tmp_path / "out", output={"on_bad_image": "skip"}).skipped == finished.skipped
    with pytest.raises(BadImage):
        build_dataset(raw_copy, tmp_path / "out")


def test_a_truncated_archive_leaves_no_shard(raw_copy: Path, tmp_path: Path) -> None:
    path = raw_copy / IMAGES["train"].name
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(InputError):
        build_dataset(raw_copy, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_md5_refuses_archives_that_are_not_the_official_ones(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"its MD5 is \w+, the official one 1d675b47d978889d74fa0da5fadfb00e"):
        build_dataset(raw, tmp_path / "out", options=Options(md5=True))


def test_repair_sets_damaged_shards_aside_and_rebuilds_only_those(raw: Path, built_copy: Path) -> None:
    before = contents(built_copy)
    damaged = shards(built_copy)[1]
    content = bytearray(damaged.read_bytes())
    content[-9] ^= 1
    damaged.write_bytes(content)
    listener = Listener()
    sections: dict[str, Any] = {"source": {"boxes": "all"}, "image": CROPPED}
    unrebuilt = build_dataset(raw, built_copy, **sections)
    assert unrebuilt.images_built == 0
    build_dataset(raw, built_copy, options=Options(repair=True), report=listener, **sections)
    assert contents(built_copy) == before
    assert listener.shards_done_before == 6
    assert any(f"{damaged.name}: its sha256 is" in note for note in listener.notes)
    assert (built_copy / ".imagenet-setup" / "rejected" / damaged.name).read_bytes() == bytes(content)


def test_missing_indexes_are_restored_without_building(raw: Path, built_copy: Path) -> None:
    before = contents(built_copy)
    shutil.rmtree(built_copy / "idx")
    sections: dict[str, Any] = {"source": {"boxes": "all"}, "image": CROPPED}
    assert build_dataset(raw, built_copy, **sections).images_built == 0
    assert contents(built_copy) == before


def test_repair_rewrites_a_damaged_index_without_building_shards(raw: Path, built_copy: Path) -> None:
    before = contents(built_copy)
    next((built_copy / "idx").iterdir()).write_text("0 1\n")
    sections: dict[str, Any] = {"source": {"boxes": "all"}, "image": CROPPED}
    assert build_dataset(raw, built_copy, options=Options(repair=True), **sections).images_built == 0
    assert contents(built_copy) == before


def test_there_is_no_manifest_while_shards_are_missing(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out")
    shards(tmp_path / "out")[0].unlink()
    listener = Listener()
    options = Options(stopping=lambda: any(isinstance(event, Started) for event in listener.events))
    with pytest.raises(Interrupted):
        build_dataset(raw, tmp_path / "out", options=options, report=listener)
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_preparation_can_be_interrupted(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        build_dataset(raw, tmp_path / "out", options=Options(stopping=lambda: True))
    assert not (tmp_path / "out").exists()


def test_an_output_path_that_is_a_file_is_refused(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(MachineError, match="is a file, not a folder"):
        build_dataset(raw, tmp_path / "out")


def command(made: Profile, where: Path) -> list[str]:
    """A run in its own process, with many shards, so that a test can interrupt it halfway."""
    where.write_text("")
    sets = [
        f"source.path={made.source.path}",
        f"output.path={made.output.path}",
        "output.train_shards=40",
        "run.workers=2",
    ]
    return [sys.executable, "-m", "wizard", "run", str(where), "--json", *(f"--set={text}" for text in sets)]


@pytest.fixture(scope="module")
def undisturbed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(folder / "home"))
        build_dataset(raw, folder / "out", output={"train_shards": 40, "validation_shards": 128})
    return contents(folder / "out")


def wait_for_shards(out: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(shards(out)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def children(parent: int) -> list[int]:
    return [child.pid for child in psutil.Process(parent).children() if "spawn_main" in " ".join(child.cmdline())]


def test_a_killed_worker_does_not_change_the_bytes(raw: Path, tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    run = subprocess.Popen(command(profile(raw, out), tmp_path / "p.toml"), stdout=subprocess.PIPE, text=True)
    wait_for_shards(out, 3)
    os.kill(children(run.pid)[0], signal.SIGKILL)
    told, _ = run.communicate(timeout=120)
    assert run.returncode == 0, told
    assert contents(out) == undisturbed


def test_a_killed_run_resumes(
    raw: Path, tmp_path: Path, undisturbed: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = command(profile(raw, out), tmp_path / "p.toml")
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    wait_for_shards(out, 5)
    workers = children(run.pid)
    run.kill()
    run.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert main(words[3:]) == 0
    assert '"shards_done": 0}, {"split": "validation"' not in capsys.readouterr().out
    assert contents(out) == undisturbed
    assert not list(out.glob(".building*"))


def test_a_second_run_in_the_same_folder_is_refused(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = command(profile(raw, out), tmp_path / "p.toml")
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    wait_for_shards(out, 1)
    run.send_signal(signal.SIGSTOP)
    try:
        assert main(words[3:]) == 4
    finally:
        run.kill()
        run.communicate(timeout=120)
    assert "Another run is building in" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_running_shards_finish_and_shows_how_to_resume(
    raw: Path, tmp_path: Path, number: signal.Signals, undisturbed: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    words = command(profile(raw, out), tmp_path / "p.toml")
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    wait_for_shards(out, 3)
    run.send_signal(number)
    told, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert f"Resume with: imagenet-setup run {out} --json" in told.splitlines()[-1]
    assert not list(out.glob(".building*"))
    assert 3 <= len(shards(out)) < 168
    assert main(words[3:]) == 0
    assert contents(out) == undisturbed


def test_sigterm_to_every_process_of_a_job_lets_running_shards_finish(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = command(profile(raw, out), tmp_path / "p.toml")
    # As Slurm does where it cancels, pre-empts or stops a job: the workers get it too.
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
    wait_for_shards(out, 3)
    os.killpg(run.pid, signal.SIGTERM)
    told, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "worker_lost" not in told
    assert not list(out.glob(".building*"))


def test_a_tar_of_a_single_class_is_a_valid_source(tmp_path: Path, raw: Path) -> None:
    image = next(sample for sample in plan_of(profile(raw, tmp_path)).splits[0].table)
    with Path(image.file).open("rb") as file:
        file.seek(image.offset)
        data = file.read(image.size)
    (tmp_path / "raw").mkdir()
    inner = tar([(image.name, data)])
    (tmp_path / "raw" / IMAGES["train"].name).write_bytes(tar([(f"{image.name[:9]}.tar", inner)]))
    finished = build_dataset(tmp_path / "raw", tmp_path / "out", source={"splits": ["train"], "boxes": "none"})
    assert [split.images_out for split in finished.splits] == [1]
