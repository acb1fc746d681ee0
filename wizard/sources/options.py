"""How a person wants raw data to be read: what a profile's `source` section says of it."""

from dataclasses import dataclass
from typing import Literal

Labels = Literal["auto", "ilsvrc2012", "folders", "numbers"]
"""Whose labels to use; auto decides by what is there."""
FolderRole = Literal["auto", "splits", "classes", "superclasses"]
"""How to read folders that can be read in more than one way; auto refuses them."""


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """The options that recognising a source depends on.

    Attributes:
        layout: the name of the only form that it may have; "auto" for any.
        labels: which labels the images of class folders get.
        follow: whether links may lead out of the folder.
        role: how to read folders of images that can be read in more than one way.
    """

    layout: str = "auto"
    labels: Labels = "auto"
    follow: bool = False
    role: FolderRole = "auto"
