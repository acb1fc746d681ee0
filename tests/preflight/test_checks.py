import os
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.events import CheckResult, Estimated
from wizard.formatting import Range, human_bytes
from wizard.ilsvrc2012.archives import IMAGES
from wizard.machine.disks import Disk
from wizard.machine.memory import Memory
from wizard.machine.processes import Process
from wizard.preflight import checks

MB, GB = 1_000_000, 1_000_000_000
OUT = Path("/data/out")
DISK = Disk(mount="/data", kind="ext4", free=200 * GB, files_free=10_000)
MEMORY = Memory(total=64 * GB, available=32 * GB, machine=64 * GB)
CONTAINER = Memory(total=8 * GB, available=4 * GB, machine=64 * GB)
ELSEWHERE = "choose another folder: --set output.path=FOLDER"

needs_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")

_WHY = """
from wizard.preflight.writability import why_not_writable
print(*why_not_writable(disk / 'out'), sep='|')
"""


def estimated(*, out: float = 100 * GB, worker: float = 200 * MB, images: int = 1_281_167) -> Estimated:
    return Estimated(
        images=images,
        sampled=640,
        workers=8,
        bytes_in=150 * GB,
        bytes_out=Range(low=0.9 * out, likely=0.95 * out, high=out),
        seconds=Range(low=1, likely=2, high=3),
        worker_memory=Range(low=worker / 2, likely=0.9 * worker, high=worker),
    )


def with_free(free: float) -> CheckResult:
    return checks.disk(OUT, replace(DISK, free=int(free)), estimated(), 0)


def test_a_disk_with_room_passes() -> None:
    assert with_free(200 * GB) == CheckResult(
        name="disk",
        status="pass",
        looked_at="/data (ext4)",
        found="200.0 GB free on /data (ext4) for /data/out",
        needed="105.0 GB with 5 % to spare",
        brief="200.0 GB free on /data (ext4)",
    )


def test_what_waits_on_the_disk_goes_into_shards_and_needs_no_room_again() -> None:
    staged = replace(estimated(), spill=10 * GB)
    fresh = checks.disk(OUT, DISK, staged, 0)
    assert fresh.needed == "115.5 GB with 5 % to spare, 10.0 GB of it for images on their way into shards"
    resumed = checks.disk(OUT, DISK, staged, 100 * GB)
    assert resumed.needed == "10.5 GB with 5 % to spare"


def test_a_disk_that_is_too_small_fails_and_says_how_much_is_missing() -> None:
    check = with_free(65 * GB)
    assert check.status == "fail"
    assert check.command_fix == f"Free 40.0 GB on /data (ext4), or {ELSEWHERE}"


def test_a_disk_that_it_just_fits_on_is_a_warning() -> None:
    check = with_free(110 * GB)
    assert check.status == "warn"
    assert check.command_fix == "It barely fits; keep other programs from filling that disk meanwhile"


@pytest.mark.parametrize(("free", "status"), [(104.9, "fail"), (105.1, "warn"), (125.9, "warn"), (126.1, "pass")])
def test_five_percent_are_to_spare_and_twenty_more_to_be_comfortable(free: float, status: str) -> None:
    assert with_free(free * GB).status == status


def test_bytes_written_by_an_earlier_run_need_no_room() -> None:
    check = checks.disk(OUT, replace(DISK, free=15 * GB), estimated(), 90 * GB)
    assert (check.status, check.needed) == ("pass", "10.5 GB with 5 % to spare")
    assert checks.disk(OUT, replace(DISK, free=0), estimated(), 101 * GB).status == "pass"


def test_a_disk_whose_need_is_not_known_is_a_warning() -> None:
    check = checks.disk(OUT, DISK, None, 0)
    assert (check.status, check.needed) == ("warn", "not known")
    assert "once the raw data can be read" in check.command_fix


def test_a_disk_with_an_unknown_mount_is_named_after_the_folder() -> None:
    check = checks.disk(OUT, replace(DISK, mount="", kind=""), estimated(), 0)
    assert check.found == "200.0 GB free on the disk of / for /data/out"


