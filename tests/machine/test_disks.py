import os
import shutil
from pathlib import Path

import pytest

from wizard.machine.disks import disk_of

MB = 1_000_000
SHM = Path("/dev/shm")


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_nearest_one(tmp_path: Path) -> None:
    seen, planned = disk_of(tmp_path), disk_of(tmp_path / "not" / "there" / "yet")
    assert (planned.mount, planned.kind) == (seen.mount, seen.kind)
    assert tmp_path.is_relative_to(planned.mount)
    assert Path(planned.mount).stat().st_dev == tmp_path.stat().st_dev
    assert abs(planned.free - shutil.disk_usage(tmp_path).free) < 500 * MB


@pytest.mark.skipif(not SHM.is_mount(), reason="/dev/shm is no disk of its own here")
def test_the_mount_that_is_named_is_the_one_the_path_lies_on() -> None:
    seen = disk_of(SHM / "not" / "there")
    assert (seen.mount, seen.kind) == (str(SHM), "tmpfs")
    assert seen.free == shutil.disk_usage(SHM).free


@pytest.mark.skipif(not SHM.is_mount(), reason="/dev/shm is no disk of its own here")
def test_the_mount_behind_a_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(SHM)
    assert disk_of(tmp_path / "link" / "out").mount == str(SHM)


def test_a_disk_reports_the_number_of_files_it_can_still_hold(tmp_path: Path) -> None:
    if not (hasattr(os, "statvfs") and os.statvfs(tmp_path).f_files):
        assert disk_of(tmp_path).files_free is None
        return
    before = disk_of(tmp_path).files_free
    assert before is not None
    assert before > 0
