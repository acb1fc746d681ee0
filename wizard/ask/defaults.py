"""What each question offers: defaults, choices and conditions, from the answers before it and the context."""

from collections.abc import Callable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import TypeAlias

from wizard.ask import context, trainers
from wizard.ask.context import Context
from wizard.ask.found_sources import likely_source, source_choices
from wizard.ask.prompt import Choice, Value
from wizard.ask.question import Answers
from wizard.folders import as_typed
from wizard.formatting import counted
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.classes import as_text, numbered
from wizard.targets.registry import DEFAULT_FORMAT, TARGETS
from wizard.targets.target import Target

Known: TypeAlias = Answers[Context]

IMAGES_A_SHARD = 100
"""Fewest images in a shard of a subset: smaller shards only make more files."""
_TITLES: Mapping[Split, str] = {"train": "Train", "validation": "Validation", "test": "Test"}


def mode_is(*modes: str) -> Callable[[Known], bool]:
    """Condition: the images are processed in this mode."""
    return lambda known: known.get("image.resize") in modes


RESIZED = mode_is("shortest", "exact", "crop")
"""Condition: the images are resized, and so encoded again."""


def keeps_bytes(known: Known) -> bool:
    """Condition: the images of some split keep their bytes."""
    resized = known.get("image.splits")
    if mode_is("original")(known) or is_yes(known.get("image.keep_small")):
        return True
    return isinstance(resized, list) and not {*splits_of(known)} <= {*resized}


def is_yes(answer: object) -> bool:
    """Whether a switch is on: an answer says yes, a profile that is replayed says true."""
    return answer in ("yes", True)


def splits_of(known: Known) -> list[str]:
    """The splits that were chosen."""
    value = known.get("source.splits")
    return value if isinstance(value, list) else []


def target_of(known: Known) -> type[Target]:
    """The target whose format was chosen."""
    return TARGETS[str(known.get("output.format") or DEFAULT_FORMAT)]


def source(known: Known) -> Value | None:
    """A folder that holds raw data; nothing once one was named, for its answer stays."""
    if known.context.folder is not None:
        return None
    last = known.context.last
    return likely_source(last.source.path if last else "")


def found_sources(known: Known) -> tuple[Choice, ...]:
    """The raw data that was found on this machine, after the answer so far."""
    return source_choices(str(known.get("source.path") or ""))


def found_splits(known: Known) -> list[str]:
    """The labeled splits found, and test if the last profile had it or there are no others.

    What was found is never left out because the last setup was about less.
    """
    last = known.context.last
    wanted = {"train", "validation", *(last.source.splits if last else ())}
    return [split for split in known.context.splits if split in wanted] or list(known.context.splits)


def split_choices(known: Known) -> tuple[Choice, ...]:
    """The splits that are there."""
    surveys = known.context.surveys
    return tuple(
        Choice(
            split,
            _TITLES[split],
            f"{counted(surveys[split].images, 'image')}{'' if surveys[split].classes else ', without labels'}",
        )
        for split in known.context.splits
    )


def box_choices(known: Known) -> tuple[Choice, ...]:
    """None, and the boxes available for the chosen splits."""
    splits, target = splits_of(known), target_of(known)
    train = "train" in splits and known.context.boxes("train")
    validation = "validation" in splits and known.context.boxes("validation")
    choices = [Choice("none", "None", f"{target.unit} without boxes; enough for classification")]
    if train:
        about = "as build_imagenet_data.py does" if target.boxes_are_usual else "for detection and localisation"
        choices.append(Choice("train", "Those of train", about))
    # A profile cannot ask for validation's alone, and all would require train's, which are missing.
    if validation and (train or "train" not in splits):
        choices.append(Choice("all", "All", "including validation's"))
    return tuple(choices)


def boxes(known: Known) -> Value:
    """The last profile's value if it was for the same reader.

    Else train's, if available, where the format's readers look at boxes; not none because the last setup had no use for
    any.
    """
    values = [choice.value for choice in box_choices(known)]
    last = known.context.last
    wanted: list[Value] = []
    if target_of(known).boxes_are_usual:
        wanted = [known.context.usual.source.boxes, "train", "all"]
    elif last is not None and trainers.same_as(last, known):
        wanted = [last.source.boxes]
    return next((value for value in wanted if value in values and value != "none"), "none")


def labels(known: Known) -> Value:
    """The default for reading class folders."""
    classes = known.context.classes
    if known.context.of_numbers and numbered(classes):
        return "numbers"
    return "ilsvrc2012" if classes.whole_imagenet else "folders"


