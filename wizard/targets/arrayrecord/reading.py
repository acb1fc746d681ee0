"""ArrayRecords as TFDS and Grain read them, in the worker of `wizard.verify.in_tensorflow` alone."""

from collections.abc import Iterator, Sequence


def payloads(files: Sequence[str]) -> Iterator[bytes]:
    """The records of shards, one shard after the other.

    Raises:
        RuntimeError, ValueError: array_record cannot read one.
    """
    from array_record.python.array_record_data_source import ArrayRecordDataSource

    for file in files:
        with ArrayRecordDataSource(file) as records:
            yield from records
