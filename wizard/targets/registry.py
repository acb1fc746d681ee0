"""The targets that there are, by name: a new one is an import and a line here."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from wizard.sources.readers import Form
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.presence import foreign_files
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset

TARGETS: dict[str, type[Target]] = {each.format: each for each in (TFRecords, ClassFolders, WebDataset, FlatFolders)}
"""In the order in which the wizard offers them; the first is the default."""
DEFAULT_FORMAT = next(iter(TARGETS))


def from_profile(output: Mapping[str, Any], form: Form) -> Target:
    """The target that a profile's [output] section asks for; see `Target.from_profile`."""
    return TARGETS[output.get("format", DEFAULT_FORMAT)].from_profile(output, form)


def keys_of_some() -> dict[str, list[str]]:
    """The keys of [output] that are not for every format, each with the formats that it is for."""
    formats: dict[str, list[str]] = {}
    for name, target in TARGETS.items():
        for key in target.keys:
            formats.setdefault(key, []).append(name)
    return formats


def anything(folder: Path) -> list[str]:
    """Files in a folder that the readers of any target would find, sorted; of image files just the first."""
    return foreign_files(folder, chain.from_iterable(kind.variants() for kind in TARGETS.values()))


def to_json(target: Target) -> dict[str, Any]:
    """A target as a manifest has it.

    >>> to_json(FlatFolders())
    {'format': 'flat'}
    """
    assert is_dataclass(target)
    return {"format": target.format} | asdict(target)


def from_json(content: Mapping[str, Any]) -> Target:
    """The inverse of `to_json`; see `Target.from_manifest` for options that are missing.

    Raises:
        KeyError: the format is not known.
        TypeError: an option is not known.
    """
    options = dict(content)
    return TARGETS[options.pop("format")].from_manifest(options)


def written_folders(output: Mapping[str, Any]) -> set[str]:
    """The folders below the output folder that images or shards are written to, by a profile's [output] section."""
    return {*from_profile(output, "image").places} - {""}
