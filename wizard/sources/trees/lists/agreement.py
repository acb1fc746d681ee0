"""Whether a list beside folders of classes agrees with them, such as GTSRB's Train.csv beside Train/20/."""

from pathlib import Path

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.trees.lists.candidates import candidates
from wizard.sources.trees.lists.class_list import below, same_class
from wizard.sources.trees.lists.names import splits_in
from wizard.sources.trees.lists.parse import read
from wizard.sources.trees.places import Place


def check_folders(split: Split, place: Place, top: Path) -> None:
    """Checks the folders of a split against the lists that are named after it.

    A list whose classes are called otherwise than the folders says nothing about them.

    Raises:
        InputError: a list says another class of an image than the folder that it lies in, or cannot be read.
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
                    f"{path} says that {place.path}/{image} is an image of {said}, but it lies in the folder of "
                    f"{folder}.",
                    "Move the image to where it belongs; or correct the list, or move it away",
                )