def test_files_pass_or_fail_with_what_the_disk_can_hold() -> None:
    check = checks.files(OUT, DISK, 2320)
    assert (check.status, check.command_fix) == ("pass", "")
    assert (check.found, check.needed) == ("/data (ext4): 10,000 more files possible (inodes)", "2,320 files")
    assert checks.files(OUT, DISK, 10_000).status == "pass"
    check = checks.files(OUT, DISK, 10_001)
    assert check.status == "fail"
    assert check.command_fix == f"Remove files on /data (ext4), use fewer shards, or {ELSEWHERE}"


def test_a_disk_without_a_number_of_files_passes() -> None:
    check = checks.files(OUT, replace(DISK, files_free=None), 10**9)
    assert (check.status, check.found) == ("pass", "/data (ext4) sets no limit on files")


def test_memory_for_all_workers_passes() -> None:
    check, workers = checks.memory(MEMORY, estimated(), 8)
    assert (check.status, check.command_fix, workers) == ("pass", "", 8)
    assert check.found == "32.0 GB available of 64.0 GB"
    assert check.needed == "2.1 GB for 8 workers"


def test_memory_for_some_workers_is_a_warning_and_lowers_them() -> None:
    check, workers = checks.memory(CONTAINER, estimated(worker=GB), 8)
    assert (check.status, workers) == ("warn", 3)
    assert check.found == ("this container may use 8.0 GB (the machine has 64.0 GB); 4.0 GB available of 8.0 GB")
    assert check.looked_at == "control group and system memory"
    assert check.command_fix == "Using 3 workers instead; free memory or raise the limit to have all of them"


def test_memory_for_no_worker_fails() -> None:
    check, workers = checks.memory(replace(MEMORY, available=GB), estimated(worker=GB), 8)
    assert (check.status, workers) == ("fail", 1)
    assert check.command_fix == "One worker needs 1.4 GB: free memory"


def test_the_run_itself_needs_memory_beside_its_workers() -> None:
    there = replace(MEMORY, available=5 * GB)
    assert checks.memory(there, estimated(worker=GB, images=1), 4)[1] == 4
    assert checks.memory(there, estimated(worker=GB, images=8_000_000), 4)[1] == 3


def test_less_than_the_run_itself_needs_is_no_room_for_a_worker() -> None:
    check, workers = checks.memory(replace(MEMORY, available=0), estimated(), 1)
    assert (check.status, workers) == ("fail", 1)


def test_the_workers_that_memory_leaves_fit_into_it() -> None:
    for wanted in (1, 3, 20, 500):
        check, workers = checks.memory(CONTAINER, estimated(), wanted)
        again, same = checks.memory(CONTAINER, estimated(), workers)
        assert 1 <= workers <= wanted
        assert (again.status, same) == ("pass", workers)
        assert (check.status == "pass") == (workers == wanted)


CACHED = replace(MEMORY, available=5 * GB, free=2 * GB, cache=18 * GB)
"""Short of memory for 8 workers of 1 GB, or one of 10, though free memory and cache together would do."""
COMMAND = "python train.py --data=/data/imagenet --"
TRAINER = Process(pid=4711, user="alice", resident=20 * GB, seconds=9e4, command=f"{COMMAND}more=of_it")


def test_the_command_that_drops_the_page_cache_is_named_if_that_helps() -> None:
    told = "free memory (18.0 GB are page cache, which imagenet-setup free-memory drops)"
    check, workers = checks.memory(CACHED, estimated(worker=GB), 8, lambda: TRAINER)
    assert (check.status, workers) == ("warn", 4)
    assert check.command_fix == f"Using 4 workers instead; {told} to have all of them"
    check, _ = checks.memory(CACHED, estimated(worker=10 * GB), 8)
    assert check.command_fix == f"One worker needs 11.4 GB: {told}"


@pytest.mark.parametrize(
    "there",
    [
        replace(CACHED, cache=2 * GB),
        replace(CACHED, free=18 * GB, cache=GB),
        replace(CONTAINER, free=2 * GB, cache=18 * GB),
    ],
    ids=["too little of it", "enough is free without it", "a limit that does not count it"],
)
def test_dropping_the_cache_is_not_suggested_if_it_would_not_help(there: Memory) -> None:
    check, workers = checks.memory(there, estimated(worker=GB), 8)
    assert workers < 8
    assert "free memory" in check.command_fix
    assert "free-memory" not in check.command_fix


