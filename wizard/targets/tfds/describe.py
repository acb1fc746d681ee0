"""Describes records of imagenet2012 to TFDS: in a folder of any name, and as the dataset that it knows by name."""

from wizard.sources.tfds.info import BY_THIS_PROGRAM
from wizard.targets.dataset import BuiltDataset
from wizard.targets.labels import from_zero
from wizard.targets.tfds import metadata
from wizard.targets.tfds.imagenet2012 import FILE_NAME, FOLDER, IMAGE, LABEL, NAME, SUPERVISED, VERSION

_TEMPLATE = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
_NAMED: metadata.Json = {
    "name": NAME,
    "version": VERSION,
    "description": f"ILSVRC2012 {BY_THIS_PROGRAM}; dataset.json, two folders up, says how.",
    "location": {"urls": ["https://image-net.org/"]},
    "moduleName": "tensorflow_datasets.datasets.imagenet2012.imagenet2012_dataset_builder",
    "releaseNotes": {VERSION: "Added test split."},
}


def describe(dataset: BuiltDataset, shape: metadata.Shape) -> dict[str, bytes]:
    """The files that describe such a dataset to `tfds.builder_from_directory`, by name."""
    return _features(dataset) | metadata.info_json(dataset, shape)


def describe_named(dataset: BuiltDataset, form: metadata.FileFormat) -> dict[str, bytes]:
    """The files that describe the dataset to `tfds.load`, by their paths below the output folder."""
    shape = metadata.Shape(form=form, template=_TEMPLATE, path=lambda shard: shard, supervised=SUPERVISED)
    files = _features(dataset) | metadata.info_json(dataset, shape, _NAMED)
    return {f"{FOLDER}/{name}": content for name, content in files.items()}


def _features(dataset: BuiltDataset) -> dict[str, bytes]:
    """The files that tell TFDS what the records hold, by name."""
    names = from_zero(dataset.classes.names, dataset.label_base)
    described = {IMAGE: metadata.image(), LABEL: metadata.class_label(len(names)), FILE_NAME: metadata.text()}
    return metadata.labels_file(LABEL, names) | metadata.features_json(described)
