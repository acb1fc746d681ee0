import subprocess
import sys

import pytest

from wizard.terminal_echo import echo_off

_PROGRAM = """
from wizard.terminal_echo import echo_off
print("before")
input()
with echo_off():
    print("within")
    input()
    print("typed")
    input()
print("after", input())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")
def test_keys_typed_during_a_build_are_not_echoed_and_not_lost() -> None:
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(sys.executable, ["-c", _PROGRAM], encoding="utf-8", timeout=30)
    child.expect("before")
    assert child.getecho()
    child.send("\n")
    child.expect("within")
    assert not child.getecho()
    child.send("\n")
    child.expect("typed")
    child.send("\nkept\n")
    child.expect("after kept")
    assert child.getecho()
    child.close(force=True)


def test_without_a_terminal_the_echo_is_not_changed() -> None:
    with echo_off():
        pass
    lines = (
        "import sys; sys.stdin = None; from wizard.terminal_echo import echo_off",
        "with echo_off(): print(1)",
    )
    code = "\n".join(lines)
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"1\n"
