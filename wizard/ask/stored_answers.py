"""The answers of an unfinished setup, in a file of the state folder, for the next start."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from wizard.folders import state_folder
from wizard.storage import write_whole


def are_there() -> bool:
    """Whether there is such a file, whatever it says."""
    return _path().is_file()


def write(layers: Mapping[str, Any]) -> None:
    """Stores a draft's layers, if the folder can be written."""
    with suppress(OSError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({**layers, "at": time.time()}, indent=1).encode())


def read() -> tuple[Mapping[str, Any], float]:
    """The layers as they were stored, of any version, and how many seconds ago.

    Raises:
        OSError: there are none, or they cannot be read.
        ValueError, KeyError, TypeError: the file was cut short, or is none of this program.
    """
    stored: Mapping[str, Any] = json.loads(_path().read_text(encoding="utf-8"))
    return stored, max(0.0, time.time() - stored["at"])  # at least 0: a clock may have been set back since


def forget() -> None:
    """Deletes the stored answers."""
    with suppress(OSError):
        _path().unlink(missing_ok=True)


def _path() -> Path:
    return state_folder() / "answers.json"
