"""Executor: what the run loop needs of the processes that do the work, wherever they are."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, Protocol, TypeVar

from wizard.events import Heartbeat, Note, WorkerLost

P = ParamSpec("P")
T = TypeVar("T")


class Executor(Protocol):
    """Runs calls in worker processes; a worker that dies costs its call, and one that had handed over its core.

    A call and what it returns are pickled. In a worker, `wizard.engine.heartbeat`, `wizard.engine.in_hand` and
    `wizard.engine.handover` are set up, SIGINT is ignored, and pixels are processed on one thread.
    """

    @property
    def capacity(self) -> int:
        """How many calls have a core at a time."""

    @property
    def cores(self) -> int:
        """How many of these have a core to themselves."""

    @property
    def free(self) -> int:
        """How many calls could begin now; the run loop submits no more, so that few have to be cancelled.

        A call whose future is done no longer counts.
        """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call. Its future runs from the moment a worker has the call, and can be cancelled until then.

        The future fails with whatever the call raises, its traceback in the worker added as a note; with WorkerDied
        if the worker died, or died while it started; with MachineError if no worker could be started.
        """

    def wait(self, timeout: float) -> None:
        """Waits until a call has ended or handed over its core since the last wait; for so many seconds at most."""

    def heartbeats(self) -> list[Heartbeat]:
        """What workers have sent since the last call; a call's heartbeats are there before its future is done."""

    def notes(self) -> list[Note | WorkerLost]:
        """What has happened to workers elsewhere since the last call; a worker's death that ends its call is none."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the workers: at once with `cancel_futures`, else when nothing is left to do."""
