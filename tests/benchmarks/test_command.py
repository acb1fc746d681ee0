import sys
from pathlib import Path

import pytest

from tests.benchmarks import command

MEGABYTE = 1_000_000
CHILD = f"import time; held = bytearray({100 * MEGABYTE}); held[::4096] = bytes(len(held[::4096])); time.sleep(1.5)"
PARENT = """
import subprocess, sys, time
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
until = time.process_time() + 0.3
while time.process_time() < until:
    pass
print("done")
"""
FAILING = "import sys; print('no room', file=sys.stderr); sys.exit(3)"


def test_memory_of_a_command_and_of_its_children_are_told_apart(tmp_path: Path) -> None:
    used = command.run([sys.executable, "-c", PARENT, CHILD], cwd=tmp_path, env={})

    assert used.stdout == "done\n"
    assert used.worker > 100 * MEGABYTE > used.parent > MEGABYTE
    assert used.whole > 1.5
    assert 0.3 < used.cpu < used.whole + 1.0


def test_a_failure_is_reported_with_what_the_command_printed(tmp_path: Path) -> None:
    with pytest.raises(command.CommandFailed, match="exit code 3: no room"):
        command.run([sys.executable, "-c", FAILING], cwd=tmp_path, env={})
