"""Real hardships for a test: small and read-only disks."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import survey
from wizard.ilsvrc2012.archives import Split
from wizard.sources.source import Survey


@pytest.fixture
def surveys(raw: Path) -> dict[Split, Survey]:
    """Of the drawn archives."""
    return {"train": survey(raw, "train"), "validation": survey(raw, "validation")}


@pytest.fixture
def on_a_disk(tmp_path: Path) -> Callable[[str, str], str]:
    """Runs Python in a process that sees a tmpfs of its own, mounted with these options, at `disk`; gives its output.

    The mount is gone with the process.
    """
    folder = tmp_path / "mounted"
    folder.mkdir()

    def run(options: str, program: str) -> str:
        mount = f'mount -t tmpfs -o {options} none {folder} && exec "$@"'
        program = f"from pathlib import Path; disk = Path({str(folder)!r})\n{program}"
        words = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-c", program]
        if shutil.which("unshare") is None:
            pytest.skip("no unshare here")
        ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        if ran.returncode and "Traceback" not in ran.stderr:
            pytest.skip(f"no disk can be mounted here: {ran.stderr.strip()}")
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    return run
