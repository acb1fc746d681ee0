"""Parses list files into images and their classes: CSV, TSV, plain lines or JSON.

The formats are those of public datasets. With a header: GTSRB (`Width,Height,…,ClassId,Path` on Kaggle and
`Filename;Width;…;ClassId` in the official archives), mini-imagenet (`filename,label`), EuroSAT
(`Filename,Label,ClassName`), Kaggle's competitions (`image_id,label`, `id,breed`). Without one: Tiny ImageNet's
`val_annotations.txt` (file name, wnid, box in pixels; separated by tabs), Oxford-IIIT Pet (`Abyssinian_100 1 1 1`:
image, class id from 1, species, breed; `#` begins a comment), Food-101 (`apple_pie/1005649`: the folder is the class;
in JSON, a list of these for each class).
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import reading
from wizard.sources.mounts import filesystem

SUFFIXES = (".csv", ".tsv", ".txt", ".json")
_MOST_BYTES = 1 << 28  # most bytes of a list of images: ImageNet's own would be about 60 MB
_IMAGE_COLUMNS = (
    *("path", "filepath", "file_path", "image_path", "filename", "file_name", "file"),
    *("image", "image_name", "img", "name", "image_id", "imageid", "id_code", "id"),
)
# In order of preference: a name is better than a number.
_CLASS_COLUMNS = (
    *("wnid", "synset", "class_name", "classname", "category_name", "label_name"),
    *("class", "category", "breed", "species", "label", "labels", "classid", "class_id", "category_id", "label_id"),
)
_BOX_COLUMNS = {"roi.x1", "xmin", "x_min", "x1", "bbox"}
_CORNERS = 4


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Content of a list file.

    Attributes:
        entries: each image, as named in the file, and its class; the class is empty if the file gives none.
        headed: whether a header names the columns, so that they are not guessed.
        boxes: whether each line also has a bounding box.
    """

    path: Path
    entries: tuple[tuple[str, str], ...]
    headed: bool = False
    boxes: bool = False


def read_list(path: Path) -> Lines | None:
    """Reads a list file; None if its format is not that of a list of images.

    Raises:
        InputError: it cannot be read.
    """
    with reading(path):
        if filesystem.size_of(path) > _MOST_BYTES:
            return None
        content = filesystem.read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
        return _of_json(path, text) if path.suffix.lower() == ".json" else _of_lines(path, text)
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError):
        return None


def _of_json(path: Path, text: str) -> Lines | None:
    table = json.loads(text)
    if not isinstance(table, dict):
        return None
    entries = []
    for name, images in table.items():
        if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
            return None
        entries += [(_plain(image), name) for image in images]
    return Lines(path=path, entries=tuple(entries), headed=True) if entries else None


def _of_lines(path: Path, text: str) -> Lines | None:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return None
    mark = next((mark for mark in "\t;," if mark in lines[0]), None)
    rows = list(csv.reader(lines, delimiter=mark, skipinitialspace=True)) if mark else [line.split() for line in lines]
    header = [cell.strip().lower() for cell in rows[0]]
    named = next((column for column in _CLASS_COLUMNS if column in header), None)
    if named is None:
        entries = tuple((_plain(row[0]), _cell(row, 1)) for row in rows)
        return Lines(path=path, entries=entries, boxes=_has_corners(rows[0]))
    image = next((header.index(column) for column in _IMAGE_COLUMNS if column in header), 0)
    if header[image] == named:
        return None
    at = header.index(named)
    entries = tuple((_plain(_cell(row, image)), _cell(row, at)) for row in rows[1:])
    return Lines(path=path, entries=entries, headed=True, boxes=not _BOX_COLUMNS.isdisjoint(header))


def _cell(row: list[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _plain(image: str) -> str:
    return image.strip().replace("\\", "/").removeprefix("./").lstrip("/")


def _has_corners(row: list[str]) -> bool:
    corners = row[-_CORNERS:]
    return len(row) > _CORNERS + 1 and all(cell.strip().isdigit() for cell in corners)
