"""The members of a sample: cls, jpg and json, under a key that every reader of tars takes.

Readers that infer types, such as `load_dataset("webdataset")`, look at a few samples (datasets 5.2: five) and hold all
others against what they saw. JSON has no type for a list without entries, nor for null: a value that is a list in one
sample and empty in another has two types. Hence each value of the json is a text or a whole number, the same in every
sample: boxes are a text too, which holds the list.

Headers are POSIX ustar without a prefix: DALI 2.4 refuses extended headers, wids 0.1.11 reads neither these nor the
prefix, and the names in DALI's index end at the first space.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wizard.targets.names import jpeg_suffix

if TYPE_CHECKING:
    from wizard.targets.sample import OutputSample

FIELDS = ("cls", "jpg", "json")
KINDS: Mapping[str, type] = {
    "filename": str,
    "label": int,
    "class": str,
    "text": str,
    "height": int,
    "width": int,
    "boxes": str,
}
"""Keys of the json in order, and the one type that each value has, whatever the image."""
OLDER_KINDS: Mapping[str, type] = {**KINDS, "boxes": list}
"""The same in datasets of version 1."""

_LONGEST = 100 - len(".json")
"""Bytes of a key: a name of a ustar header has 100 at most (POSIX.1-2001)."""
_DIGEST = 8
_PLAIN = re.compile(r"[!-~]+")
"""The printable characters of ASCII, without the space."""
_UNSAFE = re.compile(r"[^!-~]")
_SKIPPED = re.compile(r"(^|/)__+")
"""webdataset and datasets pass over members that begin with two underscores."""


def sample_key(name: str) -> str:
    """What a WebDataset calls the sample of an image.

    It has no dots, for what follows the first one is a field's name. A name that is not plain ASCII, has spaces, or is
    too long for a header is made so, and gets a hash of the name at its end, so that no two become the same.

    >>> sample_key("n01440764_10026.JPEG"), sample_key("cats/a.b.png")
    ('n01440764_10026', 'cats/a_b_png')
    >>> sample_key("my cats/__é.jpg")
    'my_cats/_-ea722125e77516b6'
    """
    stem = older_key(name)
    if len(stem) <= _LONGEST and _PLAIN.fullmatch(stem) and ("__" not in stem or not _SKIPPED.search(stem)):
        return stem
    import hashlib  # few names come here

    plain = _SKIPPED.sub(r"\1_", _UNSAFE.sub("_", stem))
    mark = hashlib.blake2b(name.encode(), digest_size=_DIGEST).hexdigest()
    return f"{plain[: _LONGEST - len(mark) - 1]}-{mark}"


def older_key(name: str) -> str:
    """The key in datasets of version 1: the name without its suffix, and without dots."""
    return name.removesuffix(jpeg_suffix(name)).replace(".", "_")


def members_of(sample: "OutputSample") -> list[tuple[str, bytes]]:
    """The names and contents of a sample's members, in the order of `FIELDS`."""
    key = sample_key(sample.name)
    contents = (str(sample.label).encode(), sample.stored.jpeg, description(sample))
    return [(f"{key}.{field}", content) for field, content in zip(FIELDS, contents, strict=True)]


def parsed(text: bytes | str) -> Any:
    """What a JSON text holds; None if it is none."""
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None


def description(sample: "OutputSample") -> bytes:
    """A sample's json: what is known of the image beside its pixels and label; see `KINDS`."""
    return json.dumps(
        {
            "filename": sample.name,
            "label": sample.label,
            "class": sample.wnid,
            "text": sample.text,
            "height": sample.stored.geometry.height,
            "width": sample.stored.geometry.width,
            "boxes": json.dumps(sample.boxes.tolist()),
        },
        ensure_ascii=False,
    ).encode()
