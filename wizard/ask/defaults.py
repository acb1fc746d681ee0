"""What each question offers: defaults and choices, from the answers so far and the facts."""

from collections.abc import Callable, Mapping
from pathlib import Path

from wizard.ask.context import Facts, likely_output, likely_source
from wizard.ask.prompt import Choice, Value
from wizard.folders import shortened
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.profile import Profile
from wizard.sources.numbered import numbered
from wizard.targets.registry import DEFAULT_FORMAT, TARGETS
from wizard.targets.target import Target

Answers = Mapping[str, Value]

_IMAGES_A_SHARD = 100
"""At least, where a subset is built: fewer would make more files than sense."""


def mode_is(*modes: str) -> Callable[[Answers, Facts], bool]:
    """Whether the images become this, as a condition for a question."""
    return lambda answers, _facts: answers.get("image.resize") in modes


def splits_of(answers: Answers) -> list[str]:
    """The splits that were chosen."""
    value = answers.get("source.splits", [])
    return value if isinstance(value, list) else []


def source(_answers: Answers, facts: Facts) -> Value | None:
    """A folder that holds archives."""
    return likely_source(facts)


def found_splits(_answers: Answers, facts: Facts) -> list[str]:
    """The labelled splits that are there, or those that the last profile had; test where there is nothing else."""
    wanted = facts.last.source.splits if facts.last else ("train", "validation")
    return [split for split in facts.splits if split in wanted] or list(facts.splits)


def split_choices(_answers: Answers, facts: Facts) -> tuple[Choice, ...]:
    """The splits that are there."""
    titles: dict[Split, str] = {"train": "Train", "validation": "Validation", "test": "Test"}
    return tuple(
        Choice(
            value=split,
            title=titles[split],
            about=f"{facts.surveys[split].images:,} images{'' if facts.surveys[split].classes else ', without labels'}",
        )
        for split in facts.splits
    )


def box_choices(answers: Answers, facts: Facts) -> tuple[Choice, ...]:
    """None, and the boxes that are there for the chosen splits."""
    splits = splits_of(answers)
    train = "train" in splits and facts.boxes("train")
    validation = "validation" in splits and facts.boxes("validation")
    choices = [Choice(value="none", title="None", about="records with empty boxes; enough for classification")]
    if train:
        choices.append(Choice(value="train", title="Those of train", about="as the older scripts do"))
    if validation and (train or "train" not in splits):
        choices.append(Choice(value="all", title="All that there are", about="validation's too"))
    return tuple(choices)


def boxes(answers: Answers, facts: Facts) -> Value:
    """What the last profile had, else train's, where they are there."""
    values = [choice.value for choice in box_choices(answers, facts)]
    last = facts.last.source.boxes if facts.last else "train"
    return next((str(value) for value in (last, "train", "all") if value in values), "none")


def output(answers: Answers, facts: Facts) -> Value | None:
    """A folder that is new or empty."""
    if facts.folder is None:
        return None
    folder = likely_output(facts.folder, TARGETS[str(answers["output.format"])].offer.folder)
    place, number = folder, 1
    while _taken(place):
        number += 1
        place = folder.with_name(f"{folder.name}-{number}")
    return shortened(place)


def _taken(place: Path) -> bool:
    try:
        return place.exists() and (not place.is_dir() or any(place.iterdir()))
    except OSError:
        return True


RESIZE = (
    Choice(
        value="shortest",
        title="Shrink to a shortest side",
        about="keeps the shape; usual for training (480 px)",
    ),
    Choice(value="original", title="Keep the originals", about="bytes untouched; largest; MLPerf's rule"),
    Choice(
        value="exact",
        title="Exact height × width",
        about="all of one size, shape not kept (352 × 352)",
    ),
    Choice(value="crop", title="Scale and centre-crop", about="all of one size, shape kept, edges lost"),
)


def last_image(key: str, otherwise: Mapping[str, Value]) -> Callable[[Answers, Facts], Value]:
    """The last profile's value where it was for the same mode, else a usual one for the mode."""

    def default(answers: Answers, facts: Facts) -> Value:
        mode = str(answers.get("image.resize"))
        last = facts.last.image if facts.last else None
        known: int | None = getattr(last, key) if last is not None and last.resize == mode else None
        return otherwise[mode] if known is None else known

    return default


def width(answers: Answers, facts: Facts) -> Value:
    """The last profile's, else a square."""
    return last_image("width", dict.fromkeys(("exact", "crop"), answers["image.height"]))(answers, facts)


def resize(_answers: Answers, facts: Facts) -> Value:
    """What the last profile had, else a shortest side."""
    return facts.last.image.resize if facts.last else "shortest"


def resized_splits(answers: Answers, facts: Facts) -> list[str]:
    """What the last profile had of the chosen splits, else all of them."""
    wanted = facts.last.image.splits if facts.last else ()
    return [split for split in splits_of(answers) if split in wanted] or splits_of(answers)


def resized_choices(answers: Answers, facts: Facts) -> tuple[Choice, ...]:
    """The chosen splits."""
    return tuple(choice for choice in split_choices(answers, facts) if choice.value in splits_of(answers))


