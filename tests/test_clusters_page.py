"""What docs/clusters.md shows to be pasted: it is run here with stand-ins for ssh and the program."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wizard.slices import Slice

PAGE = Path(__file__).parent.parent / "docs" / "clusters.md"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")


def _block(kind: str, has: str) -> str:
    blocks = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    [found] = [str(block) for block in blocks if has in block]
    return found


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder with an `imagenet-setup` that notes its arguments, and an `ssh` that stays here."""
    tools = tmp_path / "venv" / "bin"
    tools.mkdir(parents=True)
    (tmp_path / "calls").touch()
    (tools / "imagenet-setup").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    (tools / "ssh").write_text('#!/bin/sh\nexec sh -c "$3"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    return tmp_path


def _sh(script: str, shared: Path, **more: str) -> None:
    env = {**os.environ, "PATH": f"{shared}/venv/bin:{os.environ['PATH']}", **more}
    subprocess.run(["sh", "-eu", "-c", script], env=env, check=True, timeout=30)


def _slices(shared: Path, count: int) -> set[Slice]:
    deadline = time.monotonic() + 20
    calls: list[str] = []
    while len(calls) < count and time.monotonic() < deadline:  # they run in the background
        time.sleep(0.05)
        calls = [line for line in (shared / "calls").read_text().splitlines() if line.startswith("run")]
    return {Slice.parse(re.search(r"--slice (\S+)", call)[1]) for call in calls}  # type: ignore[index]


def test_the_loop_over_hosts_starts_each_slice_once(shared: Path) -> None:
    loop, _, _ = _block("sh", "ssh -n").partition("imagenet-setup status")
    _sh(loop.replace("/shared", str(shared)), shared)
    assert _slices(shared, 4) == {Slice(number=number, of=4) for number in (1, 2, 3, 4)}
    assert sorted(file.name for file in shared.glob("*.pid")) == [f"slice-{number}.pid" for number in (1, 2, 3, 4)]


def test_the_job_of_kubernetes_covers_all_slices_though_its_indexes_begin_at_0(shared: Path) -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(_block("yaml", "kind: Job"))
    count = job["spec"]["completions"]
    [container] = job["spec"]["template"]["spec"]["containers"]
    [script] = container["args"]
    assert container["command"] == ["sh", "-c"]
    for index in range(count):
        _sh(script, shared, JOB_COMPLETION_INDEX=str(index))
    assert _slices(shared, count) == {Slice(number=number, of=count) for number in range(1, count + 1)}
