"""Which features of a dataset are the image, its class and its name, by features.json."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import InputError
from wizard.formatting import few
from wizard.sources.tfds.info import AGAIN, FEATURES, Info, Json, read_json

IMAGE, CLASS_LABEL = "Image", "ClassLabel"
_TEXT = "Text"
_NAMES = ("file_name", "filename", "image/file_name", "image/filename", "image_name", "id", "image_id")
"""Keys of an image's name in the datasets of TFDS, the best first."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # it would do something to a person's terminal
_LISTED = 16
_MOST = 32_767  # classes that a table's int16 has room for
_OTHER = "Give a dataset of TensorFlow Datasets for image classification, or images in another form"


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The features of a record that are read, by key.

    Attributes:
        name: the image's name; empty if there is none.
        classes: names of the classes in the order of their labels; empty if only their number is known.
        count: how many classes there are; 0 if that is not known either.
        labels_file: path of the file of `classes`; empty if there is none.
        ignored: other features, each with its kind.
    """

    image: str
    label: str
    name: str = ""
    classes: tuple[str, ...] = ()
    count: int = 0
    labels_file: str = ""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A feature that is no list, or a list of features as a whole.

    Attributes:
        kind: its type in TFDS: "Image", "ClassLabel", "Sequence".
        stem: how the files about it are called.
        dtype: of an image's pixels; empty if not stated.
        classes: of a class label; 0 if not stated.
    """

    kind: str
    stem: str
    dtype: str = ""
    classes: int = 0


def read_features(folder: Path) -> dict[str, Feature]:
    """The features in features.json by the keys that they have in records; none if the file is not there.

    Raises:
        InputError: it is damaged.
        OSError: it cannot be read.
    """
    path = folder / FEATURES
    if not path.exists():
        return {}
    try:
        return _flat(read_json(path), "", "")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not as TensorFlow Datasets writes it: {error!r}.", AGAIN) from error


def schema_of(folder: Path, features: Mapping[str, Feature], info: Info) -> Schema:
    """The schema of a dataset with one image and one class, or with one of each that training is meant to use.

    Raises:
        InputError: it has not, or its classes do not have names as it states them.
        OSError: the file of its classes cannot be read.
    """
    image = _only(features, IMAGE, info.supervised)
    label = _only(features, CLASS_LABEL, info.supervised)
    stated = few([f"{key} ({feature.kind})" for key, feature in sorted(features.items())], _LISTED)
    if not image or not label:
        raise InputError(
            f"{folder / FEATURES} states {_number(features, IMAGE)} and {_number(features, CLASS_LABEL)}; expected one "
            f"of each. Its features: {stated or 'none'}.",
            _OTHER,
        )
    dtype = features[image].dtype
    if dtype not in ("", "uint8", "uint16"):
        raise InputError(
            f"{folder / FEATURES} states pixels of {dtype} for {image}; expected uint8. Its features: {stated}.", _OTHER
        )
    texts = [key for key, feature in features.items() if feature.kind == _TEXT]
    name = next((key for key in _NAMES if key in texts), "")
    labels = folder / f"{features[label].stem}.labels.txt"
    count = features[label].classes
    classes = read_classes(labels)
    if classes and count and len(classes) != count:
        raise InputError(
            f"{labels} names {len(classes):,} classes, but {FEATURES} states {count:,}.",
            AGAIN,
        )
    return Schema(
        image=image,
        label=label,
        name=name,
        classes=classes,
        count=_fitting(folder, len(classes) or count),
        labels_file=str(labels) if classes else "",
        ignored=tuple(f"{key} ({features[key].kind})" for key in sorted(features) if key not in (image, label, name)),
    )


def schema_of_keys(folder: Path, keys: Collection[str]) -> Schema | None:
    """The schema of a dataset without features.json, by the keys of its first record: None without image and label."""
    if not {"image", "label"} <= set(keys):
        return None
    labels = folder / "label.labels.txt"
    classes = read_classes(labels)
    return Schema(
        image="image",
        label="label",
        name=next((key for key in _NAMES if key in keys), ""),
        classes=classes,
        count=_fitting(folder, len(classes)),
        labels_file=str(labels) if classes else "",
    )


