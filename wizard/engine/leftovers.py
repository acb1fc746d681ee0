"""What killed writers leave in a dataset's folder."""

import shutil
from pathlib import Path, PurePosixPath

from wizard.storage import PREFIX, SUFFIX
from wizard.targets.names import RECORD_FOLDER, STAGING
from wizard.targets.target import Target


def remove_leftovers(folder: Path, target: Target) -> None:
    """Removes files that never became whole."""
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    beside = (PurePosixPath(pattern).parent.as_posix() for pattern in target.beside)
    for place in {"", RECORD_FOLDER, *target.places, *beside}:
        for file in (folder / place).glob(f"{PREFIX}*{SUFFIX}"):
            file.unlink(missing_ok=True)
