"""MD5s of several files at once, for as long as it pays: a thread a file, as hashlib releases the GIL."""

import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

from wizard.errors import reading
from wizard.sources.checksums import md5
from wizard.sources.source import Progress

_TRIAL = 1.0
"""Seconds before the speed is judged; the first reads are not typical."""
_POLL = 0.1
"""Seconds between two looks at the threads."""


class _GivenUp(Exception):
    """Ends a thread."""


def hash_while_it_pays(
    paths: Collection[Path], progress: Progress, pays: Callable[[float], bool]
) -> dict[Path, str] | None:
    """The MD5 of each file, in hex; None if it was given up.

    Args:
        paths: one or more files, no two of them the same.
        progress: of all files together, in bytes; called in this thread, and whatever it raises ends the hashing.
        pays: called again and again with the seconds that are still to come, judged by the speed so far.

    Raises:
        InputError: a file cannot be read.
    """
    sizes: dict[Path, int] = {}
    for path in paths:
        with reading(path):
            sizes[path] = path.stat().st_size
    done = dict.fromkeys(paths, 0)
    ending = Event()

    def hash_one(path: Path) -> str:
        def note(count: int, _total: int) -> None:
            if ending.is_set():
                raise _GivenUp
            done[path] = count

        return md5(path, note)

    begun = time.monotonic()
    with ThreadPoolExecutor(len(paths)) as threads:
        try:
            futures = {path: threads.submit(hash_one, path) for path in paths}
            while (looked := wait(futures.values(), timeout=_POLL)).not_done:
                for future in looked.done:
                    future.result()  # an error need not wait for the other files
                progress(sum(done.values()), sum(sizes.values()))
                passed = time.monotonic() - begun
                to_come = max((sizes[path] - done[path]) * passed / max(1, done[path]) for path in paths)
                if passed >= _TRIAL and not pays(to_come):
                    return None
            return {path: future.result() for path, future in futures.items()}
        finally:
            ending.set()
