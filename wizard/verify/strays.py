"""Files that a trainer's reader would find in a dataset's folder, and that are no part of the dataset."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from wizard.engine.commit_records import shard_files
from wizard.engine.manifest import Manifest
from wizard.engine.targets import INDEX_FOLDER
from wizard.ilsvrc2012.archives import SPLITS
from wizard.verify.expected import Expectation, Problem
from wizard.verify.files import planned_paths


def strays(folder: Path, manifest: Manifest, expectations: Collection[Expectation]) -> Iterator[Problem]:
    """Each such file; and where classes are folders, each that is empty."""
    if manifest.target.of_files:
        yield from _image_files(folder, manifest, expectations)
    else:
        yield from _shards(folder, manifest)
    yield from _indexes(folder, manifest)


def _shards(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    files = {manifest.target.file(shard.shard) for shard in manifest.shards}
    for path in shard_files(folder, manifest.target):
        if path not in files:
            yield Problem(shard=_shown(path), what="it is no shard of this dataset, but a trainer's glob would find it")


def _indexes(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    shards = {shard.shard for shard in manifest.shards} if manifest.target.indexed else set()
    for file in sorted((folder / INDEX_FOLDER).glob("*")):
        if file.name not in shards:
            yield Problem(
                shard=_shown(f"{INDEX_FOLDER}/{file.name}"), what="it is the index of no shard of this dataset"
            )


def _image_files(folder: Path, manifest: Manifest, expectations: Collection[Expectation]) -> Iterator[Problem]:
    for split in SPLITS:
        planned = {path for each in expectations if each.result.split == split for path in planned_paths(each)}
        for path in sorted(_found(folder, manifest.target.image_folder(split))):
            if path.endswith("/"):
                yield Problem(shard=_shown(path), what="it is an empty folder, which a trainer takes for a class")
            elif path not in planned:
                yield Problem(
                    shard=_shown(path), what="it is no image of this dataset, but a trainer's reader would find it"
                )


def _found(folder: Path, below: str) -> Iterator[str]:
    """Files below a folder by their paths, without a look at any; and folders without anything, with / at the end."""
    try:
        entries = list(os.scandir(folder / below))
    except (FileNotFoundError, NotADirectoryError):
        return
    if not entries:
        yield f"{below}/"
    for entry in entries:
        path = f"{below}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _found(folder, path)
        else:
            yield path


def _shown(path: str) -> str:
    """A path that can be printed, whatever bytes its name is made of."""
    return os.fsencode(path).decode(errors="replace")