def read_classes(path: Path) -> tuple[str, ...]:
    """The names in a file of labels, read as TFDS does: stripped, empty lines left out; none if it is not there.

    Raises:
        InputError: it is not UTF-8, or names a class twice.
        OSError: it cannot be read.
    """
    if not path.exists():
        return ()
    try:
        lines = path.read_bytes().decode().split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error.reason} at byte {error.start:,}.", AGAIN) from error
    names = tuple(line.strip() for line in lines if line.strip())
    unprintable = next((name for name in names if _CONTROL.search(name)), None)
    if unprintable is not None:
        raise InputError(f"{path} names the class {unprintable!r}, which has a control character in it.", AGAIN)
    if len(set(names)) < len(names):
        twin = next(name for place, name in enumerate(names) if name in names[:place])
        raise InputError(f"{path} names the class {twin!r} twice.", AGAIN)
    return names


def _fitting(folder: Path, count: int) -> int:
    if count > _MOST:
        raise InputError(f"{folder} has {count:,} classes; at most {_MOST:,} can be stored.", _OTHER)
    return count


def _only(features: Mapping[str, Feature], kind: str, supervised: Collection[str]) -> str:
    """The key of the feature of a kind: the only one, or the only one among those for training; else empty."""
    keys = [key for key, feature in features.items() if feature.kind == kind]
    if len(keys) > 1:
        keys = [key for key in keys if key in supervised]
    return keys[0] if len(keys) == 1 else ""


def _number(features: Mapping[str, Feature], kind: str) -> str:
    count = sum(feature.kind == kind for feature in features.values())
    return f"{count or 'no'} features of the type {kind}" if count != 1 else f"1 feature of the type {kind}"


def _flat(node: Json, key: str, stem: str) -> dict[str, Feature]:
    """The features below a node; keys of nested ones are joined by /, as in records, and stems by -, as in files.

    Source: `tensorflow_datasets/core/features/{feature,features_dict}.py`; until TFDS 4.4, nodes had type and content.
    """
    below = _nested(node)
    if below is None:
        return {key: _feature(node, stem)}
    found: dict[str, Feature] = {}
    for name, child in below.items():
        part = name.replace("/", ".")
        found |= _flat(child, f"{key}/{name}" if key else name, f"{stem.replace('/', '-')}-{part}" if stem else part)
    return found


def _nested(node: Json) -> dict[str, Json] | None:
    """The features of a FeaturesDict by name; None for any other feature."""
    if "featuresDict" in node:
        return dict(node["featuresDict"]["features"])
    if not _type(node).endswith("FeaturesDict"):
        return None
    content = _content(node)
    return dict(content.get("features", content) if "proto_cls" in node else content)


def _feature(node: Json, stem: str) -> Feature:
    content = _content(node)
    kind = _type(node).rpartition(".")[2] or "a feature of no known type"
    if "image" in node:
        return Feature(kind=IMAGE, stem=stem, dtype=str(node["image"].get("dtype") or ""))
    if "classLabel" in node:
        return Feature(kind=CLASS_LABEL, stem=stem, classes=_count(node["classLabel"].get("numClasses")))
    classes = content.get("num_classes", content.get("numClasses"))
    return Feature(kind=kind, stem=stem, dtype=str(content.get("dtype") or ""), classes=_count(classes))


def _count(stated: object) -> int:
    return max(0, int(str(stated))) if stated is not None else 0


def _type(node: Json) -> str:
    return str(node.get("pythonClassName") or node.get("type") or "")


def _content(node: Json) -> Json:
    """What a node of old says of its feature; an object, or a text that holds one."""
    content = node.get("content") or {}
    found = json.loads(content) if isinstance(content, str) else content
    return found if isinstance(found, dict) else {}
