"""Profile: all that a build needs to know, checked as a whole."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from wizard.errors import Hint, ProfileError, UsageError
from wizard.ilsvrc2012.archives import Split
from wizard.profile_image import Image, image_problems, misplaced_in_image, settings_to_fix
from wizard.profile_output import Output, output_problems, with_trainer
from wizard.profile_problems import problem_of
from wizard.profile_run import Run, run_problems
from wizard.profile_section import Section, one_of
from wizard.sources.classes import HIGHEST
from wizard.sources.holdout import HoldoutOrder, parse_holdout
from wizard.sources.options import FolderRole, Labels
from wizard.sources.part_of import folder_of_part
from wizard.sources.registry import layouts
from wizard.sources.selection import Selection, parse_selection
from wizard.targets import registry
from wizard.typed_path import expanded, quoted

_ONCE_EACH = AfterValidator(lambda splits: tuple(dict.fromkeys(splits)))
Splits = Annotated[tuple[Split, ...], Field(min_length=1, strict=False), _ONCE_EACH]
Table = dict[str, Any]

SCHEMA = 1
"""The version of the form that profiles have today."""

_FIX = Hint(
    "Give values with {} (a list as {}), remove one with {}, or fix the file",
    "section.key=value",
    'source.splits=["train"]',
    "section.key=",
)


class Source(Section):
    """Where the raw data lies, and what is taken of it."""

    path: str = Field(
        min_length=1,
        description="the folder that holds the raw data in one of the forms that are read, or an archive of one",
    )
    layout: Annotated[str, one_of(layouts)] = Field(
        default="auto", description=f"{' | '.join(layouts())}: the form it must have; auto recognizes it"
    )
    labels: Labels = Field(default="auto", description="which labels class folders get")
    folders: FolderRole = Field(default="auto", description="how to read folders that have more than one meaning")
    links: Literal["inside", "follow"] = Field(
        default="inside", description="whether symbolic links may lead out of the folder"
    )
    read: Literal["auto", "direct", "staged"] = Field(
        default="auto",
        description="direct reads each shard's images in place; staged reads the source once, in order; auto "
        "chooses by what the source and its disk are",
    )
    splits: Splits = Field(default=("train", "validation"), description='these and "test"; reports follow their order')
    boxes: Literal["none", "train", "all"] = Field(
        default="train", description="whose images carry their bounding boxes"
    )
    min_images: int | None = Field(
        default=None, ge=1, description="classes of which train has fewer images are left out"
    )
    holdout: int | str | None = Field(
        default=None,
        description='images per class, or a percentage such as "10%", that are moved from train to validation, where '
        "there is none",
    )
    holdout_by: HoldoutOrder = Field(
        default="hash", description="which these are: by hashes of their names, or the first by name"
    )
    classes: int | None = Field(
        default=None, ge=1, le=HIGHEST + 1, description="only this many classes, the first ones by label"
    )

    # Before pydantic's own check, whose message for a union lists the problems of each member.
    @field_validator("holdout", mode="before")
    @classmethod
    def _a_number_or_a_percentage(cls, value: Any) -> object:
        if value is not None:
            try:
                parse_holdout(value)
            except ValueError as error:
                raise PydanticCustomError("holdout", "{allowed}", {"allowed": str(error)}) from None
        return value

    @property
    def selection(self) -> Selection:
        """What is taken of the source, but for the limit on classes."""
        return parse_selection(self.min_images, self.holdout, self.holdout_by)


Problems = Callable[[Mapping[str, object]], list[str]]
"""What is wrong with a section, in lines."""


def _hint(image: object) -> Hint:
    """How to fix a profile; where the image section does not fit its way of resizing, with all settings that would."""
    settings = settings_to_fix(image) if isinstance(image, Mapping) else []
    if not settings:
        return _FIX
    return Hint(f"Add {' '.join(['{}'] * len(settings))}, or fix the file", *settings)


def _path_problems(profile: "Profile") -> list[str]:
    problems = []
    for key, path in (("source.path", profile.source.path), ("output.path", profile.output.path)):
        try:
            expanded(path)
        except UsageError as error:
            problems.append(f"{key} = {error.what}" + (f" {error.hint}" if error.hint else ""))
    if not problems and profile.source_path.resolve() == profile.output_path.resolve():
        problems.append("output.path is source.path; give the dataset a folder of its own")
    return problems


class Profile(Section):
    """A whole profile; `wizard.profile_store` reads and writes them as files."""

    schema_version: int = Field(
        default=SCHEMA, ge=SCHEMA, le=SCHEMA, description="of these keys; a newer one is refused"
    )
    name: str = Field(
        default="",
        max_length=100,
        pattern=r"^([\w][\w.-]*)?$",
        description="letters, digits, _ . and -; the file's name if left out",
    )
    source: Source
    image: Image = Image()
    output: Output
    run: Run = Run()

    @property
    def source_path(self) -> Path:
        """The raw data's folder, absolute; that in which an archive lies, if one of several in it is named."""
        path = expanded(self.source.path).absolute()
        return folder_of_part(path) or path

    @property
    def output_path(self) -> Path:
        """The result's folder, absolute."""
        return expanded(self.output.path).absolute()

    def with_absolute_paths(self) -> "Profile":
        """The same profile, which means the same from any folder and for any user."""
        source = self.source.model_copy(update={"path": quoted(self.source_path)})
        output = self.output.model_copy(update={"path": quoted(self.output_path)})
        return self.model_copy(update={"source": source, "output": output})

    @property
    def label_base(self) -> int:
        """What is stored for the first class: as build_imagenet_data.py in TFRecords, elsewhere as PyTorch."""
        if self.output.label_base is not None:
            return self.output.label_base
        return registry.first_label(dict(self.output))

    def shards_given(self, split: Split) -> int | None:
        """How many shards it says that a split is written to."""
        given: int | None = getattr(self.output, f"{split}_shards")
        return given

    def shards(self, split: Split) -> int:
        """How many shards a split is written to, unless those of the source are kept."""
        return self.shards_given(split) or registry.TARGETS[self.output.format].usual_shards(dict(self.output))[split]

    def boxes(self, split: Split) -> bool:
        """Whether a split's records carry the boxes that are known."""
        return self.source.boxes == "all" or (self.source.boxes == "train" and split == "train")


