"""What opens TFRecord shards: programs for tf.data, DALI, PyTorch and TensorFlow Datasets."""

from wizard.ilsvrc2012.feature_names import LABELS
from wizard.targets.dataset import Loadable
from wizard.targets.tfrecord.index import INDEX_FOLDER
from wizard.targets.trainer import DALI, PYTORCH, TENSORFLOW, Trainer

TFDS_METADATA = "tfds"
"""The key of [output] for metadata beside the shards."""


def _shards(dataset: Loadable) -> str:
    """The glob of a split's shards, below the dataset's folder, as an f-string."""
    return str(dataset.target.file(f"{dataset.split}-*")).replace(dataset.split, "{split}")


def _features(dataset: Loadable) -> tuple[str, str]:
    """The features that hold the image and its label."""
    schema = dataset.target.schema
    return schema.image, next((name for name in LABELS if name in dataset.features), schema.label)


def _tf_data(dataset: Loadable) -> str:
    image, label = _features(dataset)
    return f"""\
from pathlib import Path

import tensorflow as tf

folder = {dataset.folder}
split = "{dataset.split}"
shards = sorted(map(str, Path(folder).glob(f"{_shards(dataset)}")))


def parse(record):
    features = {{
        "{image}": tf.io.FixedLenFeature([], tf.string),
        # {dataset.labels}
        "{label}": tf.io.FixedLenFeature([], tf.int64),
    }}
    features = tf.io.parse_single_example(record, features)
    image = tf.io.decode_jpeg(features["{image}"], channels=3)
    return image, features["{label}"]


files = tf.data.Dataset.from_tensor_slices(shards)
if split == "train":
    files = files.shuffle(len(shards))
records = files.interleave(
    tf.data.TFRecordDataset,
    cycle_length=16,
    num_parallel_calls=tf.data.AUTOTUNE,
)
if split == "train":
    records = records.shuffle(10_000)
dataset = records.map(parse, num_parallel_calls=tf.data.AUTOTUNE)
dataset = dataset.prefetch(tf.data.AUTOTUNE)

for image, label in dataset.take(1):
    print(image.shape, int(label))
"""


def _dali(dataset: Loadable) -> str:
    image, label = _features(dataset)
    return f"""\
from pathlib import Path

from nvidia.dali import fn, pipeline_def, tfrecord, types

folder = {dataset.folder}
split = "{dataset.split}"
shards = sorted(map(str, Path(folder).glob(f"{_shards(dataset)}")))
indexes = sorted(map(str, Path(folder).glob(f"{INDEX_FOLDER}/{{split}}-*")))


# On a GPU, device_id is its number, and device below is "mixed".
@pipeline_def(batch_size=64, num_threads=4, device_id=None)
def pipeline():
    record = fn.readers.tfrecord(
        path=shards,
        index_path=indexes,
        features={{
            "{image}": tfrecord.FixedLenFeature((), tfrecord.string, ""),
            # {dataset.labels}
            "{label}": tfrecord.FixedLenFeature(
                [1],
                tfrecord.int64,
                -1,
            ),
        }},
        random_shuffle=split == "train",
    )
    image = fn.decoders.image(
        record["{image}"],
        device="cpu",
        output_type=types.RGB,
    )
    return image, record["{label}"]


loader = pipeline()
loader.build()
images, labels = loader.run()
print(images.at(0).shape, int(labels.at(0)[0]))
"""


def _pytorch(dataset: Loadable) -> str:
    image, label = _features(dataset)
    return f"""\
import io
from pathlib import Path

import numpy as np
from PIL import Image
from tfrecord.torch.dataset import TFRecordDataset
from torch.utils.data import ChainDataset

folder = {dataset.folder}
split = "{dataset.split}"
features = {{"{image}": "byte", "{label}": "int"}}


def decode(record):
    image = Image.open(io.BytesIO(record["{image}"])).convert("RGB")
    # {dataset.labels}
    return np.asarray(image), int(record["{label}"][0])


def reader(shard):
    return TFRecordDataset(shard, None, features, transform=decode)


shards = sorted(map(str, Path(folder).glob(f"{_shards(dataset)}")))
dataset = ChainDataset([reader(shard) for shard in shards])

for image, label in dataset:
    print(image.shape, label)
    break
"""


def _tfds_load(dataset: Loadable) -> str:
    return f"""\
import tensorflow_datasets as tfds

folder = {dataset.folder}
split = "{dataset.split}"
dataset = tfds.load(
    "imagenet2012",
    data_dir=folder,
    split=split,
    shuffle_files=split == "train",
    as_supervised=True,
    download=False,
)

for image, label in dataset.take(1):
    # {dataset.labels}
    print(image.shape, int(label))
"""


def _tfds_builder(dataset: Loadable) -> str:
    return f"""\
import tensorflow_datasets as tfds

folder = {dataset.folder}
split = "{dataset.split}"
builder = tfds.builder_from_directory(folder)
dataset = builder.as_dataset(
    split=split,
    shuffle_files=split == "train",
    as_supervised=True,
)

for image, label in dataset.take(1):
    # {dataset.labels}
    print(image.shape, int(label))
"""


TRAINERS = (
    Trainer(
        name="tf.data",
        family=TENSORFLOW,
        title="tf.data",
        about="TFRecord shards, labels from 1, as in build_imagenet_data.py",
        program=_tf_data,
        install="tensorflow",
    ),
    Trainer(
        name="tfds",
        family=TENSORFLOW,
        title="TensorFlow Datasets",
        about='TFRecord shards that tfds.load("imagenet2012") finds by name, labels from 0',
        program=_tfds_load,
        install="tensorflow tensorflow-datasets",
        requires={TFDS_METADATA: "imagenet2012", "label_base": 0},
    ),
    Trainer(
        name="dali",
        family=DALI,
        title="NVIDIA DALI",
        about="TFRecord shards with index files",
        program=_dali,
        install="nvidia-dali-cuda120",
        requires={"index": True},
    ),
    Trainer(
        name="tfds-folder",
        family=TENSORFLOW,
        title="TensorFlow Datasets, from a folder",
        about="TFRecord shards with metadata for builder_from_directory",
        program=_tfds_builder,
        install="tensorflow tensorflow-datasets",
        requires={TFDS_METADATA: True},
    ),
    Trainer(
        name="tfrecord",
        family=PYTORCH,
        title="PyTorch, with the package tfrecord",
        about="TFRecord shards, labels from 0",
        program=_pytorch,
        install="torch tfrecord pillow",
        settings={"label_base": 0},
    ),
)
