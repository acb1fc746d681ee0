"""What a member of a shard is by its name: a field of a sample, which all members with one key make up."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from wizard.sources.trees.image_names import is_image

Kind = Literal["image", "cls", "json", ""]
"""What a field is for; empty for those that are not read."""
# As `base_plus_ext` of webdataset 1.0 splits names: the field begins at the first dot after the last slash.
_FIELD = re.compile(r"((?:.*/|)[^./][^.]*)\.([^/]*)", re.DOTALL)
_META = re.compile(r"(?:.*/)?__[^/]*__(?:\.[^/]*)?", re.DOTALL)
_JPEGS = ("jpg", "jpeg", "jpe", "jfif")


class Field(NamedTuple):
    """A member's place in a sample.

    Attributes:
        key: the sample that it belongs to, a path with / between its parts.
        name: the field's name in lower case, as "jpg"; it may have dots.
        kind: what it is for, by the last part of its name.
    """

    key: str
    name: str
    kind: Kind

    @property
    def whole(self) -> bool:
        """Whether its name is nothing but a suffix: jpg, but not mask.jpg."""
        return "." not in self.name

    @property
    def suffix(self) -> str:
        """The suffix that the image's name keeps: a JPEG's with its dot, else none."""
        last = self.name.rpartition(".")[2]
        return f".{last}" if last in _JPEGS else ""


def field_of(name: str) -> Field | None:
    """The field that a member is; None if its name has no key or no field, and for those of WebDataset itself.

    >>> field_of("./train/a.JPEG"), field_of("a.mask.png"), field_of("a.cls")
    (Field(key='train/a', name='jpeg', kind='image'), Field(key='a', name='mask.png', kind='image'), \
Field(key='a', name='cls', kind='cls'))
    >>> field_of("README"), field_of("._a.jpg"), field_of("__meta__.json")
    (None, None, None)
    """
    key, dot, field = name.partition(".")
    if not dot or not key or "/" in name or key.startswith("__"):  # not the usual name, of one part and one dot
        match = _FIELD.fullmatch(name.removeprefix("./"))
        if match is None or _META.fullmatch(name):
            return None
        key, field = match.groups()
    return Field(key, *_known(field))


@lru_cache(maxsize=1 << 10)
def _known(field: str) -> tuple[str, Kind]:
    field = field.lower()
    last = field.rpartition(".")[2]
    if last == "cls":
        return field, "cls"
    if last == "json":
        return field, "json"
    return field, "image" if is_image(f"a.{last}") else ""
