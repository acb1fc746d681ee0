"""A checkout of the project whose builds are measured: this one, or an older one beside it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]

_KEYS = """
import wizard
from wizard.profile_keys import profile_keys
print(wizard.__file__)
print(*(f"{key.section}.{key.name}" for key in profile_keys()))
"""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A checkout: its name in tables, what Python's path has to begin with, and the keys that its profiles know."""

    name: str
    path: str
    keys: frozenset[str]

    @property
    def env(self) -> Mapping[str, str]:
        """Environment of commands that use it."""
        return {"PYTHONPATH": self.path}


def this(work: Path) -> Checkout:
    """The checkout that this benchmark is part of."""
    return _of("imagenet-setup", HERE, str(HERE), work)


def other(folder: Path, work: Path) -> Checkout:
    """An older or newer checkout; `work` is a folder for a link.

    The link is to its package alone, so that `tests` is this checkout's for both.
    """
    folder = folder.resolve()
    link = work / "other" / "wizard"
    link.parent.mkdir()
    link.symlink_to(folder / "wizard")
    return _of(f"at {_commit(folder)}", folder, os.pathsep.join([str(link.parent), str(HERE)]), work)


def _of(name: str, folder: Path, path: str, work: Path) -> Checkout:
    # Not in the checkout's own folder: `python -m` looks there before it looks at PYTHONPATH.
    asked = subprocess.run(
        [sys.executable, "-c", _KEYS],
        cwd=work,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    package, keys = asked.stdout.splitlines()
    if not Path(package).resolve().is_relative_to(folder):
        raise SystemExit(f"Python imports {package} instead of the package in {folder}.")
    return Checkout(name=name, path=path, keys=frozenset(keys.split()))


def _commit(folder: Path) -> str:
    words = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    found = subprocess.run(words, check=False, capture_output=True, text=True)
    return found.stdout.strip() or folder.name
