"""Options that several targets share."""

from wizard.targets.option import switch

INDEX = switch(
    default=True,
    description="an index file for each shard, for DALI, and of TFRecords for PyPI's tfrecord",
    text="Index files beside the shards?",
    label="Index files",
    review="no index files",
)
