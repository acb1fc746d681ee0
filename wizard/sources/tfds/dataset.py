"""Datasets prepared by TensorFlow Datasets, of images with one class each: imagenet2012, imagenette, cifar10."""

import shlex
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from wizard.errors import InputError, reading, reading_another_split
from wizard.formats import example, example_spans, tfrecord
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.ilsvrc2012.feature_names import ENCODED
from wizard.sources import annotations
from wizard.sources.classes import HIGHEST
from wizard.sources.options import Labels, SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Part, Progress, Source
from wizard.sources.tfds.array_record import File
from wizard.sources.tfds.classes import LabelMap, all_imagenet, label_map, of_imagenet
from wizard.sources.tfds.columns import Columns, read_columns
from wizard.sources.tfds.find import Prepared, find_prepared
from wizard.sources.tfds.info import AGAIN, Info, read_info
from wizard.sources.tfds.schema import Schema, read_features, schema_of, schema_of_keys
from wizard.sources.tfds.shards import WORDS, Listing, Shards, list_shards
from wizard.sources.tfds.table import image_table

LOOKS_LIKE = "a dataset prepared by TensorFlow Datasets (imagenet2012/5.1.0/)"
_LISTED = 8
# `imagenet2012_dataset_builder.py`, CMYK_IMAGES and PNG_IMAGES, which its versions from 3.0.0 re-encode.
_REENCODED = ("imagenet2012", "imagenet2012_subset")


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """A prepared dataset in a folder of its version, of the dataset, or of all datasets; see `SourceModule`.

    TFRecords with image/encoded are left to the source of TFRecords, which keeps their other features.
    """
    with reading(folder):
        found = find_prepared(folder)
        if found is None:
            return None
        info = read_info(found.folder)
        listing = list_shards(found.folder, info)
        schema = _schema(found.folder, info, listing)
    if schema is None:
        _require_array_record(listing)
        return None
    if listing.unread:
        raise InputError(
            f"{found.folder} holds a dataset of TensorFlow Datasets as {few(listing.unread)}; only "
            f"{' and '.join(WORDS.values())} are read.",
            "Convert it: tfds convert_format --out_file_format=tfrecord "
            f"--dataset_version_dir={shlex.quote(str(found.folder))} --out_dir=FOLDER",
        )
    return TFDS(folder, found, info, listing, schema, options.labels)


def _schema(folder: Path, info: Info, listing: Listing) -> Schema | None:
    features = read_features(folder)
    records = {shards.form for shards in listing.splits.values()} <= {"tfrecord"}
    if features:
        return None if ENCODED in features and records else schema_of(folder, features, info)
    keys = next((keys for shards in listing.splits.values() if (keys := _first_keys(shards))), None)
    if keys is None or (ENCODED in keys and records):
        return None
    return schema_of_keys(folder, keys)


def _require_array_record(listing: Listing) -> None:
    """Without the package that reads them, nothing else tells what ArrayRecords hold."""
    for shards in listing.splits.values():
        if shards.form == "array_record" and shards.problem:
            raise InputError(shards.problem, shards.hint)


def _first_keys(shards: Shards) -> set[str]:
    """The keys of a split's first record; none where there is none, or it cannot be read."""
    for path in shards.files:
        try:
            record = _first_record(path, shards)
            if record:
                return set(example_spans.feature_spans(record, 0, len(record)))
        except (tfrecord.RecordDamage, example.ExampleDamage, InputError):
            return set()
    return set()


def _first_record(path: Path, shards: Shards) -> bytes:
    if shards.form == "array_record":
        with closing(File(path)) as opened:
            return opened.record(0) if opened.count else b""
    with path.open("rb") as file:
        first = next(tfrecord.records(file), None)
    return first.payload if first else b""


