"""ClassList: the class of each image in a folder, from a list file."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.mounts import filesystem
from wizard.sources.trees.lists.parse import Lines
from wizard.sources.trees.split_dirs import SplitDir

_CORRECT = "Correct the list, or move it away"
_SUFFIXES = ("", ".jpg", ".JPEG", ".png", ".jpeg", ".JPG", ".PNG", ".ppm", ".bmp", ".tif", ".webp")


@dataclass(frozen=True, kw_only=True)
class ClassList:
    """The class of each image in `folder`, from the list file `path`.

    Attributes:
        classes: by the image's path below the folder, with or without its suffix, as in the list.
        others: images named by other splits' lists; None if this list must name every image in the folder.
        boxes: whether the list gives bounding boxes, which are not read.
    """

    path: Path
    folder: Path
    classes: Mapping[str, str]
    others: Collection[str] | None = None
    boxes: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The classes that occur, sorted."""
        return tuple(sorted(set(self.classes.values())))

    def split_dir(self, top: Path) -> SplitDir:
        """The location of its split's images."""
        listed = f"images listed in {self.path.relative_to(top)}"
        return SplitDir(path=self.folder, folders=self.names, listed=listed)

    def must_agree(self, other: "ClassList", doubt: str) -> None:
        """Refuses another list of the same split with other classes; `doubt` ends the sentence about the two."""
        if self.classes != other.classes:
            raise InputError(f"{self.path} and {other.path} {doubt}.", "Move away the one that should not be used")

    def why(self, top: Path, split: Split) -> str:
        """What the list provides, in a sentence, with paths relative to `top`."""
        path, folder = self.path.relative_to(top), self.folder.relative_to(top)
        images = f"{len(self.classes):,} images" + (f" in {folder}/" if folder.parts else "")
        said = f"the classes of {images}" if self.others is None else f"which {images} are {split}, and their classes"
        return f"{path} lists {said}." + (" Its boxes are not read." if self.boxes else "")


def key_in(named: Collection[str], image: str) -> str | None:
    """The name of an image among those named, with or without its suffix; None if it is not among them.

    >>> key_in({"a.jpg", "b"}, "b.jpg")
    'b'
    """
    if image in named:
        return image
    stem = without_suffix(image)
    return stem if stem in named else None


def without_suffix(image: str) -> str:
    """A path without the file's suffix: v1.0/a.b of v1.0/a.b.jpg; v1.0/a is left as it is."""
    folder, slash, base = image.rpartition("/")
    return folder + slash + (base.rpartition(".")[0] or base)


def is_there(folder: Path, image: str) -> bool:
    """Whether a folder has an image of this name, or of this name plus one of the usual suffixes."""
    try:
        return any(filesystem.is_file(folder / f"{image}{suffix}") for suffix in _SUFFIXES)
    except (OSError, ValueError):  # text may not be a valid file name: too long, or with a null character
        return False


def below(lines: Lines, folder: Path, top: Path) -> list[tuple[str, str]]:
    """The entries with paths relative to a folder; the list's may be relative to one above: `Test/00000.png`."""
    parts = (top.resolve().name, *folder.relative_to(top).parts)
    prefixes = [f"{'/'.join(parts[start:])}/".lower() for start in range(len(parts))]
    found = []
    for image, name in lines.entries:
        prefix = next(filter(image.lower().startswith, prefixes), "")
        found.append((image[len(prefix) :], name))
    return found


def class_list(lines: Lines, folder: Path, entries: Iterable[tuple[str, str]]) -> ClassList:
    """The list of the images in a folder, from the entries about it, with paths relative to it.

    Raises:
        InputError: one has no class, or is named twice, which is only allowed for lines of boxes with the same class.
    """
    path = lines.path
    found: dict[str, str] = {}
    for image, name in entries:
        if not name:
            raise InputError(f"{path} gives no class for {image}.", _CORRECT)
        if image in found and not (lines.boxes and found[image] == name):
            other = f", as {found[image]} and as {name}" if found[image] != name else ""
            raise InputError(f"{path} names {image} twice{other}.", _CORRECT)
        found[image] = name
    return ClassList(path=path, folder=folder, classes=found, boxes=lines.boxes)


def same_class(name: str, known: Collection[str]) -> str | None:
    """The known class that a list means; None if there is none. 16 means the class of a folder 00016.

    >>> same_class("16", {"00016", "00017"}), same_class("cat", {"dog"})
    ('00016', None)
    """
    if name in known or not name.isdecimal():
        return name if name in known else None
    return next((each for each in sorted(known) if each.isdecimal() and int(each) == int(name)), None)
