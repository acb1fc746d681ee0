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


_WATCHING = """
import time
from wizard.terminal_echo import leaving_keys
with leaving_keys() as left:
    print("watching")
    begun = time.monotonic()
    print("left" if left(SECONDS) else "stayed")
    print("early" if time.monotonic() - begun < SECONDS else "late")
print("after", input())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")
@pytest.mark.parametrize(
    ("keys", "seconds", "ends"),
    [("q", 30, "left\r\nearly"), ("\x1b", 30, "left\r\nearly"), ("k\n\x1b[A", 0.5, "stayed\r\nlate")],
    ids=["q", "Esc", "others"],
)
def test_q_and_esc_leave_and_other_keys_do_nothing(keys: str, seconds: float, ends: str) -> None:
    pexpect = pytest.importorskip("pexpect")
    code = _WATCHING.replace("SECONDS", str(seconds))
    child = pexpect.spawn(sys.executable, ["-c", code], encoding="utf-8", timeout=10)
    child.expect("watching\r\n")
    assert not child.getecho()
    child.send(keys)
    child.expect(f"^{ends}\r\n")
    assert child.getecho()
    child.send("kept\n")
    child.expect("after kept")
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
