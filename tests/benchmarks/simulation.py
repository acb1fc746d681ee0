"""Discrete-event simulation of a build: so many workers, one run loop that serves them, shards of known work.

It follows `wizard.engine.run`, `executors.local` and `worker_process`: the run loop is one thread, a worker asks for
its next shard when it hands over its core, and the commit of a shard needs no core. Both of a worker's threads may be
committing; then it waits for the earlier one. Bandwidth of the disk is not part of it.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.float64]

_LEAST = 0.05
"""Seconds of work below which an idle worker does not take over half of a shard's rest."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a build costs beside the work on its images, in seconds.

    Attributes:
        make: of the run loop for a shard's task; it does this while the workers work, one task ahead.
        send: of the run loop to hand a task to a worker.
        collect: of the run loop when a shard is done.
        beat: of the run loop for a heartbeat.
        interval: between two heartbeats of a worker.
        commit: from a shard's last image until it is on disk, for each of its images.
        before: from the start of the command until the workers begin.
        start: added to `before` for each worker, as they are started one after another.
        after: from the last shard to the end of the command.
    """

    make: float = 0.0
    send: float = 0.0
    collect: float = 0.0
    beat: float = 0.0
    interval: float = 0.5
    commit: float = 0.0
    before: float = 0.0
    start: float = 0.0
    after: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A simulated build.

    Attributes:
        work: seconds on images, of all workers.
        ends: float64[shards], when each was done, from the start of the engine on.
        left: float64[workers], when each worker had nothing more to do.
        parent: seconds that the run loop was busy.
        waited: seconds that workers waited for the run loop or for commits while there was something to do.
    """

    workers: int
    work: float
    ends: Seconds
    left: Seconds
    parent: float
    waited: float
    costs: Costs

    @cached_property
    def engine(self) -> float:
        """Seconds from the first task to the end of the last shard."""
        return float(self.ends.max(initial=0.0))

    @property
    def serial(self) -> float:
        """Seconds before the first and after the last shard."""
        return self.costs.before + self.workers * self.costs.start + self.costs.after

    @property
    def whole(self) -> float:
        """Seconds of the command."""
        return self.serial + self.engine

    @property
    def idle(self) -> float:
        """Share of all core-seconds between each worker's last shard and the end of the last one."""
        return float((self.engine - self.left).sum()) / (self.workers * self.whole)

    @property
    def serial_share(self) -> float:
        """Share of the time in which no shard is under way."""
        return self.serial / self.whole

    @property
    def waiting(self) -> float:
        """Share of all core-seconds that workers waited between two shards."""
        return self.waited / (self.workers * self.whole)

    @property
    def parent_share(self) -> float:
        """Share of the engine's time in which the run loop is busy."""
        return self.parent / self.engine

    def figures(self) -> dict[str, float]:
        """All of these, for programs."""
        names = ("whole", "engine", "serial", "idle", "serial_share", "waiting", "parent_share")
        return {name: getattr(self, name) for name in names}


def simulate(shards: Sequence[Seconds], workers: int, costs: Costs, *, split_tail: bool = False) -> Outcome:
    """Builds shards in this order.

    Args:
        shards: the seconds of work on each image of each shard, at least one of each.
        workers: a core each.
        costs: all other work.
        split_tail: whether a worker that finds no more shards takes over half of the images that are left of the
            shard with the most work left.
    """
    return _Build(shards, workers, costs, split_tail=split_tail).run()


@dataclass(kw_only=True)
class _Piece:
    """Images `first` to `end` of a shard, on a worker since `began`; `until` cumulates the images' seconds."""

    shard: int
    until: Seconds
    first: int
    end: int
    began: float

    @property
    def finish(self) -> float:
        return self.began + float(self.until[self.end] - self.until[self.first])

    def give(self, now: float) -> "_Piece | None":
        """The latter half of what is left, without the image under way; None if that is too little."""
        spent = float(self.until[self.first]) + max(0.0, now - self.began)
        rest = float(self.until[self.end]) - spent
        untouched = int(np.searchsorted(self.until, spent))
        middle = max(untouched, int(np.searchsorted(self.until, spent + rest / 2)))
        if rest < _LEAST or middle >= self.end:
            return None
        given = _Piece(shard=self.shard, until=self.until, first=middle, end=self.end, began=now)
        self.end = middle
        return given


