"""What dataset_info.json says of a dataset: its name, version, splits, and how many records each file has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard.errors import InputError

INFO, FEATURES = "dataset_info.json", "features.json"
BY_THIS_PROGRAM = "as imagenet-setup wrote it"
"""Part of the description of a dataset that this program wrote in TFDS's form."""
AGAIN = "Prepare the dataset again with tensorflow_datasets (download_and_prepare), or copy it again"
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SplitInfo:
    """What is stated of a split: how many records each file has, empty if unknown; the template of their names."""

    lengths: tuple[int, ...] = ()
    template: str = ""


@dataclass(frozen=True, kw_only=True)
class Info:
    """What is stated of a dataset; empty where nothing is.

    Attributes:
        form: of its files: "tfrecord", "array_record".
        by_this_program: whether this program wrote them, with images in any size.
        supervised: keys of the features that are input and target of training.
        splits: by the names that TFDS gives them.
    """

    name: str = ""
    version: str = ""
    form: str = ""
    by_this_program: bool = False
    supervised: tuple[str, ...] = ()
    splits: Mapping[str, SplitInfo] = field(default_factory=dict)


def read_info(folder: Path) -> Info:
    """What dataset_info.json in a folder says; nothing if it is not there.

    Raises:
        InputError: it is damaged.
        OSError: it cannot be read.
    """
    path = folder / INFO
    if not path.exists():
        return Info()
    stated = read_json(path)
    try:
        splits = {str(split["name"]): _split(split) for split in stated.get("splits", [])}
        return Info(
            name=str(stated.get("name", "")),
            version=str(stated.get("version", "")),
            form=str(stated.get("fileFormat", "")),
            by_this_program=BY_THIS_PROGRAM in str(stated.get("description", "")),
            supervised=_supervised(stated.get("supervisedKeys", {})),
            splits=splits,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not as TensorFlow Datasets writes it: {error!r}.", AGAIN) from error


def read_json(path: Path) -> Json:
    """The object in a JSON file.

    Raises:
        InputError: it is no JSON, or no object.
        OSError: it cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:  # also of text that is not UTF-8
        raise InputError(f"{path} is not valid JSON: {error}.", AGAIN) from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is not as TensorFlow Datasets writes it: expected an object.", AGAIN)
    return found


def _split(stated: Json) -> SplitInfo:
    lengths = tuple(int(length) for length in stated.get("shardLengths", []))
    return SplitInfo(lengths=lengths, template=str(stated.get("filepathTemplate", "")))


def _supervised(stated: Json) -> tuple[str, ...]:
    """Keys as written today ({"tuple": {"items": [{"featureKey": "image"}, …]}}) and before ({"input": "image", …})."""
    if "input" in stated:
        return (str(stated["input"]), str(stated["output"]))
    items = stated.get("tuple", {}).get("items", [])
    return tuple(str(item["featureKey"]) for item in items if "featureKey" in item)
