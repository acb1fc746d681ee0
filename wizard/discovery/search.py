"""Looks at the usual places in parallel, and returns after a fraction of a second with what was found by then.

A look at a network disk whose server is gone never returns, and nothing can interrupt it. So every place has a daemon
thread of its own, which is left behind if it has not ended in time. Files are never opened.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TypeVar

from wizard.discovery.places import Mount, Place, names_imagenet, set_apart, usual_places
from wizard.discovery.recognize import Recognizer
from wizard.machine.disks import mounts
from wizard.sources.likely import Likely
from wizard.sources.registry import likely
from wizard.sources.trees.image_names import passed_over
from wizard.targets.names import STATE_FOLDER

LIMIT = 0.17
"""Seconds that a search takes at most, so that a person does not notice it."""
_FIRST = 0.03  # of these, for each of what has to be known before
_ENTRIES, _FOLDERS, _THREADS = 2000, 200, 128
"""Most entries of a folder, folders of a place, and threads."""
_LINKS = 16
"""Most links that are followed from the folders on one level of a place."""
_UNFINISHED = re.compile(r"\.incomplete")  # as TFDS names what it has not prepared to its end
_SUFFIX = re.compile(r"\.[A-Za-z]\w{0,4}$")
T = TypeVar("T")
Rank = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """Raw data, told by names.

    Attributes:
        path: its folder, or the file that it is, as a person knows it.
        real: the same without links.
        what: the form, in a few words.
    """

    path: Path
    real: Path
    what: str


@cache
def found_here() -> tuple[Found, ...]:
    """The raw data on this machine, in the usual places; looked for once in a process."""
    until = time.monotonic() + LIMIT
    # Each may ask another machine: for the user's entry, or for the label of a network drive on Windows.
    home, here, listed = within(_FIRST, Path.home), within(_FIRST, Path.cwd), within(_FIRST, mounts) or ()
    mounted = [Mount(path=path, kind=kind) for path, kind in listed]
    places = usual_places(os.environ, home, here, mounted)
    return search(places, likely(), set_apart(mounted), limit=until - time.monotonic())


def within(seconds: float, call: Callable[[], T]) -> T | None:
    """What a call returns; None if it fails or takes longer, in which case it goes on in its thread."""
    result: list[T] = []

    def run() -> None:
        try:
            result.append(call())
        except (OSError, RuntimeError):  # RuntimeError: Path.home of a user who has none
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return result[0] if result else None


def search(
    places: Sequence[Place],
    forms: Sequence[Likely],
    apart: frozenset[str] = frozenset(),
    limit: float = LIMIT,
) -> tuple[Found, ...]:
    """What the places hold, in their order, each folder once.

    Args:
        places: to be looked at.
        forms: how raw data looks.
        apart: folders that are looked at only if they are places.
        limit: seconds; what is not looked at by then is left out.
    """
    looking = _Search(forms, apart, limit)
    for number, place in enumerate(places):
        looking.begin(place, (number,))
    ranked = looking.end()
    return _once([found for _, found in sorted(ranked, key=lambda each: each[0])])


def _once(found: Sequence[Found]) -> tuple[Found, ...]:
    """Without folders that are there twice by links, and parts of others, such as Kaggle's ILSVRC/ and its parent."""
    kept: dict[Path, Found] = {}
    for each in found:
        inside = any(each.what == other.what and other.real in each.real.parents for other in found)
        if not inside:
            kept.setdefault(each.real, each)
    return tuple(kept.values())


class _Search:
    def __init__(self, forms: Sequence[Likely], apart: frozenset[str], limit: float) -> None:
        self._recognize = Recognizer(forms, _entries)
        self._apart = apart
        self._until = time.monotonic() + limit
        self._changed = threading.Condition()
        self._begun = self._ended = 0
        self._found: list[tuple[Rank, Found]] = []

    def begin(self, place: Place, rank: Rank) -> None:
        """Looks at a place, in a thread of its own."""
        with self._changed:
            if self._begun == _THREADS or self._is_late:
                return
            self._begun += 1
        threading.Thread(target=self._run, args=(place, rank), daemon=True).start()

    def end(self) -> list[tuple[Rank, Found]]:
        """What was found, once all have ended or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._begun == self._ended, timeout=max(0, self._until - time.monotonic()))
            return [*self._found]

    @property
    def _is_late(self) -> bool:
        return time.monotonic() > self._until

    def _run(self, place: Place, rank: Rank) -> None:
        try:
            if place.below:
                self._descend(place, rank)
            else:
                self._look(place, rank)
        except OSError:  # of a disk that fails
            return
        finally:
            with self._changed:
                self._ended += 1
                self._changed.notify_all()

    def _descend(self, place: Place, rank: Rank) -> None:
        name = re.compile(place.below[0], re.IGNORECASE)
        fitting = [
            entry for entry in _entries(place.path) if name.fullmatch(entry.name) and not passed_over(entry.name)
        ]
        for number, entry in enumerate(sorted(fitting, key=_likely_first)):
            # What a link leads to may hang, so its own thread finds out whether it is a folder.
            if entry.is_symlink() or _is_folder(entry):
                self.begin(replace(place, path=entry.path, below=place.below[1:]), (*rank, number))

    def _look(self, place: Place, rank: Rank) -> None:
        folders, seen = [place.path], 0
        for depth in range(place.depth + 1):
            below: list[os.DirEntry[str]] = []
            for folder in folders:
                seen += 1
                if self._is_late or seen > _FOLDERS:
                    return
                entries = list(_entries(folder))
                if any(entry.name == STATE_FOLDER for entry in entries):  # a dataset that this program writes
                    continue
                recognized = self._recognize(entries, imagenet=names_imagenet(folder) or (place.meant and not depth))
                for each in recognized:
                    path = str(Path(folder, each.by)) if each.alone else folder
                    self._keep(path, each.what, (*rank, depth, seen))
                if depth < place.depth:
                    told_by = {each.by for each in recognized}
                    below += [entry for entry in entries if entry.name not in told_by]
            links = [entry for entry in below if entry.is_symlink() and not _SUFFIX.search(entry.name)]
            for number, entry in enumerate(sorted(links, key=_likely_first)[:_LINKS]):
                further = replace(place, path=entry.path, depth=place.depth - depth - 1, meant=False)
                self.begin(further, (*rank, depth + 1, number))
            folders = [entry.path for entry in sorted(filter(self._is_to_see, below), key=_likely_first)]

    def _is_to_see(self, entry: "os.DirEntry[str]") -> bool:
        if entry.path in self._apart or passed_over(entry.name) or _UNFINISHED.search(entry.name):
            return False
        return not entry.is_symlink() and _is_folder(entry)

    def _keep(self, path: str, what: str, rank: Rank) -> None:
        found = Found(path=Path(path), real=Path(os.path.realpath(path)), what=what)
        with suppress(UnicodeEncodeError), self._changed:
            path.encode()  # a profile cannot hold any other name
            self._found.append((rank, found))


def _entries(folder: str) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from islice(entries, _ENTRIES)
    except OSError:
        return


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _likely_first(entry: "os.DirEntry[str]") -> tuple[bool, str]:
    return not names_imagenet(entry.name), entry.name
