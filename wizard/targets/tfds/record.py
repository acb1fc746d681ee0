"""The records of TFDS's imagenet2012: a tf.train.Example with an image, its label and the name of its file.

Source: tensorflow-datasets 4.9.10, `datasets/imagenet2012/imagenet2012_dataset_builder.py`.
"""

from collections.abc import Iterator

from wizard.formats import example
from wizard.targets import images
from wizard.targets.dataset import Encoded
from wizard.targets.expected import Planned, Seen
from wizard.targets.sample import OutputSample
from wizard.targets.tfds.imagenet2012 import FILE_NAME, IMAGE, LABEL

_KINDS: dict[str, type] = {IMAGE: bytes, LABEL: tuple, FILE_NAME: bytes}


class RecordCodec:
    """Makes such records, and reads them back."""

    def encode(self, sample: OutputSample) -> bytes:
        """The record of an image; the label of one without a class is -1, as in TFDS's test split."""
        return example.encode(
            {IMAGE: sample.stored.jpeg, LABEL: (sample.label,), FILE_NAME: sample.name.encode()},
        )

    def encoded(self, payload: bytes) -> Encoded:
        """The image and the label of a record.

        Raises:
            ValueError: it is not such a record.
        """
        features = example.decode(payload)
        jpeg, label = features.get(IMAGE), features.get(LABEL)
        if not isinstance(jpeg, bytes) or not isinstance(label, tuple) or len(label) != 1:
            raise ValueError(f"a record has not one {IMAGE} and one {LABEL}")
        return Encoded(jpeg, label[0], {})

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        """What is wrong with a record."""
        try:
            features = example.decode(payload)
        except example.ExampleDamage as damage:
            return Seen(0, [f"it is not a tf.train.Example of the kind that was written: {damage}"])
        unlike = [key for key, kind in _KINDS.items() if not isinstance(features.get(key), kind)]
        unlike += sorted(features.keys() - _KINDS.keys())
        if unlike:
            return Seen(0, [f"{', '.join(unlike)}: missing, unknown, or not of its kind"])
        return Seen(0, list(_wrong(features, planned)))


def _wrong(features: dict[str, example.Feature], planned: Planned) -> Iterator[str]:
    wanted: dict[str, example.Feature] = {LABEL: (planned.label,), FILE_NAME: planned.name.encode()}
    for key, value in wanted.items():
        if features[key] != value:
            yield f"{key} is {features[key]!r}, expected {value!r}"
    jpeg = features[IMAGE]
    assert isinstance(jpeg, bytes)
    yield from images.wrong(jpeg, {})


CODEC = RecordCodec()
