"""The questions that are asked only when a person wants to change their answer in the review."""

from wizard.ask import defaults
from wizard.ask.prompt import Choice
from wizard.ask.question import Question

_EXTRAS = (
    (
        "index",
        "Index files beside the shards?",
        "Index files",
        "A line a record, in the folder idx/: DALI needs them, and PyPI's tfrecord uses them.",
        "yes",
        defaults.has_key("index"),
    ),
    (
        "tfds",
        "Metadata for TensorFlow Datasets?",
        "TFDS metadata",
        "With it tfds.builder_from_directory opens the folder.",
        "no",
        defaults.has_key("tfds"),
    ),
    (
        "split_folders",
        "A folder for each split?",
        "Split folders",
        "tfrecord_train/ and tfrecord_val/ instead of all shards beside each other.",
        "no",
        defaults.has_key("split_folders"),
    ),
    (
        "boxes_csv",
        "Bounding boxes as a CSV too?",
        "Boxes as CSV",
        "imagenet_2012_bounding_boxes.csv, as the older scripts write it.",
        "no",
        lambda answers, facts: facts.from_records or answers.get("source.boxes") != "none",
    ),
)

ON_REQUEST = (
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
        help="Stop ends the build and names the image; skip leaves it out and lists it in dataset.json, and the build "
        "ends with exit code 5.",
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
        default=defaults.label_base,
        choices=lambda _answers, _facts: (
            Choice(value=1, title="From 1", about="0 is unused, as in all the older scripts"),
            Choice(value=0, title="From 0"),
        ),
        applies=defaults.stores_labels,
        on_request=True,
    ),
    *(
        Question(
            key=f"output.{key}",
            kind="choice",
            text=text,
            label=label,
            help=why,
            default=defaults.usually(usual),
            choices=defaults.yes_or_no,
            applies=applies,
            on_request=True,
        )
        for key, text, label, why, usual, applies in _EXTRAS
    ),
)
