"""Re-reads one shard and says what is wrong with it. Runs in a worker process, without TensorFlow."""

import hashlib
from collections.abc import Iterator

from wizard.verify.expected import Expectation, Problem
from wizard.verify.files import check_files
from wizard.verify.records import check_records
from wizard.verify.tars import check_tar

_CHUNK = 1 << 22


def check_shard(expected: Expectation) -> tuple[Problem, ...]:
    """Everything that is wrong with the shard, its bytes first; empty if nothing is.

    Checks the size and sha256, that it holds exactly the planned images in order, and every image's header. For
    TFRecords, also the CRCs, the features' kinds, ranges and class words, and the index; for records that keep a
    source's features, those whose values are known. For tars, also that they are complete, and each sample's label and
    description. For image files, also that each is in its class's folder.
    """
    check = check_files if expected.target.of_files else _one_file
    try:
        return tuple(check(expected))
    except OSError as error:
        it = "its commit record" if expected.target.of_files else "it"
        return (Problem(shard=expected.result.shard, what=f"{it} cannot be read: {error.strerror or error}"),)


def _one_file(expected: Expectation) -> Iterator[Problem]:
    yield from _bytes(expected)
    yield from check_tar(expected) if expected.target.format == "webdataset" else check_records(expected)


def _bytes(expected: Expectation) -> Iterator[Problem]:
    path, result = expected.path, expected.result
    size = path.stat().st_size
    if size != result.bytes_out:
        yield Problem(shard=result.shard, what=f"it has {size:,} bytes, expected {result.bytes_out:,}")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != result.sha256:
        yield Problem(shard=result.shard, what=f"its sha256 is {digest.hexdigest()}, expected {result.sha256}")
