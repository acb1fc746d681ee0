"""The questions, as data: when each is asked, what its default comes from, and what can be answered."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wizard.ask import defaults
from wizard.ask.asked import Choice, Kind, Value
from wizard.ask.defaults import Answers
from wizard.ask.facts import Facts
from wizard.folders import expanded

_Look = Callable[[Answers, Facts], bool]


def _always(_answers: Answers, _facts: Facts) -> bool:
    return True


def _nothing(_answers: Answers, _facts: Facts) -> Value | None:
    return None


def _no_choices(_answers: Answers, _facts: Facts) -> tuple[Choice, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question before it is put.

    Attributes:
        key: the profile's key that it answers.
        kind: of answer.
        text: the question.
        label: the same in a word or two, for the review.
        help: a paragraph on what it is for and what to take.
        default: from the answers so far and the facts.
        choices: of kind choice and choices.
        applies: whether it is asked at all.
        implied: the profile's value where it is not asked; None leaves the key out.
        on_request: asked only when the person wants to change it in the review.
        image: whether it changes what images become, so that size and time are told after it.
    """

    key: str
    kind: Kind
    text: str
    label: str
    help: str
    default: Callable[[Answers, Facts], Value | None]
    choices: Callable[[Answers, Facts], tuple[Choice, ...]] = _no_choices
    applies: _Look = _always
    implied: Callable[[Answers, Facts], Value | None] = _nothing
    on_request: bool = False
    image: bool = False


_RESIZED = defaults.mode_is("shortest", "exact", "crop")
_WHOLE = defaults.mode_is("exact", "crop")

