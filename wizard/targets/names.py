"""Names in a dataset's folder that do not depend on its output format, and paths as fast as a million need them."""

import posixpath

STATE_FOLDER = ".imagenet-setup"
SPLIT_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
"""The splits' folders, as PyTorch code has them."""
JPEG_SUFFIXES = (".jpg", ".jpeg")
PLAN = f"{STATE_FOLDER}/plan.json"
RECORD_FOLDER = f"{STATE_FOLDER}/shards"
"""The commit records: a JSON file for each shard that is done."""
RUN_FOLDER = f"{STATE_FOLDER}/runs"
"""What the runs that build in the folder, on any machine, show of themselves: a lease each, and what they are doing."""
MANIFEST = "dataset.json"
KEPT_PROFILE = f"{STATE_FOLDER}/profile.toml"
"""The answers that the build was begun with, so that its folder alone names it."""
STAGING = f"{STATE_FOLDER}/building"
"""Where image files wait until their shard is whole."""


def normalized(path: str) -> str:
    """`posixpath.normpath`, which is called only where there may be something to do.

    >>> normalized("a/b.jpg"), normalized("./a//b.jpg")
    ('a/b.jpg', 'a/b.jpg')
    """
    plain = "//" not in path and "/." not in path and path[:1] not in ("", ".") and path[-1] != "/"
    return path if plain else posixpath.normpath(path)


def jpeg_suffix(path: str) -> str:
    """The suffix of a path, as `pathlib` has it, if it is a JPEG's; else empty.

    >>> jpeg_suffix("a/b.JPEG"), jpeg_suffix("a/b.png"), jpeg_suffix("a/.jpg")
    ('.JPEG', '', '')
    """
    stem, dot, end = path.rpartition("/")[2].rpartition(".")
    return dot + end if stem and dot + end.lower() in JPEG_SUFFIXES else ""
