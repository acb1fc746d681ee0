"""A build on Slurm without Slurm: programs of the same names that write down how they were called."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from wizard.submit.environment import Environment
from wizard.submit.slurm import LOGS, SlurmBuild

NOTING = f"""\
#!{sys.executable}
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]), file=calls)
"""
"""Of a program that only notes its call."""


class Cluster:
    """A folder of such programs, which come first on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._calls = folder / "calls"
        folder.mkdir()

    def has(self, name: str, program: str = "") -> None:
        """Puts a program there, which notes its call before all else."""
        path = self.folder / name
        path.write_text(NOTING + program)
        path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """Every call, with the program's name first."""
        if not self._calls.exists():
            return []
        return [json.loads(line) for line in self._calls.read_text().splitlines()]

    def environ(self, **more: str) -> Mapping[str, str]:
        """The environment of a process that finds these programs first."""
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "CALLS": str(self._calls), **more}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Programs for this process and those that it starts; none at first."""
    if sys.platform == "win32":
        pytest.skip("Slurm is not for Windows")
    cluster = Cluster(tmp_path / "programs")
    for name in ("PATH", "CALLS"):
        monkeypatch.setenv(name, cluster.environ()[name])
    return cluster


@pytest.fixture
def slurm_build(tmp_path: Path, cluster: Cluster) -> SlurmBuild:
    """A build below a folder whose name has to be quoted everywhere; `imagenet-setup` is the cluster's."""
    output = tmp_path / 'it\'s a "100 %" $HOME'
    state = output / ".imagenet-setup"
    folder = state / "slurm"
    (folder / LOGS).mkdir(parents=True)
    (state / "shards").mkdir()
    return SlurmBuild(
        output=output,
        state=state,
        folder=folder,
        profile=folder / "profile.toml",
        environment=Environment(
            lines=(f"export PATH={shlex.quote(str(cluster.folder))}:$PATH",), program="imagenet-setup"
        ),
        tasks=4,
        at_once=None,
        cpus=2,
        memory="3G",
        time="1:00:00",
        notice=120,
        verify_time="0:30:00",
        verify_memory="2G",
    )
