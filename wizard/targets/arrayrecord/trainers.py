"""What opens ArrayRecord shards: programs for Grain, JAX, and TensorFlow Datasets without TensorFlow."""

from wizard.targets.dataset import Loadable
from wizard.targets.trainer import JAX, Trainer

_PARSE = '''\
# Reads a tf.train.Example without TensorFlow, which nothing else here needs.
SCHEMA = """
name: "example.proto" package: "example" syntax: "proto3"
message_type {
  name: "Bytes"
  field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_BYTES }
}
message_type {
  name: "Ints"
  field { name: "value" number: 1 label: LABEL_REPEATED type: TYPE_INT64 }
}
message_type {
  name: "Feature"
  field {
    name: "bytes" number: 1 label: LABEL_OPTIONAL type_name: ".example.Bytes"
  }
  field {
    name: "ints" number: 3 label: LABEL_OPTIONAL type_name: ".example.Ints"
  }
}
message_type {
  name: "Entry"
  field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
  field {
    name: "value" number: 2 label: LABEL_OPTIONAL type_name: ".example.Feature"
  }
}
message_type {
  name: "Features"
  field {
    name: "entry" number: 1 label: LABEL_REPEATED type_name: ".example.Entry"
  }
}
message_type {
  name: "Example"
  field {
    name: "features" number: 1 label: LABEL_OPTIONAL
    type_name: ".example.Features"
  }
}
"""
file = text_format.Parse(SCHEMA, descriptor_pb2.FileDescriptorProto())
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file.SerializeToString())
kind = pool.FindMessageTypeByName("example.Example")
Example = message_factory.GetMessageClass(kind)


def parse(record):
    entries = Example.FromString(record).features.entry
    features = {entry.key: entry.value for entry in entries}
    image = Image.open(io.BytesIO(features["image"].bytes.value[0]))
    return image.convert("RGB"), features["label"].ints.value[0]
'''


_SHUFFLED = """\
dataset = grain.MapDataset.source(source)
if split == "train":
    dataset = dataset.shuffle(seed=0)"""


def _source(dataset: Loadable) -> str:
    shards = dataset.target.file(f"{dataset.split}-*").replace(dataset.split, "{split}")
    return f"""\
folder = {dataset.folder}
split = "{dataset.split}"
shards = sorted(map(str, Path(folder).glob(f"{shards}")))
source = grain.sources.ArrayRecordDataSource(shards)"""


def _grain(dataset: Loadable) -> str:
    return f"""\
import io
from pathlib import Path

import grain
import numpy as np
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)
from PIL import Image

{_PARSE}

class Decode(grain.transforms.Map):
    def map(self, record):
        image, label = parse(record)
        # {dataset.labels}
        return np.asarray(image), label


{_source(dataset)}
{_SHUFFLED}
dataset = dataset.map(Decode())

image, label = dataset[0]
print(image.shape, label)
"""


def _jax(dataset: Loadable) -> str:
    return f"""\
import io
from pathlib import Path

import grain
import jax.numpy as jnp
import numpy as np
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
)
from PIL import Image

{_PARSE}

class Decode(grain.transforms.Map):
    def map(self, record):
        image, label = parse(record)
        # {dataset.labels}
        return np.asarray(image.resize((224, 224))), label


{_source(dataset)}
{_SHUFFLED}
dataset = dataset.map(Decode()).batch(64)

for images, labels in dataset.to_iter_dataset():
    images, labels = jnp.asarray(images), jnp.asarray(labels)
    print(images[0].shape, int(labels[0]))
    break
"""


def _data_source(dataset: Loadable) -> str:
    return f"""\
import grain
import tensorflow_datasets as tfds

folder = {dataset.folder}
split = "{dataset.split}"
source = tfds.data_source(
    "imagenet2012",
    data_dir=folder,
    split=split,
    download=False,
)
{_SHUFFLED}

example = dataset[0]
# {dataset.labels}
print(example["image"].shape, example["label"])
"""


def _folder_source(dataset: Loadable) -> str:
    return f"""\
import grain
import tensorflow_datasets as tfds

folder = {dataset.folder}
split = "{dataset.split}"
source = tfds.builder_from_directory(folder).as_data_source(split=split)
{_SHUFFLED}

example = dataset[0]
# {dataset.labels}
print(example["image"].shape, example["label"])
"""


TRAINERS = (
    Trainer(
        name="grain",
        family=JAX,
        title="Grain",
        about="ArrayRecord shards, read in any order, labels from 0",
        program=_grain,
        install="grain pillow",
    ),
    Trainer(
        name="jax",
        family=JAX,
        title="JAX, with Grain",
        about="ArrayRecord shards, read in any order, labels from 0",
        program=_jax,
        install="jax grain pillow",
    ),
    Trainer(
        name="tfds-data-source",
        family=JAX,
        title="TensorFlow Datasets without TensorFlow",
        about='ArrayRecord shards that tfds.data_source("imagenet2012") finds by name; read with Grain',
        program=_data_source,
        install="tensorflow-datasets array-record grain",
        requires={"tfds": "imagenet2012", "label_base": 0},
    ),
    Trainer(
        name="tfds-data-source-folder",
        family=JAX,
        title="TensorFlow Datasets without TensorFlow, from a folder",
        about="ArrayRecord shards with metadata, of any classes; read with Grain",
        program=_folder_source,
        install="tensorflow-datasets array-record grain",
        requires={"tfds": True},
    ),
)
