"""Class folders that can be labeled in two ways: some of ImageNet's synsets, or numbers."""

from collections.abc import Mapping

import numpy as np

from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import are_numbers
from wizard.sources.source import Source, Survey
from wizard.sources.trees.image_names import parse_image_name


def classes_in_doubt(source: Source, surveys: Mapping[Split, Survey]) -> frozenset[str]:
    """The classes that have images, not counting test's, where their labels can be doubted; empty where they cannot.

    Images that lie in no class's folder say by their names that ImageNet's labels are meant.
    """
    if "folders" not in source.label_choices:
        return frozenset()
    labeled = [survey for split, survey in surveys.items() if split != "test"]
    present: set[str] = set()
    for survey in labeled:
        if survey.table is not None:
            present |= {
                survey.table.classes.names[rank] for rank in np.unique(survey.table.label).tolist() if rank >= 0
            }
    if "numbers" in source.label_choices and are_numbers(present):
        return frozenset(present)
    # All of ImageNet's have the same labels in either way.
    some_of_imagenet = len(present) < len(ranks()) and present <= ranks().keys()
    return frozenset(present if some_of_imagenet and not any(map(_named_as_imagenet, labeled)) else ())


def _named_as_imagenet(survey: Survey) -> bool:
    """Whether images are not in class folders, and their names, rather than a list, give their classes."""
    table = survey.table
    return table is not None and parse_image_name(table.unsorted) is not None
