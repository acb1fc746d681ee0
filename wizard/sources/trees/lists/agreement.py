"""Checks that a list beside class folders agrees with them, such as GTSRB's Train.csv beside Train/20/."""

from pathlib import Path

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.trees.lists.candidates import candidates
from wizard.sources.trees.lists.class_list import below, same_class
from wizard.sources.trees.lists.names import splits_in
from wizard.sources.trees.lists.parse import read
from wizard.sources.trees.split_dirs import SplitDir


def check_folders(split: Split, place: SplitDir, top: Path) -> None:
    """Checks a split's class folders against the lists that are named after it.

    A list whose classes have other names than the folders is ignored.

    Raises:
        InputError: a list gives an image another class than its folder, or cannot be read.
    """
    if place.problem or place.shared or not place.folders:
        return
    classes = frozenset(place.folders)
    for path in candidates(split, place.path, top):
        lines = read(path) if splits_in(path.name) else None
        if lines is None or not lines.headed:
            continue
        meant: dict[str, str | None] = {}
        for image, name in below(lines, place.path, top):
            folder = image.partition("/")[0]
            said = meant.setdefault(name, same_class(name, classes))
            if folder != image and folder in classes and said not in (None, folder):
                raise InputError(
                    f"{path} says that {place.path}/{image} is an image of {said}, but it is in the folder of "
                    f"{folder}.",
                    "Move the image to the right folder; or correct the list, or move the list away",
                )