QUESTIONS = (
    Question(
        key="source.path",
        kind="path",
        text="Where is the raw data?",
        label="Raw data",
        help="The folder with ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar as they were downloaded. Do not "
        "unpack them. Bounding boxes, if you want them, are ILSVRC2012_bbox_train_v2.tar.gz and "
        "ILSVRC2012_bbox_val_v3.tgz in the same folder. Tab completes a path.",
        default=defaults.source,
    ),
    Question(
        key="source.splits",
        kind="choices",
        text="Which splits?",
        label="Splits",
        help="Train is what a model learns from, validation what it is measured on. Most trainers want both.",
        default=defaults.found_splits,
        choices=defaults.split_choices,
        applies=lambda _answers, facts: len(facts.splits) > 1,
        implied=defaults.found_splits,
    ),
    Question(
        key="source.boxes",
        kind="choice",
        text="Which bounding boxes go into the records?",
        label="Boxes",
        help="Classification needs none; detection and localisation do, and some input pipelines crop around them. "
        "They add little to size and time.",
        default=defaults.boxes,
        choices=defaults.box_choices,
        applies=lambda answers, facts: len(defaults.box_choices(answers, facts)) > 1,
        implied=lambda _answers, _facts: "none",
    ),
    Question(
        key="output.path",
        kind="path",
        text="Where does the result go?",
        label="Output",
        help="A new folder, or the folder of an unfinished build with these same answers, which then goes on. No "
        "scratch space is needed beside it.",
        default=defaults.output,
    ),
    Question(
        key="image.resize",
        kind="choice",
        text="What should the images become?",
        label="Images",
        help="Smaller images are read and decoded faster in every epoch of training. Trainers that crop to 224 px lose "
        "nothing with a shortest side of 256 or more; 480 leaves room for strong scale augmentation. Keep the "
        "originals where a benchmark's rules ask for it.",
        default=defaults.resize,
        choices=lambda _answers, _facts: defaults.RESIZE,
        image=True,
    ),
    Question(
        key="image.size",
        kind="number",
        text="Shortest side in pixels",
        label="Shortest side",
        help="The shorter side becomes exactly this, the other keeps the shape. Images that are smaller already keep "
        "their size. 480 is what NVIDIA's recipe takes, 256 is the least for crops of 224.",
        default=defaults.last_image("size", {"shortest": 480}),
        applies=defaults.mode_is("shortest"),
        image=True,
    ),
    Question(
        key="image.height",
        kind="number",
        text="Height in pixels",
        label="Height",
        help="Every image gets exactly this height. 352 is NVIDIA's older recipe, 224 what most networks read.",
        default=defaults.last_image("height", {"exact": 352, "crop": 224}),
        applies=_WHOLE,
        image=True,
    ),
    Question(
        key="image.width",
        kind="number",
        text="Width in pixels",
        label="Width",
        help="Every image gets exactly this width; most networks read squares.",
        default=defaults.width,
        applies=_WHOLE,
        image=True,
    ),
    Question(
        key="image.quality",
        kind="number",
        text="JPEG quality, 1 to 100",
        label="JPEG quality",
        help="Below about 85 colours begin to drift; 90 costs about a quarter more space than 85. NVIDIA's recipes "
        "take 85 with 480 px and 90 with 352 px.",
        default=defaults.last_image("quality", {"shortest": 85, "exact": 90, "crop": 85}),
        applies=_RESIZED,
        image=True,
    ),
    Question(
        key="image.splits",
        kind="choices",
        text="Which splits are resized?",
        label="Resized",
        help="The others keep their bytes. NVIDIA's scripts resize train alone and leave validation as it is.",
        default=defaults.resized_splits,
        choices=defaults.resized_choices,
        applies=lambda answers, facts: _RESIZED(answers, facts) and len(defaults.splits_of(answers)) > 1,
        image=True,
    ),
    Question(
        key="output.train_shards",
        kind="number",
        text="Shards of train",
        label="Train shards",
        help="Files that train is spread over. 1024 is what the older scripts and most loaders expect; a small subset "
        "does with fewer. Each should hold a hundred images or more.",
        default=defaults.shards("train"),
        applies=defaults.with_split("train"),
    ),
    Question(
        key="output.validation_shards",
        kind="number",
        text="Shards of validation",
        label="Validation shards",
        help="Files that validation is spread over; 128 is what the older scripts and most loaders expect.",
        default=defaults.shards("validation"),
        applies=defaults.with_split("validation"),
    ),
    Question(
        key="name",
        kind="text",
        text="Name of this profile",
        label="Profile",
        help="The answers are saved under this name, and imagenet-setup run NAME replays them without a question. "
        "Letters, digits, _ . and - may be used. A profile of that name is kept beside as NAME.toml.bak.",
        default=defaults.name,
    ),
    Question(
        key="run.workers",
        kind="text",
        text='Workers: a number, or "auto"',
        label="Workers",
        help="Processes that build shards side by side. auto is one for each core that this machine or container "
        "gives, fewer where memory is short. The result's bytes are the same for any number.",
        default=lambda _answers, _facts: "auto",
        on_request=True,
    ),
    Question(
        key="output.on_bad_image",
        kind="choice",
        text="What if an image cannot be decoded?",
        label="Bad images",
        help="In the official archives every image can be. In damaged or repacked ones, stop names the image; skip "
        "leaves it out, lists it in dataset.json and ends with exit code 5.",
        default=lambda _answers, _facts: "stop",
        choices=lambda _answers, _facts: (
            Choice(value="stop", title="Stop", about="and name it"),
            Choice(value="skip", title="Leave it out", about="and list it; exit code 5"),
        ),
        on_request=True,
    ),
    Question(
        key="output.label_base",
        kind="choice",
        text="Which labels?",
        label="Labels",
        help="All the older scripts store 1 to 1000 and leave 0 to a background class; some PyTorch code wants 0 "
        "to 999.",
        default=lambda _answers, _facts: 1,
        choices=lambda _answers, _facts: (
            Choice(value=1, title="1 to 1000", about="0 is unused, as in all the older scripts"),
            Choice(value=0, title="0 to 999"),
        ),
        on_request=True,
    ),
)
BY_KEY = {question.key: question for question in QUESTIONS}


def folder(answers: Answers, key: str) -> Path:
    """The folder that an answer of kind path means, absolute."""
    return expanded(str(answers[key])).absolute()
