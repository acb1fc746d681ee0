"""Processes that begin together, once all are ready, and take small chunks of the work until nothing is left."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import Any

Chunks = Iterator[range]
"""Rows to work on next, chunk by chunk."""
Work = Callable[[Chunks, int], None]
"""A function of a module that works through chunks; the number is that of its process, from 0."""

_CONTEXT = get_context("spawn")
_READY = 300.0
"""Seconds in which all processes have to be ready."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What a crew took, in seconds: wall time until the last was done, CPU, and wall time that the first idled."""

    seconds: float
    cpu: float
    idle: float


def work(prepare: Callable[[Any], Work], job: object, *, rows: int, chunk: int, processes: int) -> Shift:
    """Works through all rows; nothing that happens before every process is ready is counted.

    Args:
        prepare: called with the job in every process; imports, opens and warms up what it needs, and returns the work.
        job: any object that can be pickled.
        rows: number of rows.
        chunk: rows that a process takes at a time; the last ones decide how long the others idle at the end.
        processes: number of processes.

    Raises:
        RuntimeError: a process failed; it has printed why.
    """
    barrier, results = _CONTEXT.Barrier(processes), _CONTEXT.SimpleQueue()
    next_row = _CONTEXT.Value("q", 0)
    arguments = (prepare, job, rows, chunk, next_row, barrier, results)
    crew = [_CONTEXT.Process(target=_member, args=(number, *arguments)) for number in range(processes)]
    for process in crew:
        process.start()
    for process in crew:
        process.join()
    if any(process.exitcode for process in crew):
        raise RuntimeError(f"{prepare.__name__}: a process failed.")
    times = [results.get() for _ in crew]
    began, ended, cpu = zip(*times, strict=True)
    return Shift(seconds=max(ended) - min(began), cpu=sum(cpu), idle=max(ended) - min(ended))


def _member(
    number: int,
    prepare: Callable[[Any], Work],
    job: object,
    rows: int,
    chunk: int,
    next_row: Any,
    barrier: Barrier,
    results: "SimpleQueue[tuple[float, float, float]]",
) -> None:
    os.environ["RAYON_NUM_THREADS"] = "1"  # as in the workers of a build

    def chunks() -> Chunks:
        while True:
            with next_row.get_lock():
                first = next_row.value
                next_row.value = first + chunk
            if first >= rows:
                return
            yield range(first, min(rows, first + chunk))

    try:
        done = prepare(job)
        barrier.wait(_READY)
        # CLOCK_MONOTONIC, which all processes of a machine share.
        began, used = time.monotonic(), time.process_time()
        done(chunks(), number)
        results.put((began, time.monotonic(), time.process_time() - used))
    except BaseException:
        barrier.abort()  # or the others would wait for this one
        raise
