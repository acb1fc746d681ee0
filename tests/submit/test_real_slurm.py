"""The scripts in a real Slurm, where one is running that this machine can submit to and shares a folder with."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.helpers import TRAIN, VALIDATION, contents, toml
from wizard.cli import main
from wizard.verify.dataset import verify


def _answer(*words: str) -> str:
    """What a program of Slurm prints; empty if there is none, or no controller answers it."""
    if shutil.which(words[0]) is None:
        return ""
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False).stdout
    except subprocess.TimeoutExpired:
        return ""


pytestmark = pytest.mark.skipif(not _answer("sinfo", "-h", "-t", "idle,mixed"), reason="no Slurm is running here")


def test_an_array_builds_what_a_run_builds_and_is_verified(
    raw: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plain, out = tmp_path / "plain", tmp_path / "by slurm"
    assert main(["run", str(toml(raw, plain, tmp_path / "plain.toml"))]) == 0
    words = ["--slurm", "--array", "3", "--cpus", "1", "--time", "5", "--submit", "--quiet"]
    assert main(["submit", str(toml(raw, out, tmp_path / "out.toml")), *words]) == 0
    said = capfd.readouterr().out.splitlines()[-1].split()  # Submitted: array 43 of 3, then its verification 44.
    array, verification = said[2], said[-1].rstrip(".")
    try:
        deadline = time.monotonic() + 200
        while _answer("squeue", "-h", "-j", f"{array},{verification}") and time.monotonic() < deadline:
            time.sleep(1)
        if "PENDING" in _answer("squeue", "-h", "-j", array, "-o", "%T"):
            pytest.skip("the cluster has no room for the array")
        folder = out / ".imagenet-setup" / "slurm" / "logs"
        logs = {path.name: path.read_text() for path in folder.iterdir()}
        assert "Verified" in logs[f"verify-{verification}.log"], logs
    finally:
        subprocess.run(["scancel", array, verification], check=False, capture_output=True)
    assert sorted(logs) == [*(f"build-{array}_{task}.log" for task in (1, 2, 3)), f"verify-{verification}.log"]
    assert contents(out) == contents(plain)
    assert verify(out, lambda _: None).images == {"train": TRAIN, "validation": VALIDATION}
