"""A measurement, and the statistics over several of them."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run of one contestant.

    Attributes:
        images: that it finished.
        seconds: wall time of the work itself, by the contestant's own clock.
        whole: wall time of the whole command, with its start.
        cpu: user and system seconds of the command and its children; of the codec loop, those of its loop alone.
        parent: largest resident memory of the command's first process, in bytes.
        worker: that of the largest of its children.
        stages: seconds of each stage, summed over all workers.
        workers: number of processes that did the work; 0 where nobody says.
        busy: seconds that the workers spent on shards, summed.
        idle: seconds that the first of them to finish waited for the last; of the codec loop alone.
    """

    images: int
    seconds: float
    whole: float
    cpu: float
    parent: int = 0
    worker: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    workers: int = 0
    busy: float = 0.0
    idle: float = 0.0

    @property
    def rate(self) -> float:
        """Images a second of the work itself."""
        return self.images / self.seconds

    @property
    def whole_rate(self) -> float:
        """Images a second from start to end of the command."""
        return self.images / self.whole

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds an image."""
        return 1000 * self.cpu / self.images


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median, least and largest of some measurements."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        digits = ".0f" if self.median >= 100 else ".3g"
        if self.low == self.high:
            return f"{self.median:,{digits}}"
        return f"{self.median:,{digits}} ({self.low:,{digits}} to {self.high:,{digits}})"


def spread(values: Iterable[float]) -> Spread:
    """The spread of at least one value.

    >>> print(spread([3.0, 1.0, 2.0]))
    2 (1 to 3)
    """
    listed = list(values)
    return Spread(median=statistics.median(listed), low=min(listed), high=max(listed))


def ratio(mine: Sequence[float], others: Sequence[float]) -> Spread:
    """The spread of the ratios of each round, whose two measurements were made one after the other.

    >>> print(ratio([2.0, 6.0], [4.0, 4.0]))
    1 (0.5 to 1.5)
    """
    return spread(one / other for one, other in zip(mine, others, strict=True))


def stage_ms(runs: Sequence[Measured]) -> dict[str, float]:
    """Medians of each stage's milliseconds an image; empty where no clocks were read."""
    names = dict.fromkeys(name for run in runs for name in run.stages)
    return {name: statistics.median(1000 * run.stages.get(name, 0.0) / run.images for run in runs) for name in names}
