"""Archives of trees, read where they lie: one zip or tar file of everything, or one for each split or part of one.

Known ones: Kaggle's imagenet-object-localization-challenge.zip and imagenet_object_localization_patched2019.tar.gz;
Imagenette's tgz; ImageNet-V2's imagenetv2-matched-frequency.tar.gz; Hugging Face's old train_images_0.tar.gz to
train_images_4.tar.gz, val_images.tar.gz and test_images.tar.gz.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from wizard.errors import Hint, InputError, reading
from wizard.folders import cache_folder
from wizard.formatting import few
from wizard.ilsvrc2012.archives import ARCHIVE_NAMES
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.mount import mount, unmount
from wizard.sources.options import SourceOptions
from wizard.sources.source import Source
from wizard.sources.split_names import among, without_archive_suffix
from wizard.sources.trees import folders, kaggle
from wizard.sources.trees.image_names import passed_over
from wizard.sources.trees.split_dirs import class_archive

LOOKS_LIKE = "a zip or tar archive of such a tree (.zip, .tar, .tar.gz, .tgz, .tar.zst)"
_MOST: Final = 16
"""Archives of splits in a folder; a folder of more has other things in it, such as shards."""
_UNFINISHED: Final = re.compile(r"(.+)\.(?:part|partial|crdownload|download|opdownload|aria2|!ut)", re.DOTALL)
_SPLIT_ZIP: Final = re.compile(r".+\.(?:zip\.\d{3}|z\d{2})", re.IGNORECASE | re.DOTALL)
_UNREAD: Final = (".7z", ".rar", ".tar.lz4", ".tar.z")
"""Suffixes of archives that are refused by name, rather than passed over as if they were not there."""
_ONE: Final = Hint("Give one of them: {}", "source.path=FILE")


def reads_file(path: Path) -> bool:
    """Whether a file is named as an archive that may hold a tree, even if it is one in part."""
    name = path.name
    if name in ARCHIVE_NAMES or class_archive(name):
        return False
    unfinished = _UNFINISHED.fullmatch(name)
    name = unfinished[1] if unfinished else name
    if name.lower().endswith(_UNREAD):
        return True
    return without_archive_suffix(name) != name or _SPLIT_ZIP.fullmatch(name) is not None


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """The tree in an archive, or in those in a folder; see `SourceModule`.

    Archives that are named after splits are read together, beside folders of other splits; else a folder's only archive
    is read, if the folder holds no images itself.
    """
    if folder.is_file():
        return _in_archive(folder, options)
    data = folder / "data"  # of Hugging Face
    archives = _archives(folder)
    found = _of_splits(folder, archives, options)
    if found is not None:
        return found
    held = [each for each in (archives, _archives(data)) if 0 < len(each) <= _MOST]
    if not held or folders.recognize(folder, options) is not None:
        return None
    place = held[0][0].parent
    return _of_splits(place, held[0], options) or _only(place, held[0], options)


def _archives(folder: Path) -> list[Path]:
    """The archives in a folder that were not unpacked beside it, by the names of the folders there."""
    if not folder.is_dir():
        return []
    with reading(folder):
        there = sorted(path for path in folder.iterdir() if not passed_over(path.name))
        found = [path for path in there if reads_file(path) and path.is_file()]
    if not found:
        return []
    unpacked = {path.name for path in there if path.is_dir() and not _is_empty(path)}
    whole = {each.split for each in among(unpacked).values() if not each.part}
    splits = among(path.name for path in found)
    found = [path for path in found if path.name not in splits or splits[path.name].split not in whole]
    return [path for path in found if without_archive_suffix(path.name) not in unpacked]


def _is_empty(folder: Path) -> bool:
    with suppress(OSError):  # what cannot be looked into may hold anything
        return not any(folder.iterdir())
    return False


def _of_splits(folder: Path, archives: Sequence[Path], options: SourceOptions) -> Source | None:
    splits = among(path.name for path in archives)
    named = [path for path in archives if path.name in splits]
    if not 0 < len(named) <= _MOST:
        return None
    found = None
    try:
        for path in named:
            _mount(path, options, beside=True)
        found = folders.recognize(folder, options)
    finally:
        if found is None:
            for path in named:
                unmount(path)
    return found


def _only(folder: Path, archives: Sequence[Path], options: SourceOptions) -> Source:
    if len(archives) > 1:
        raise InputError(
            f"{folder} holds {few([path.name for path in archives])}: each may hold a dataset of its own, and none is "
            "named after a split.",
            _ONE,
        )
    return _in_archive(archives[0], options)


def _in_archive(path: Path, options: SourceOptions) -> Source:
    _mount(path, options, beside=False)
    found = kaggle.recognize(path, options) or folders.recognize(path, options)
    if found is None:
        with filesystem.scandir(path) as entries:
            held = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
        seen = f"In it: {few(held)}." if held else "It is empty."
        raise InputError(
            f"{path} holds no tree of images that this program knows. {seen}",
            f"Looked for {kaggle.LOOKS_LIKE}, {folders.LOOKS_LIKE}",
        )
    return found


def _mount(path: Path, options: SourceOptions, *, beside: bool) -> None:
    unfinished = _UNFINISHED.fullmatch(path.name)
    if unfinished:
        raise InputError(
            f"{path} is an unfinished download of {unfinished[1]}.", "Let the download finish, or begin it again"
        )
    mount(path, cache_folder(), options.progress, beside=beside)