class _Kind(IntEnum):
    """What happens, in the order in which the run loop sees what happens at once."""

    COMMITTED = 0
    FINISHED = 1
    READY = 2


class _Build:
    def __init__(self, shards: Sequence[Seconds], workers: int, costs: Costs, *, split_tail: bool) -> None:
        self._until = [np.concatenate([[0.0], np.cumsum(shard)]) for shard in shards]
        self._workers = workers
        self._costs = costs
        self._split_tail = split_tail
        # Heartbeats come all the time and slow everything else down.
        self._pace = 1 - workers * costs.beat / costs.interval
        if self._pace <= 0:
            raise ValueError(f"the run loop cannot keep up with the heartbeats of {workers} workers")
        self._next = 0
        self._parent_free = self._parent_busy = self._waited = 0.0
        self._pieces: dict[int, _Piece] = {}
        self._under_way = [0] * len(shards)
        self._commit_ends = [0.0] * workers
        self._ends = np.zeros(len(shards))
        self._left = np.zeros(workers)
        self._versions = [0] * workers
        """Of the time when each worker finishes its piece: half of it may be taken over."""
        self._events: list[tuple[float, _Kind, int, int]] = []
        """Time, kind, and which worker or shard; a finish also has its version."""

    def run(self) -> Outcome:
        self._events = [(0.0, _Kind.READY, worker, 0) for worker in range(self._workers)]
        while self._events:
            now, kind, number, version = heapq.heappop(self._events)
            if kind is _Kind.READY:
                self._ready(number, now)
            elif kind is _Kind.FINISHED:
                if version == self._versions[number]:
                    self._finished(number, now)
            else:
                self._ends[number] = self._serve(now, self._costs.collect)
        engine = float(self._ends.max(initial=0.0))
        return Outcome(
            workers=self._workers,
            work=float(sum(until[-1] for until in self._until)),
            ends=self._ends,
            left=self._left,
            parent=self._parent_busy + (1 - self._pace) * engine,
            waited=self._waited,
            costs=self._costs,
        )

    def _serve(self, now: float, seconds: float) -> float:
        """When the run loop has done what takes it so many seconds, if it is asked now."""
        self._parent_free = max(now, self._parent_free) + seconds / self._pace
        self._parent_busy += seconds
        return self._parent_free

    def _ready(self, worker: int, now: float) -> None:
        if self._next < len(self._until):
            shard = self._next
            self._next += 1
            begin = self._serve(now, self._costs.send)
            if self._next < len(self._until):
                self._serve(begin, self._costs.make)
            until = self._until[shard]
            self._begin(worker, now, _Piece(shard=shard, until=until, first=0, end=len(until) - 1, began=begin))
        elif self._split_tail and (given := self._half_of_the_longest(now)):
            given.began = self._serve(now, 2 * self._costs.send)
            self._begin(worker, now, given)

    def _half_of_the_longest(self, now: float) -> _Piece | None:
        owner = max(self._pieces, key=lambda each: self._pieces[each].finish, default=None)
        if owner is None:
            return None
        given = self._pieces[owner].give(now)
        if given is not None:
            self._push_finish(owner)
        return given

    def _begin(self, worker: int, asked: float, piece: _Piece) -> None:
        self._waited += piece.began - asked
        self._under_way[piece.shard] += 1
        self._pieces[worker] = piece
        self._push_finish(worker)

    def _push_finish(self, worker: int) -> None:
        piece = self._pieces[worker]
        self._versions[worker] += 1
        heapq.heappush(self._events, (piece.finish, _Kind.FINISHED, worker, self._versions[worker]))

    def _finished(self, worker: int, now: float) -> None:
        piece = self._pieces.pop(worker)
        self._left[worker] = now
        ready = now
        self._under_way[piece.shard] -= 1
        if not self._under_way[piece.shard]:
            # The other of its two threads may still commit the shard before; this one commits from now on.
            ready = max(now, self._commit_ends[worker])
            self._commit_ends[worker] = now + self._costs.commit * (len(piece.until) - 1)
            heapq.heappush(self._events, (self._commit_ends[worker], _Kind.COMMITTED, piece.shard, 0))
        if self._next < len(self._until):
            self._waited += ready - now
        heapq.heappush(self._events, (ready, _Kind.READY, worker, 0))
