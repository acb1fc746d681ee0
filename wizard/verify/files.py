"""Re-reads a shard of image files: its commit record, and every file that this lists."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from wizard.engine import in_hand
from wizard.engine.record_file import read_record
from wizard.engine.writers import ImageFile, sum_of_files
from wizard.verify import images
from wizard.verify.expected import Expectation, Problem, miscounted


def planned_paths(expected: Expectation) -> list[str]:
    """The files that a shard should consist of, below the output folder, in order."""
    split = expected.result.split
    return [expected.target.image(split, image.name, image.wnid) for image in expected.images]


def check_files(expected: Expectation) -> Iterator[Problem]:
    """What is wrong with a shard's image files and the record that lists them.

    Raises:
        OSError: the record cannot be read.
    """
    shard, result = expected.result.shard, expected.result
    try:
        listed = read_record(Path(expected.folder), shard).files
    except ValueError as error:
        yield Problem(shard=shard, what=str(error))
        return
    digest = sum_of_files(listed)
    if digest != result.sha256:
        yield Problem(shard=shard, what=f"the sha256 of its list of files is {digest}, expected {result.sha256}")
    size = sum(file.bytes for file in listed)
    if size != result.bytes_out:
        yield Problem(shard=shard, what=f"its files are listed with {size:,} bytes, expected {result.bytes_out:,}")
    yield from miscounted(expected, len(listed), None)
    for file, path, image in in_hand.each(zip(listed, planned_paths(expected), expected.images, strict=False)):
        if file.path != path:
            yield Problem(shard=shard, what=f"its record lists {file.path}, expected {path}", name=image.name)
            continue
        for what in _wrong(Path(expected.folder), file):
            yield Problem(shard=shard, what=f"{path}: {what}", name=image.name)


def _wrong(folder: Path, file: ImageFile) -> Iterator[str]:
    try:
        content = (folder / file.path).read_bytes()
    except OSError as error:
        yield f"it cannot be read: {error.strerror or error}"
        return
    if len(content) != file.bytes:
        yield f"it has {len(content):,} bytes, expected {file.bytes:,}"
        return
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        yield f"its sha256 is {digest}, expected {file.sha256}"
        return
    yield from images.wrong(content, {})
