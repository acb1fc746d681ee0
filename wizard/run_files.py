"""The files of runs: what each run in an output folder says of itself, for any machine to read.

They are hints for people who watch: nothing depends on them, so they are not flushed to the disk, and what hinders
their writing hinders no build.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Never, TypeVar, get_args

from wizard.errors import UsageError
from wizard.run_status import ENDED, HostStatus, RunStatus, State, WorkerStatus
from wizard.storage import PREFIX, SUFFIX, time_in
from wizard.targets.names import RUN_FOLDER

_INTERVALS = 6
"""After as many without a word, a run that has not ended counts as silent: a busy file server may take some."""
_BYTES = 4096
"""Most bytes of a file, so that one read gets it, and a hundred are looked through at once."""
_WORKERS, _HOSTS, _WARNINGS = 32, 64, 3
"""Most items of a list, before bytes are counted."""
_ERROR, _TEXT, _NAME = 400, 200, 80
"""Most characters of an error, of another text and of a name."""

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class SeenRun:
    """A run's file as it was found.

    Attributes:
        age: seconds since it was written, by the file system's clock alone, so that hosts' wrong clocks do no harm.
    """

    run: RunStatus
    age: float

    @property
    def alive(self) -> bool:
        """Whether the run goes on, as far as can be told."""
        return self.run.state not in ENDED and self.age <= _INTERVALS * self.run.interval

    @property
    def silent(self) -> bool:
        """Whether the run neither ended nor goes on: killed, most likely, or cut off from the folder."""
        return self.run.state not in ENDED and not self.alive


def write(folder: Path, run: RunStatus) -> None:
    """Writes a run's file in one piece, into the state folder of an output folder, which is not created.

    Raises:
        OSError: it cannot be written.
    """
    runs = folder / RUN_FOLDER
    if not runs.is_dir():
        runs.mkdir(exist_ok=True)
    # One temporary name for each run's name: a killed run leaves one such file at most, which the next one overwrites.
    temporary = runs / f"{PREFIX}{run.name}{SUFFIX}"
    temporary.write_bytes(encoded(run))
    temporary.replace(_file(folder, run.name))


def read(folder: Path, name: str) -> SeenRun | None:
    """What the run of that name says; None if there is no such file, or it is damaged."""
    found = _read(_file(folder, name))
    return found and SeenRun(run=found[0], age=max(0.0, time_in(folder / RUN_FOLDER) - found[1]))


def read_all(folder: Path) -> list[SeenRun]:
    """What all runs in an output folder say, in the order of their names; damaged files are none."""
    now = time_in(folder / RUN_FOLDER)  # before the list is made: a new file makes NFS look at the folder again
    found = [_read(file) for file in sorted((folder / RUN_FOLDER).glob("*.json"))]
    return [SeenRun(run=run, age=max(0.0, now - written)) for run, written in filter(None, found)]


def percent_done(folder: Path, host: str, pid: int) -> int | None:
    """How much of its images a run has done; None until it builds, or if its file cannot be read."""
    found = filter(None, map(_read, (folder / RUN_FOLDER).glob("*.json")))
    run = next((run for run, _ in found if run.is_of(host, pid)), None)
    return 100 * run.images_done // run.images if run is not None and run.images else None


def remove(folder: Path, run: RunStatus) -> None:
    """Removes a run's file, if that can be done."""
    with suppress(OSError):
        _file(folder, run.name).unlink()


def _file(folder: Path, name: str) -> Path:
    return folder / RUN_FOLDER / f"{name}.json"


def _read(file: Path) -> tuple[RunStatus, float] | None:
    """A run's file, and when it was written, by the file system's clock."""
    try:
        # Of an opened file NFS asks the server; a mere stat may be a minute old.
        with file.open("rb") as opened:
            return decoded(opened.read()), os.fstat(opened.fileno()).st_mtime
    except (OSError, ValueError):
        return None


def encoded(run: RunStatus) -> bytes:
    """The content of a run's file: JSON of about 4 kB at most, however many workers and hosts there are."""
    run = replace(
        run,
        error=_cut(run.error, _ERROR),
        step=_cut(run.step, _TEXT),
        host=_cut(run.host, _NAME),
        hosts=tuple(replace(each, host=_cut(each.host, _NAME)) for each in run.hosts[:_HOSTS]),
        more_hosts=run.more_hosts + len(run.hosts[_HOSTS:]),
        workers=tuple(
            replace(each, host=_cut(each.host, _NAME), shard=_cut(each.shard, _NAME)) for each in run.workers[:_WORKERS]
        ),
        more_workers=run.more_workers + len(run.workers[_WORKERS:]),
        warnings=tuple(_cut(each, _TEXT) for each in run.warnings[-_WARNINGS:]),
    )
    while len(content := _json(run)) > _BYTES and (run.workers or run.hosts or run.warnings):
        run = _shorter(run)
    return content


def _json(run: RunStatus) -> bytes:
    # Names of files may hold surrogates, which UTF-8 has not: JSON's own escapes hold all.
    return json.dumps(asdict(run), separators=(",", ":")).encode()


def _shorter(run: RunStatus) -> RunStatus:
    """The longer of the lists at half its length; of a run's hosts more is said elsewhere than of its workers."""
    if run.workers and len(run.workers) >= len(run.hosts) // 2:
        kept = len(run.workers) // 2
        return replace(run, workers=run.workers[:kept], more_workers=run.more_workers + len(run.workers) - kept)
    if run.hosts:
        kept = len(run.hosts) // 2
        return replace(run, hosts=run.hosts[:kept], more_hosts=run.more_hosts + len(run.hosts) - kept)
    return replace(run, warnings=run.warnings[1:])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def decoded(content: bytes) -> RunStatus:
    """The inverse of `encoded`; what a later version may have added is passed over.

    Raises:
        ValueError: the content is damaged, or none of a run's file.
    """
    try:
        found = json.loads(content, parse_constant=_not_finite)
        found |= {
            "hosts": tuple(_made(HostStatus, each) for each in found["hosts"]),
            "workers": tuple(_made(WorkerStatus, each) for each in found["workers"]),
            "warnings": tuple(map(str, found["warnings"])),
            "under_way": {str(split): int(count) for split, count in found["under_way"].items()},
        }
        run = _made(RunStatus, found)
        run.part  # noqa: B018  it raises if there is no such slice
    except (TypeError, KeyError, AttributeError, OverflowError, UsageError) as error:
        raise ValueError("it is not a run's file") from error
    if run.interval <= 0 or run.state not in get_args(State):
        raise ValueError("it is not a run's file")
    return run


def _not_finite(_name: str) -> Never:
    raise ValueError("JSON has neither NaN nor infinity")


def _made(made: type[Item], found: dict[str, Any]) -> Item:
    """A dataclass of the values of its fields, whose simple types are checked."""
    values = {}
    for field in fields(made):  # type: ignore[arg-type]
        value = found[field.name]
        if field.type is float or field.type == float | None:
            value = value if value is None and field.type is not float else float(value)
        elif isinstance(field.type, type) and not isinstance(value, field.type):
            raise TypeError(field.name)
        values[field.name] = value
    return made(**values)
