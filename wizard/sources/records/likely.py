"""How TFRecords look by names alone."""

from wizard.sources.likely import Likely

_SHARD = r"(train|val|validation)-\d{5}-of-\d{5}(\.tfrecords?)?(\.gz)?"
TFRECORDS = tuple(
    Likely(what="TFRecords", path=path, common=True) for path in (_SHARD, f"(train|val|validation)/{_SHARD}")
)
