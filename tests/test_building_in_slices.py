"""Builds in slices: real folders, leases, processes and signals."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN_SHARDS, VALIDATION_SHARDS, build_dataset, contents, examined, ignore, job, profile
from wizard import local_runs, lock, process_identity, run_files
from wizard.build import Options, build
from wizard.cli import main
from wizard.engine.build_result import BuildResult, SliceResult
from wizard.engine.manifest import IMAGES, MANIFEST
from wizard.engine.shared_folder import holding, others, refuse_if_taken
from wizard.errors import Interrupted, MachineError, PlanMismatch
from wizard.events import Event, ShardDone, Started
from wizard.lock import SILENT
from wizard.planning import Job
from wizard.preflight.examine import remaining_fraction
from wizard.preflight.output_state import read_output
from wizard.slices import WHOLE, Slice
from wizard.targets.names import RECORD_FOLDER, RUN_FOLDER, STAGING
from wizard.verify.dataset import verify

SHARDS = TRAIN_SHARDS + VALIDATION_SHARDS


def slice_of(text: str, raw: Path, out: Path, **sections: Any) -> Job:
    return replace(job(raw, out, **sections), slice=Slice.parse(text))


def run(text: str, raw: Path, out: Path, report: Callable[[Event], None] = ignore, **sections: Any) -> object:
    return build(slice_of(text, raw, out, **sections), report, Options())


def stopped_when_it_starts(job: Job) -> None:
    """A build that is asked to stop before its first shard."""
    events: list[Event] = []
    with pytest.raises(Interrupted):
        build(job, events.append, Options(stopping=lambda: any(isinstance(event, Started) for event in events)))


@contextmanager
def alive(out: Path, part: Slice) -> Iterator[None]:
    """Another run that holds its lease while the block runs."""
    ready, done = threading.Event(), threading.Event()

    def hold() -> None:
        with holding(out, part, SILENT):
            ready.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(30)
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def plain(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The shards of a build by one run."""
    folder = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(folder / "home"))
        build_dataset(raw, folder / "out")
    return contents(folder / "out")


