"""Class folders that are links to other class folders, so that the same images are in both classes."""

import os
from collections.abc import Sequence
from pathlib import Path


def link_warnings(folders: Sequence[Path]) -> list[str]:
    """A sentence, without its full stop, for each class folder that is a link to another one of them.

    Args:
        folders: the folders or archives of all classes of a split.
    """
    real = {os.path.realpath(folder): folder for folder in folders if not folder.is_symlink()}
    links = [folder for folder in folders if folder.is_symlink()]
    return [
        f"{link} is a link to {real[target]}: the same images are in both classes"
        for link in links
        if (target := os.path.realpath(link)) in real
    ]
