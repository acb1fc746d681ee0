"""Extrapolates a sample's values to all images: likely totals and their standard errors."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from wizard.formatting import Range

_GROWTH = 1.3
"""Margin: a worker's memory at the end of a build over that after the sample, as it may process larger images."""
_LARGER = 1.1
"""Margin: an image's memory over its estimate, so that a build has room for every image that was estimated."""

Column = npt.NDArray[np.float64]


def total(value: Column, size: Column, weight: Column, totals: tuple[int, float]) -> tuple[float, float]:
    """The total of a value over all images: likely value and standard error.

    Evaluates a weighted least-squares line of the value over the image's size at the true number and bytes of all
    images (the generalised regression estimator of survey sampling): it fits both values that grow with the bytes and
    values that are the same for every image.

    Args:
        value: float64[n], the sample's values.
        size: float64[n], bytes of its images.
        weight: float64[n], how many images each represents.
        totals: number and bytes of all images.
    """
    count, total_bytes = totals
    root = np.sqrt(weight)
    columns = np.column_stack([np.ones_like(size), size])
    line, *_ = np.linalg.lstsq(columns * root[:, None], value * root, rcond=None)
    likely = float(line @ np.array([count, total_bytes]))
    if len(value) >= count:
        return likely, 0.0
    off = weight * (value - columns @ line)
    return likely, float(np.sqrt((off**2).sum()))


def summed(parts: Iterable[tuple[tuple[float, float], float]]) -> tuple[float, float]:
    """Likely value and standard error of a sum of independent parts, each with its weight."""
    listed = list(parts)
    likely = sum(value * share for (value, _), share in listed)
    return likely, float(np.sqrt(sum((error * share) ** 2 for (_, error), share in listed)))


def span(likely: float, spread: float, more: float) -> Range:
    """A range of `spread` on each side of the likely value, plus a fraction `more` at the top."""
    return Range(low=max(0.0, likely - spread), likely=likely, high=(likely + spread) * (1 + more))


def worker_memory(rss: list[int], largest: int) -> Range:
    """Bytes of memory that one worker will use, from each one's after the sample and the most demanding image's."""
    alone = min(rss)
    return Range(
        low=alone,
        likely=max(max(rss) * (1 + _GROWTH) / 2, alone + largest),
        high=max(max(rss) * _GROWTH, alone + largest * _LARGER),
    )
