"""The [output] section of a profile: the keys of all formats, those of some, and what a trainer sets of them."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from wizard.profile_section import Section, one_of
from wizard.targets import registry
from wizard.targets.option import Option
from wizard.targets.trainer import holds


class _Output(Section):
    """Where the dataset goes, and its form."""

    path: str = Field(min_length=1, description="the dataset's folder")
    trainer: Annotated[str | None, one_of(lambda: (None, *registry.trainers()))] = Field(
        default=None, description="what will open the dataset: sets format, names and more where they are left out"
    )
    format: Annotated[str, one_of(lambda: registry.TARGETS)] = Field(
        default=registry.DEFAULT_FORMAT, description=" | ".join(registry.TARGETS)
    )
    train_shards: int | None = Field(
        default=None, ge=1, le=99_999, description="files of the train split; as is usual for the format if left out"
    )
    validation_shards: int | None = Field(
        default=None, ge=1, le=99_999, description="files of the validation split, likewise"
    )
    test_shards: int | None = Field(default=None, ge=1, le=99_999, description="files of the test split, likewise")
    shards: Literal["plan", "keep"] = Field(
        default="plan", description="keep copies the shards of a source of TFRecords one to one"
    )
    label_base: int | None = Field(
        default=None,
        ge=0,
        le=1,
        description="label of the first class: if left out, as the trainer has it, or 1 in TFRecords and 0 elsewhere",
    )
    boxes_csv: bool = Field(default=False, description="imagenet_2012_bounding_boxes.csv")
    seed: int = Field(default=2012, ge=0, le=2**63 - 1, description="of the shuffle")
    on_bad_image: Literal["stop", "skip"] = Field(
        default="stop", description="skipped images are listed in dataset.json, and the exit code is 5"
    )
    load_py: bool = Field(default=False, description="load.py beside the dataset: the program that opens it")


def _option_field(key: str, option: Option) -> tuple[Any, Any]:
    """A key that some formats have, as pydantic's create_model takes it."""
    values = (value if isinstance(value, str) else str(value).lower() for value in option.values)
    named = "" if option.is_switch else " | ".join(values)
    only = " or ".join(registry.formats_with(key))
    about = ": ".join(part for part in (named, option.description) if part) + f" ({only})"
    if option.is_switch:
        kind: Any = bool
    elif option.many:
        kind = Annotated[tuple[Annotated[Any, one_of(lambda: option.values)], ...], Field(strict=False)]
    else:
        kind = Annotated[Any, one_of(lambda: option.values)]
    return kind, Field(default=option.default, description=about)


if TYPE_CHECKING:
    Output = _Output
else:  # the keys of the targets' options follow the others; only the targets read them
    Output = create_model(
        "Output", __base__=_Output, **{key: _option_field(key, option) for key, option in registry.OPTIONS.items()}
    )


def output_problems(output: Mapping[str, object]) -> list[str]:
    """What of an output section is about another format than the one that is asked for, or not for its trainer."""
    problems = list(_unlike_trainer(output))
    chosen = registry.TARGETS.get(str(output.get("format", registry.DEFAULT_FORMAT)))
    for key, option in registry.OPTIONS.items():
        value = output.get(key, option.default)
        is_given = value != option.default and value != []
        if is_given and chosen is not None and key not in chosen.options:
            named = " or ".join(f'"{name}"' for name in registry.formats_with(key))
            problems.append(f"{key} is for format = {named} alone")
        elif is_given and chosen is not None:
            problems += _misplaced_values(key, option, value, chosen.format)
    return problems


def _misplaced_values(key: str, option: Option, value: object, form: str) -> Iterator[str]:
    """What of an option's value is for another format."""
    given = value if isinstance(value, list | tuple) else [value]
    for each in option.allowed:
        if each.value in given and each not in option.allowed_in(form):
            named = " or ".join(f'"{name}"' for name in each.formats)
            yield f"{key} has {_as_toml(each.value)}, which is for format = {named} alone"


def _unlike_trainer(output: Mapping[str, object]) -> Iterator[str]:
    """What of an output section its trainer would not open."""
    name = output.get("trainer")
    if not isinstance(name, str) or name not in registry.trainers():
        return
    target, trainer = registry.trainers()[name]
    for key, needed in {"format": target.format, **trainer.requires}.items():
        if key in output and not holds(output[key], needed):
            yield f'{key} = {_as_toml(output.get(key))}: trainer = "{name}" needs {_as_toml(needed)}'


def _as_toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, default=str)  # str: TOML has dates, too


def with_trainer(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same table with what its trainer sets, where it does not say it itself; not beside another format."""
    output = table["output"]
    trainer = output.get("trainer") if isinstance(output, dict) else None
    usual = registry.output_for(trainer) if isinstance(trainer, str) else {}
    if not usual or output.get("format", usual["format"]) != usual["format"]:
        return table
    # What the first label is follows from the trainer, too, but records of a source keep theirs unless it is said here.
    usual.pop("label_base", None)
    return {**table, "output": {**usual, **output}}
