"""The questions that are asked only when a person wants to change their answer in the review."""

from collections.abc import Callable

from wizard.ask import defaults
from wizard.ask.context import Context
from wizard.ask.defaults import Known
from wizard.ask.prompt import Choice
from wizard.ask.question import Question, yes_or_no


def _extra(
    key: str, text: str, label: str, about: str, usual: str = "no", applies: Callable[[Known], bool] | None = None
) -> Question[Context]:
    return Question(
        key=f"output.{key}",
        kind="choice",
        text=text,
        label=label,
        help=about,
        default=lambda _: usual,
        choices=yes_or_no,
        applies=applies or defaults.only_for(key),
        advanced=True,
    )


ADVANCED: tuple[Question[Context], ...] = (
    Question(
        key="run.workers",
        kind="text",
        text='Workers: a number, or "auto"',
        label="Workers",
        help="Processes that build shards side by side. auto is one for each core that this machine or container "
        "gives, fewer where memory is short. The result's bytes are the same for any number.",
        default=lambda _: "auto",
        advanced=True,
    ),
    Question(
        key="output.on_bad_image",
        kind="choice",
        text="What if an image cannot be decoded?",
        label="Bad images",
        help="Stop ends the build and names the image; skip leaves it out and lists it in dataset.json, and the build "
        "ends with exit code 5.",
        default=lambda _: "stop",
        choices=lambda _: (
            Choice("stop", "Stop", "and name it"),
            Choice("skip", "Leave it out", "and list it; exit code 5"),
        ),
        advanced=True,
    ),
    Question(
        key="output.label_base",
        kind="choice",
        text="Which labels?",
        label="Labels",
        help="All the older scripts store 1 to 1000 and leave 0 to a background class; some PyTorch code wants 0 "
        "to 999.",
        default=defaults.label_base,
        choices=lambda _: (
            Choice(1, "From 1", "0 is unused, as in all the older scripts"),
            Choice(0, "From 0"),
        ),
        applies=defaults.stores_labels,
        advanced=True,
    ),
    _extra(
        "index",
        "Index files beside the shards?",
        "Index files",
        "A line a record, in the folder idx/: DALI needs them, and PyPI's tfrecord uses them.",
        usual="yes",
    ),
    _extra(
        "tfds",
        "Metadata for TensorFlow Datasets?",
        "TFDS metadata",
        "With it tfds.builder_from_directory opens the folder.",
    ),
    _extra(
        "split_folders",
        "A folder for each split?",
        "Split folders",
        "tfrecord_train/ and tfrecord_val/ instead of all shards beside each other.",
    ),
    _extra(
        "boxes_csv",
        "Bounding boxes as a CSV too?",
        "Boxes as CSV",
        "imagenet_2012_bounding_boxes.csv, as the older scripts write it.",
        applies=lambda known: known.context.from_records or known.get("source.boxes") != "none",
    ),
)
