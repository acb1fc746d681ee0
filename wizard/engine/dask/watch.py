"""Watch: which workers are there and may take part, from the beginning of a build to its end."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from itertools import count

from wizard.engine.dask.connection import Connection
from wizard.engine.executors.look import Look, Sight
from wizard.errors import MachineError
from wizard.events import Note
from wizard.formatting import duration

RETURN = 600.0
"""Seconds for which a scheduler that is gone is waited for."""
AGAIN = 30.0
"""Seconds after which a worker that may not take part looks around again: its mount may have come late."""
_INTERVAL = 1.0
"""Seconds between two looks at who is there."""


class Watch:
    """Takes on workers that come, takes leave of those that are lost, and waits for a scheduler that is gone.

    Args:
        connection: to the cluster.
        look: what workers must agree on.
        ignored: names of checks that do not count.
        lost: told the address and the name of a worker that is lost; gives the shards that it was building.
        changed: told whenever others may make calls than before.
        note: told what a person should know.
    """

    def __init__(
        self,
        connection: Connection,
        look: Look,
        ignored: Collection[str],
        *,
        lost: Callable[[str, str], list[str]],
        changed: Callable[[], None],
        note: Callable[[Note], None],
    ) -> None:
        self._connection, self._look, self._ignored = connection, look, ignored
        self._lost, self._changed, self._note = lost, changed, note
        self.members: dict[str, Sight] = {}
        """The workers that take part, by their addresses, and what each saw."""
        self._refused: dict[str, tuple[float, str]] = {}
        """The workers that may not take part: when each has been looked at, by the loop's clock, and what is wrong."""
        self._idle_since: float | None = None
        """Since when all that are there may not take part."""
        self._looking: set[str] = set()
        self._numbers: dict[str, dict[tuple[str, int], int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure: Exception | None = None
        """Why no call will ever be made again; None while there is hope."""
        self.ready = asyncio.Event()
        """Set while there is a scheduler and a worker that takes part, and once there is no hope."""

    @property
    def calls(self) -> int:
        """How many calls the workers take at a time."""
        return sum(sight.calls for sight in list(self.members.values()))

    def begin(self, sights: Mapping[str, Sight]) -> None:
        """Begins to watch, with the workers that have just looked around."""
        for address, sight in sights.items():
            self._judge(address, sight)
        self._update()
        self._keep(asyncio.create_task(self._watch()))

    def end(self) -> None:
        """Watches no longer."""
        for task in list(self._tasks):
            task.cancel()

    def number(self, address: str, place: int) -> int:
        """The number of a worker's process among those of its host, from 1; that of a lost one is given again."""
        host = self.members[address].host if address in self.members else address
        taken = self._numbers.setdefault(host, {})
        if (address, place) not in taken:
            taken[address, place] = next(each for each in count(1) if each not in taken.values())
        return taken[address, place]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            try:
                present = await self._connection.workers()
            except OSError:
                if not await self._come_back():
                    return
                continue
            self._take_leave(present)
            self._give_up_if_none_may()
            now = asyncio.get_running_loop().time()
            waiting = {address for address, (looked, _) in self._refused.items() if now - looked < AGAIN}
            new = {*present}.difference(self.members, waiting, self._looking)
            if new:
                self._looking |= new
                self._keep(asyncio.create_task(self._welcome(new)))  # apart, as one of them may take long
            self._update()

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Lets the run end if watching fails, instead of waiting for workers that nobody takes on."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.failure = error
            self._update()
            self._changed()

    def _update(self) -> None:
        if self.failure is not None or (self.members and self._connection.is_connected):
            self.ready.set()
        else:
            self.ready.clear()

    def _judge(self, address: str, sight: Sight) -> str:
        """Lets a worker take part, or says in clauses why it may not."""
        ignored = () if sight.failure else self._ignored
        wrong = [clause for name, clause in sight.wrong(self._look).items() if name not in ignored]
        _, before = self._refused.pop(address, (0.0, ""))
        if not wrong:
            self.members[address] = sight
            return ""
        text = f"{_named(address, sight)} is not used: {'; '.join(wrong)}"
        self._refused[address] = asyncio.get_running_loop().time(), text
        if text != before:
            self._note(Note(text=text, warning=True))
        return text

    def _give_up_if_none_may(self) -> None:
        """Raises a MachineError once all workers that are there have been unfit for long."""
        now = asyncio.get_running_loop().time()
        if self.members or not self._refused:
            self._idle_since = None
            return
        self._idle_since = now if self._idle_since is None else self._idle_since
        if now - self._idle_since > RETURN:
            _, text = next(iter(self._refused.values()))
            raise MachineError(
                f"No worker of {self._connection.place} could be used for {duration(RETURN)}: {text}.",
                "Fix that there, or start other workers; the same command then resumes where it stopped",
            )

    async def _welcome(self, addresses: Collection[str]) -> None:
        """Has workers that have come look around, and takes on those that may take part."""
        try:
            sights = await self._connection.look(self._look, addresses)
        except MachineError as error:  # the disk is full, say: the next look may go better
            self._note(Note(text=f"New workers could not be checked: {error.what}", warning=True))
            return
        finally:
            self._looking.difference_update(addresses)
        for address, sight in sights.items():
            if not self._judge(address, sight):
                self._note(Note(text=f"{_named(address, sight)} has joined"))
        self._update()
        self._changed()

    def _take_leave(self, present: Collection[str]) -> None:
        """Takes leave of workers that are no longer there."""
        self._refused = {address: why for address, why in self._refused.items() if address in present}
        for address, sight in list(self.members.items()):
            if address in present:
                continue
            del self.members[address]
            taken = self._numbers.get(sight.host, {})
            for place in [place for place in taken if place[0] == address]:
                del taken[place]
            shards = self._lost(address, _named(address, sight))
            again = f"; {', '.join(shards)}: built again elsewhere" if shards else ""
            self._note(Note(text=f"{_named(address, sight)} is gone{again}", warning=True))

    async def _come_back(self) -> bool:
        """Waits for a scheduler that is gone; says whether it came back. It has forgotten all calls."""
        place = self._connection.place
        self.members.clear()
        self._refused.clear()
        self._numbers.clear()
        self._update()
        text = f"{place} is gone; waiting for it to come back, {duration(RETURN)} at most"
        self._note(Note(text=text, warning=True))
        if await self._connection.come_back(RETURN):
            self._note(Note(text=f"{place} is back; what was under way and is not committed is built again"))
            return True
        self.failure = MachineError(
            f"{place} was gone for {duration(RETURN)}.",
            "Start scheduler and workers again; the same command then resumes where it stopped",
        )
        self._update()
        self._changed()
        return False


def _named(address: str, sight: Sight) -> str:
    return f"worker {sight.worker} on {sight.host}" if sight.worker else f"worker {address}"
