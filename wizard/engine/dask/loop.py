"""An event loop in a thread of its own, in which everything of Dask lives."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for other threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # What Dask leaves behind when a connection breaks; ours is looked at where it is begun.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._thread = Thread(target=self._run, name="dask", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Lets a coroutine run; its future can be waited for in any other thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Runs a coroutine to its end.

        Raises:
            TimeoutError: it took longer than so many seconds, and was cancelled.
        """
        future = self.begin(coroutine)
        try:
            return future.result(timeout)
        except BaseException:  # a second Ctrl-C too
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancels what is running, and ends the thread."""
        with suppress(Exception):
            self.begin(_cancel_others()).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
