"""NAME.part: always the file's first bytes without a gap, so that other programs could go on with it too."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from wizard.download.http.remote import Remote
from wizard.errors import writing
from wizard.storage import write_whole


class Part:
    """A file under session, and what is known of the server's, which is kept beside it in NAME.part.json.

    Args:
        folder: where the file will be.
        name: that it will have.

    Raises:
        MachineError: from every method, where the system refuses.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.part"
        self._final = folder / name
        self._record = folder / f"{name}.part.json"
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    @property
    def undisturbed(self) -> bool:
        """Whether the file is as large as it was made here: nobody else has written to it."""
        return os.fstat(self._file.fileno()).st_size == self.size

    def append(self, chunks: Sequence[bytes]) -> None:
        """Writes bytes at the end; as many as there is room for, where the disk is full."""
        left = memoryview(b"".join(chunks))
        with writing(self.path):
            while left:
                count = self._file.write(left)
                self.size += count
                left = left[count:]

    def restart(self) -> None:
        """Lets go of all that is there."""
        with writing(self.path):
            self._file.truncate(0)
        self.size = 0

    def remember(self, remote: Remote) -> None:
        """Notes which version of the server's file this is a part of."""
        with writing(self._record):
            write_whole(self._record, json.dumps(remote.as_json()).encode())

    def finish(self) -> Path:
        """The file is whole: sees to it that it is on disk, and gives it its name."""
        with writing(self.path):
            os.fsync(self._file.fileno())
            self._file.close()
            self.path.replace(self._final)
        self._forget()
        return self._final

    def set_aside(self) -> Path:
        """The file is not what it should be: keeps it as NAME.bad, and begins anew."""
        self._file.close()
        self._forget()
        kept = set_aside(self.path, self._final)
        self._open()
        return kept

    def discard(self) -> None:
        """Nothing of the file is wanted any more."""
        self._file.close()
        self._forget()
        with suppress(OSError):
            self.path.unlink()

    def _open(self) -> None:
        with writing(self.path):
            self._file = self.path.open("ab", buffering=0)
            self.size = self._file.seek(0, os.SEEK_END)

    def _forget(self) -> None:
        with suppress(OSError):
            self._record.unlink(missing_ok=True)


def remembered(folder: Path, name: str) -> Remote | None:
    """Which version of the server's file NAME.part is a part of; None where that is not known."""
    try:
        return Remote.from_json(json.loads((folder / f"{name}.part.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def set_aside(path: Path, final: Path) -> Path:
    """Keeps a file under the final name with .bad behind it, or .bad2 and so on where that is taken.

    Raises:
        MachineError: the system refuses.
    """
    number = 1
    while (kept := final.with_name(f"{final.name}.bad{'' if number == 1 else number}")).exists():
        number += 1
    with writing(path):
        path.replace(kept)
    return kept
