"""The setup questions, as data: conditions, defaults, choices and accepted answers."""

from functools import partial

from wizard.ask import (
    defaults,
    folder_answers,
    holdout,
    image_choices,
    name_remark,
    number_remarks,
    trainers,
    validation,
)
from wizard.ask.advanced_questions import ADVANCED
from wizard.ask.context import Context
from wizard.ask.question import Question
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.profile_image import Image
from wizard.targets.registry import OPTIONS, TARGETS

_WHOLE = defaults.mode_is("exact", "crop")

_OF_A_TRAINER = (
    "output.format",
    "output.label_base",
    *(f"output.{key}" for key in OPTIONS),
    *(f"output.{split}_shards" for split in SPLITS),
)
"""Keys of a replayed profile that another trainer sets otherwise."""


def _shards(split: Split, about: str) -> Question[Context]:
    return Question(
        key=f"output.{split}_shards",
        kind="number",
        text=f"Shards of {split}",
        label=f"{split.capitalize()} shards",
        help=about,
        default=partial(defaults.shards, split),
        applies=lambda known: (
            split in defaults.splits_of(known) and defaults.sharded(known) and known.get("output.shards") != "keep"
        ),
        implied=partial(defaults.uncounted, split),
        require=partial(validation.enough_images, split),
        on_request=lambda known: trainers.chosen(known) is not None,
        remark=partial(number_remarks.small_shards, split),
    )


