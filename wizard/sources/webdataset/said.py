"""What a sample says of its image beside it: its label, class and file name, in `cls` and `json`."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wizard.formats.arrays import Boxes
from wizard.sources.classes import HIGHEST, UNLABELED
from wizard.sources.trees.image_names import is_wnid

LABEL_KEYS = (
    *("label", "cls", "class_id", "class_idx", "class_index", "class_label", "label_id", "label_idx", "target"),
    *("category_id", "category", "class", "fine_label", "y"),
)
"""Keys of `json` that may hold the label; the first that holds a whole number does."""
# timm's shards have class_name (imagenet-12k, make_wds.py), those of this program class.
_NAME_KEYS = ("class_name", "class")
_CLASS_KEYS = ("wnid", "synset", "synset_id", "class_id", "label_name", "category", "label")
_FILE_KEYS = ("filename", "file_name", "path")
_OURS = frozenset(("filename", "label", "class", "text", "boxes"))
"""Keys of a sample that this program wrote; see `targets.webdataset.members`."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_SHOWN = 40
_NO_BOXES = "has boxes in its json that are not lists of four numbers"


class InvalidSample(ValueError):
    """A sample that cannot be used; the message is the end of a sentence that begins with the sample."""


class Said(NamedTuple):
    """What a sample says.

    Attributes:
        label: as it stands there; -1 for none.
        stated: the label of its json, if that is not where `label` is from; -1 for none.
        filename: a path or name; empty if it has none.
        name: its class's name or wnid; empty if it has none.
        text: its class in words; empty if this program did not write it.
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1; none if this program did not write it.
    """

    label: int = UNLABELED
    stated: int = UNLABELED
    filename: str = ""
    name: str = ""
    text: str = ""
    boxes: Boxes | None = None


def said(cls: bytes | None, described: bytes | None) -> Said:
    """What these two members say, of which either may be missing.

    Raises:
        InvalidSample: a label is no whole number, or too large; the json is none; boxes are not in 0..1.
    """
    entries = _entries(described, needed=cls is None)
    label, name = _of_cls(cls)
    stated = UNLABELED
    if cls is None:
        number = _number(_first(entries, LABEL_KEYS, _is_number))
        label = UNLABELED if number is None else _checked(number, f"the label {number} in its json")
    elif "label" in entries:
        number = _number(entries["label"])
        stated = UNLABELED if number is None or number > HIGHEST else max(number, UNLABELED)
    ours = entries.keys() >= _OURS
    return Said(
        label,
        stated,
        _first(entries, _FILE_KEYS, _is_text) or "",
        name or _class_name(entries),
        entries["text"] if ours and _is_text(entries["text"]) else "",
        _boxes(entries["boxes"]) if ours else None,
    )


def _first(entries: Mapping[str, Any], keys: Sequence[str], fits: Callable[[Any], bool]) -> Any:
    """The first value under any of these keys that fits; None if there is none."""
    for key in keys:
        if key in entries and fits(entries[key]):
            return entries[key]
    return None


def _class_name(entries: Mapping[str, Any]) -> str:
    """What the class is called; a number under the keys of labels is no name, but a class may be called by one."""
    return _first(entries, _NAME_KEYS, _is_text) or _first(entries, _CLASS_KEYS, _is_word) or ""


def _entries(described: bytes | None, *, needed: bool) -> Mapping[str, Any]:
    if described is None:
        return {}
    try:
        found = json.loads(described)
    except (ValueError, RecursionError) as error:
        raise InvalidSample(f"has a json that is none: {_shown(described)}") from error
    if isinstance(found, dict):
        return found
    if needed:
        raise InvalidSample(f"has a json without keys, so without a label: {_shown(described)}")
    return {}


def _of_cls(cls: bytes | None) -> tuple[int, str]:
    """The label, or else the wnid, that stands in `cls`."""
    if cls is None:
        return UNLABELED, ""
    text = cls.decode("utf-8-sig", "replace").strip().strip("\0")
    if is_wnid(text):
        return UNLABELED, text
    if not _NUMBER.fullmatch(text):
        raise InvalidSample(f"has {_shown(cls)} in its cls, expected a whole number")
    return _checked(int(text), f"the label {text} in its cls"), ""


def _checked(label: int, what: str) -> int:
    if label > HIGHEST:
        raise InvalidSample(f"has {what}; the highest possible label is {HIGHEST:,}")
    return max(label, UNLABELED)


def _number(value: Any) -> int | None:
    """A whole number, also one in text or as 3.0; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():  # as pandas writes a column in which one is missing
        return int(value)
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else None


def _is_number(value: Any) -> bool:
    return _number(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_word(value: Any) -> bool:
    return _is_text(value) and not _NUMBER.fullmatch(value.strip())


def _boxes(stated: Any) -> Boxes:
    """The boxes of a json: a list of them, as in version 1 of this program's samples, or a text that holds one."""
    try:
        listed = json.loads(stated) if isinstance(stated, str) else stated
        boxes = np.array(listed, np.float64)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidSample(_NO_BOXES) from error
    if isinstance(listed, list) and not listed:
        return np.empty((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InvalidSample(_NO_BOXES)
    inside = (boxes >= 0).all() and (boxes <= 1).all() and (boxes[:, :2] < boxes[:, 2:]).all()
    if not inside:
        raise InvalidSample("has a box in its json that has no area in 0..1")
    return boxes


def _shown(content: bytes) -> str:
    text = repr(content[:_SHOWN].decode("utf-8", "replace"))
    return f"{text} …" if len(content) > _SHOWN else text
