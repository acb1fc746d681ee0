"""What is typed as a secret is nowhere afterwards: in a real terminal, as plain lines, and driven by a program."""

import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.download.server import NeedBasic, Served, Server
from tests.helpers import tar
from wizard.ilsvrc2012.archives import DEVKIT

HOST = "archives.example.org"
SECRET = "ZQ?VX"
ASKING = f"""
import sys
from wizard.ask.downloading import PromptedAsker
from wizard.ask.prompters import prompter_for
from wizard.output import Output

given = PromptedAsker(prompter_for(Output(sys.argv[1]))).credentials("{HOST}", False)
print(given, given.secret[::-1])
"""


def kept(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.fixture
def terminal(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Starts Python in a terminal; its `logfile_read` keeps all that is shown there."""
    pexpect = pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
    monkeypatch.setenv("HOME", str(home))

    def begin(*words: str) -> Any:
        env = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        child = pexpect.spawn(sys.executable, list(words), env=env, dimensions=(40, 100), encoding="utf-8", timeout=30)
        child.logfile_read = io.StringIO()
        return child

    return begin


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")
@pytest.mark.parametrize(("mode", "invites"), [("human", "access key"), ("plain", "not shown")])
def test_no_letter_of_a_secret_is_shown(terminal: Callable[..., Any], mode: str, invites: str) -> None:
    child = terminal("-c", ASKING, mode)
    child.expect("User name")
    child.send("me\r")
    child.expect(invites)
    for letter in SECRET:
        child.send(letter)
    child.send("\r")
    child.expect("Credentials")
    assert not set("ZQVX") & set(child.before)
    child.expect(re.escape(SECRET[::-1]))
    assert SECRET not in child.logfile_read.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")
def test_a_secret_opens_the_server_and_is_kept_nowhere(
    terminal: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    kit = gzip.compress(tar([("ILSVRC2012_devkit_t12/readme.txt", b"Of the development kit.")]), mtime=0)
    (tmp_path / "sums").write_text(f"{hashlib.md5(kit).hexdigest()}  {DEVKIT.name}\n")
    with Server({DEVKIT.name: Served(data=kit)}, NeedBasic("me", SECRET)) as server:
        asked = ["--base", server.base, "--what", "devkit", "--checksums", str(tmp_path / "sums")]
        child = terminal("-m", "wizard", "download", *asked, "--to", str(tmp_path / "raw"))
        child.expect("User name")
        child.send("me\r")
        child.expect("access key")
        child.send("ZQ\r")
        child.expect("did not accept")
        child.expect("User name")
        child.send("me\r")
        child.expect("access key")
        child.send(f"{SECRET}\r")
        child.expect("Start the download")
        child.send("\r")
        child.expect("Build from it")
        child.close()
    assert (tmp_path / "raw" / DEVKIT.name).read_bytes() == kit
    assert SECRET not in child.logfile_read.getvalue()
    assert SECRET.encode() not in kept(home) + kept(tmp_path)


def test_a_secret_given_by_a_program_is_not_repeated(home: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ASKING, "json"],
        input=f'"me"\n"{SECRET}"\n',
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert SECRET[::-1] in ran.stdout
    assert SECRET not in ran.stdout + ran.stderr
    assert SECRET.encode() not in kept(home)
