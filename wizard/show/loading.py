"""How a finished dataset is checked and loaded, as lines of text."""

import shlex

from wizard.engine.build_result import BuildResult
from wizard.engine.targets import INDEX_FOLDER


def loading(event: BuildResult) -> list[str]:
    """What to type to check it, and code that loads one of its splits: train, where it has that."""
    present = [split.split for split in event.splits]
    split = next((name for name in ("train", "validation") if name in present), present[0])
    if split == "test" and event.target.of_files:
        folder = f"{event.output}/{event.target.image_folder(split)}"
        return [_check(event), f"Load it    the images lie in {folder}", *_listed(folder)]
    how = {"tfrecord": _records, "webdataset": _samples, "folders": _class_folders, "flat": _flat_folder}
    return [_check(event), *how[event.target.format](event, split)]


def _check(event: BuildResult) -> str:
    return f"Check it   imagenet-setup verify {shlex.quote(event.output)}"


def _labels(event: BuildResult) -> str:
    last = event.label_base + event.classes - 1
    unused = ", 0 is unused" if event.label_base else ""
    unknown = ", -1 in test" if any(split.unlabelled for split in event.splits) else ""
    return f"labels are {event.label_base} to {last}{unused}{unknown}"


def _records(event: BuildResult, split: str) -> list[str]:
    out, target = event.output, event.target
    shards = f'"{out}/{target.file(f"{split}-*")}"'
    named = "; features have the names that the source gave them" if target.features == "source" else ""
    tfds = [f'  TFDS     tfds.builder_from_directory("{out}").as_dataset(split="{split}", as_supervised=True)']
    dali = [
        f"  DALI     fn.readers.tfrecord(path=sorted(glob({shards})),",
        f'               index_path=sorted(glob("{out}/{INDEX_FOLDER}/{split}-*")), features={{',
        '                   "image/encoded": tfrec.FixedLenFeature((), tfrec.string, ""),',
        '                   "image/class/label": tfrec.FixedLenFeature([1], tfrec.int64, -1)})',
    ]
    return [
        f"Load it    {_labels(event)}; image/encoded is a JPEG{named}",
        f"  tf.data  tf.data.TFRecordDataset(tf.io.gfile.glob({shards})).map(",
        "               lambda record: tf.io.parse_single_example(record, {",
        '                   "image/encoded": tf.io.FixedLenFeature([], tf.string),',
        '                   "image/class/label": tf.io.FixedLenFeature([], tf.int64)}))',
        *(tfds if event.tfds else []),
        *(dali if target.indexed else []),
        "  PyTorch  from tfrecord.torch.dataset import TFRecordDataset   # pip install tfrecord",
        "           torch.utils.data.ChainDataset([TFRecordDataset(",
        '               shard, None, {"image/encoded": "byte", "image/class/label": "int"})',
        f"               for shard in sorted(glob({shards}))])",
    ]


def _samples(event: BuildResult, split: str) -> list[str]:
    shards = f'"{event.output}/{event.target.file(f"{split}-*.tar")}"'
    # WebDataset says how many shards it shuffles at a time, and asks everyone to decide.
    order = "100).shuffle(1000" if split == "train" else "False"
    return [
        f"Load it    {_labels(event)}; a sample is jpg, cls (its label) and json (name, class, size, boxes)",
        f"  PyTorch  webdataset.WebDataset(sorted(glob({shards})),   # pip install webdataset",
        f'               shardshuffle={order}).decode("pil").to_tuple("jpg", "cls")',
    ]


def _class_folders(event: BuildResult, split: str) -> list[str]:
    folder = f"{event.output}/{event.target.image_folder(split)}"
    return [
        "Load it    a class is a folder; PyTorch counts them from 0 in the order of their names",
        f'  PyTorch  torchvision.datasets.ImageFolder("{folder}")',
        f'  timm     timm.data.create_dataset("", root="{event.output}", split="{split}")',
        f'  Keras    keras.utils.image_dataset_from_directory("{folder}", label_mode="int")',
    ]


def _flat_folder(event: BuildResult, split: str) -> list[str]:
    folder = f"{event.output}/{event.target.image_folder(split)}"
    if not event.imagenet:
        return ["Load it    a file's name begins with its class, as classes.txt lists them, and _", *_listed(folder)]
    return [
        "Load it    a file's name begins with its class; synsets.txt lists them in the order of their labels",
        f'  Python   [(file, file.name.partition("_")[0]) for file in pathlib.Path("{folder}").iterdir()]',
        *_listed(folder),
    ]


def _listed(folder: str) -> list[str]:
    return [f'  tf.data  tf.data.Dataset.list_files("{folder}/*")']
