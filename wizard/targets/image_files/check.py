"""What is wrong with the image files of a shard."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from wizard.targets import images
from wizard.targets.expected import Expectation, ShardDamage
from wizard.targets.image_files.writer import sum_of_files
from wizard.targets.record_file import read_record
from wizard.targets.writer import ImageFile


def recorded_files(expected: Expectation) -> tuple[ImageFile, ...]:
    """The files that a shard consists of, by its commit record.

    Raises:
        ShardDamage: the record is gone or damaged.
    """
    try:
        return read_record(Path(expected.folder), expected.result.shard).files
    except OSError as error:
        raise ShardDamage(f"its commit record cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ShardDamage(str(error)) from error


def wrong_list(expected: Expectation) -> Iterator[str]:
    """Clauses on recorded files that are not those of the shard.

    Raises:
        ShardDamage: the record is gone or damaged.
    """
    files = recorded_files(expected)
    size, digest = sum(file.bytes for file in files), sum_of_files(files)
    if size != expected.result.bytes_out:
        yield f"its files are listed with {size:,} bytes, expected {expected.result.bytes_out:,}"
    if digest != expected.result.sha256:
        yield f"the sha256 of its list of files is {digest}, expected {expected.result.sha256}"


def wrong_file(folder: Path, file: ImageFile) -> Iterator[str]:
    """Clauses on an image file that is not what was recorded, or no image that trainers decode."""
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
