"""Names and labels of images in folders: what the folder says, what the name says, and whether they agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import UNLABELED, Classes
from wizard.sources.names import unsafe
from wizard.sources.trees.copies import original_name
from wizard.sources.trees.image_names import is_wnid, parse_image_name

_VALIDATION = b"/ILSVRC2012_val_"  # part of a validation image's name, which may follow its class's name


class InvalidName(ValueError):
    """A file that cannot be so named where it lies; the message is the end of a sentence about it."""


@dataclass(frozen=True)
class Labeling:
    """Gives images their names, and labels that count in `classes`."""

    classes: Classes

    @cached_property
    def class_ranks(self) -> dict[str, int]:
        """The rank of each class."""
        return {name: rank for rank, name in enumerate(self.classes.names)}

    def rank(self, name: str) -> int:
        """The rank of a class's folder; InvalidName if there is no such class."""
        if name not in self.class_ranks:
            raise InvalidName("is not one of the classes")
        return self.class_ranks[name]

    def in_class(self, name: str, below: str) -> str:
        """The name of an image in a class's folder.

        An image named as in ILSVRC2012 has its official name. Any other has that of its class before its own, so that
        no two of a split have the same name. So has a subset's validation image whose number is that of another class:
        the makers of the subset may have renumbered it; see `renumbered`.

        Raises:
            InvalidName: the image's name says that it is of another class, or no output could have it.
        """
        base = below.rpartition("/")[2]
        parsed = parse_image_name(base)
        if parsed is not None:
            may_be_renumbered = parsed.split == "validation" and not (parsed.problem or parsed.suffixed)
            if may_be_renumbered and parsed.wnid != name and name in ranks() and not self.classes.whole_imagenet:
                return safe(f"{name}/{below}")
            self._agree(parsed.problem, parsed.wnid, name)
            if base != below:  # the folders on the way to it may have any name
                safe(f"{name}/{below}")
            return parsed.name
        prefix, cut, _ = base.partition("_")
        if not (cut and is_wnid(prefix)):
            return safe(f"{name}/{below}")
        self._agree("", prefix, name)
        return safe(base if prefix == name else f"{name}/{below}")

    def alone(self, split: Split, base: str) -> tuple[str, int]:
        """The name and rank of an image that lies in no class's folder.

        Raises:
            InvalidName: its name says no class, or another split.
        """
        parsed = parse_image_name(base)
        if parsed is None:
            if split == "test":
                return safe(base), UNLABELED
            original = original_name(base)
            if parse_image_name(original):
                raise InvalidName(f"is named like a copy of {original}")
            raise InvalidName("is not in a class's folder, and its name gives no class")
        if parsed.problem:
            raise InvalidName(parsed.problem)
        if parsed.split != split:
            raise InvalidName(f"is an image of {parsed.split}, by its name, not of {split}")
        if split != "test" and parsed.wnid not in self.class_ranks:
            raise InvalidName(f"is an image of {parsed.wnid}, which is not one of the classes")
        return parsed.name, self.class_ranks[parsed.wnid] if split != "test" else UNLABELED

    def renumbered(self, names: Iterable[bytes]) -> str:
        """A warning, usually empty, about images, by their names, whose numbers are of another class's images."""
        found = []
        for name in names:
            if _VALIDATION in name:
                parsed = parse_image_name(name.decode().rpartition("/")[2])
                found += [(name.decode(), parsed.wnid)] if parsed else []
        if not found:
            return ""
        first, wnid = found[0]
        are = "1 image is" if len(found) == 1 else f"{len(found):,} images are"
        return (
            f"{are} in a class folder that does not match the official number, such as {first}, which is an image of "
            f"{wnid} in ILSVRC2012: labels follow the folders, and are right only if the images were renumbered"
        )

    def _agree(self, problem: str, wnid: str, name: str) -> None:
        """In a folder named by a person, images of any synsets may be put together; not in one named by a synset."""
        if problem:
            raise InvalidName(problem)
        checked = name in ranks() or self.classes.whole_imagenet
        if checked and wnid and wnid != name:
            raise InvalidName(f"is an image of {wnid}, by its name, but is in the folder of {name}")


def safe(name: str) -> str:
    """The name itself; InvalidName if no output could have it."""
    why = unsafe(name)
    if why:
        raise InvalidName(why)
    return name
