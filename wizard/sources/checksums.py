"""The official MD5s, and a memory of the files verified against them."""

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.sources.cache import fingerprint
from wizard.sources.source import Progress
from wizard.storage import write_whole

_CHUNK = 1 << 22
_MEMORY = "md5.json"


def verify_md5(path: Path, expected: str, cache: Path, progress: Progress) -> str:
    """Verifies that a file has the MD5 that image-net.org states; returns when that was found out, as `md5_of`.

    Raises:
        InputError: it has another sum, or cannot be read.
    """
    found, when = md5_of(path, expected, cache, progress)
    if found != expected:
        raise InputError(
            f"{path}: its MD5 is {found}, the official one {expected}.",
            "The archive is damaged, incomplete or a different one: download it again, or run without --md5",
        )
    return when


def md5_of(path: Path, expected: str, cache: Path, progress: Progress) -> tuple[str, str]:
    """A file's MD5 in hex, and when that was found out, as local time for a person; "now" if it was not remembered.

    The cache folder remembers an expected sum for as long as path, size and mtime stay.

    Raises:
        InputError: it cannot be read.
    """
    when = when_verified(path, expected, cache)
    if when:
        return expected, when
    before = state(path)
    found = md5(path, progress)
    if found == expected and state(path) == before:
        remember_md5(path, found, cache)
    return found, "now"


def state(path: Path) -> str:
    """What the memory knows a file by: a sum that was computed while this changed says nothing about the file now.

    Raises:
        InputError: it cannot be looked at.
    """
    with reading(path):
        return fingerprint(path)


def remember_md5(path: Path, md5: str, cache: Path) -> None:
    """Remembers the verified MD5 of a file in its present state.

    Raises:
        InputError: it cannot be looked at.
    """
    memory = cache / _MEMORY
    sums = _remembered(memory)
    with reading(path):
        sums[fingerprint(path)] = {"md5": md5, "verified": time.strftime("%Y-%m-%d %H:%M")}
    with suppress(OSError):  # a cache folder that cannot be written costs time, nothing else
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_whole(memory, json.dumps(sums, indent=1).encode())


def when_verified(path: Path, expected: str, cache: Path) -> str:
    """When the file, as it is now, was found to have this MD5, as local time; empty if it never was.

    Raises:
        InputError: it cannot be looked at.
    """
    with reading(path):
        entry = _remembered(cache / _MEMORY).get(fingerprint(path), {})
    return str(entry["verified"]) if entry.get("md5") == expected else ""


def md5(path: Path, progress: Progress) -> str:
    """A file's MD5 in hex; whatever `progress` raises ends the reading.

    Raises:
        InputError: it cannot be read.
    """
    digest, done = hashlib.md5(usedforsecurity=False), 0
    with reading(path), path.open("rb") as file:
        total = path.stat().st_size
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress(done, total)
    return digest.hexdigest()


def _remembered(memory: Path) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {key: entry for key, entry in entries if isinstance(entry, dict) and {"md5", "verified"} <= entry.keys()}