def test_slices_build_the_shards_of_a_single_run_in_any_order(
    raw: Path, tmp_path: Path, plain: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    results = [run(text, raw, out) for text in ("3/3", "1/3", "2/3")]
    assert contents(out) == plain
    assert [type(result) for result in results] == [SliceResult, SliceResult, BuildResult]
    verify(out, ignore)


def test_before_the_last_slice_the_dataset_has_no_description(raw: Path, tmp_path: Path) -> None:
    result = run("1/2", raw, tmp_path / "out")
    assert isinstance(result, SliceResult)
    assert (result.slice, result.shards, result.shards_done, result.shards_planned) == ("1/2", 4, 4, SHARDS)
    assert not (tmp_path / "out" / MANIFEST).exists()


def test_whichever_slice_describes_the_dataset_writes_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("1/2", raw, out)
    run("2/2", raw, out, run={"workers": 2})  # another machine, with other cores
    written = [(out / name).read_bytes() for name in (MANIFEST, IMAGES)]
    for name in (MANIFEST, IMAGES):
        (out / name).unlink()
    assert isinstance(run("1/2", raw, out), BuildResult)
    assert [(out / name).read_bytes() for name in (MANIFEST, IMAGES)] == written


def test_more_slices_than_shards_leave_some_with_nothing_to_do(raw: Path, tmp_path: Path) -> None:
    result = run(f"{SHARDS + 1}/{SHARDS + 1}", raw, tmp_path / "out")
    assert isinstance(result, SliceResult)
    assert (result.shards, result.images_built) == (0, 0)


@pytest.mark.parametrize("output", [{"format": "folders"}, {"format": "webdataset"}], ids=["folders", "webdataset"])
def test_slices_of_other_formats_are_whole_together(raw: Path, tmp_path: Path, output: dict[str, str]) -> None:
    out = tmp_path / "out"
    for text in ("2/2", "1/2"):
        run(text, raw, out, output=output)
    verify(out, ignore)


def test_slices_that_read_in_stages_spill_into_folders_of_their_own(
    raw: Path, tmp_path: Path, plain: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    staged = {"read": "staged"}

    def reading_in_stages(text: str) -> Job:
        found = slice_of(text, raw, out, source=staged)
        return replace(found, reading=replace(found.reading, staged=True))

    stopping = False

    def stop(event: Event) -> None:
        nonlocal stopping
        stopping = stopping or isinstance(event, ShardDone)

    with pytest.raises(Interrupted):  # its spills stay, and those of the other slice come beside them
        build(reading_in_stages("1/2"), stop, Options(stopping=lambda: stopping))
    kept = [file.relative_to(out) for file in (out / ".imagenet-setup" / "spills" / "1-of-2").rglob("*.images")]
    build(reading_in_stages("2/2"), ignore, Options())
    assert kept
    assert all((out / file).exists() for file in kept)
    assert isinstance(build(reading_in_stages("1/2"), ignore, Options()), BuildResult)
    assert contents(out) == plain
    assert not (out / ".imagenet-setup" / "spills").exists()


def test_a_slice_that_is_being_built_is_refused(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    expected = f"Another run is building slice 1/2 in {re.escape(str(out))}"
    with alive(out, Slice.parse("1/2")), pytest.raises(MachineError, match=expected):
        run("1/2", raw, out)


@pytest.mark.parametrize(
    ("other", "mine"), [("1/2", "1/1"), ("1/1", "1/2"), ("1/2", "2/3")], ids=["whole", "slice", "another number"]
)
def test_runs_that_would_build_the_same_shards_are_refused(raw: Path, tmp_path: Path, other: str, mine: str) -> None:
    out = tmp_path / "out"
    with alive(out, Slice.parse(other)), pytest.raises(MachineError, match="would build the same shards"):
        run(mine, raw, out)
    run(mine, raw, out)


def test_a_run_is_refused_before_its_checks_where_another_one_builds(tmp_path: Path) -> None:
    out = tmp_path / "out"
    refuse_if_taken(out, WHOLE)
    assert not out.exists()
    with alive(out, WHOLE), pytest.raises(MachineError) as refused:
        refuse_if_taken(out, WHOLE)
    assert refused.value.hint.endswith(f"Watch it: imagenet-setup status {out} --watch")
    refuse_if_taken(out, WHOLE)  # leaves nothing behind that would be in the way
    with alive(out, WHOLE):
        born = process_identity.start_of(os.getppid()) or 0.0
        local_runs.write(replace(local_runs.this_process(out), pid=os.getppid(), born=born))
        with pytest.raises(MachineError, match=f"attach {out}\n  Stop it: imagenet-setup attach {out} --stop"):
            refuse_if_taken(out, WHOLE)


def test_slices_of_one_number_live_beside_each_other(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with alive(out, Slice.parse("1/2")):
        run("2/2", raw, out)
        assert others(out, Slice.parse("2/2")) == ["1-of-2"]
    assert others(out, WHOLE) == []


def test_another_plan_than_that_of_the_living_slices_is_refused_by_name(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    stopped_when_it_starts(slice_of("1/2", raw, out))  # a plan, but no shard
    with alive(out, Slice.parse("1/2")), pytest.raises(PlanMismatch, match="seed: there 2012 · asked for 7"):
        run("2/2", raw, out, output={"seed": 7})
    run("2/2", raw, out, output={"seed": 7})


def test_other_answers_than_those_of_the_living_slices_are_refused_by_name(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("1/2", raw, out)
    with (
        alive(out, Slice.parse("1/2")),
        pytest.raises(PlanMismatch, match=r'output\.on_bad_image: there "stop" · asked for "skip"'),
    ):
        run("2/2", raw, out, output={"on_bad_image": "skip"})
    result = run("2/2", raw, out, output={"on_bad_image": "skip"})
    assert isinstance(result, BuildResult)
    assert json.loads((out / MANIFEST).read_bytes())["profile"]["output"]["on_bad_image"] == "skip"


def test_slices_may_find_the_raw_data_in_another_place(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    elsewhere = tmp_path / "mounted"
    elsewhere.symlink_to(raw)
    run("1/2", raw, out)
    with alive(out, Slice.parse("1/2")):
        assert isinstance(run("2/2", elsewhere, out), BuildResult)
    assert json.loads((out / MANIFEST).read_bytes())["profile"]["source"]["path"] == str(raw)


def test_a_slice_removes_what_a_killed_run_of_it_left_and_nothing_else(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("1/2", raw, out)
    mine, others_shard = "train-00001-of-00005", "train-00000-of-00005"
    left = [
        out / f".building-{mine}-0123456789abcdef.tmp",
        out / RECORD_FOLDER / f".building-{mine}-0123456789abcdef.tmp",
    ]
    kept = [
        out / f".building-{others_shard}-0123456789abcdef.tmp",
        out / RECORD_FOLDER / f".building-{others_shard}-0123456789abcdef.tmp",
    ]
    for file in (*left, *kept):
        file.write_bytes(b"")
    (out / STAGING / f"{mine}-abcd_123").mkdir(parents=True)
    (out / STAGING / f"{others_shard}-abcd_123").mkdir()
    stopped_when_it_starts(slice_of("2/2", raw, out))
    assert [file.exists() for file in (*left, *kept)] == [False, False, True, True]
    assert [folder.name for folder in (out / STAGING).iterdir()] == [f"{others_shard}-abcd_123"]
    run("2/2", raw, out)  # completes the dataset, so that what is left belongs to nobody
    assert not any(file.exists() for file in kept)


def test_a_started_slice_counts_its_own_shards(raw: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    run("2/2", raw, tmp_path / "out", events.append)
    started = next(event for event in events if isinstance(event, Started))
    assert started.slice == "2/2"
    assert [split.shards for split in started.splits] == [2, 1]
    done = [event.result for event in events if isinstance(event, ShardDone)]
    assert [sum(each.images for each in done if each.split == split.split) for split in started.splits] == [
        split.images for split in started.splits
    ]
    assert [sum(each.bytes_in for each in done if each.split == split.split) for split in started.splits] == [
        split.source_bytes for split in started.splits
    ]


def test_the_time_that_is_foreseen_is_that_of_the_slices_shards_that_are_missing(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    mine = slice_of("1/2", raw, out)
    assert remaining_fraction(mine, read_output(mine)) == pytest.approx(4 / SHARDS)
    run("2/2", raw, out)
    assert remaining_fraction(mine, read_output(mine)) == pytest.approx(4 / SHARDS)
    run("1/2", raw, out)
    assert remaining_fraction(mine, read_output(mine)) == pytest.approx(0, abs=0.2)


def test_the_preflight_of_a_slice_says_how_much_it_is(raw: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    verdict = examined(profile(raw, tmp_path / "out"), events.append, Slice.parse("1/2"))
    assert verdict.require_job().slice == Slice.parse("1/2")
    assert any("slice 1/2 is 4 of 7 shards" in str(event) for event in events)


def test_a_shard_that_another_process_has_committed_meanwhile_is_not_built_again(
    raw: Path, tmp_path: Path, plain: dict[str, bytes]
) -> None:
    out, copy = tmp_path / "out", tmp_path / "copy"
    build_dataset(raw, copy)
    name = "validation-00001-of-00002"  # smaller than the shards of train, so the last
    before = (copy / name).stat()

    def bring(event: Event) -> None:
        if isinstance(event, Started):
            (out / "idx").mkdir(exist_ok=True)
            for file in (name, f"idx/{name}", f"{RECORD_FOLDER}/{name}.json"):
                (copy / file).rename(out / file)

    build_dataset(raw, out, report=bring)
    assert (out / name).stat().st_ino == before.st_ino
    assert contents(out) == plain


def words(text: str, raw: Path, out: Path, where: Path) -> list[str]:
    where.write_text("")
    sets = [f"source.path={raw}", f"output.path={out}", "output.train_shards=24", "run.workers=1"]
    command = [sys.executable, "-m", "wizard", "run", str(where), "--json", "--slice", text]
    return [*command, *(f"--set={each}" for each in sets)]


def test_four_slices_at_once_two_of_them_killed_are_one_dataset(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_dataset(raw, tmp_path / "plain", output={"train_shards": 24, "validation_shards": 128})

    def begin(text: str) -> subprocess.Popen[str]:
        return subprocess.Popen(words(text, raw, out, tmp_path / "p.toml"), stdout=subprocess.PIPE, text=True)

    running = {text: begin(text) for text in ("1/4", "2/4", "3/4", "4/4")}
    for text in ("2/4", "3/4"):
        own = Slice.parse(text).among([path.name for path in sorted((tmp_path / "plain").glob("train-*"))])
        deadline = time.monotonic() + 120
        while not any((out / name).exists() for name in own) and running[text].poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        running[text].kill()
        running[text].communicate(timeout=60)
        running[text] = begin(text)
    ends = [process.communicate(timeout=240)[0].splitlines()[-1] for process in running.values()]
    assert [process.returncode for process in running.values()] == [0, 0, 0, 0], ends
    assert any(json.loads(end)["complete"] for end in ends)
    assert contents(out) == contents(tmp_path / "plain")
    verify(out, ignore)
    assert not list((out / RUN_FOLDER).glob("*.lease"))


def test_a_slice_is_named_in_its_run_file_and_its_result(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = words("1/4", raw, out, tmp_path / "p.toml")[3:]
    assert main([word for word in command if word != "--json"]) == 0
    assert "Finished slice 1/4." in capsys.readouterr().out
    seen = run_files.read(out, "1-of-4")
    assert seen is not None
    assert (seen.run.slice, seen.run.state) == ("1/4", "finished")


def test_a_shard_that_another_slice_has_rejected_meanwhile_is_not_taken_for_done(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("2/2", raw, out)
    theirs = "train-00001-of-00005"
    under_way = out / f".building-{theirs}-0123456789abcdef.tmp"

    def repair(event: Event) -> None:
        """What run --repair of the other slice does while this one builds."""
        if isinstance(event, Started):
            (out / RECORD_FOLDER / f"{theirs}.json").unlink()
            (out / theirs).unlink()
            under_way.write_bytes(b"")

    assert isinstance(run("1/2", raw, out, repair), SliceResult)
    assert under_way.exists()


def test_a_shard_that_is_gone_loses_its_record_before_it_is_built_again(
    raw: Path, tmp_path: Path, plain: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    run("1/2", raw, out)
    run("2/2", raw, out)
    (out / "train-00001-of-00005").unlink()
    stopped_when_it_starts(slice_of("2/2", raw, out))
    assert isinstance(run("1/2", raw, out), SliceResult)  # and no error, nor anything of the other slice removed
    assert not (out / MANIFEST).exists()
    assert isinstance(run("2/2", raw, out), BuildResult)
    assert contents(out) == plain


def test_a_process_that_was_replaced_leaves_what_the_other_one_writes_alone(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    under_way = out / ".building-train-00000-of-00005-0123456789abcdef.tmp"

    @contextmanager
    def holding_until_the_start(*_: object) -> Iterator[Callable[[], bool]]:
        (out / RUN_FOLDER).mkdir(parents=True)
        yield under_way.exists

    def take_over(event: Event) -> None:
        if isinstance(event, Started):
            under_way.write_bytes(b"")

    monkeypatch.setattr("wizard.build.holding", holding_until_the_start)
    with pytest.raises(MachineError, match="Another process has taken over slice 1/2"):
        run("1/2", raw, out, take_over)
    assert under_way.exists()


def test_a_slice_that_is_none_is_refused(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words("5/4", raw, tmp_path / "out", tmp_path / "p.toml")[3:]) == 2
    assert "--slice 5/4 is not one of 1/4 to 4/4" in capsys.readouterr().out


def test_a_complete_dataset_keeps_no_lease_of_a_run_that_died_elsewhere(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("1/2", raw, out)
    dead = out / RUN_FOLDER / "1-of-3.lease"
    dead.write_bytes(b"filelock/2\npid=1\nhost=elsewhere\nmode=lease\ntoken=00\nduration=45.0\n")
    os.utime(dead, (0, 0))
    run("2/2", raw, out)
    assert not dead.exists()


def test_slices_remove_what_runs_that_dealt_out_the_shards_otherwise_spilled(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    spills = out / ".imagenet-setup" / "spills"
    for folder in ("train", "1-of-3/train", "1-of-2/train"):
        (spills / folder).mkdir(parents=True)
        (spills / folder / "stretch-00000.00.images").write_bytes(b"x")
    run("2/2", raw, out)
    assert [folder.name for folder in spills.iterdir()] == ["1-of-2"]


def test_a_slice_that_was_taken_over_while_it_built_does_not_describe_the_dataset(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_BEAT", 0.1)
    out = tmp_path / "out"
    run("1/2", raw, out)

    def take_over(event: Event) -> None:
        if isinstance(event, Started):
            mine = out / RUN_FOLDER / "2-of-2.lease"
            others_lease = mine.read_bytes().replace(b"pid=", b"pid=1")
            mine.unlink()
            mine.write_bytes(others_lease)
            time.sleep(20 * lock._BEAT)

    with pytest.raises(MachineError, match="Another process has taken over slice 2/2"):
        run("2/2", raw, out, take_over)
    assert not (out / MANIFEST).exists()