class TFDS(Source):
    """A version of a dataset."""

    def __init__(
        self, given: Path, found: Prepared, info: Info, listing: Listing, schema: Schema, labels: Labels
    ) -> None:
        self.folder = found.folder
        self._splits = listing.splits
        self._schema = schema
        self._asked = labels
        forms = sorted({WORDS[shards.form] for shards in listing.splits.values()})
        self.what = (
            f"a dataset of TensorFlow Datasets ({', '.join(forms)})" if forms else "a dataset of TensorFlow Datasets"
        )
        self.labels_are = f"those of {schema.labels_file}" if schema.labels_file else "those in the records"
        if all_imagenet(schema):
            self.label_choices = ("auto", "ilsvrc2012")
        known = (label_map(schema, labels, schema.count).why) if schema.count else ()
        self.why = (
            _seen(found.folder, info, listing),
            *known,
            *found.beside,
            *listing.remarks,
            *_on_features(schema),
            *_on_images(info),
        )
        boxes = annotations.archives_in([found.folder, given])
        self.annotatable = bool(boxes)
        self.parts = (
            *(_part(split, info, found.folder, listing.splits.get(split)) for split in SPLITS),
            *boxes,
        )

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """See `Source.table`; each record is looked at. Where classes are not stated, all splits decide them."""
        self.require([split], [])
        columns = read_columns(self._splits[split], self._schema, cache, progress)
        return image_table(split, columns, self._schema, self._labels(split, columns, cache, progress))

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """The boxes of an official archive of annotations beside the shards, or in the folder that was given."""
        return annotations.read_boxes(self.path("boxes", split), cache, progress)

    def _labels(self, split: Split, columns: Columns, cache: Path, progress: Progress) -> LabelMap:
        if self._schema.count:
            return label_map(self._schema, self._asked, self._schema.count)
        there = [part.split for part in self.parts if part.kind == "images" and part.sound]
        deciding = [each for each in there if each != "test"] or there
        every = [columns if each == split else self._beside(each, cache, progress) for each in deciding]
        labeled = [each for each in every if (each.label >= 0).any()]
        if labeled and all(np.array_equal(each.label, each.said) for each in labeled):
            return of_imagenet()
        count = max((int(each.label.max()) + 1 for each in labeled), default=0)
        if count > HIGHEST:
            raise InputError(f"{self.folder} has the label {count - 1:,}; at most {HIGHEST:,} can be stored.", AGAIN)
        return label_map(self._schema, self._asked, count)

    def _beside(self, split: Split, cache: Path, progress: Progress) -> Columns:
        with reading_another_split():
            return read_columns(self._splits[split], self._schema, cache, progress)


def _seen(folder: Path, info: Info, listing: Listing) -> str:
    held = [f"{counted(len(shards.files), 'file')} of {shards.name}" for shards in listing.splits.values()]
    named = " ".join(filter(None, (info.name, info.version))) or "a dataset"
    return f"{folder} holds {named} as TensorFlow Datasets prepares it: {', '.join(held) or 'no files of records'}."


def _on_features(schema: Schema) -> Iterator[str]:
    if schema.ignored:
        yield f"Images are in {schema.image}, labels in {schema.label}; not read: {few(schema.ignored, _LISTED)}."


def _on_images(info: Info) -> Iterator[str]:
    if info.name in _REENCODED and not info.by_this_program:
        yield (
            "TensorFlow Datasets has re-encoded 23 images of ILSVRC2012's train as RGB JPEGs (22 in CMYK, 1 PNG): the "
            "bytes of all others are those of the official archives."
        )


def _part(split: Split, info: Info, folder: Path, shards: Shards | None) -> Part:
    if shards is None:
        stated = len(info.splits[split].lengths) if split in info.splits else 0
        files = f"{counted(stated, 'file')} by dataset_info.json" if stated else "TFRecords or ArrayRecords"
        name = f"{info.name or folder.parent.name}-{split}.* ({files})"
        return Part(name=name, kind="images", split=split, expected=bool(stated) or split != "test")
    return Part(
        name=few([path.name for path in shards.files], 1),
        kind="images",
        split=split,
        path=folder,
        problem=shards.problem,
        hint=shards.hint,
    )
