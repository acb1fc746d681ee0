"""Which columns of a Parquet file are the images, their names and their labels, and what the labels mean.

`datasets` stores a table's features as JSON in the schema's metadata, under `huggingface`: {"info": {"features":
{"image": {"_type": "Image"}, "label": {"names": […], "_type": "ClassLabel"}}}} (arrow_writer.py and features.py of
datasets 5.2). An image is a struct of its bytes and its path. Without that, columns are found by their form.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard.errors import InputError
from wizard.formatting import few

_IMAGES = ("image", "img", "images", "jpg", "jpeg", "png", "pixel_values")
_LABELS = ("label", "labels", "cls", "class", "class_id", "target", "fine_label", "y")
_NAMES = ("file_name", "filename", "path", "image_path", "file_path", "__key__")
_WRITE = (
    "Expected are images as datasets writes them, image: struct<bytes: binary, path: string>, or as plain binary, and "
    "label: int64"
)


@dataclass(frozen=True, kw_only=True)
class ImageSchema:
    """The columns to read.

    Attributes:
        image: path of the leaf with the images' bytes, as Parquet names it: "image.bytes", or "image".
        names: paths of the leaves with the images' file names, the first choice first.
        label: the column with the labels; empty if there is none.
        classes: the names of labels 0, 1, …; empty if they have none.
        why: how columns were chosen where there was a choice, in sentences.
    """

    image: str
    names: tuple[str, ...]
    label: str
    classes: tuple[str, ...]
    why: tuple[str, ...] = ()

    def difference(self, other: "ImageSchema") -> str:
        """How another file's columns differ, as a clause about that file; empty if they do not."""
        if other.image != self.image:
            return f"its images are in the column {other.image!r}, not {self.image!r}"
        if other.label != self.label:
            return f"its labels are in {_column(other.label)}, not {_column(self.label)}"
        if len(other.classes) != len(self.classes):
            return f"it names {len(other.classes):,} classes, not {len(self.classes):,}"
        pairs = enumerate(zip(self.classes, other.classes, strict=True))
        return next((f"its label {n} is {b!r}, not {a!r}" for n, (a, b) in pairs if a != b), "")


def _column(name: str) -> str:
    return f"the column {name!r}" if name else "no column"


def read_schema(path: Path, file: Any) -> ImageSchema:
    """Chooses the columns of an opened Parquet file.

    Raises:
        InputError: it has no column of images, or several and none is named as one; labels that are no integers.
    """
    schema = file.schema_arrow
    features = _features(schema.metadata or {})
    fields = {field.name: field.type for field in schema}
    why: list[str] = []
    image = _image_column(path, fields, features, why)
    leaf, names = image, [name for name in _NAMES if name in fields and _is_text(fields[name])]
    if _is_struct(fields[image]):
        inside = {field.name: field.type for field in fields[image]}
        leaf = f"{image}.bytes"
        names = [*([f"{image}.path"] if "path" in inside else []), *names]
    label = _label_column(path, fields, features, why)
    stated = features.get(label, {}).get("names")
    classes = tuple(map(str, stated)) if isinstance(stated, list) else ()
    return ImageSchema(image=leaf, names=tuple(names), label=label, classes=classes, why=tuple(why))


def _features(metadata: Mapping[bytes, bytes]) -> dict[str, dict[str, Any]]:
    """The features that `datasets` has stored; those that are lists of features are left out."""
    try:
        stored = json.loads(metadata.get(b"huggingface", b"{}"))
        features = stored["info"]["features"]
        return {name: feature for name, feature in features.items() if isinstance(feature, dict)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _image_column(path: Path, fields: Mapping[str, Any], features: Mapping[str, Any], why: list[str]) -> str:
    stated = [name for name, feature in features.items() if feature.get("_type") == "Image" and _holds(fields, name)]
    shaped = [name for name in fields if _is_struct(fields[name]) and _holds(fields, name)]
    binary = [name for name in fields if _is_binary(fields[name])]
    found = stated or shaped or [name for name in binary if name.lower() in _IMAGES] or binary
    if not found:
        columns = few([f"{name} ({_short(kind)})" for name, kind in fields.items()])
        raise InputError(f"{path} has no column of images. Its columns are {columns or 'none'}.", _WRITE)
    return _one_of(path, found, _IMAGES, "images", why)


def _label_column(path: Path, fields: Mapping[str, Any], features: Mapping[str, Any], why: list[str]) -> str:
    stated = [name for name, feature in features.items() if feature.get("_type") == "ClassLabel" and name in fields]
    found = stated or [name for name in fields if name.lower() in _LABELS]
    if not found:
        return ""
    name = _one_of(path, found, _LABELS, "class labels", why)
    if not _is_integer(fields[name]):
        raise InputError(
            f"{path}: the labels in its column {name!r} are {_short(fields[name])}, where integers are expected.",
            'Make it a ClassLabel: ds.class_encode_column("' + name + '") in datasets, and write the files again',
        )
    return name


def _one_of(path: Path, found: Collection[str], preferred: Collection[str], what: str, why: list[str]) -> str:
    """The one column of a kind; of several, the one that is named as such.

    Raises:
        InputError: none, or more than one, is.
    """
    if len(found) == 1:
        return next(iter(found))
    chosen = next((name for word in preferred for name in found if name.lower() == word), None)
    listed = few([repr(name) for name in found])
    if chosen is None:
        raise InputError(
            f"{path} has {len(found)} columns of {what} ({listed}), and none is named {next(iter(preferred))!r}.",
            f"Rename the one to use to {next(iter(preferred))}, or drop the others, and write the files again",
        )
    why.append(f"Of the {len(found)} columns of {what} ({listed}), {chosen!r} is read, because of its name.")
    return chosen


def _holds(fields: Mapping[str, Any], name: str) -> bool:
    """Whether a column has the form of images: bytes, or a struct of bytes and path."""
    kind = fields.get(name)
    if kind is None:
        return False
    if _is_struct(kind):
        return any(field.name == "bytes" and _is_binary(field.type) for field in kind)
    return _is_binary(kind)


def _short(kind: Any) -> str:
    return str(kind)[:60]


def _is_struct(kind: Any) -> bool:
    return str(kind).startswith("struct<")


def _is_binary(kind: Any) -> bool:
    return str(kind) in ("binary", "large_binary", "binary_view")


def _is_text(kind: Any) -> bool:
    return str(kind) in ("string", "large_string", "string_view")


def _is_integer(kind: Any) -> bool:
    return str(kind) in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
