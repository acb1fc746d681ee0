"""Shards as webdataset's own TarWriter writes them, and what is read of them."""

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import webdataset as wds

from tests.sources.making import JPEG, nothing
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.ilsvrc2012.synsets import rank_of_image
from wizard.sources.options import SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.source import Source
from wizard.sources.webdataset import webdataset

Fields = Mapping[str, Any]
TIMM: dict[Split, str] = {"train": "imagenet1k-train-{:04d}.tar", "validation": "imagenet1k-validation-{:02d}.tar"}


def sample(key: str, label: int | None = None, *, jpg: bytes = JPEG, **fields: Any) -> dict[str, Any]:
    """A sample of an image, a cls and other fields."""
    found: dict[str, Any] = {"__key__": key, "jpg": jpg}
    if label is not None:
        found["cls"] = label
    return found | fields


def write(path: Path, samples: Iterable[Fields]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wds.TarWriter(str(path)) as writer:
        for each in samples:
            writer.write(dict(each))
    return path


def write_members(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """A tar of members in any order, as no writer of samples makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def compress(folder: Path) -> Path:
    """Gzips every shard of a folder in place."""
    for path in sorted(folder.rglob("*.tar")):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return folder


def timm(raw: Path, folder: Path, *, shards: int = 3, info: bool = True) -> Path:
    """The drawn archives as the shards that timm's make_wds.py writes: cls, jpg, and json with label and class_name."""
    described: dict[str, Any] = {"name": "imagenet1k", "splits": {}}
    for split, pattern in TIMM.items():
        images = _images(raw / IMAGES[split].name)
        names = sorted(images, key=lambda name: zlib.crc32(name.encode()))
        lists = [names[start::shards] for start in range(shards)]
        for number, some in enumerate(lists):
            write(folder / pattern.format(number), (_timm_sample(name, images[name]) for name in some))
        described["splits"][split] = {
            "name": split,
            "filenames": [pattern.format(number) for number in range(shards)],
            "shard_lengths": [len(some) for some in lists],
            "alt_label": None,
            "num_samples": len(names),
        }
    if info:
        (folder / "_info.json").write_text(json.dumps(described, indent=4))
    return folder


def _timm_sample(name: str, content: bytes) -> Fields:
    label = rank_of_image(name)
    assert label is not None
    described = {"label": label, "class_name": name.partition("_")[0], "width": 8, "height": 8}
    if name.startswith("ILSVRC"):
        del described["class_name"]
    return sample(name.removesuffix(".JPEG"), label, jpg=content, json=described)


def _images(archive: Path) -> dict[str, bytes]:
    """The images of an archive, and of those in it, by name."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as outer:
        for member in outer:
            file = outer.extractfile(member)
            assert file is not None
            if not member.name.endswith(".tar"):
                found[member.name] = file.read()
                continue
            with tarfile.open(fileobj=file) as inner:
                for image in inner:
                    content = inner.extractfile(image)
                    assert content is not None
                    found[image.name] = content.read()
    return found


def opened(folder: Path) -> Source:
    data = webdataset.recognize(folder, SourceOptions())
    assert data is not None
    return data


def table(folder: Path, split: Split = "train") -> SampleTable:
    return opened(folder).table(split, folder / ".cache", nothing)


def rows(found: SampleTable) -> list[tuple[str, str]]:
    """Name and class of each image."""
    return [(each.name, found.classes.name(each.label)) for each in found]


def refused(folder: Path, match: str, split: Split = "train") -> InputError:
    with pytest.raises(InputError, match=match) as refusal:
        table(folder, split)
    return refusal.value
