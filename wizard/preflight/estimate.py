"""Size, time and memory of a build, measured by transforming a sample of the source's images."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from wizard.engine.deaths import WorkerDied
from wizard.engine.dry_run import DryRun, dry_run, memory_of_largest, seconds_to_read
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.engine.plan import ShardTask
from wizard.engine.transform import Recipe
from wizard.errors import BadImage, MachineError
from wizard.events import Estimated
from wizard.ilsvrc2012.archives import Split
from wizard.machine.cores import usable_cores
from wizard.machine.memory import usable_memory
from wizard.planning import Job, foresee_checks, is_open
from wizard.preflight.checks import memory_for_an_image
from wizard.preflight.forecast import Machine, Measured, forecast
from wizard.preflight.reading_speed import ReadingSpeed, measure_reading
from wizard.preflight.totals import Column, total
from wizard.preflight.write_cost import WriteCost, measure_write_cost
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.samples import SampleTable
from wizard.sources.sampling import Drawn, draw
from wizard.sources.source import Progress, Survey
from wizard.targets.target import Target

P = ParamSpec("P")
T = TypeVar("T")

SAMPLE = 640
"""Images put through at most, shared by the splits as their bytes are; more where there are many workers."""
SHARE = 0.02
"""Part of all images that are put through at most, so that measuring a small build does not take as long as it."""
_LEAST = 64
"""Of each split."""
_PER_WORKER = 16
_CHUNK = 16
"""Images handed to a worker at a time."""
_ROOM = 256_000_000
"""Bytes of memory that must be available for each process that measures."""
_SEED = 2012
_READ = 64
"""Images read to learn how long reading takes, drawn again each time: an earlier look has others in the page cache."""
_LARGEST = 8
"""How many of a split's largest files have their headers read: one may need more memory than any in the sample."""


