"""Expected size of a dataset: as estimated at first, then from what is written of it so far."""

from collections.abc import Sequence

from wizard.show.split_progress import SplitProgress

_ENOUGH, _SHARE = 500, 0.05
"""Images from which the size of all is predicted; of a small dataset, this share of its images."""


def expected_size(splits: Sequence[SplitProgress], estimated: float | None) -> float | None:
    """Bytes of all shards; None as long as nothing was estimated and too little is written.

    Args:
        splits: how far each is.
        estimated: bytes of all shards, measured on a sample before the build; None where there was none.
    """
    images = sum(split.images for split in splits)
    written = sum(split.images_out for split in splits)
    bytes_out = sum(split.bytes_out for split in splits)
    # Early on, a sample of all images predicts better than the first shards.
    if estimated is not None and written < images * _SHARE:
        return max(estimated, bytes_out)
    # By bytes of the raw data and not by images or shards: the shards that have most of these bytes come first.
    read = sum(split.bytes_in_of_out for split in splits)
    if not read or written < min(_ENOUGH, images * _SHARE):
        return None
    return bytes_out + sum(_to_come(split, bytes_out / read) for split in splits)


def _to_come(split: SplitProgress, usual: float) -> float:
    """Bytes that are not written yet; `usual` is what a byte of the raw data becomes in all splits.

    A split is measured by itself once it has begun: validation may keep its bytes while train is resized.
    """
    read = split.bytes_in_of_out
    # What a source states of its images' sizes may be off by a little, as records have more in them than an image.
    if split.images_out >= split.images:
        return 0.0
    ratio = split.bytes_out / read if read else usual
    return max(0, split.source_bytes - read) * ratio
