"""Trees of images for tests: the drawn archives extracted into each form, and trees of files that only have names."""

import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

from wizard.ilsvrc2012.archives import BOXES, IMAGES, Split
from wizard.ilsvrc2012.synsets import rank_of_image, synsets
from wizard.sources.source import Source

Row = tuple[str, int, bytes, list[list[float]]]
JPEG = b"\xff\xd8\xff\xe0"
TENCH, GOLDFISH, SEA_SNAKE = "n01440764", "n01443537", "n01751748"
FIRST_VALIDATION = "ILSVRC2012_val_00000001"  # a sea snake


def nothing(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


def rows(data: Source, split: Split, cache: Path, *, boxes: bool = True) -> list[Row]:
    """Name, rank, bytes and boxes of each image, by name."""
    table = data.table(split, cache, nothing)
    table.require_usable()
    if boxes:
        found = data.boxes(split, cache, nothing)
        table = table.with_boxes(found.names, found.boxes)
    return sorted(
        (
            sample.name,
            sample.label,
            Path(sample.file).read_bytes()[sample.offset : sample.offset + sample.size],
            sample.boxes.tolist(),
        )
        for sample in table
    )


def names(data: Source, split: Split, cache: Path) -> list[tuple[str, int]]:
    """Name and rank of each image, by name."""
    return [(name, label) for name, label, _, _ in rows(data, split, cache, boxes=False)]


def write(folder: Path, files: Iterable[str], content: bytes = JPEG) -> Path:
    """Files of these paths below the folder."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    return folder


def extract(archive: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder


def half_extracted(raw: Path, folder: Path) -> Path:
    """The archives extracted once: train holds class archives, and there are no annotations."""
    extract(raw / IMAGES["train"].name, folder / "train")
    extract(raw / IMAGES["validation"].name, folder / "val")
    return folder


def extracted(raw: Path, folder: Path) -> Path:
    """The archives extracted, annotations too."""
    half_extracted(raw, folder)
    for archive in sorted((folder / "train").glob("*.tar")):
        extract(archive, archive.with_suffix(""))
        archive.unlink()
    extract(raw / BOXES["train"].names[0], folder / "bbox_train")
    extract(raw / BOXES["validation"].names[0], folder / "bbox_val")
    return folder


def grouped(folder: Path) -> Path:
    """Validation images, each in the folder of its class."""
    for image in list((folder / "val").glob("*.JPEG")):
        (folder / "val" / wnid(image.name)).mkdir(exist_ok=True)
        image.rename(folder / "val" / wnid(image.name) / image.name)
    return folder


def kaggle(raw: Path, folder: Path) -> Path:
    """As Kaggle's archive unpacks, without the LOC_ files."""
    data, annotations = folder / "ILSVRC/Data/CLS-LOC", folder / "ILSVRC/Annotations/CLS-LOC"
    extracted(raw, data)
    annotations.mkdir(parents=True)
    (data / "bbox_train").rename(annotations / "train")
    (data / "bbox_val" / "val").rename(annotations / "val")
    (data / "bbox_val").rmdir()
    return folder


def suffixed(raw: Path, folder: Path) -> Path:
    """Flat and named as in Hugging Face's old archives."""
    tree = extracted(raw, folder.with_name("tree"))
    folder.mkdir()
    for image in [*(tree / "train").rglob("*.JPEG"), *(tree / "val").glob("*.JPEG")]:
        shutil.copy(image, folder / f"{image.stem}_{wnid(image.name)}.JPEG")
    return folder


def wnid(name: str) -> str:
    rank = rank_of_image(name)
    assert rank is not None
    return synsets()[rank].wnid
