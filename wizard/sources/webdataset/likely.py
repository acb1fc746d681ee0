"""How WebDataset shards look by names alone."""

from wizard.sources.likely import Likely

_SHARD = r"(train|val|validation)[-_]?\d{2,6}\.(tar|tar\.gz|tgz|tar\.zst)"
WEBDATASET = tuple(
    Likely(what="WebDataset shards", path=path + name, common=not name.startswith("imagenet"))
    for path in ("", "(train|val|validation)/", r"snapshots/[0-9a-f]+/")
    for name in (rf"imagenet\w*[-_]{_SHARD}", rf"(\w+[-_])?{_SHARD}", r"\d{3,6}\.tar")
)