def measuring_workers(workers: int) -> int:
    """How many processes measure for a build with so many workers: never more than cores and memory take."""
    return max(1, min(workers, usable_cores(), usable_memory().available // _ROOM))


class Estimator:
    """Keeps the workers and the sample, so that repeated estimates are quick.

    There are as many that measure as a build with `workers` would have, but never more than cores and memory take. They
    are those of the pool, or of one of its own. A job may have another number of workers.
    """

    def __init__(
        self, surveys: Mapping[Split, Survey], workers: int, folder: Path, pool: WorkerPool | None = None
    ) -> None:
        self._surveys = surveys
        self._folder = folder
        self._pool = pool or WorkerPool()
        self._processes = measuring_workers(workers)
        self._executor = self._pool.executor(self._processes)
        self._executor.start()
        self._draw = cache(draw)
        self._write_costs: dict[tuple[Path, Target], WriteCost] = {}
        self._reading: dict[Split, float] = {}
        self._speeds: dict[Split, ReadingSpeed] = {}
        self._known: dict[tuple[Split, Recipe, Target], Measured] = {}

    def close(self) -> None:
        """Ends the workers."""
        self._pool.close()

    @property
    def held(self) -> int:
        """Bytes of memory that the waiting workers hold."""
        return self._pool.held

    def estimate(
        self, job: Job, *, remaining: float = 1.0, progress: Progress = lambda _done, _total: None
    ) -> Estimated:
        """Size, time and memory of the build of a job, whose surveys are the estimator's; see `settle`."""
        return self.settle(job, remaining=remaining, progress=progress)[1]

    def settle(
        self, job: Job, *, remaining: float = 1.0, progress: Progress = lambda _done, _total: None
    ) -> tuple[Job, Estimated]:
        """The job with the way of reading that is faster, if it leaves that open, and the estimate of its build.

        The time is for the `remaining` part, which no earlier run has done; `progress` is in bytes of the sample.

        Raises:
            InputError: an archive cannot be read, or a worker crashed on an image.
            MachineError: a worker was killed.
        """
        checked, hashing = foresee_checks(job, remaining)
        parts = {split: self._measured(checked, split, progress) for split in job.surveys}
        machine = Machine(
            workers=job.workers,
            busy=min(job.workers, usable_cores()),
            cost=self._write_cost(job.output, job.target),
            speed=self._speed(checked),
            hashing=hashing,
        )
        return forecast(job, parts, machine, remaining)

    def sample(self, job: Job) -> list[tuple[Drawn, Recipe]]:
        """The images that `estimate` measures, with their recipe: a pair for each split."""
        return [(self._sample(job, split), recipe) for split, recipe in job.recipes.items()]

    def call(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a function in a worker."""
        return self._executor.submit(fn, *args, **kwargs).result()

    def _sample(self, job: Job, split: Split) -> Drawn:
        together = max(1, sum(survey.image_bytes for survey in job.surveys.values()))
        every = sum(survey.images for survey in job.surveys.values())
        wanted = min(max(SAMPLE, _PER_WORKER * self._processes), SHARE * every)
        count = max(_LEAST, round(wanted * self._surveys[split].image_bytes / together))
        return self._draw(self._surveys[split], count, _SEED, self._folder)

    def _measured(self, job: Job, split: Split, progress: Progress) -> Measured:
        known = split, job.recipes[split], job.target
        if known not in self._known:
            self._known[known] = self._measure(self._sample(job, split), job.recipes[split], job.target, progress)
        return self._known[known]

    def _speed(self, job: Job) -> ReadingSpeed | None:
        """How fast the largest split is read; None where the way of reading is settled."""
        tables = [survey.table for survey in job.surveys.values() if survey.table is not None]
        if job.reading.staged or not is_open(job.profile, tables):
            return None
        survey = max(job.surveys.values(), key=lambda survey: survey.image_bytes)
        if survey.split not in self._speeds:
            task = partial(self._task, survey, asked=job.recipes[survey.split], target=job.target)
            self._speeds[survey.split] = measure_reading(
                survey, self._processes, self._folder, self._executor.submit, task
            )
        return self._speeds[survey.split]

    def _write_cost(self, output: Path, target: Target) -> WriteCost:
        if (output, target) not in self._write_costs:
            self._write_costs[output, target] = measure_write_cost(output, target)
        return self._write_costs[output, target]

    def _time_reading(self, survey: Survey, asked: Recipe, target: Target) -> float:
        if survey.split not in self._reading:
            drawn = draw(survey, _READ, time.time_ns(), self._folder)
            task = self._task(drawn.survey, drawn.table, asked, target)
            with _naming_the_image(task):
                read = self.call(seconds_to_read, task)
            self._reading[survey.split] = read * survey.image_bytes / max(1, int(drawn.table.size.sum()))
        return self._reading[survey.split]

    def _largest(self, survey: Survey, asked: Recipe, target: Target) -> int:
        """Bytes of memory that the most demanding of the largest files needs; 0 if unknown, or slow to find out."""
        table = survey.table
        if table is None or table.reader.in_order:
            return 0
        rows = np.argsort(table.size, kind="stable")[-_LARGEST:]
        task = self._task(survey, table.take(rows), asked, target)
        with _naming_the_image(task):
            return self.call(memory_of_largest, task)

    def _task(self, survey: Survey, samples: SampleTable, asked: Recipe, target: Target) -> ShardTask:
        return ShardTask(
            split=survey.split,
            name="",
            folder="",
            samples=samples,
            recipe=asked,
            label_base=1,
            skip_bad=True,
            target=target,
            memory=memory_for_an_image(usable_memory(), self._processes),
        )

    def _measure(self, drawn: Drawn, asked: Recipe, target: Target, progress: Progress) -> Measured:
        cold = self._time_reading(drawn.survey, asked, target)
        count = len(drawn.table)
        chunks = -(-count // _CHUNK)
        rows = [np.arange(start, count, chunks) for start in range(chunks)]
        if drawn.table.reader.in_order:
            rows = np.array_split(np.arange(count), chunks)
        tasks = [self._task(drawn.survey, drawn.table.take(chunk), asked, target) for chunk in rows]
        futures = [self._executor.submit(dry_run, task) for task in tasks]
        results, done = [], 0
        for task, future in zip(tasks, futures, strict=True):
            with _naming_the_image(task):
                results.append(future.result())
            done += int(task.samples.size.sum())
            progress(done, int(drawn.table.size.sum()))
        order = np.argsort(np.concatenate(rows))
        weight, size = drawn.weight, drawn.table.size.astype(np.float64)
        totals = drawn.survey.images, float(drawn.survey.image_bytes)
        wall = sum(sum(result.seconds) + sum(result.reading) for result in results)
        share_had = min(1.0, sum(result.cpu for result in results) / max(1e-9, wall))
        seconds = total(_column(results, lambda result: result.seconds, order), size, weight, totals)
        return Measured(
            sampled=count,
            bytes_out=total(_column(results, lambda result: result.bytes_out, order), size, weight, totals),
            kept=total(_column(results, lambda result: result.kept, order), size, weight, totals),
            smaller=total(_column(results, lambda result: result.smaller, order), size, weight, totals),
            seconds=(seconds[0] + cold, seconds[1]),
            undisturbed=seconds[0] * share_had + cold,
            reading=cold,
            rss=[result.rss for result in results],
            largest=max(self._largest(drawn.survey, asked, target), *(result.largest for result in results)),
            damaged=tuple(chain.from_iterable(result.damaged for result in results)),
        )


@contextmanager
def _naming_the_image(task: ShardTask | None) -> Iterator[None]:
    """Context manager: turns a worker's death into an error that names the image being processed."""
    try:
        yield
    except WorkerDied as death:
        if task is not None and death.crashed and death.item is not None:
            raise BadImage(
                f"{task.samples[death.item].place}: {death} while processing this image.",
                "If it also crashes when tried alone, the build stops there; replace or convert it, or " + ON_BAD_IMAGE,
            ) from death
        raise MachineError(f"A process that was measuring images ended: {death}.", death.hint) from death


def _column(
    results: list[DryRun], part: Callable[[DryRun], list[int] | list[float]], order: npt.NDArray[np.intp]
) -> Column:
    return np.concatenate([np.asarray(part(result), np.float64) for result in results])[order]
