"""The targets that there are, by name: a new one is an import and a line here."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.targets.arrayrecord.target import ArrayRecords
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.option import Option
from wizard.targets.parquet.target import ParquetFiles
from wizard.targets.presence import foreign_files
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.trainer import Trainer
from wizard.targets.webdataset.target import WebDataset

if TYPE_CHECKING:
    from wizard.sources.readers import Form

TARGETS: dict[str, type[Target]] = {
    each.format: each for each in (TFRecords, ClassFolders, WebDataset, ArrayRecords, FlatFolders, ParquetFiles)
}
"""In the order in which the wizard offers them; the first is the default."""
DEFAULT_FORMAT = next(iter(TARGETS))
OPTIONS: dict[str, Option] = {key: option for target in TARGETS.values() for key, option in target.options.items()}
"""The keys of [output] that are not for every format."""


def from_profile(output: Mapping[str, Any], form: "Form") -> Target:
    """The target that a profile's [output] section asks for, ready to write.

    Raises:
        UsageError: see `Target.require_installed` and `Target.from_profile`.
    """
    kind = _kind(output)
    kind.require_installed()
    return kind.from_profile(output, form)


def _kind(output: Mapping[str, Any]) -> type[Target]:
    return TARGETS[output.get("format", DEFAULT_FORMAT)]


def trainers() -> dict[str, tuple[type[Target], Trainer]]:
    """What opens the datasets, by the value of `output.trainer`, each with the target that it is for."""
    return {trainer.name: (target, trainer) for target in TARGETS.values() for trainer in target.trainers}


def formats_with(key: str) -> list[str]:
    """The formats that a key of [output] is for."""
    return [name for name, target in TARGETS.items() if key in target.options]


def output_for(name: str) -> dict[str, Any]:
    """The keys of [output] that a trainer sets; none for one that is not known."""
    if name not in trainers():
        return {}
    target, trainer = trainers()[name]
    return {"format": target.format, **trainer.output}


def first_label(output: Mapping[str, Any]) -> int:
    """Usual label of the first class, by a profile's [output] section: its trainer's, else its format's."""
    usual: int = _kind(output).first_label(output)
    return int(output_for(str(output.get("trainer"))).get("label_base", usual))


def trainer_of(output: Mapping[str, Any]) -> Trainer:
    """What a dataset is for, by a profile's [output] section: the trainer it names, else the format's most usual one.

    An option may be set otherwise than the most usual one requires, or for another: of those that open the dataset, it
    is the first that requires the most of what is not as usual.
    """
    named = trainers().get(str(output.get("trainer")))
    if named is not None:
        return named[1]
    there, usual = opening(output), _usual(output)
    unusual = {each.name: sum(value != usual.get(key) for key, value in each.requires.items()) for each in there}
    return max(there, key=lambda each: unusual[each.name], default=_kind(output).trainers[0])


def opening(output: Mapping[str, Any]) -> list[Trainer]:
    """The trainers that open what is written with a profile's [output] section."""
    complete = {**_usual(output), **{key: value for key, value in output.items() if value is not None}}
    return [each for each in _kind(output).trainers if each.opens(complete)]


def _usual(output: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of the keys that its format has, and of its first label."""
    kind = _kind(output)
    options = {key: option.default for key, option in kind.options.items()}
    return {**options, "label_base": kind.first_label(output)}


def anything(folder: Path) -> list[str]:
    """Files in a folder that the readers of any target would find, sorted; of image files just the first."""
    return foreign_files(folder, chain.from_iterable(kind.variants() for kind in TARGETS.values()))


def to_json(target: Target) -> dict[str, Any]:
    """A target as a manifest has it.

    >>> to_json(FlatFolders())
    {'format': 'flat', 'metadata': ()}
    """
    assert is_dataclass(target)
    return {"format": target.format} | asdict(target)


def from_json(content: Mapping[str, Any]) -> Target:
    """The inverse of `to_json`; see `Target.from_manifest` for options that are missing.

    Raises:
        KeyError: the format is not known.
        TypeError: an option is not known.
    """
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
    return TARGETS[options.pop("format")].from_manifest(options)


def written_folders(output: Mapping[str, Any]) -> set[str]:
    """The folders below the output folder that images or shards are written to, by a profile's [output] section."""
    return {*_kind(output).from_profile(output, "image").places} - {""}
