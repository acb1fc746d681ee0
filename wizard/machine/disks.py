"""The file systems that paths lie on."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from wizard.folders import existing


@dataclass(frozen=True, kw_only=True)
class Disk:
    """The file system that a path lies on, or would lie on.

    Attributes:
        mount, kind: where it is mounted, and ext4, tmpfs, nfs4, ...; both empty if unknown.
        free: bytes that this user can still write.
        files_free: number of files that can still be created; None if the file system has no limit.
    """

    mount: str
    kind: str
    free: int
    files_free: int | None


def disk_of(path: Path) -> Disk:
    """The file system of a path, which need not exist yet.

    Raises:
        OSError: it cannot be accessed.
    """
    place = existing(path)
    device = place.stat().st_dev
    mount, kind = _mount_of(place.resolve(), device)
    return Disk(mount=mount, kind=kind, free=shutil.disk_usage(place).free, files_free=_files_free(place))


def mounts() -> list[tuple[str, str]]:
    """Where file systems are mounted, and their kinds as in `Disk`; none of them is looked at."""
    # Here, since many ask for a disk's free bytes alone, and psutil takes 15 ms to import.
    import psutil

    return [(partition.mountpoint, partition.fstype) for partition in psutil.disk_partitions(all=True)]


def free_bytes(path: Path) -> int:
    """Bytes that this user can still write on the disk of a path, which need not exist yet."""
    return shutil.disk_usage(existing(path)).free


def _mount_of(place: Path, device: int) -> tuple[str, str]:
    found = ("", "")
    for mount, kind in mounts():
        folder = Path(mount)
        # The longest one is the innermost. Its device is compared too: a later mount may hide an earlier one.
        if len(mount) >= len(found[0]) and place.is_relative_to(folder) and _device(folder) == device:
            found = (mount, kind)
    return found


def _device(mount: Path) -> int | None:
    try:
        return mount.stat().st_dev
    except OSError:
        return None


def _files_free(place: Path) -> int | None:
    state = os.statvfs(place) if hasattr(os, "statvfs") else None  # Windows has none
    return state.f_favail if state and state.f_files else None  # Btrfs and others make inodes as needed, and state 0
