"""Which form of raw data a folder holds."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from wizard.errors import InputError, reading
from wizard.sources.locate import contents, require_folder
from wizard.sources.official import OfficialArchives, archive_names, image_archive_names
from wizard.sources.records.tfrecords import open_tfrecords
from wizard.sources.source import Layout, Source
from wizard.sources.trees.doubts import FolderRole
from wizard.sources.trees.folders import open_folders
from wizard.sources.trees.kaggle import open_kaggle
from wizard.sources.trees.label_space import Labels

LOOKED_FOR = (
    "the official archives (ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar, ILSVRC2012_img_test_v10102019.tar), an "
    "extracted tree (train/<wnid>/*.JPEG, val/), Kaggle's ILSVRC/Data/CLS-LOC, TFRecords (train-* files), images named "
    "<name>_<wnid>.JPEG, or folders of classes (train/<class>/*.jpg)"
)


def open_source(
    folder: Path,
    layout: Literal["auto"] | Layout = "auto",
    labels: Labels = "auto",
    *,
    follow: bool = False,
    role: FolderRole = "auto",
) -> Source:
    """Looks which form of raw data a folder holds; files are not opened beyond their first bytes.

    Args:
        folder: given by the person.
        layout: the form that it must be, where the person says so.
        labels: whether the labels of class folders are those of ImageNet or of the folders.
        follow: whether links may lead out of the folder.
        role: how to read folders of images that can be read in more than one way.

    Raises:
        DoubtfulFolders: there are such folders, and `role` does not settle it.
        InputError: there is no such folder, it cannot be looked into, or it holds none of the forms.
    """
    with reading(folder):
        require_folder(folder)
        there = {entry.name for entry in folder.iterdir()}
        found = _found(folder, there, layout, labels, follow=follow, role=role)
    if found is None:
        asked = f" as source.layout = {layout!r} asks" if layout != "auto" else ""
        raise InputError(
            f"{folder} holds no raw data that this program knows{asked}. {contents(folder)}",
            f"Looked for {LOOKED_FOR}",
        )
    return found


def _found(
    folder: Path,
    there: Collection[str],
    layout: Literal["auto"] | Layout,
    labels: Labels,
    *,
    follow: bool,
    role: FolderRole,
) -> Source | None:
    """Boxes alone do not make a folder one of archives: they may lie beside an extracted tree."""
    found: Source | None = None
    if layout in ("auto", "kaggle"):
        found = open_kaggle(folder, follow=follow)
    if found is None and (layout == "archives" or (layout == "auto" and image_archive_names() & set(there))):
        found = OfficialArchives(folder, there)
    if found is None and layout in ("auto", "tfrecords"):
        found = open_tfrecords(folder)
    if found is None and layout in ("auto", "folders"):
        found = open_folders(folder, labels, follow=follow, role=role)
    if found is None and layout == "auto" and archive_names() & set(there):
        found = OfficialArchives(folder, there)
    return found