QUESTIONS: tuple[Question[Context], ...] = (
    Question(
        key="family",
        kind="choice",
        text="What will open the result?",
        label="Opened by",
        help="The answer sets what that reader expects: the format, the names and number of files, the first label, "
        "index files and metadata. The review can change what the reader does not depend on. At its end, the build "
        "shows a program that opens the result. Something else asks for a format.",
        default=trainers.usual_family,
        choices=trainers.families,
        require=trainers.family_can_open,
        governs=("output.trainer", *_OF_A_TRAINER),
        reopens=("output.trainer",),
        stored=False,
    ),
    Question(
        key="output.trainer",
        kind="choice",
        text="Which way?",
        label="Reader",
        help="That depends on where the data will be stored: folders have one file per image, which suits local disks; "
        "tars and shards are a few large files, which suit network disks and object stores.",
        default=trainers.usual,
        choices=trainers.of_family,
        applies=lambda known: len(trainers.of_family(known)) > 1,
        implied=trainers.only_one,
        require=trainers.can_open,
        governs=_OF_A_TRAINER,
    ),
    Question(
        key="source.path",
        kind="path",
        text="Where is the raw data?",
        label="Raw data",
        help="The folder with ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar as they were downloaded; do not "
        "unpack them. Bounding boxes, if you want them, are ILSVRC2012_bbox_train_v2.tar.gz and "
        "ILSVRC2012_bbox_val_v3.tgz in the same folder. An extracted tree (train/, val/), Kaggle's ILSVRC/, "
        "Hugging Face's Parquet files, WebDataset shards, a dataset of TensorFlow Datasets, TFRecords, folders of "
        "classes of your own, or a zip or tar of such a tree will do as well. Tab completes a path.",
        default=defaults.source,
        choices=defaults.found_sources,
        stays=True,  # so that it is known whether another folder was named before
        meant=folder_answers.folder_meant,
        instead=folder_answers.folders_below,
        governs=tuple(f"source.{key}" for key in ("layout", "links", "folders", "min_images", "holdout", "holdout_by")),
    ),
    Question(
        key="source.holdout",
        kind="choice",
        text="There is no validation split. Hold out images of train?",
        label="Held out",
        help="Validation is what a model is measured on, so its images must not be trained on. Held-out images are "
        "moved from train to validation, class by class, chosen by hashes of their names: always the same ones, "
        "whatever the seed. Each class keeps at least one image in train.",
        default=holdout.holdout,
        choices=holdout.holdout_choices,
        applies=lambda known: known.context.lacks_validation,
        left_out=holdout.NO_HOLDOUT,
    ),
    Question(
        key="source.splits",
        kind="choices",
        text="Which splits?",
        label="Splits",
        help="Train is what a model learns from, validation what it is measured on. Most trainers want both.",
        default=defaults.found_splits,
        choices=defaults.split_choices,
        # What cannot be read is not given up without a word.
        applies=lambda known: len(known.context.splits) > 1 or bool(known.context.unreadable),
        implied=defaults.found_splits,
    ),
    Question(
        key="source.labels",
        kind="choice",
        text="Whose labels?",
        label="Classes",
        help="If class folders are some of ImageNet's 1,000, a model for just these classes needs labels without gaps; "
        "a model for all 1,000 needs each class's own label. If they are numbers, as in ImageNet-V2 (0 to 999), the "
        "number is nearly always the label; sorted as text, 10 comes before 2.",
        default=defaults.labels,
        choices=defaults.label_choices,
        applies=lambda known: bool(known.context.classes_in_doubt),
    ),
    Question(
        key="output.format",
        kind="choice",
        text="What should be written?",
        label="Format",
        help=" ".join(target.offer.help for target in TARGETS.values() if target.offer.help),
        default=lambda known: known.context.usual.output.format,
        choices=trainers.formats,
        applies=lambda known: trainers.chosen(known) is None,
        implied=trainers.format_of,
        require=trainers.can_write,
        governs=(*(f"output.{key}" for key in OPTIONS), *(f"output.{split}_shards" for split in SPLITS)),
    ),
    Question(
        key="source.boxes",
        kind="choice",
        text="Which bounding boxes go into the result?",
        label="Boxes",
        help="Classification needs none; detection and localisation do, and some input pipelines crop around them. "
        "They add little to size and time.",
        default=defaults.boxes,
        choices=defaults.box_choices,
        applies=lambda known: (
            len(defaults.box_choices(known)) > 1 and (trainers.chosen(known) is None or trainers.hold_boxes(known))
        ),
        # They may still be written to a CSV.
        on_request=lambda known: not trainers.hold_boxes(known),
        implied=lambda _: "none",
    ),
    Question(
        key="output.path",
        kind="path",
        text="Where does the result go?",
        label="Output",
        help="A new folder, or the folder of an unfinished build with these same answers, which then resumes. No "
        "scratch space is needed beside it.",
        default=defaults.output,
        require=validation.output_folder,
        remark=folder_answers.output_remark,
    ),
    Question(
        key="image.resize",
        kind="choice",
        text="What should the images become?",
        label="Images",
        help="Smaller images are read and decoded faster in every epoch of training. Evaluation at 224 px usually "
        "resizes to 256 anyway; random crops in training show more detail with a shortest side of 480, and most with "
        "the originals. Keep the originals if a benchmark's rules ask for it. Only JPEGs can keep their bytes: every "
        "output holds JPEGs, which all of its readers decode, so PNG and other formats become JPEG at quality 100, "
        "which is lossy. For several sizes, run the setup once for each, with another output folder.",
        default=defaults.resize,
        stays=True,  # another trainer would else turn images that were accepted into others
        choices=image_choices.resize_choices,
        governs=tuple(f"image.{key}" for key in Image.model_fields),
        affects_images=True,
    ),
    Question(
        key="image.size",
        kind="number",
        text="Shortest side in pixels",
        label="Shortest side",
        help="The shorter side becomes exactly this, and the aspect ratio is kept. Smaller images keep their size. "
        "NVIDIA's scripts use 480; 256 is the usual minimum for crops of 224.",
        default=defaults.last_image("size", shortest=480),
        applies=defaults.mode_is("shortest"),
        affects_images=True,
    ),
    Question(
        key="image.height",
        kind="number",
        text="Height in pixels",
        label="Height",
        help="Every image gets exactly this height. NVIDIA's older generate_tfrecord_protos.sh uses 352; "
        "most networks read 224.",
        default=defaults.last_image("height", exact=352, crop=224),
        applies=_WHOLE,
        affects_images=True,
    ),
    Question(
        key="image.width",
        kind="number",
        text="Width in pixels",
        label="Width",
        help="Every image gets exactly this width; most networks read squares.",
        default=defaults.width,
        applies=_WHOLE,
        affects_images=True,
    ),
    Question(
        key="image.quality",
        kind="number",
        text="JPEG quality, 1 to 100",
        label="JPEG quality",
        help="Below about 85 colors begin to drift; 90 costs about a quarter more space than 85. NVIDIA's scripts "
        "use 85 with 480 px and 90 with 352 px.",
        default=defaults.last_image("quality", shortest=85, exact=90, crop=85),
        applies=defaults.RESIZED,
        remark=number_remarks.poor_quality,
        affects_images=True,
    ),
    Question(
        key="image.splits",
        kind="choices",
        text="Which splits are resized?",
        label="Resized",
        help="The others keep their bytes. NVIDIA's scripts resize only train and leave validation as it is.",
        default=defaults.resized_splits,
        choices=lambda known: tuple(
            choice for choice in defaults.split_choices(known) if choice.value in defaults.splits_of(known)
        ),
        applies=lambda known: defaults.RESIZED(known) and len(defaults.splits_of(known)) > 1,
        affects_images=True,
    ),
    Question(
        key="output.shards",
        kind="choice",
        text="Keep the existing shards?",
        label="Shards",
        help="Keep them: each file becomes one file of the same records in the same order, numbered from 00000. Choose "
        "how many: the records are shuffled into so many new ones.",
        default=lambda _: "keep",
        choices=defaults.kept_shards,
        applies=lambda known: known.context.from_records and defaults.sharded(known) and not holdout.holds_out(known),
    ),
    _shards(
        "train",
        "Files that train is spread over. build_imagenet_data.py writes 1024; loaders do not depend on the number. "
        "Each should hold at least a hundred images, so a small subset needs fewer.",
    ),
    _shards(
        "validation",
        "Files that validation is spread over. build_imagenet_data.py writes 128; loaders do not depend on the number.",
    ),
    _shards("test", "Files that test is spread over."),
    Question(
        key="name",
        kind="text",
        text="Name of this profile",
        label="Profile",
        help="The answers are saved under this name, and imagenet-setup run NAME repeats the build without asking. "
        "Use letters, digits, _ . and -. An older profile of that name is kept as NAME.toml.bak.",
        default=defaults.name,
        require=validation.a_name,
        remark=name_remark.replaces_another,
    ),
    *ADVANCED,
)
BY_KEY = {question.key: question for question in QUESTIONS}