def label_choices(known: Known) -> tuple[Choice, ...]:
    """Two ways to number the same class folders."""
    if known.context.of_numbers:
        sorted_as_text = as_text(known.context.classes_in_doubt) or "the same order"
        return (
            Choice("numbers", "The numbers", "each class folder's name is its label"),
            Choice("folders", "The folders', sorted by name", sorted_as_text),
        )
    count = max((survey.classes for survey in known.context.surveys.values()), default=0)
    return (
        Choice("folders", "The folders'", f"{count:,} labels without a gap, as ImageFolder counts"),
        Choice("ilsvrc2012", "ImageNet's", "each class keeps its label among the 1,000"),
    )


def output(known: Known) -> Value | None:
    """A folder that is new or empty."""
    if known.context.folder is None:
        return None
    folder = context.likely_output(known.context.folder, target_of(known).offer.folder)
    return as_typed(folder.with_name(_free(folder.name, lambda name: _taken(folder.with_name(name)))))


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(each for each in names if not is_taken(each))


def _taken(place: Path) -> bool:
    try:
        return place.exists() and (not place.is_dir() or any(place.iterdir()))
    except OSError:  # a folder that cannot be read is not known to be empty
        return True


def resize(known: Known) -> Value:
    """What the trainer proposes, else the last profile's mode."""
    proposed: str = trainers.image(known).get("resize", known.context.usual.image.resize)
    return proposed


def last_image(key: str, **usual: Value) -> Callable[[Known], Value]:
    """What the trainer proposes or the last profile has, if it is for the same mode; else the mode's default."""

    def default(known: Known) -> Value:
        mode = str(known["image.resize"])
        for image in (trainers.image(known), known.context.usual.image.model_dump()):
            value: int | None = image.get(key) if image.get("resize") == mode else None
            if value is not None:
                return value
        return usual[mode]

    return default


def width(known: Known) -> Value:
    """The last profile's, else a square."""
    height = known["image.height"]
    return last_image("width", exact=height, crop=height)(known)


def resized_splits(known: Known) -> list[str]:
    """The last profile's value limited to the chosen splits, else all of them."""
    wanted = known.context.usual.image.splits
    return [split for split in splits_of(known) if split in wanted] or splits_of(known)


def kept_shards(known: Known) -> tuple[Choice, ...]:
    """Whether the shards of TFRecords stay as they are."""
    there = " + ".join(f"{known.context.surveys[split].shards:,}" for split in known.context.splits)
    return (
        Choice("keep", "Keep them", f"{there}, one to one and in their order"),
        Choice("plan", "Choose how many", "and shuffle the records"),
    )


def shards(split: Split, known: Known) -> int:
    """As many as is usual for the format, fewer for a subset; the last profile's for the same raw data."""
    last, surveys = known.context.last, known.context.surveys
    images = surveys[split].images if split in surveys else IMAGES[split].images
    same = last is not None and last.source_path == known.context.folder and trainers.same_as(last, known)
    if last and same and last.shards(split) <= images:  # else some would be empty
        return last.shards(split)
    most = target_of(known).usual_shards(trainers.output(known))[split]
    return max(1, min(most, images // IMAGES_A_SHARD))


def uncounted(split: Split, known: Known) -> int | None:
    """The internal parts in which a split's image files are built; None for other formats."""
    return shards(split, known) if split in splits_of(known) and not sharded(known) else None


def sharded(known: Known) -> bool:
    """Condition: the format has shard files."""
    return not target_of(known).one_file_per_image


def label_base(known: Known) -> Value:
    """The default of a profile's label_base: 0 if class folders are numbers and these are the labels."""
    given: int | None = trainers.output(known).get("label_base")
    if given is not None:
        return given
    # A class named 7 whose label is 8 would mislead everyone who looks at the folders.
    numbers = known.context.of_numbers and known.get("source.labels") in (None, "numbers")
    return 0 if numbers else target_of(known).first_label(trainers.output(known))


def stores_labels(known: Known) -> bool:
    """Whether labels are written that are not those of a source's records, as a condition for a question."""
    target = target_of(known)
    if not target.stores_labels:
        return False
    kept = known.context.raw is not None and target.from_profile({}, known.context.raw.form).keeps_features
    return not kept


def name(known: Known) -> Value:
    """An unused profile name: what it is for, and the images."""
    stem = mode = str(known["image.resize"])
    if mode != "original":
        size = known["image.size"] if mode == "shortest" else f"{known['image.height']}x{known['image.width']}"
        stem = f"{mode}-{size}-q{known['image.quality']}"
    trainer = trainers.chosen(known)
    made_for = target_of(known).format if trainer is None else trainer.name
    return _free(f"{made_for}-{stem}", known.context.names.__contains__)
