"""The dataset card: the README.md by which `datasets` and the hub know splits, columns and classes.

Its YAML is what `push_to_hub` of datasets 5.2 writes (info.py and utils/metadata.py): `dataset_info` with features,
splits and sizes, and `configs` with the files of each split. `load_dataset` compares the number of images that it finds
with the one that is stated of each split.
"""

import json
from collections.abc import Iterator, Sequence

from wizard.targets.dataset import BuiltDataset
from wizard.targets.labels import StoredLabels
from wizard.targets.parquet.features import IMAGE, LABEL, class_names

NAME = "README.md"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGE = "1M<n<10M"


def card(dataset: BuiltDataset, folder: str) -> bytes:
    """The card of a dataset whose files lie in `folder`, below its own; the same for the same dataset."""
    names = class_names(StoredLabels(classes=dataset.classes, base=dataset.label_base))
    lines = [*_metadata(dataset, names, folder), *_text(dataset, names)]
    return "".join(f"{line}\n" for line in lines).encode()


def _metadata(dataset: BuiltDataset, names: Sequence[str], folder: str) -> Iterator[str]:
    """The YAML."""
    splits = list(dict.fromkeys(shard.split for shard in dataset.shards))
    images = sum(shard.images for shard in dataset.shards)
    size = sum(shard.bytes_out for shard in dataset.shards)
    yield "---"
    yield f"pretty_name: {_title(dataset)}"
    yield from ("task_categories:", "- image-classification", "size_categories:")
    yield f"- {next((name for limit, name in _SIZES if images < limit), _LARGE)}"
    yield from ("dataset_info:", "  features:", f"  - name: {IMAGE}", "    dtype: image", f"  - name: {LABEL}")
    if names:
        yield from ("    dtype:", "      class_label:", "        names:")
        yield from (f"          '{label}': {_quoted(name)}" for label, name in enumerate(names))
    else:
        yield "    dtype: int64"
    yield "  splits:"
    for split in splits:
        shards = [shard for shard in dataset.shards if shard.split == split]
        yield f"  - name: {split}"
        yield f"    num_bytes: {sum(shard.bytes_out for shard in shards)}"
        yield f"    num_examples: {sum(shard.images for shard in shards)}"
    yield from (f"  download_size: {size}", f"  dataset_size: {size}")
    yield from ("configs:", "- config_name: default", "  data_files:")
    for split in splits:
        yield from (f"  - split: {split}", f"    path: {folder}/{split}-*")
    yield "---"


def _text(dataset: BuiltDataset, names: Sequence[str]) -> Iterator[str]:
    yield from ("", f"# {_title(dataset)}", "")
    yield "Written by imagenet-setup; `dataset.json` says how, with the sha256 of each file."
    yield from ("", "```python", "from datasets import load_dataset", "")
    yield from ('dataset = load_dataset("path/of/this/folder")', "```", "")
    yield f"- `{IMAGE}`: the image, with the bytes and the name of its file"
    meaning = f"a number from 0 to {len(names) - 1:,}, whose name its ClassLabel gives" if names else "a number"
    yield f"- `{LABEL}`: the class, {meaning}; -1 where it is not known"
    if dataset.classes.whole_imagenet:
        yield from ("", "The terms of access of [ImageNet](https://www.image-net.org/download.php) apply to it.")


def _quoted(text: str) -> str:
    r"""A text in quotes, as in JSON, but that YAML has no surrogate pairs: it would read two characters.

    >>> _quoted("é 🐱")
    '"\\u00e9 \\U0001f431"'
    """
    escaped = (f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else json.dumps(char)[1:-1] for char in text)
    return f'"{"".join(escaped)}"'


def _title(dataset: BuiltDataset) -> str:
    return "ImageNet (ILSVRC2012)" if dataset.classes.whole_imagenet else "Images"
