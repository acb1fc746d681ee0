import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.download.fetching import DATA, NAME, archive
from wizard.download.errors import DownloadError
from wizard.download.http.file_status import FileStatus, part_state, require_plausible, require_room
from wizard.download.http.remote import Remote
from wizard.errors import MachineError
from wizard.machine.disks import Disk

ADDRESS = f"http://a/{NAME}"


def remote(**fields: Any) -> Remote:
    return Remote(
        **{"server": "http://a:80", "size": len(DATA), "etag": '"1"', "modified": "", "ranges": True, **fields}
    )


@pytest.mark.parametrize(
    ("size", "record", "state"),
    [
        (10, remote(), "partial"),
        (len(DATA), remote(), "partial"),
        (len(DATA) + 1, remote(), "outdated"),
        (10, remote(etag='"2"'), "unknown"),
        (10, remote(etag='"2"', size=5), "outdated"),
        (10, remote(server="http://b:80"), "unknown"),
        (10, None, "unknown"),
        (len(DATA) + 1, None, "unrelated"),
    ],
)
def test_a_part_is_resumed_if_it_is_of_the_same_version(size: int, record: Remote | None, state: str) -> None:
    assert part_state(size, record, remote()) == state


def test_a_file_of_the_right_size_that_begins_as_a_tar_is_believed() -> None:
    require_plausible(archive(size=len(DATA)), ADDRESS, remote(), DATA[:512])
    require_plausible(archive(name="a.tar.gz"), ADDRESS, remote(), gzip.compress(DATA)[:512])


def test_an_unofficial_size_is_reported_with_the_official_one() -> None:
    with pytest.raises(DownloadError) as raised:
        require_plausible(archive(size=5_000_000), ADDRESS, remote(size=4_999_999), DATA[:512])
    assert raised.value.what == (
        f"http://a/{NAME} has 4,999,999 bytes; {NAME} has 5,000,000. It is another file, or incomplete."
    )
    assert "--checksums FILE" in raised.value.hint


@pytest.mark.parametrize("head", [b"PK\x03\x04 zip", b"garbage" * 90, b"\x1f\x8b gzip", b"ustar", b""])
def test_what_does_not_begin_as_a_tar_is_none(head: bytes) -> None:
    with pytest.raises(DownloadError) as raised:
        require_plausible(archive(), ADDRESS, remote(), head)
    assert raised.value.what == f"http://a/{NAME} (3.0 MB) is not a tar archive: it begins with {head[:16]!r}."


def test_a_gzipped_one_has_to_be_gzipped() -> None:
    with pytest.raises(DownloadError, match="is not a gzipped tar archive"):
        require_plausible(archive(name="a.tgz"), ADDRESS, remote(), DATA[:512])


def test_room_is_needed_for_what_is_still_to_come() -> None:
    partial = FileStatus(archive=archive(), state="partial", size=5_000_000_000, have=2_000_000_000)
    disk = Disk(mount="/data", kind="ext4", free=3_015_999_999, files_free=None)
    with pytest.raises(MachineError) as raised:
        require_room(partial.missing, Path("/data/raw"), disk)
    assert raised.value.what == (
        "3.0 GB are free on /data (ext4) for /data/raw; 3.0 GB are still to come, and 16.0 MB must stay free."
    )
    assert raised.value.hint == "Free 1 bytes there, choose another folder (--to DIR), or fewer files (--what)"
    require_room(partial.missing, Path("/data/raw"), Disk(mount="", kind="", free=3_016_000_000, files_free=None))
    complete = FileStatus(archive=archive(), state="complete", size=5, have=5)
    require_room(complete.missing, Path("/data/raw"), Disk(mount="", kind="", free=0, files_free=None))
