"""Kaggle's tree: ILSVRC/Data/CLS-LOC with annotations and lists beside it."""

import csv
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.mounts import filesystem
from wizard.sources.options import SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.source import Progress, Source
from wizard.sources.trees.find_splits import Found, SplitFinder
from wizard.sources.trees.image_folders import ImageFolders
from wizard.sources.trees.image_names import parse_image_name
from wizard.sources.trees.label_space import label_space
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.split_dirs import idle_folders

LOOKS_LIKE = "Kaggle's ILSVRC/Data/CLS-LOC"
_IMAGES = "Data/CLS-LOC"
_ANNOTATIONS = "Annotations/CLS-LOC"
_FOLDERS: dict[Split, str] = {"train": "train", "validation": "val"}
_SYNSETS, _VALIDATION = "LOC_synset_mapping.txt", "LOC_val_solution.csv"
_OTHER = "It belongs to another dataset, or was changed: fetch it from Kaggle again, or move it away"


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """Kaggle's tree in a folder that holds ILSVRC/, or is that, or its Data/CLS-LOC; see `SourceModule`.

    One with synsets other than ImageNet's is refused.
    """
    with reading(folder):
        top = _top(folder)
    if top is None:
        return None
    bounds = Bounds.of(folder if top.is_relative_to(folder) else top, follow=options.follow)
    split_dirs = SplitFinder(bounds=bounds).named(top / _IMAGES)
    if not split_dirs:
        return None
    beside = [
        path
        for path in (top, top.parent)
        if filesystem.is_file(path / _SYNSETS) or filesystem.is_file(path / _VALIDATION)
    ]
    for path in beside:
        _check_synsets(path / _SYNSETS)
    decided = label_space(split_dirs, "ilsvrc2012")
    paths = {split: top / _ANNOTATIONS / name for split, name in _FOLDERS.items()}
    return KaggleFolders(
        folder=folder,
        what="Kaggle's tree",
        why=(f"It holds {top / _IMAGES}.", *idle_folders(split_dirs.values()), *decided.why),
        found=Found(top=top / _IMAGES, split_dirs=split_dirs),
        annotations={split: path for split, path in paths.items() if filesystem.is_dir(path)},
        classes=decided.classes,
        bounds=bounds,
        annotatable=True,
        box_names={
            split: f"ILSVRC/{_ANNOTATIONS}/{name} (the LOC_*_solution.csv give no image sizes)"
            for split, name in _FOLDERS.items()
        },
        solutions=tuple(path / _VALIDATION for path in beside),
    )


@dataclass(kw_only=True, eq=False)
class KaggleFolders(ImageFolders):
    """Kaggle's tree; `solutions` are files that state the validation images' classes once more, if they exist."""

    inferred = False
    label_choices = ("auto", "ilsvrc2012")
    labels_are = "ImageNet's"
    solutions: tuple[Path, ...]

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """Kaggle's list of the validation images' classes, if there is one, must agree with ImageNet's."""
        if split == "validation":
            for path in self.solutions:
                _check_solution(path)
        return super().table(split, cache, progress)


def _top(folder: Path) -> Path | None:
    resolved = folder.resolve()
    tops = [folder / "ILSVRC", folder]
    if resolved.parts[-2:] == tuple(_IMAGES.split("/")):
        tops.append(resolved.parent.parent)
    return next((top for top in tops if filesystem.is_dir(top / _IMAGES)), None)


def _check_synsets(path: Path) -> None:
    found = {line.partition(" ")[0] for line in _lines(path)}
    wrong = sorted(found ^ ranks().keys())
    if found and wrong:
        kind = "holds" if wrong[0] in found else "lacks"
        raise InputError(f"{path} {kind} {wrong[0]}: its synsets are not the {len(ranks()):,} of ILSVRC2012.", _OTHER)


def _check_solution(path: Path) -> None:
    for image, prediction, *_ in filter(lambda row: len(row) > 1, csv.reader(_lines(path))):
        parsed = parse_image_name(f"{image}.JPEG")
        wnid = prediction.partition(" ")[0]
        if parsed and parsed.wnid != wnid:
            raise InputError(f"{path} says that {image} is an image of {wnid}; it is one of {parsed.wnid}.", _OTHER)


def _lines(path: Path) -> list[str]:
    with reading(path):
        text = filesystem.read_bytes(path).decode(errors="replace") if filesystem.is_file(path) else ""
    return list(filter(None, text.split("\n")))
