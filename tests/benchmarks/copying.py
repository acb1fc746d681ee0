"""`cp` of the raw data to where the builds write: what the disk would allow."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measured import Measured


def copy(files: Sequence[Path], to: Path, images: int) -> Measured:
    """Copies files; `seconds` are those of plain cp, `whole` ends when the copies are flushed to disk."""
    to.mkdir()
    # Where a file system can share blocks, a copy by reference would copy nothing.
    words = ["cp", "--reflink=never"] if sys.platform == "linux" else ["cp"]
    began = time.monotonic()
    process = subprocess.Popen([*words, *files, to])
    _, status, used = os.wait4(process.pid, 0)
    copied = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"cp ended with exit code {process.returncode}.")
    for file in files:
        with (to / file.name).open("rb") as copied_file:
            os.fsync(copied_file.fileno())
    flushed = time.monotonic() - began
    shutil.rmtree(to)
    return Measured(images=images, seconds=copied, whole=flushed, cpu=used.ru_utime + used.ru_stime)
