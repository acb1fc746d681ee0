"""Profile: all that a build needs to know, checked as a whole."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from wizard.errors import Hint, ProfileError, UsageError
from wizard.formats import encoders
from wizard.formats.encoders import Encoder
from wizard.formats.resize import ResizeMode
from wizard.ilsvrc2012.archives import Split
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


class Image(Section):
    """What the images become."""

    resize: ResizeMode = Field(
        default="original",
        description="exact does not keep the aspect ratio; crop covers the size, then cuts to its center",
    )
    size: int | None = Field(default=None, ge=1, le=16384, description="pixels of the shorter side, with shortest")
    height: int | None = Field(default=None, ge=1, le=16384, description="pixels, with exact and crop")
    width: int | None = Field(default=None, ge=1, le=16384, description="pixels, with exact and crop")
    quality: int | None = Field(
        default=None, ge=1, le=100, description="of the JPEG encoder, 1 to 100; left out with original, bytes are kept"
    )
    upscale: bool = Field(default=False, description="whether shortest enlarges images that are smaller than size")
    encoder: Encoder = Field(
        default=encoders.DEFAULT,
        description="of what is encoded; jpegli makes smaller files in more time, and needs the package ajpegli",
    )
    keep_small: bool = Field(
        default=False,
        description="whether JPEGs keep their bytes if resize leaves their size as it is, as with shortest those that "
        "need no shrinking",
    )
    check: Literal["auto", "decode", "structure"] = Field(
        default="auto",
        description="of images whose bytes are kept: auto decodes each, unless the archive has its official MD5; "
        "structure decodes none, and finds only what is truncated",
    )
    splits: Annotated[tuple[Split, ...], Field(strict=False)] = Field(
        default=("train", "validation", "test"), description="the splits this section is for; others keep their bytes"
    )


_SIDES: dict[str, set[str]] = {
    "original": set(),
    "shortest": {"size"},
    "exact": {"height", "width"},
    "crop": {"height", "width"},
}
"""The sides, as keys, that each way of resizing needs."""
Problems = Callable[[Mapping[str, object]], list[str]]
"""What is wrong with a section, in lines."""


def _image_problems(image: Mapping[str, object]) -> list[str]:
    """Values of an image section that are missing or contradict each other, whether or not each is valid by itself."""
    resize = str(image.get("resize", "original"))
    if resize not in _SIDES:
        return []
    missing, _ = _wrong_sides(image)
    problems = [f'{key} is missing; resize = "{resize}" needs it' for key in missing]
    if resize != "original" and image.get("quality") is None:
        problems.append("quality is missing; resized images are encoded again (1 to 100, recipes use 85 to 90)")
    return problems + _misplaced_in_image({"resize": resize, **image})


def _misplaced_in_image(image: Mapping[str, object]) -> list[str]:
    """Values of an image section that contradict its way of resizing; none as long as that is open."""
    resize = str(image.get("resize"))
    if resize not in _SIDES:
        return []
    _, unused = _wrong_sides(image)
    problems = [f'{key} has no meaning with resize = "{resize}"' for key in unused]
    if image.get("upscale") and resize != "shortest":
        problems.append('upscale is for resize = "shortest" alone')
    if image.get("keep_small") and resize == "original":
        problems.append('keep_small has no meaning with resize = "original", which keeps all bytes without a quality')
    return problems


def _wrong_sides(image: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Keys of sides that are missing for the way of resizing, and those that are not for it."""
    wanted = _SIDES.get(str(image.get("resize", "original")), set())
    given = {key for key in ("size", "height", "width") if image.get(key) is not None}
    return sorted(wanted - given), sorted(given - wanted)


def _hint(image: object) -> Hint:
    """How to mend a profile; where sides do not fit the way of resizing, with the settings that would."""
    missing, unused = _wrong_sides(image) if isinstance(image, Mapping) else ([], [])
    settings = [*(f"image.{key}=" for key in unused), *(f"image.{key}=PIXELS" for key in missing)]
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
        """What is stored for the first class: in TFRecords as the older scripts do, elsewhere as PyTorch counts."""
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
    profile, problems = _validated(table, _image_problems)
    if profile is None or problems:
        raise ProfileError(where, problems, _hint(table.get("image")))
    return profile


def check_some(table: Mapping[str, Any], where: str) -> None:
    """Validates values of a profile that is not complete yet: what is missing is no problem.

    Raises:
        ProfileError: lists every unknown key, and every value that is not allowed or contradicts another one.
    """
    _, problems = _validated(with_stand_ins(table), _misplaced_in_image)
    if problems:
        raise ProfileError(where, problems)


def with_stand_ins(table: Mapping[str, Any]) -> Table:
    """The table with "source" and "output" as the folders that it leaves open, if it does."""
    filled = {**table}
    for section in ("source", "output"):
        given = table.get(section, {})
        filled[section] = {"path": section, **given} if isinstance(given, dict) else given
    return filled


def _validated(table: Mapping[str, Any], image_problems: Problems) -> tuple[Profile | None, list[str]]:
    """The profile, if each value is valid by itself; and what is wrong with the table."""
    profile, problems = None, []
    table = with_trainer({"source": {}, "output": {}, **table})
    try:
        profile = Profile.model_validate(table)
    except ValidationError as error:
        problems = [problem_of(item, Profile) for item in error.errors()]
    # Not validators of the sections: pydantic runs those only if each value of a section is valid by itself.
    for section, contradictions in (("image", image_problems), ("output", output_problems), ("run", run_problems)):
        values = table.get(section)
        if isinstance(values, dict):
            problems += [f"{section}.{line}" for line in contradictions(values)]
    if profile is not None:
        problems += _path_problems(profile)
    return profile, problems
