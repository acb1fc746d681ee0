"""Lists of the shards for readers that want to know them beforehand: timm's `_info.json` and the index files of wids.

Sources: timm 1.0 (`data/readers/reader_wds.py`); wids 0.1.11 (`wids_specs.py`, `wids_index.py`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wizard.commit_record import CommitRecord

INFO = "_info.json"

_Splits = Mapping[str, Sequence[CommitRecord]]
_File = Callable[[str], str]


def timm_info(name: str, splits: _Splits, file: _File) -> bytes:
    """The list of all splits for timm. `file` gives a shard's file, relative to the list."""
    listed = {split: _timm_split(split, shards, file) for split, shards in splits.items()}
    return _text({"name": name, "splits": listed})


def wids_index(name: str, shards: Sequence[CommitRecord], url: _File) -> bytes:
    """The list of a split's shards for wids. `url` gives a shard's file, relative to the index.

    The MD5s that `wids-index create` adds are left out: its reader does not look at them.
    """
    listed = [{"url": url(shard.shard), "nsamples": shard.images, "filesize": shard.bytes_out} for shard in shards]
    return _text({"__kind__": "wids-shard-index-v1", "wids_version": 1, "name": name, "shardlist": listed})


def _timm_split(split: str, shards: Sequence[CommitRecord], file: _File) -> dict[str, Any]:
    return {
        "name": split,
        "num_samples": sum(shard.images for shard in shards),
        "filenames": [file(shard.shard) for shard in shards],
        "shard_lengths": [shard.images for shard in shards],
    }


def _text(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
