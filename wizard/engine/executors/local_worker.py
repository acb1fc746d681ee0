"""A worker process as its executor sees it: how it is started, what it is doing, and how it ended."""

from collections.abc import Callable
from concurrent.futures import Future
from ctypes import c_int64
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from time import sleep
from typing import Any

from wizard.engine import in_hand
from wizard.engine.executors.worker_process import serve

_CONTEXT = get_context("spawn")
_PATIENCE = 1.0
"""Seconds that a process whose pipe has closed gets to exit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """A call, and the future of whoever submitted it."""

    number: int
    future: Future[Any]
    content: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass(kw_only=True, eq=False)
class Worker:
    """A worker, as this side sees it.

    Attributes:
        number: its place among all workers, from 1; the one after a lost worker takes it over.
        item: shared with the process: the item of its task that it is processing.
        is_ready: whether it waits for a call.
        was_ready: whether it has ever done so.
        computing: the number of the call that has its core, or had it last.
        calls: all that it has not answered, by number.
    """

    number: int
    process: BaseProcess
    pipe: Connection
    item: c_int64
    is_ready: bool = False
    was_ready: bool = False
    computing: int = 0
    calls: dict[int, Call] = field(default_factory=dict)


def start_worker(number: int) -> Worker:
    """Starts a worker process; it is ready once it says so.

    Raises:
        OSError: the system allows no further process, pipe or memory.
    """
    ours, theirs = _CONTEXT.Pipe()
    item = _shared_item()
    process = _CONTEXT.Process(target=serve, args=(theirs, item), daemon=True)
    process.start()
    theirs.close()  # or a worker's death would not be the end of its pipe
    if item is None:
        item = c_int64(in_hand.NOTHING)
    return Worker(number=number, process=process, pipe=ours, item=item)


def exit_code_of(process: BaseProcess) -> int | None:
    """The exit code of a process that is about to exit; None if it does not, and is killed."""
    process.join(_PATIENCE)
    for _ in range(100):
        if process.exitcode is not None:
            return process.exitcode
        if process.sentinel not in wait_for([process.sentinel], 0):
            break
        # Another thread that starts a process is just collecting this one: multiprocessing looks after all at once.
        sleep(0.01)
    process.kill()
    process.join()
    return None


def _shared_item() -> c_int64 | None:
    """Memory shared with a worker; None if there is no room for its backing file, and the worker goes without."""
    try:
        return _CONTEXT.RawValue(c_int64, in_hand.NOTHING)
    except OSError:
        return None