def check(table: Mapping[str, Any], where: str) -> Profile:
    """Validates a table, as read from TOML.

    Raises:
        ProfileError: lists every unknown key and every value that is not allowed.
    """
    profile, problems = _validated(table, image_problems)
    if profile is None or problems:
        raise ProfileError(where, problems, _hint(table.get("image")))
    return profile


def check_some(table: Mapping[str, Any], where: str) -> None:
    """Validates values of a profile that is not complete yet: what is missing is no problem.

    Raises:
        ProfileError: lists every unknown key, and every value that is not allowed or contradicts another one.
    """
    _, problems = _validated(with_stand_ins(table), misplaced_in_image)
    if problems:
        raise ProfileError(where, problems)


def with_stand_ins(table: Mapping[str, Any]) -> Table:
    """The table with "source" and "output" as the folders that it leaves open, if it does."""
    filled = {**table}
    for section in ("source", "output"):
        given = table.get(section, {})
        filled[section] = {"path": section, **given} if isinstance(given, dict) else given
    return filled


def _validated(table: Mapping[str, Any], rules_of_image: Problems) -> tuple[Profile | None, list[str]]:
    """The profile, if each value is valid by itself; and what is wrong with the table."""
    profile, problems = None, []
    table = with_trainer({"source": {}, "output": {}, **table})
    try:
        profile = Profile.model_validate(table)
    except ValidationError as error:
        problems = [problem_of(item, Profile) for item in error.errors()]
    # Not validators of the sections: pydantic runs those only if each value of a section is valid by itself.
    rules = (("image", rules_of_image), ("output", output_problems), ("run", run_problems))
    for section, contradictions in rules:
        values = table.get(section)
        if isinstance(values, dict):
            problems += [f"{section}.{line}" for line in contradictions(values)]
    if profile is not None:
        problems += _path_problems(profile)
    return profile, problems
