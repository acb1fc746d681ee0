import shutil
from pathlib import Path

import pytest

from tests.sources.making import FIRST_VALIDATION, SEA_SNAKE, TENCH, names, rows, write
from tests.sources.making import kaggle as kaggle_tree
from wizard.errors import InputError
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.archives.official import OfficialArchives
from wizard.sources.options import SourceOptions
from wizard.sources.source import Source
from wizard.sources.trees import kaggle

VALIDATION = f"ILSVRC/Data/CLS-LOC/val/{FIRST_VALIDATION}.JPEG"
OUTER = "imagenet_object_localization_patched2019.tar.gz"


def opened(folder: Path) -> Source:
    data = kaggle.recognize(folder, SourceOptions())
    assert data is not None
    return data


@pytest.mark.parametrize("given", ["", "ILSVRC", "ILSVRC/Data/CLS-LOC"])
def test_kaggles_tree_gives_what_the_archives_give(raw: Path, tmp_path: Path, given: str) -> None:
    data = opened(kaggle_tree(raw, tmp_path / "kaggle") / given)
    archives = OfficialArchives(raw, {path.name for path in raw.iterdir()})
    assert (data.what, data.annotatable) == ("Kaggle's tree", True)
    assert rows(data, "train", tmp_path) == rows(archives, "train", tmp_path)
    assert rows(data, "validation", tmp_path) == rows(archives, "validation", tmp_path)


def test_a_link_to_its_innermost_folder_serves_as_well(tmp_path: Path) -> None:
    write(tmp_path / "real", [VALIDATION])
    (tmp_path / "link").symlink_to(tmp_path / "real/ILSVRC/Data/CLS-LOC")
    assert names(opened(tmp_path / "link"), "validation", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 65)]


def test_warns_about_an_empty_folder_that_is_not_a_class(tmp_path: Path) -> None:
    train = write(tmp_path, [f"ILSVRC/Data/CLS-LOC/train/{TENCH}/{TENCH}_1.JPEG"]) / "ILSVRC/Data/CLS-LOC/train"
    (train / "images").mkdir()
    data = opened(tmp_path)
    assert names(data, "train", tmp_path) == [(f"{TENCH}_1.JPEG", 0)]
    assert f"{train}/images holds no images, and is not a class." in data.why


def test_a_tree_that_lies_behind_a_link_is_not_sound(tmp_path: Path) -> None:
    write(tmp_path / "real", [VALIDATION])
    (tmp_path / "given").mkdir()
    (tmp_path / "given/ILSVRC").symlink_to(tmp_path / "real/ILSVRC")
    with pytest.raises(InputError, match="leads by a link"):
        opened(tmp_path / "given").require(["validation"], [])


def test_missing_annotations_are_reported_with_their_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ILSVRC/Annotations/CLS-LOC/val .* is missing"):
        opened(write(tmp_path, [VALIDATION])).require(["validation"], ["validation"])


def test_missing_parts_are_reported_with_the_folders_found(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train is missing in .*/CLS-LOC\. Found there: val/\."):
        opened(write(tmp_path, [VALIDATION])).require(["train"], [])


def test_the_synsets_beside_it_must_be_imagenets(tmp_path: Path) -> None:
    write(tmp_path, [VALIDATION])
    lines = [f"{synset.wnid} {synset.words}\n" for synset in synsets()]
    mapping = tmp_path / "LOC_synset_mapping.txt"
    mapping.write_text("".join(lines), encoding="utf-8")
    opened(tmp_path)
    mapping.write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(InputError, match=rf"LOC_synset_mapping\.txt lacks {TENCH}"):
        opened(tmp_path)


def test_a_label_beside_it_that_is_another_names_the_image(tmp_path: Path) -> None:
    data_of = write(tmp_path, [VALIDATION])
    solution = tmp_path / "LOC_val_solution.csv"
    header = "ImageId,PredictionString\n"
    solution.write_text(f"{header}{FIRST_VALIDATION},{SEA_SNAKE} 1 2 3 4 {SEA_SNAKE} 1 2 3 4\n")
    assert names(opened(data_of), "validation", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 65)]
    solution.write_text(f"{header}{FIRST_VALIDATION},{TENCH} 1 2 3 4\n")
    with pytest.raises(
        InputError, match=f"says that {FIRST_VALIDATION} is an image of {TENCH}; it is one of {SEA_SNAKE}"
    ):
        names(opened(data_of), "validation", tmp_path)


def test_a_class_that_is_none_of_imagenets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CLS-LOC/train/cat is not named after one of ImageNet's synsets"):
        opened(write(tmp_path, ["ILSVRC/Data/CLS-LOC/train/cat/1.JPEG"]))


@pytest.mark.parametrize(
    "files", [[], ["train/a/1.jpg"], ["ILSVRC/readme.txt"], [OUTER, "train/a/1.jpg"], ["ILSVRC/Data/CLS-LOC/x"]]
)
def test_a_folder_of_another_layout_is_not_kaggles(tmp_path: Path, files: list[str]) -> None:
    assert kaggle.recognize(write(tmp_path, files), SourceOptions()) is None


def test_the_outer_archive_beside_the_tree_is_ignored(raw: Path, tmp_path: Path) -> None:
    folder = kaggle_tree(raw, tmp_path / "kaggle")
    shutil.copy(raw / "ILSVRC2012_img_val.tar", folder / OUTER)
    assert opened(folder).what == "Kaggle's tree"
