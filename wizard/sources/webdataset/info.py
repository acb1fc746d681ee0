"""timm's `_info.json`: the splits of a set of shards, their files, and how many samples each file has."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.names import unsafe
from wizard.sources.split_names import split_of_folder

_AGAIN = "Download it again, or remove it: the shards are then recognized by their names"
# In this order, as timm's `reader_wds.py` looks for them.
_NAMES = ("_info.json", "info.json")


@dataclass(frozen=True, kw_only=True)
class SplitInfo:
    """A split as the file lists it.

    Attributes:
        path: the file.
        files: names of its shards, in order.
        lengths: how many samples each has; empty if the file does not say so.
    """

    path: Path
    files: tuple[str, ...]
    lengths: tuple[int, ...]


def read_info(folder: Path) -> dict[Split, SplitInfo]:
    """The splits that a folder's `_info.json` lists; none if there is no such file, or it is about something else.

    A split that only picks samples of another one by a second label, such as imagenet-22k's train_12k, is passed over.

    Raises:
        InputError: the file is there, but no JSON, or lists a shard twice, or outside of the folder.
        OSError: it cannot be read.
    """
    for name in _NAMES:
        path = folder / name
        if not path.is_file():
            continue
        splits = _splits(path)
        found: dict[Split, SplitInfo] = {}
        for key, listed in splits.items():
            split = split_of_folder(key)
            info = _split_info(path, listed)
            if split is not None and info is not None and split not in found:
                found[split] = info
        if found:
            return found
    return {}


def _splits(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        if path.name != _NAMES[0]:
            return {}
        raise InputError(
            f"{path} should list the shards of each split, but is not valid JSON: {error}.",
            _AGAIN,
        ) from error
    splits = content.get("splits") if isinstance(content, dict) else None
    return splits if isinstance(splits, dict) else {}


def _split_info(path: Path, listed: Any) -> SplitInfo | None:
    if not isinstance(listed, dict) or listed.get("alt_label"):
        return None
    files, lengths = listed.get("filenames"), listed.get("shard_lengths")
    if not isinstance(files, list) or not files or not all(isinstance(name, str) and name for name in files):
        return None
    bad = next((name for name in files if unsafe(name)), None)
    if bad is not None:
        raise InputError(f"{path} lists the shard {bad!r}, whose name {unsafe(bad)}.", _AGAIN)
    twice = next((name for name, count in Counter(files).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"{path} lists {twice} more than once.", _AGAIN)
    if not isinstance(lengths, list) or not all(isinstance(length, int) for length in lengths):
        lengths = []
    return SplitInfo(path=path, files=tuple(files), lengths=tuple(lengths) if len(lengths) == len(files) else ())
