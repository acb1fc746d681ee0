"""From a sample's values to what all images come to: likely values and their standard errors."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from wizard.engine.events import Range

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
