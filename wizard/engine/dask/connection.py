"""The run's side of a cluster: its client, what it asks of workers, and the way back to a scheduler that is gone.

Everything here runs in the event loop.
"""

import asyncio
import pickle
import time
from collections.abc import Collection
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex
from typing import Any

from distributed import Client

from wizard.engine.dask import in_worker
from wizard.engine.dask.cluster import cluster_class, place_of, start_cluster
from wizard.engine.dask.in_worker import TOPIC, Deferred
from wizard.engine.executors.look import Look, Sight, appears, mark_made, remove_mark
from wizard.errors import MachineError
from wizard.profile_run import Run

CONNECTING = 10.0
"""Seconds that a scheduler has for its answer."""
_LOOKING = 120.0
"""Seconds that a worker has to look around; it may have to end another client's task first."""
STOPPING = 10.0
"""Seconds that the workers have to stop what they are doing."""
CANCELLED = (CancelledError, asyncio.CancelledError)


class Connection:
    """A cluster, started here or found at its address, and the client of this run."""

    def __init__(self, run: Run) -> None:
        self._profile = run
        self._kind = cluster_class(run)
        self._cluster: Any = None
        self._handlers: list[Any] = []
        self._stream: Any = None
        self.client: Any = None
        self.place = place_of(run)
        self.run = token_hex(4)
        """This run's name among those that use the cluster."""

    @property
    def is_lasting(self) -> bool:
        """Whether the scheduler is another process, which can be gone and come back."""
        return self._kind is None

    async def open(self) -> None:
        """Starts the cluster, or finds it.

        Raises:
            UsageError: the class of the cluster refuses its settings.
            MachineError: no scheduler answers, or the cluster cannot be started.
        """
        if self._kind is not None:
            self._cluster = await start_cluster(self._kind, self._profile)
        try:
            await self.connect(CONNECTING)
        except (OSError, ValueError) as error:
            raise MachineError(
                f"No scheduler of Dask answers at {self._profile.scheduler}: {error}.",
                "Start one with dask scheduler, or correct run.scheduler",
            ) from error

    async def connect(self, timeout: float) -> None:
        """Connects to the scheduler.

        Raises:
            OSError: it does not answer within so many seconds.
        """
        where = self._profile.scheduler if self._cluster is None else self._cluster
        self.client = await Client(where, asynchronous=True, timeout=timeout, name=TOPIC, set_as_default=False)
        self._stream = self.client.scheduler_comm
        for handler in self._handlers:
            self.client.subscribe_topic(TOPIC, handler)

    def subscribe(self, handler: Any) -> None:
        """Has the handler called with each event of the workers' log, from now on and after reconnecting."""
        self._handlers.append(handler)
        if self.client is not None:
            self.client.subscribe_topic(TOPIC, handler)

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler is there."""
        return self.client is not None and self.client.status == "running"

    async def workers(self) -> dict[str, int]:
        """How many threads each worker has, by its address.

        Raises:
            OSError: the scheduler is gone.
        """
        # The client comes back by itself to a scheduler that was started again, but its subscriptions are gone.
        if not self.is_connected or self.client.scheduler_comm is not self._stream:
            raise ConnectionError("the scheduler is gone")
        return dict(await self.client.nthreads())

    def submit(self, content: bytes, key: str, workers: Collection[str]) -> Any:
        """Has one of these workers unpickle this; gives Dask's future.

        Raises:
            CancelledError: the scheduler is gone.
        """
        if not self.is_connected:
            raise CancelledError
        return self.client.submit(pickle.loads, content, key=key, workers=list(workers), pure=False)

    async def disconnect(self) -> None:
        """Gives up the client."""
        client, self.client = self.client, None
        if client is not None:
            with suppress(Exception, *CANCELLED):
                await asyncio.wait_for(client.close(), STOPPING)

    async def look(self, look: Look, addresses: Collection[str]) -> dict[str, Sight]:
        """Has these workers look around.

        Raises:
            MachineError: no file can be made in the output folder here.
        """
        with mark_made(look.folder) as mark:
            sights = await asyncio.gather(*(self._look_from(address, look, mark) for address in addresses))
            return dict(zip(addresses, sights, strict=True))

    async def _look_from(self, address: str, look: Look, mark: str) -> Sight:
        try:
            content = pickle.dumps(Deferred(in_worker.look, look, mark))
            sight: Sight = await self._call(address, content, _LOOKING)
        except TimeoutError:
            why = f"its check did not finish within {_LOOKING:.0f} seconds: it may be busy with other work"
            return Sight(host=address, failure=why, is_busy=True)
        except CANCELLED:
            raise
        except Exception as error:  # noqa: BLE001  whatever another version of this program raises there
            return Sight(host=address, failure=f"imagenet-setup cannot be used there ({error})")
        if not sight.mark:
            return sight
        if await asyncio.to_thread(appears, look.folder, sight.mark):
            remove_mark(look.folder, sight.mark)
            return sight
        with suppress(Exception):
            await self._call(address, pickle.dumps(Deferred(remove_mark, look.folder, sight.mark)), STOPPING)
        return replace(sight, output=f"{look.folder} is another folder there: a file made there does not appear here")

    async def _call(self, address: str, content: bytes, timeout: float) -> Any:
        """Has a worker unpickle this, in one of its threads.

        Raises:
            TimeoutError: it did not within so many seconds.
            Exception: what it raises.
        """
        key = f"{TOPIC}-look-{token_hex(4)}"
        future = self.submit(content, key, [address])
        try:
            return await asyncio.wait_for(future.result(), timeout)
        finally:
            future.release()

    async def stop_calls(self) -> None:
        """Ends this run's calls in all workers at once.

        Raises:
            Exception: workers could not be reached.
        """
        content = pickle.dumps(Deferred(in_worker.stop_calls, self.run))
        if self.is_connected:
            await asyncio.wait_for(self.client.run(pickle.loads, content, on_error="ignore"), STOPPING)

    async def close(self) -> None:
        """Leaves the cluster; ends it if it was started here."""
        await self.disconnect()
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            with suppress(Exception, *CANCELLED):
                await asyncio.wait_for(cluster.close(), STOPPING)

    async def come_back(self, within: float) -> bool:
        """Waits for the scheduler to come back; whether it does within so many seconds."""
        until = time.monotonic() + within
        await self.disconnect()
        while time.monotonic() < until:
            try:
                await self.connect(CONNECTING)
                return True
            except (OSError, ValueError):
                await asyncio.sleep(1)
        return False
