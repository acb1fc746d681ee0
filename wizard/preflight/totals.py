"""From a sample's values to what all images come to: likely values and their standard errors."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from wizard.engine.events import Range

_GROWTH = 1.3
"""Allowed for: a worker's memory at the end of a build over that after the sample, for it may meet larger images."""
_LARGER = 1.1
"""Allowed for: an image's memory over what is foretold, so that a build has room for what its estimate had."""

Column = npt.NDArray[np.float64]


def total(value: Column, size: Column, weight: Column, totals: tuple[int, float]) -> tuple[float, float]:
    """What a value comes to over all images: likely value and standard error.

    A weighted least-squares line of the value over the image's size, at the true number and true bytes of all images
    (the generalised regression estimator of survey sampling): what grows with the bytes and what is the same for every
    image are both met well.

    Args:
        value: float64[n] of the sample.
        size: float64[n], bytes of its images.
        weight: float64[n], how many images each stands for.
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
    """Likely value and standard error of independent parts, each with its share."""
    listed = list(parts)
    likely = sum(value * share for (value, _), share in listed)
    return likely, float(np.sqrt(sum((error * share) ** 2 for (_, error), share in listed)))


def span(likely: float, spread: float, more: float) -> Range:
    """What is likely, with as much on each side of it, and a share more at the top."""
    return Range(low=max(0.0, likely - spread), likely=likely, high=(likely + spread) * (1 + more))


def worker_memory(rss: list[int], largest: int) -> Range:
    """Bytes that one worker will hold.

    Args:
        rss: what each held after its part of the sample.
        largest: that the image takes which takes most.
    """
    alone = min(rss)
    return Range(
        low=alone,
        likely=max(max(rss) * (1 + _GROWTH) / 2, alone + largest),
        high=max(max(rss) * _GROWTH, alone + largest * _LARGER),
    )