def test_a_process_that_alone_holds_what_is_missing_is_named() -> None:
    there = replace(MEMORY, available=GB)
    check, _ = checks.memory(there, estimated(worker=GB), 8, lambda: TRAINER)
    held = f"20.0 GB are held by process 4711 of alice: {COMMAND}"
    assert check.command_fix == f"One worker needs 1.4 GB: free memory ({held})"
    small = replace(TRAINER, resident=100 * MB)
    assert (
        checks.memory(there, estimated(worker=GB), 8, lambda: small)[0].command_fix
        == "One worker needs 1.4 GB: free memory"
    )


def test_a_process_outside_a_containers_limit_is_not_named() -> None:
    assert "4711" not in checks.memory(CONTAINER, estimated(worker=GB), 8, lambda: TRAINER)[0].command_fix


def test_more_workers_than_cores_are_a_warning() -> None:
    assert checks.cores(4, 4) == CheckResult(
        name="cores",
        status="pass",
        looked_at="CPU affinity and control group",
        found="4 cores may be used",
        needed="4 workers",
    )
    check = checks.cores(1, 2)
    assert (check.status, check.found, check.needed) == ("warn", "1 core may be used", "2 workers")
    assert "one for each core: --set run.workers=auto" in check.command_fix


def test_open_files_pass_or_fail_with_the_command_that_fixes_it() -> None:
    check = checks.open_files((1024, 4096), 2)
    assert (check.status, check.found, check.needed, check.command_fix) == (
        "pass",
        "1,024 open files allowed",
        "76",
        "",
    )
    check = checks.open_files((128, 4096), 100)
    assert (check.status, check.command_fix) == ("fail", "ulimit -n 664")


def test_if_the_limit_of_open_files_cannot_be_raised_a_smaller_number_of_workers_is_suggested() -> None:
    check = checks.open_files((128, 256), 100)
    assert (check.status, check.command_fix) == (
        "fail",
        "Start it where 664 open files are allowed (ulimit -n 664; here the most is 256), or ask for fewer workers: "
        "--set run.workers=32",
    )
    assert checks.open_files((256, 256), 32).status == "pass"


def test_where_not_even_one_worker_has_its_files_fewer_are_not_suggested() -> None:
    check = checks.open_files((64, 64), 1)
    assert check.command_fix == "Start it where 70 open files are allowed (ulimit -n 70; here the most is 64)"
    assert checks.open_files((70, 70), 1).status == "pass"


def test_no_limit_on_open_files_passes() -> None:
    assert checks.open_files(None, 4096).status == "pass"


def test_a_folder_that_can_be_written_passes_and_keeps_nothing_of_the_trial(tmp_path: Path) -> None:
    check = checks.write_access(tmp_path / "not" / "there")
    assert (check.status, check.found) == ("pass", f"files can be made in {tmp_path}")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_folders_place_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file", tmp_path / "file" / "out"):
        check = checks.write_access(output)
        assert (check.status, check.found) == ("fail", f"{tmp_path / 'file'} is a file, not a folder")
        assert check.command_fix == f"Move it away, or {ELSEWHERE}"
    assert (tmp_path / "file").read_text() == ""


