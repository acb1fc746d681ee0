"""Questions that are asked only on request, in the review."""

from wizard.ask import defaults, trainers, validation
from wizard.ask.context import Context
from wizard.ask.defaults import Known
from wizard.ask.prompt import Choice, Value
from wizard.ask.question import Question, yes_or_no
from wizard.formats import encoders
from wizard.targets.option import Option
from wizard.targets.registry import OPTIONS


def _about(key: str, option: Option) -> Question[Context]:
    """The question about a key that only some formats have."""

    def default(known: Known) -> Value:
        value = trainers.output(known).get(key, option.default)
        return list(value) if option.many else _answer(value)

    def choices(known: Known) -> tuple[Choice, ...]:
        allowed = option.allowed_in(defaults.target_of(known).format)
        return tuple(Choice(_answer(each.value), each.title, each.about) for each in allowed)

    return Question(
        key=f"output.{key}",
        kind="choices" if option.many else "choice",
        text=option.text,
        label=option.label,
        help=option.help or f"{option.description[:1].upper()}{option.description[1:]}.",
        default=default,
        choices=choices,
        require=lambda value, known: trainers.keeps_needed(key, value, known),
        applies=lambda known: key in defaults.target_of(known).options and not trainers.needs(key, known),
        advanced=True,
        switch=True,
        optional=True,
    )


def _answer(value: bool | str) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


ADVANCED: tuple[Question[Context], ...] = (
    Question(
        key="run.workers",
        kind="text",
        text='Workers: a number, or "auto"',
        label="Workers",
        help="Processes that build shards in parallel. auto starts one for each core that may be used, or fewer if "
        "memory is short. The result's bytes are the same for any number.",
        default=lambda _: "auto",
        advanced=True,
    ),
    Question(
        key="source.read",
        kind="choice",
        text="How is the raw data read?",
        label="Reading",
        help="The images of a shard come from all over the raw data. Directly: each shard reads its own images in "
        "place; best on SSDs. In stages: the raw data is read once, in order, and finished images wait on the output's "
        "disk until their shard is written; best on spinning disks and slow network file systems. The result's bytes "
        "are the same.",
        default=lambda _: "auto",
        choices=lambda _: (
            Choice("auto", "Whichever is faster", "measured before the build"),
            Choice("direct", "Directly", "each shard reads its own images"),
            Choice("staged", "In stages", "once, in order; needs more of the output's disk"),
        ),
        advanced=True,
    ),
    Question(
        key="output.on_bad_image",
        kind="choice",
        text="What if an image cannot be decoded?",
        label="Bad images",
        help="Stop: the build ends and names the image. Leave it out: it is listed in dataset.json, and the build ends "
        "with exit code 5.",
        default=lambda _: "stop",
        choices=lambda _: (
            Choice("stop", "Stop", "and name it"),
            Choice("skip", "Leave it out", "and list it; exit code 5"),
        ),
        advanced=True,
    ),
    Question(
        key="image.encoder",
        kind="choice",
        text="Which JPEG encoder?",
        label="Encoder",
        help="At the same quality number, both give about the same PSNR; jpegli's files are about a sixth smaller, and "
        "it takes about three times as long as libjpeg-turbo to encode an image. Trainers read both alike. jpegli's "
        "bytes also depend on the type of processor, so a build cannot be resumed on a machine with another type.",
        default=lambda _: encoders.DEFAULT,
        choices=lambda _: (
            Choice("libjpeg-turbo", "libjpeg-turbo", "fastest"),
            Choice("jpegli", "jpegli", "smaller files; needs the package ajpegli"),
        ),
        require=validation.encoder_installed,
        applies=defaults.RESIZED,
        advanced=True,
        affects_images=True,
    ),
    # Not asked of everyone: with the usual 480 px, most of ImageNet's photos are smaller already, so that the answer
    # yes gives about twice the bytes, and whoever wants it knows that it is timm's way.
    Question(
        key="image.keep_small",
        kind="choice",
        text="Do images that need no resizing keep their bytes?",
        label="Small images",
        help="No: they are encoded again at the chosen quality, which makes most of them smaller. Yes: their pixels "
        "stay exactly the original's, as in timm's ImageNet-12k and -22k. At 480 px that is most of ImageNet, and the "
        "dataset becomes about twice as large.",
        default=lambda _: "no",
        choices=yes_or_no,
        applies=defaults.RESIZED,
        advanced=True,
        switch=True,
        affects_images=True,
    ),
    Question(
        key="image.check",
        kind="choice",
        text="How are images that keep their bytes checked?",
        label="Check",
        help="Decode every one: this finds any damage. As needed: the official archives hold no damaged image, so "
        "nothing in them has to be decoded once their MD5 is verified; a build does that first where it is faster. "
        "Structure only: this shows that an image was truncated or ends in zeros, but not that bytes inside it were "
        "changed.",
        default=lambda _: "auto",
        choices=lambda _: (
            Choice("auto", "As needed", "decoded, unless the archive has its official MD5"),
            Choice("decode", "Decode every one", "even if the archive is verified"),
            Choice("structure", "Structure only", "fastest; finds truncated images"),
        ),
        applies=defaults.keeps_bytes,
        advanced=True,
    ),
    Question(
        key="output.label_base",
        kind="choice",
        text="Which labels?",
        label="Labels",
        help="From 1: build_imagenet_data.py and the scripts after it store 1 to 1000 and leave 0 to a background "
        "class. From 0: most PyTorch code expects 0 to 999.",
        default=defaults.label_base,
        choices=lambda _: (
            Choice(1, "From 1", "0 is unused, as in build_imagenet_data.py"),
            Choice(0, "From 0"),
        ),
        applies=lambda known: defaults.stores_labels(known) and not trainers.needs("label_base", known),
        advanced=True,
    ),
    *(_about(key, option) for key, option in OPTIONS.items() if option.text),
    Question(
        key="output.boxes_csv",
        kind="choice",
        text="Write the bounding boxes to a CSV too?",
        label="Boxes as CSV",
        help="Writes imagenet_2012_bounding_boxes.csv beside the dataset.",
        default=lambda _: "no",
        choices=yes_or_no,
        # Boxes of records are in the records, whatever was answered about annotations.
        applies=lambda known: known.context.from_records or known.get("source.boxes") != "none",
        advanced=True,
        switch=True,
    ),
    Question(
        key="output.load_py",
        kind="choice",
        text="Write a program that opens the result?",
        label="load.py",
        help="Writes load.py into the dataset's folder: the program that the end of the build shows. It opens the "
        "folder that it is in.",
        default=lambda _: "no",
        choices=yes_or_no,
        advanced=True,
        switch=True,
    ),
)
