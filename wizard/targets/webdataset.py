"""The target: WebDataset tars, a sample of jpg, cls and json for each image."""

import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import IO, Any, ClassVar

import numpy as np

from wizard.formats import tar
from wizard.targets import images
from wizard.targets.dataset import Encoded, Loadable
from wizard.targets.expected import Expectation, Planned, Seen, ShardDamage
from wizard.targets.names import jpeg_suffix
from wizard.targets.one_file import OneFileShards
from wizard.targets.sample import OutputSample
from wizard.targets.target import Offer
from wizard.targets.trainer import Trainer

_FIELDS = ["cls", "jpg", "json"]
_SIDES = ("height", "width")

_Sample = tuple[str, list[tuple[str, bytes]]]
"""A key, and the names and contents of the fields that follow each other under it."""


def _program(dataset: Loadable) -> str:
    order = "shardshuffle=100).shuffle(1000)" if dataset.split == "train" else "shardshuffle=False)"
    return f"""\
from glob import glob

import numpy as np
import webdataset

folder = {dataset.folder}
shards = sorted(glob(f"{{folder}}/{dataset.split}-*.tar"))
dataset = webdataset.WebDataset(shards, {order}.decode("pil").to_tuple("jpg", "cls")

for image, label in dataset:
    print(np.asarray(image).shape, label)  # {dataset.labels}
    break
"""


_PYTORCH = Trainer(
    name="webdataset",
    title="PyTorch, with the package webdataset",
    about="WebDataset tars, read in sequence",
    program=_program,
    install="torch webdataset pillow",
)


@dataclass(frozen=True, kw_only=True)
class WebDataset(OneFileShards):
    """WebDataset tars."""

    format: ClassVar[str] = "webdataset"
    offer: ClassVar[Offer] = Offer(
        title="WebDataset tars",
        about="train-000000.tar, read in sequence over a network too",
        help="WebDataset tars are few large files, read in sequence by PyTorch code.",
        short="WebDataset",
        folder="webdataset",
    )
    what: ClassVar[str] = "WebDataset tars"
    unit: ClassVar[str] = "samples"
    trainers: ClassVar[tuple[Trainer, ...]] = (_PYTORCH,)
    has_distinct_places: ClassVar[bool] = True
    trailer: ClassVar[bytes] = tar.END

    @property
    def ingredients(self) -> dict[str, str]:
        return {"format": "WebDataset tars with jpg, cls and json, version 1"}

    @property
    def has_boxes(self) -> bool:
        return True

    def shard(self, split: str, index: int, shards: int) -> str:
        """The name of a shard.

        >>> WebDataset().shard("train", 7, 1024)
        'train-000007.tar'
        """
        return f"{split}-{index:06d}.tar"

    def place(self, split: str, name: str, wnid: str) -> str:
        return sample_key(name)

    def encode(self, sample: OutputSample) -> bytes:
        key = sample_key(sample.name)
        fields = (
            ("cls", str(sample.label).encode()),
            ("jpg", sample.stored.jpeg),
            ("json", description(sample)),
        )
        return b"".join(tar.member(f"{key}.{field}", content) for field, content in fields)

    def stored(self, expected: Expectation) -> Iterator[_Sample]:
        try:
            with expected.path.open("rb") as file:
                yield from _samples(file)
        except tar.TarDamage as damage:
            raise ShardDamage(str(damage)) from damage

    def seen(self, item: _Sample, planned: Planned, expected: Expectation) -> Seen:
        key, fields = item
        if key != sample_key(planned.name):
            return Seen(0, [f"its key is {key}, expected {sample_key(planned.name)}"])
        present = [field for field, _ in fields]
        if present != _FIELDS:
            return Seen(0, [f"its members are {', '.join(present)}, expected {', '.join(_FIELDS)}"])
        (_, label), (_, encoded), (_, text) = fields
        wrong = [] if label == str(planned.label).encode() else [f"its cls is {label!r}, expected {planned.label}"]
        described = _parsed(text)
        if not isinstance(described, dict):
            return Seen(0, [*wrong, "its json is no JSON object"])
        boxes = _boxes(described.get("boxes"))
        wrong += _misdescribed(described, planned)
        wrong += ["the boxes of its json are no lists of four numbers"] if boxes is None else images.wrong_boxes(boxes)
        wrong += images.wrong(encoded, described)
        return Seen(0 if boxes is None else len(boxes), wrong)

    def as_trained(self, files: Sequence[str]) -> Iterator[Encoded]:
        for item in self.items(files):
            yield self.encoded(item)._replace(label=int(item["cls"]))

    def items(self, files: Sequence[str]) -> Iterator[dict[str, bytes]]:
        """The samples' fields: consecutive members with the same name up to the first dot.

        Raises:
            tarfile.TarError: a tar cannot be read.
        """
        for file in files:
            with tarfile.open(file, "r:") as archive:
                for _, members in groupby(archive, key=lambda member: member.name.partition(".")[0]):
                    fields: dict[str, bytes] = {}
                    for member in members:
                        content = archive.extractfile(member)
                        fields[member.name.partition(".")[2]] = content.read() if content else b""
                    yield fields

    def encoded(self, item: dict[str, bytes]) -> Encoded:
        described = _parsed(item.get("json", b""))
        stated = described if isinstance(described, dict) else {}
        return Encoded(item["jpg"], None, {side: stated[side] for side in _SIDES if side in stated})


def sample_key(name: str) -> str:
    """What a WebDataset calls a sample: no dots, for what follows the first one is a field's name.

    >>> sample_key("n01440764_10026.JPEG"), sample_key("cats/a.b.png")
    ('n01440764_10026', 'cats/a_b_png')
    """
    return name.removesuffix(jpeg_suffix(name)).replace(".", "_")


def description(sample: OutputSample) -> bytes:
    """A sample's json: what is known of the image beside its pixels and label."""
    return json.dumps(
        {
            "filename": sample.name,
            "label": sample.label,
            "class": sample.wnid,
            "text": sample.text,
            "height": sample.stored.geometry.height,
            "width": sample.stored.geometry.width,
            "boxes": sample.boxes.tolist(),
        },
        ensure_ascii=False,
    ).encode()


def _samples(file: IO[bytes]) -> Iterator[_Sample]:
    for key, members in groupby(tar.members(file), key=lambda member: member.name.partition(".")[0]):
        fields = []
        for member in members:
            file.seek(member.offset)
            fields.append((member.name.partition(".")[2], file.read(member.size)))
        yield key, fields


def _parsed(text: bytes) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return None


def _misdescribed(described: dict[str, Any], planned: Planned) -> Iterator[str]:
    wanted = {"filename": planned.name, "label": planned.label, "class": planned.wnid, "text": planned.text}
    for field, value in wanted.items():
        if described.get(field) != value:
            yield f"{field} of its json is {described.get(field)!r}, expected {value!r}"
    for field in _SIDES:
        if field not in described:
            yield f"its json has no {field}"


def _boxes(listed: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    with suppress(ValueError, TypeError):
        boxes = np.array(listed, dtype=np.float64)
        if isinstance(listed, list) and (boxes.shape == (len(listed), 4) or not listed):
            return boxes.reshape(-1, 4)
    return None
