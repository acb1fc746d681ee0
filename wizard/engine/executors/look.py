"""What workers on other machines must have in common with the run, and what each of them says when it looks.

The same versions, or the bytes would differ; the source's very files; and the output folder itself, not another one of
its name: each side makes a file there that the other must see.
"""

import os
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import wizard
from wizard.errors import writing
from wizard.formats import encoding
from wizard.formats.encoders import Encoder
from wizard.formatting import human_bytes
from wizard.machine.cores import usable_cores
from wizard.machine.memory import Memory, usable_memory
from wizard.storage import create_temporary
from wizard.targets.target import Target

WORKERS, VERSIONS, SOURCE, OUTPUT = "workers", "worker-versions", "worker-source", "worker-output"
"""The checks that come of a look, as `--ignore` calls them; without workers nothing can be ignored."""
PATIENCE = 5.0
"""Seconds that a file made on one machine may take to appear on another: network file systems remember folders."""
_NAMED = 3
"""Files that are named at most."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What all workers must agree on with the run.

    Attributes:
        files: some of the source's, with their sizes in bytes.
        folder: the output's, or the nearest parent that exists.
        target: is written; its ingredients name the versions that its bytes depend on.
        encoders: that the build uses.
    """

    files: tuple[tuple[str, int], ...]
    folder: str
    target: Target
    encoders: tuple[Encoder, ...]

    def versions(self) -> dict[str, str]:
        """The versions here that must be the same everywhere, by what they are of."""
        try:
            codecs = encoding.codecs(self.encoders)
        except ImportError as error:
            codecs = f"missing ({error})"
        return {
            "imagenet-setup": wizard.__version__,
            "Python": ".".join(map(str, sys.version_info[:2])),
            "codecs": codecs,
            "format": "; ".join(self.target.ingredients.values()),
        }


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a worker saw.

    Attributes:
        host: its machine.
        versions: see `Look.versions`.
        files: what is wrong with the source's files there, in clauses.
        output: what is wrong with the output folder there, as a clause; empty if nothing is.
        mark: the name of the file that it made in the output folder; empty if it could not.
        available: bytes of memory that programs could get there.
        limit: bytes of memory that the worker may use; 0 if there is no limit.
        calls: how many calls it takes at a time.
        cores: how many cores programs may use there.
        worker: the worker's name among its engine's.
        failure: why it could not look around, as a clause; empty if it did.
        is_busy: whether that is because it did not come to it.
    """

    host: str
    versions: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    output: str = ""
    mark: str = ""
    available: int = 0
    limit: int = 0
    calls: int = 1
    cores: int = 1
    worker: str = ""
    failure: str = ""
    is_busy: bool = False

    def wrong(self, look: Look) -> dict[str, str]:
        """What keeps the worker from taking part, as clauses, by the name of the check."""
        if self.failure:
            return {WORKERS if self.is_busy else VERSIONS: self.failure}
        here = look.versions()
        differing = [
            f"{what} {self.versions.get(what) or 'unknown'} (here {ours})"
            for what, ours in here.items()
            if self.versions.get(what) != ours
        ]
        found = {VERSIONS: "; ".join(differing), SOURCE: "; ".join(self.files), OUTPUT: self.output}
        return {name: clause for name, clause in found.items() if clause}


@dataclass(frozen=True, kw_only=True)
class Crew:
    """The workers that an engine has, and what each of them saw.

    Attributes:
        place: where they are, for a person.
        expected: calls at a time once all have come that were asked for; 0 if that is not known.
        sights: what each saw.
    """

    place: str
    sights: tuple[Sight, ...]
    expected: int = 0

    @property
    def hosts(self) -> list[str]:
        """Their machines, by name."""
        return sorted({sight.host for sight in self.sights})

    @property
    def calls(self) -> int:
        """How many calls they take at a time."""
        return sum(sight.calls for sight in self.sights)

    @property
    def memory_for_a_call(self) -> int:
        """Bytes of memory for each call where they are scarcest: a worker's limit, or what its machine has left."""
        beside = self._calls_of_hosts()
        limited = (sight.limit // sight.calls for sight in self.sights if sight.limit)
        shared = (sight.available // beside[sight.host] for sight in self.sights)
        return min((*limited, *shared), default=0)

    @property
    def crowded(self) -> dict[str, tuple[int, int]]:
        """The hosts whose workers take more calls at a time than they have cores: both numbers."""
        calls, cores = self._calls_of_hosts(), {sight.host: sight.cores for sight in self.sights if not sight.failure}
        return {host: (calls[host], cores[host]) for host in sorted(cores) if calls[host] > cores[host]}

    def _calls_of_hosts(self) -> dict[str, int]:
        beside: defaultdict[str, int] = defaultdict(int)
        for sight in self.sights:
            beside[sight.host] += sight.calls
        return beside

    def memory(self) -> Memory:
        """Memory of all of them, if each call had as much as where it is scarcest."""
        together = self.memory_for_a_call * self.calls
        return Memory(total=together, available=together, machine=together)

    def wrong(self, look: Look, check: str) -> dict[str, list[str]]:
        """The clauses that keep workers from taking part, by the check of this name, with the hosts of each."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for sight in self.sights:
            clause = sight.wrong(look).get(check)
            if clause:
                found[clause].add(sight.host)
        return {clause: sorted(hosts) for clause, hosts in found.items()}


def look_around(look: Look, mark: str, *, limit: int = 0, calls: int = 1) -> Sight:
    """What this process sees; runs in a worker.

    Args:
        look: what it must agree on.
        mark: the name of a file that the run has made in the output folder.
        limit: bytes of memory that the worker may use; 0 if there is no limit.
        calls: how many calls it takes at a time.
    """
    made, output = _answer(Path(look.folder), mark)
    return Sight(
        host=socket.gethostname(),
        versions=look.versions(),
        files=tuple(_wrong_files(look.files)),
        output=output,
        mark=made,
        available=usable_memory().available,
        limit=limit,
        calls=calls,
        cores=usable_cores(),
    )


@contextmanager
def mark_made(folder: str) -> Iterator[str]:
    """Context manager: a file in the output folder that workers must see; gives its name.

    Raises:
        MachineError: it cannot be made.
    """
    with writing(Path(folder)):
        mark = _make_mark(Path(folder))
    try:
        yield mark
    finally:
        remove_mark(folder, mark)


def remove_mark(folder: str, mark: str) -> None:
    """Removes a file that `mark_made` or a worker has made."""
    with suppress(OSError):
        (Path(folder) / mark).unlink(missing_ok=True)


def appears(folder: str, mark: str) -> bool:
    """Whether a file that another machine has made is there, or soon comes."""
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError):
            # Listing it makes network file systems ask for its entries again.
            if any(file.name == mark for file in Path(folder).iterdir()):
                return True
        if time.monotonic() > until:
            return False
        time.sleep(0.1)


def _make_mark(folder: Path) -> str:
    handle, path = create_temporary(folder)
    os.close(handle)
    return path.name


def _answer(folder: Path, mark: str) -> tuple[str, str]:
    """The file that is made in answer, and what is wrong with the folder."""
    if not folder.is_dir():
        return "", f"{folder} is not there"
    if not appears(str(folder), mark):
        return "", f"{folder} is another folder there: it lacks a file that was just made in it here"
    try:
        return _make_mark(folder), ""
    except OSError as error:
        return "", f"{folder} cannot be written: {error.strerror or error}"


def _wrong_files(files: Collection[tuple[str, int]]) -> Iterator[str]:
    wrong = []
    for name, size in files:
        try:
            there = Path(name).stat().st_size
        except OSError as error:
            wrong.append(f"{name}: {error.strerror or error}")
            continue
        if there != size:
            wrong.append(f"{name} has {human_bytes(there)} (here {human_bytes(size)})")
    yield from wrong[:_NAMED]
    if len(wrong) > _NAMED:
        yield f"and {len(wrong) - _NAMED} more of the {len(files)} files looked at"
