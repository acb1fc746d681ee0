"""Hold-out: which images of train become validation, decided class by class from the images' names alone."""

import numpy as np
import numpy.typing as npt

from wizard.sources.holdout import Holdout
from wizard.sources.names import hash_order

_KEY = b"imagenet-setup holdout"  # another key would hold out other images


def held_out(rule: Holdout, names: npt.NDArray[np.bytes_], labels: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """bool[n], which images are held out; one without a label (-1) never is.

    It depends neither on the order of the rows nor on other classes, and what a smaller number holds out, a larger one
    does too.
    """
    order = hash_order(names, _KEY) if rule.order == "hash" else np.argsort(names)
    order = order[np.argsort(labels[order], kind="stable")]
    sizes = np.bincount(labels[labels >= 0]).astype(np.int64)
    unlabeled = int((labels < 0).sum())
    place = np.arange(len(order) - unlabeled) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    held = np.zeros(len(names), np.bool_)
    held[order[unlabeled:]] = place < np.repeat(_counts(rule, sizes), sizes)
    return held


def _counts(rule: Holdout, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """int64[n], how many images are held out of classes of these sizes.

    A share is rounded to the nearest number, and is one image at least; every class keeps one.
    """
    if rule.images:
        wanted = np.full_like(sizes, rule.images)
    else:
        top, bottom = rule.share.numerator, rule.share.denominator
        wanted = np.maximum((2 * sizes * top + bottom) // (2 * bottom), 1)
    return np.minimum(wanted, np.maximum(sizes - 1, 0))