@needs_owners
@pytest.mark.usefixtures("unprivileged")
def test_a_folder_of_ones_own_that_is_write_protected_fails_with_chmod(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    folder.mkdir(mode=0o500)
    check = checks.write_access(folder / "out")
    assert (check.status, check.looked_at) == ("fail", str(folder))
    assert check.found == f"{folder} is yours and yet may not be written (mode 500)"
    assert check.command_fix == f"chmod u+rwx '{folder}', or {ELSEWHERE}"
    folder.chmod(0o700)
    assert not list(folder.iterdir())
    assert checks.write_access(folder / "out").status == "pass"


@needs_owners
@pytest.mark.usefixtures("unprivileged")
def test_in_a_folder_of_someone_elses_only_the_output_is_asked_for(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    if os.geteuid():
        theirs = Path("/")
    else:
        os.chown(theirs, 65534, 65534)
    check = checks.write_access(theirs / "my out")
    assert check.status == "fail"
    assert check.found.startswith(f"{theirs} belongs to ")
    assert (
        check.command_fix == f"sudo install -d -o {os.geteuid()} {shlex.quote(str(theirs / 'my out'))}, or {ELSEWHERE}"
    )
    assert checks.write_access(theirs).command_fix == f"sudo chown {os.geteuid()} {theirs}, or {ELSEWHERE}"


@needs_owners
@pytest.mark.usefixtures("unprivileged")
def test_a_folder_in_one_that_may_not_be_looked_into_fails(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "within" / "out").mkdir(parents=True)
    closed.chmod(0)
    check = checks.write_access(closed / "within" / "out")
    closed.chmod(0o700)
    assert (check.status, check.looked_at) == ("fail", str(closed))
    assert "may not be written (mode 0)" in check.found


def test_a_read_only_disk_fails(on_a_disk: Callable[[str, str], str]) -> None:
    told = on_a_disk(
        "ro",
        _WHY,
    )
    seen, fix = told.split("|")
    assert seen.endswith("mounted is mounted read-only")
    assert fix.startswith("Mount it writable")


def test_a_disk_without_room_for_a_file_fails(on_a_disk: Callable[[str, str], str]) -> None:
    told = on_a_disk(
        "nr_inodes=1",
        _WHY,
    )
    seen, fix = told.split("|")
    assert "has no room for another file" in seen
    assert fix == "Make room there"


@needs_owners
@pytest.mark.parametrize(
    ("number", "seen", "fix"),
    [
        (1, "is yours and yet may not be written (mode 700)", "See whether it is immutable"),
        (5, "cannot be written: Input/output error", "Fix that"),
    ],
)
def test_any_other_error_on_writing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, seen: str, fix: str
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    check = checks.write_access(tmp_path)
    assert check.status == "fail"
    assert seen in check.found
    assert check.command_fix.startswith(fix)
    assert ELSEWHERE in check.command_fix


def test_failed_checks_are_those_not_ignored() -> None:
    bad = CheckResult(name="disk", status="fail", looked_at="", found="")
    good, meh = replace(bad, name="files", status="pass"), replace(bad, name="cores", status="warn")
    assert checks.failed([good, bad, meh], []) == [bad]
    assert checks.failed([good, bad, meh], ["disk", "files"]) == []


def test_workers_share_what_is_available_for_their_images() -> None:
    there = Memory(total=16 * GB, available=10 * GB, machine=16 * GB)
    assert checks.memory_for_an_image(there, 1) == 9 * GB - 70_000_000
    assert checks.memory_for_an_image(there, 3) == 3 * GB - 70_000_000
    assert checks.memory_for_an_image(there, 1000) == 0


def test_the_largest_image_is_mentioned_if_it_is_most_of_a_workers_memory() -> None:
    told = replace(estimated(worker=2 * GB), largest_image=3 * GB // 2)
    assert checks.memory(MEMORY, told, 1)[0].needed.endswith("for 1 worker; one image needs 1.5 GB")
    assert "image" not in checks.memory(MEMORY, replace(told, largest_image=GB // 2), 1)[0].needed


def test_the_documents_say_how_much_memory_the_checks_count_with() -> None:
    root = Path(__file__).parent.parent.parent
    readme = " ".join((root / "README.md").read_text(encoding="utf-8").split())
    low, high = (round(bytes_ / 1e6) for bytes_ in (checks.WORKER.low, checks.WORKER.high))
    imagenet = IMAGES["train"].images + IMAGES["validation"].images
    least, most = (round(checks.run_bytes(images), -7) // 10**6 for images in (0, imagenet))
    assert f"{low} to {high} MB of memory per worker" in readme
    assert f"for the run itself {least} MB, or {most} MB for all of ImageNet" in readme
    performance, clusters = (
        (root / "docs" / name).read_text(encoding="utf-8") for name in ("performance.md", "clusters.md")
    )
    assert f"Memory is {low} to {high} MB per worker" in performance
    assert f"and {high} MB of memory for each" in clusters


def test_what_is_said_to_be_needed_is_what_has_to_be_available() -> None:
    check, _ = checks.memory(replace(MEMORY, available=GB), estimated(worker=GB), 1)
    need = checks.memory_to_ask_for(estimated(worker=GB), 1)
    assert check.status == "fail"
    assert check.needed.startswith(human_bytes(need))
    assert f"One worker needs {human_bytes(need)}" in check.fix
    enough = replace(MEMORY, available=round(need) + 1)
    assert checks.memory(enough, estimated(worker=GB), 1)[0].status == "pass"