def shards(split: Split) -> Callable[[Answers, Facts], Value]:
    """As many as the older scripts have, fewer for a subset, the same as before for the same raw data."""

    def default(_answers: Answers, facts: Facts) -> Value:
        usual = Profile.usual_shards(split)
        if facts.last and facts.last.source_path == facts.folder:
            return facts.last.shards(split)
        images = facts.surveys[split].images if split in facts.surveys else IMAGES[split].images
        return max(1, min(usual, images // _IMAGES_A_SHARD))

    return default


def counted(split: Split) -> Callable[[Answers, Facts], bool]:
    """Whether a split was chosen whose shards are files of a number to be chosen, as a condition for a question."""
    return lambda answers, _facts: (
        split in splits_of(answers) and sharded(answers) and answers.get("output.shards") != "keep"
    )


def uncounted(split: Split) -> Callable[[Answers, Facts], Value | None]:
    """The parts in which a split's image files are built, of which nobody need know."""
    number = shards(split)
    return lambda answers, facts: (
        number(answers, facts) if split in splits_of(answers) and not sharded(answers) else None
    )


def sharded(answers: Answers) -> bool:
    """Whether shards are files that a person sees."""
    target = chosen(answers)
    return target is not None and not target.one_file_per_image


def chosen(answers: Answers) -> type[Target] | None:
    """The target that was chosen; None before the question."""
    return TARGETS.get(str(answers.get("output.format")))


def formats(_answers: Answers, _facts: Facts) -> tuple[Choice, ...]:
    """The targets that there are."""
    return tuple(
        Choice(value=name, title=target.offer.title, about=target.offer.about) for name, target in TARGETS.items()
    )


def format_(_answers: Answers, facts: Facts) -> Value:
    """What the last profile had, else the first of the targets."""
    return facts.last.output.format if facts.last else DEFAULT_FORMAT


def has_key(key: str) -> Callable[[Answers, Facts], bool]:
    """Whether a key of [output] is for the chosen target, as a condition for a question."""

    def condition(answers: Answers, _facts: Facts) -> bool:
        target = chosen(answers)
        return target is not None and key in target.keys

    return condition


def kept_shards(_answers: Answers, facts: Facts) -> tuple[Choice, ...]:
    """Whether the shards of TFRecords stay as they are."""
    there = " + ".join(f"{facts.surveys[split].shards:,}" for split in facts.splits)
    return (
        Choice(value="keep", title="Keep them", about=f"{there}, one to one and in their order"),
        Choice(value="plan", title="Choose how many", about="and shuffle the records anew"),
    )


def labels(_answers: Answers, facts: Facts) -> Value:
    """As the folders are read where nobody has said."""
    if facts.of_numbers and numbered(facts.classes):
        return "numbers"
    return "ilsvrc2012" if facts.classes.whole_imagenet else "folders"


def label_choices(_answers: Answers, facts: Facts) -> tuple[Choice, ...]:
    """Two ways to number the same class folders."""
    count = max((survey.classes for survey in facts.surveys.values()), default=0)
    if facts.of_numbers:
        sorted_as_text = facts.text_order or "the same order"
        return (
            Choice(value="numbers", title="The numbers", about="each class folder's name is its label"),
            Choice(value="folders", title="The folders', sorted by name", about=sorted_as_text),
        )
    return (
        Choice(value="folders", title="The folders'", about=f"{count:,} labels without a gap, as ImageFolder counts"),
        Choice(value="ilsvrc2012", title="ImageNet's", about="each class keeps its label among the 1,000"),
    )


def label_base(answers: Answers, facts: Facts) -> Value:
    """The default of a profile's label_base: 0 if class folders are numbers and these are the labels."""
    numbers = facts.of_numbers and answers.get("source.labels", "numbers") == "numbers"
    target = chosen(answers)
    return target.first_label if target is not None and not numbers else 0


def stores_labels(answers: Answers, facts: Facts) -> bool:
    """Whether labels are written that are not those of a source's records, as a condition for a question."""
    target = chosen(answers)
    if target is None or not target.stores_labels:
        return False
    return not target.from_profile({}, "example" if facts.from_records else "image").keeps_features


def usually(value: Value) -> Callable[[Answers, Facts], Value]:
    """The same default whatever is known."""
    return lambda _answers, _facts: value


def yes_or_no(_answers: Answers, _facts: Facts) -> tuple[Choice, ...]:
    """For what is there or not."""
    return Choice(value="yes", title="Yes"), Choice(value="no", title="No")


def _stem(answers: Answers) -> str:
    mode = str(answers.get("image.resize"))
    if mode == "original":
        return mode
    size = answers["image.size"] if mode == "shortest" else f"{answers['image.height']}x{answers['image.width']}"
    return f"{mode}-{size}-q{answers['image.quality']}"


def name(answers: Answers, facts: Facts) -> Value:
    """A name that says what the images become, and that no saved profile has."""
    stem = _stem(answers)
    name, number = stem, 1
    while name in facts.names:
        number += 1
        name = f"{stem}-{number}"
    return name
