"""This person's runs of what takes long, in the state folder: what is needed to watch them, and learn how they ended.

Each has a file that says what it is, and a log beside it. The state folder may be shared by machines and containers, so
a run is known by its host and process ID, and by what tells these from equal ones. Nothing depends on these files; what
hinders their writing hinders no run.
"""

import json
import os
import re
import signal
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from wizard import process_identity
from wizard.folders import state_folder
from wizard.run_status import ENDED, State
from wizard.storage import PREFIX, SUFFIX

Kind: TypeAlias = Literal["build", "download", "verification"]
"""What a run is, as a person calls it."""

_HOST = socket.gethostname()
_KEPT = 20
"""How many ended runs of a kind are kept, the latest."""
_REQUEST = ".watched"
"""The suffix of a request for a run's view."""
_GIVEN_UP = 30 * 24 * 3600.0
"""Seconds after which a run elsewhere is taken for dead if it has not said that it ended."""


@dataclass(frozen=True, kw_only=True)
class LocalRun:
    """A run of what takes long.

    Attributes:
        born: when its process started, which tells it from a later one with its ID; clock ticks since the boot where
            that is known, else epoch seconds.
        boot: the ID of that boot; empty where there is none, as on macOS and Windows.
        pid_namespace: where its process ID counts: containers may share a host's name; empty where there is none.
        begun: when the run did; epoch seconds.
        output: the folder that is built, downloaded to or verified.
        slice: which part of the build it is, as "3/16"; empty for the whole.
        command: that continues it, if it ends early.
        has_built: whether it began its work, and was not refused before.
        said: the last thing it said, once it has ended: its result or its error.
        view: what a build's dashboard shows, as JSON; None unless it is watched.
    """

    host: str
    pid: int
    born: float
    begun: float
    output: str
    kind: Kind = "build"
    boot: str = ""
    pid_namespace: str = ""
    slice: str = ""
    command: str = ""
    state: State = "preparing"
    ended: float | None = None
    exit_code: int | None = None
    has_built: bool = False
    said: str = ""
    view: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The name of its files, without suffix; the latest run is the last by name."""
        when = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self.begun))  # the same in every time zone
        return f"{when}-{re.sub(r'[^A-Za-z0-9.-]', '_', self.host)[:64]}-{self.pid}"

    @property
    def log(self) -> Path:
        """Its log; an older part of it has the suffix .1 in addition."""
        return folder() / f"{self.name}.log"

    @property
    def is_alive(self) -> bool:
        """Whether its process lives; of one elsewhere, whether it has not said that it ended, for a month."""
        if self.state in ENDED:
            return False
        if self.is_here:
            return process_identity.lives(self.pid, self.born, in_ticks=bool(self.boot))
        if self.host == _HOST and process_identity.is_of_earlier_boot(self.boot, self.pid_namespace, self.begun):
            return False
        return time.time() - self.begun < _GIVEN_UP

    @property
    def is_here(self) -> bool:
        """Whether its process ID counts here: it is of this machine since its boot, and of this container if in one."""
        here = process_identity.BOOT, process_identity.NAMESPACE
        # Earlier versions did not say where.
        return self.host == _HOST and (self.boot, self.pid_namespace) in (here, ("", ""))

    def interrupt(self) -> None:
        """Asks it to finish what is under way and to stop, as Ctrl-C in its terminal does.

        Raises:
            OSError: the process is gone, or another person's.
        """
        if self.is_here and self.is_alive:
            os.kill(self.pid, signal.SIGINT)


def folder() -> Path:
    """The folder of the runs' files."""
    return state_folder() / "runs"


def require_writable() -> None:
    """Makes the folder of the runs' files, and writes a file there to see that this can be done.

    Raises:
        OSError: it cannot.
    """
    folder().mkdir(parents=True, exist_ok=True)
    probe = folder() / f"{PREFIX}{os.getpid()}{SUFFIX}"
    try:
        probe.write_bytes(b"\0")  # a full disk still takes an empty file
    finally:
        probe.unlink(missing_ok=True)


def this_process(output: Path, part: str = "", command: str = "", kind: Kind = "build") -> LocalRun:
    """A run of this process, which begins now."""
    return LocalRun(
        host=_HOST,
        pid=os.getpid(),
        born=process_identity.start_of(os.getpid()) or 0.0,
        boot=process_identity.BOOT,
        pid_namespace=process_identity.NAMESPACE,
        begun=time.time(),
        output=str(output),
        kind=kind,
        slice=part,
        command=command,
    )


def write(run: LocalRun) -> None:
    """Writes a run's file in one piece.

    Raises:
        OSError: it cannot be written.
    """
    folder().mkdir(parents=True, exist_ok=True)
    temporary = folder() / f"{PREFIX}{run.name}{SUFFIX}"
    temporary.write_text(json.dumps(asdict(run)), encoding="utf-8")
    temporary.replace(_file(run.name))


def read(name: str) -> LocalRun | None:
    """The run of that name; None if its file is gone, or cannot be understood."""
    try:
        found = json.loads(_file(name).read_bytes())
        known = {field.name for field in fields(LocalRun)}
        run = LocalRun(**{key: value for key, value in found.items() if key in known})
        return run if run.name == name else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def read_all() -> list[LocalRun]:
    """All runs, the latest first."""
    names = sorted((file.stem for file in folder().glob("*.json")), reverse=True)
    return [run for run in map(read, names) if run is not None]


def alive() -> list[LocalRun]:
    """The runs that go on on this machine, the latest first."""
    return [run for run in read_all() if run.is_here and run.is_alive]


def others_alive(output: Path, kind: Kind) -> list[LocalRun]:
    """The runs of other processes that go on on this machine in a folder, the latest first."""
    here, others = output.resolve(), [run for run in alive() if run.pid != os.getpid()]
    return [run for run in others if run.kind == kind and Path(run.output).resolve() == here]


def of_process(pid: int, since: float) -> LocalRun | None:
    """The run of a process of this machine that was started after a moment, and may have ended since."""
    return next((run for run in read_all() if run.is_here and run.pid == pid and run.begun >= since), None)


def ask_for_view(run: LocalRun) -> None:
    """Asks a run for what its dashboard shows: it will write that for some seconds."""
    with suppress(OSError):
        _request(run).touch()


def view_is_asked_for(run: LocalRun) -> bool:
    """Whether somebody has asked a run for its view since the last call."""
    # Looked at first: to remove a file that is not there costs a network file system more.
    if not _request(run).exists():
        return False
    forget_request(run)
    return True


def forget_request(run: LocalRun) -> None:
    """Removes a request for a run's view, if there is one.

    Raises:
        OSError: it cannot be removed.
    """
    _request(run).unlink(missing_ok=True)


def forget_old() -> None:
    """Removes the files of runs that ended, but for the latest, and requests to runs whose files are gone."""
    over = [run for run in read_all() if not run.is_alive]
    for kind in get_args(Kind):
        for run in [run for run in over if run.kind == kind][_KEPT:]:
            for file in folder().glob(f"{run.name}.*"):
                with suppress(OSError):
                    file.unlink()
    for request in folder().glob(f"*{_REQUEST}"):
        if not _file(request.name.removesuffix(_REQUEST)).exists():
            with suppress(OSError):
                request.unlink()


def _file(name: str) -> Path:
    return folder() / f"{name}.json"


def _request(run: LocalRun) -> Path:
    return folder() / f"{run.name}{_REQUEST}"
