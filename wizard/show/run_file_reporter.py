"""The reporter for those who watch from elsewhere: it writes the file of the run, which `status` reads."""

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from wizard import run_files
from wizard.engine.heartbeat import HOST
from wizard.events import BuildFinished, Heartbeat, Started, WorkerLost
from wizard.run_status import INTERVAL, HostStatus, RunStatus, State, WorkerStatus
from wizard.show.build_progress import BuildProgress, WorkerProgress
from wizard.show.how_it_ended import ending
from wizard.show.progress import Event, messages

_WARNINGS = 3
"""How many are kept."""
_LEAST = 1.0
"""Seconds between two writings at least, so that all workers that begin at once are in the second."""
_JOIN = 5.0
"""Seconds to wait at the end for a writing that is under way; a network file system may hang for good."""


class RunFileReporter:
    """Writes every few seconds, and when the command ends, whatever ends it; never raises.

    Until the build begins, another run of the same name may be at work in the folder, which will send this one away:
    its file is left alone while it lives. Nor is a folder written to that holds no state of a build.
    """

    def __init__(self, folder: Path, slice_: str = "", interval: float = INTERVAL) -> None:
        self._folder, self._interval = folder, interval
        self._build = BuildProgress()
        self._plan_id = ""
        self._warnings: deque[str] = deque(maxlen=_WARNINGS)
        self._lost = 0
        self._complete = False
        self._idle = True
        """Whether no worker was at work when the file was last written."""
        self._due = threading.Event()
        now = time.time()
        self._first = RunStatus(
            slice=slice_, host=HOST, pid=os.getpid(), begun=now, written=now, interval=interval, state="preparing"
        )
        # Events come from the command's thread, and the writing one must not see half of one.
        self._lock = threading.RLock()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Writes while the block runs, and at its end how it ended."""
        ended = threading.Event()
        writer = threading.Thread(target=self._write_until, args=(ended,), daemon=True)
        writer.start()
        state: State = "finished"
        error = ""
        try:
            yield
        except BaseException as raised:
            how = ending(raised)
            state, error = how.state, how.why
            raise
        finally:
            ended.set()
            self._due.set()
            writer.join(_JOIN)
            if not writer.is_alive():
                self._write(state, error)

    def handle(self, event: Event) -> None:
        """Takes one event into account."""
        with self._lock, suppress(Exception):
            self._build.add(event)
            if isinstance(event, Heartbeat) and self._idle:
                # Else whoever asks in the first seconds would be told that nothing is under way.
                self._due.set()
            if isinstance(event, Started):
                self._plan_id = event.plan_id
                self._due.set()
            elif isinstance(event, WorkerLost):
                self._lost += 1
            elif isinstance(event, BuildFinished):
                self._complete = event.is_complete
            if self._plan_id:  # what is remarked before is about the source, and no news of the build
                self._warnings.extend(line.removeprefix("! ") for line in messages(event) if line.startswith("! "))

    def status(self, state: State | None = None, error: str = "") -> RunStatus:
        """What the run says now; its state is found out unless it has ended."""
        with self._lock:
            build = self._build
            splits = build.splits.values()
            workers = build.workers
            run = replace(
                self._first,
                plan_id=self._plan_id,
                written=time.time(),
                state=state or _state(build),
                error=error,
                step=_step(build),
                shards_done=sum(split.shards_done for split in splits),
                shards=sum(split.shards for split in splits),
                stretches_done=sum(split.stretches_done for split in splits),
                stretches=sum(split.stretches for split in splits),
                images_done=build.reached,
                images=build.images,
                bytes_out=build.bytes_out,
                workers_lost=self._lost,
                skipped=build.skipped,
                warnings=tuple(self._warnings),
            )
            if state is not None:
                return run
            return replace(
                run,
                under_way=dict(Counter(split for split, _ in _under_way(workers))),
                images_per_second=None if build.rates is None else build.rates[0],
                seconds_left=build.seconds_left,
                hosts=_hosts(workers, build.now()),
                workers=tuple(_worker(each, build.now()) for each in workers),
            )

    def _write_until(self, ended: threading.Event) -> None:
        while not ended.is_set():
            self._due.clear()
            self._write()
            ended.wait(min(_LEAST, self._interval))
            if not ended.is_set():
                self._due.wait(self._interval)

    def _write(self, state: State | None = None, error: str = "") -> None:
        # Whatever is wrong with a hint must not become what is wrong with the build.
        with suppress(Exception):
            run = self.status(state, error)
            self._idle = not run.workers
            if not self._plan_id and not self._may_write(run):
                return
            run_files.write(self._folder, run)
            if state == "finished" and self._complete:
                self._remove_others(run)

    def _may_write(self, run: RunStatus) -> bool:
        other = run_files.read(self._folder, run.name)
        return other is None or other.run.is_of(run.host, run.pid) or not other.alive

    def _remove_others(self, run: RunStatus) -> None:
        """Removes what is left of runs that did not see the end: the dataset is complete, and nobody needs to know."""
        for other in run_files.read_all(self._folder):
            if other.run.name != run.name and not other.alive:
                run_files.remove(self._folder, other.run)


def _state(build: BuildProgress) -> State:
    if build.stopping:
        return "stopping"
    if not build.splits:
        return "preparing"
    return "finishing" if all(split.shards_done >= split.shards for split in build.splits.values()) else "building"


def _step(build: BuildProgress) -> str:
    for step in build.preparing.values():
        return f"{step.step}: {100 * step.done // max(1, step.total)} %"
    return ""


def _under_way(workers: list[WorkerProgress]) -> set[tuple[str, str]]:
    """The shards that workers build, each with its split before it."""
    return {(each.beat.split, each.beat.shard) for each in workers if not each.beat.reading}


def _hosts(workers: list[WorkerProgress], now: float) -> tuple[HostStatus, ...]:
    by_host: dict[str, list[WorkerProgress]] = {}
    for each in workers:
        by_host.setdefault(each.beat.host or HOST, []).append(each)
    return tuple(
        HostStatus(
            host=host,
            workers=len(mine),
            shards=len(_under_way(mine)),
            images_per_second=_sum([each.rate.rate(now) for each in mine]),
        )
        for host, mine in by_host.items()
    )


def _sum(rates: list[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def _worker(worker: WorkerProgress, now: float) -> WorkerStatus:
    beat = worker.beat
    return WorkerStatus(
        host=beat.host or HOST,
        number=beat.number,
        shard=beat.title,
        images_done=beat.done,
        images=beat.total,
        images_per_second=worker.rate.rate(now),
        memory=beat.rss,
    )
