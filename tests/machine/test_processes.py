import os
import subprocess
import sys

import psutil
import pytest

from wizard.machine.processes import largest_processes

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no scripts and no root here")


@posix
def test_the_largest_processes_have_an_owner_and_a_printable_command() -> None:
    """A child looks, since nobody sees themselves or their own children."""
    program = "\n".join(
        (
            "from wizard.machine.processes import largest_processes",
            "import os",
            "print(os.getpid(), *largest_processes(10_000), sep='\\n')",
        )
    )
    with subprocess.Popen(["/bin/sh", "-c", "read gone #\x1b[31m"], stdin=subprocess.PIPE) as trainer:
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
        trainer.communicate(b"\n")
    own, *lines = ran.stdout.splitlines()
    sizes = [int(line.partition("resident=")[2].partition(",")[0]) for line in lines]
    assert sizes == sorted(sizes, reverse=True)
    assert not [line for line in lines if f"pid={own}," in line]
    seen = next(line for line in lines if f"pid={trainer.pid}," in line)
    assert f"user={psutil.Process().username()!r}" in seen
    assert "command='sh -c read gone # [31m'" in seen


def test_neither_this_process_nor_one_that_it_started_is_among_the_largest() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        seen = {process.pid for process in largest_processes(10_000)}
        child.communicate(b"\n")
    assert not seen & {os.getpid(), child.pid}
