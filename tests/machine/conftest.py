"""Real limits for a test: a control group of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest


@pytest.fixture
def in_a_group() -> Iterator[Callable[[str, str, int, str], str]]:
    """Runs Python in a process of a control group of its own that has a limit; gives its output."""
    made: list[Path] = []

    def run(hierarchy: str, limit: str, value: int, program: str) -> str:
        group = Path("/sys/fs/cgroup") / hierarchy / f"imagenet-setup-test-{os.getpid()}"
        try:
            group.mkdir()
            made.append(group)
            with (group / limit).open("r+") as file:  # the kernel has made it, or this is no control group
                file.write(str(value))
        except OSError as error:
            pytest.skip(f"no control group can be made here: {error}")
        words = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", sys.executable, "-c", program]
        ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        if ran.returncode and "Traceback" not in ran.stderr:
            pytest.skip(f"no process can be put into a control group here: {ran.stderr.strip()}")
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    yield run
    for group in made:
        with suppress(OSError):
            group.rmdir()
