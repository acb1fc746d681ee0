"""What is wrong with the image files of a shard, and with the list of them in its commit record."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wizard.targets import images
from wizard.targets.expected import Expectation, Seen, ShardDamage
from wizard.targets.image_files.writer import sum_of_files
from wizard.targets.record_file import read_record
from wizard.targets.writer import ImageFile


class StoredFile(NamedTuple):
    """An image file that a commit record lists."""

    listed: ImageFile

    def seen(self, folder: Path, place: str) -> Seen:
        """What is wrong with it, in a dataset's folder, if the image belongs in a certain place."""
        if self.listed.path != place:
            return Seen(0, [f"its record lists {self.listed.path}, expected {place}"])
        return Seen(0, [f"{place}: {what}" for what in _wrong_file(folder, self.listed)])


def stored_files(expected: Expectation) -> Iterator[StoredFile]:
    """The files of a shard, in order.

    Raises:
        ShardDamage: its commit record cannot be read.
    """
    for file in _listed(expected):
        yield StoredFile(file)


def wrong_list(expected: Expectation) -> Iterator[str]:
    """Clauses on what is wrong with the list of a shard's files.

    Raises:
        ShardDamage: its commit record cannot be read.
    """
    files = _listed(expected)
    size, digest = sum(file.bytes for file in files), sum_of_files(files)
    if size != expected.result.bytes_out:
        yield f"its files are listed with {size:,} bytes, expected {expected.result.bytes_out:,}"
    if digest != expected.result.sha256:
        yield f"the sha256 of its list of files is {digest}, expected {expected.result.sha256}"


def _listed(expected: Expectation) -> tuple[ImageFile, ...]:
    try:
        return read_record(Path(expected.folder), expected.result.shard).files
    except OSError as error:
        raise ShardDamage(f"its commit record cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise ShardDamage(str(error)) from error


def _wrong_file(folder: Path, file: ImageFile) -> Iterator[str]:
    """Clauses on an image file that is not what was recorded, or no image that trainers decode."""
    try:
        content = (folder / file.path).read_bytes()
    except OSError as error:
        yield f"it cannot be read: {error.strerror or error}"
        return
    digest = hashlib.sha256(content).hexdigest()
    if len(content) != file.bytes:
        yield f"it has {len(content):,} bytes, expected {file.bytes:,}"
    elif digest != file.sha256:
        yield f"its sha256 is {digest}, expected {file.sha256}"
    else:
        yield from images.wrong(content, {})
