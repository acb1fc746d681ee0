"""A recipe as a person reads it: its text, which plan ids are hashes of, without what is not so of these images."""

from typing import Literal

Kept = Literal["all", "some", "none"]
"""How many of the images are in a format that can keep its bytes: only JPEGs that trainers read can."""
_BYTES_KEPT = ", bytes kept"
_WHERE = " where the size stays"
_STRUCTURE = ", only their structure checked"


def kept(images: float, converted: float) -> Kept:
    """Which of so many images are not converted."""
    if not converted:
        return "all"
    return "some" if images > converted else "none"


def label_in_words(label: str) -> str:
    """A label of what plan ids are hashes of, for a person, to whom a recipe is a profile that is shipped.

    >>> label_in_words("train recipe")
    'train stored as'
    """
    return label.replace(" recipe", " stored as")


def readable(recipe: str, some: Kept = "all") -> str:
    """The text of a recipe for a person, who is not told that bytes are kept where none are.

    >>> readable("original size, bytes kept", "some")
    'original size · JPEGs keep their bytes'
    >>> readable("original size, bytes kept", "none")
    'original size'
    >>> readable("scaled and cropped to 224 x 224, JPEG quality 85")
    'scaled and cropped to 224 × 224, JPEG quality 85'
    """
    text = recipe.replace(" x ", " × ")
    if some == "all":
        return text
    if some == "some":
        return text if _WHERE in text else text.replace(_BYTES_KEPT, " · JPEGs keep their bytes")
    before, said, after = text.partition(_BYTES_KEPT)
    return before + after.removeprefix(_WHERE).removeprefix(_STRUCTURE) if said else text
