"""Which class folders a person is asked about."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.sources.making import write
from wizard.sources.labels_in_doubt import classes_in_doubt
from wizard.sources.opening import open_source


def in_doubt(folder: Path) -> frozenset[str]:
    source = open_source(folder)
    surveys = {
        part.split: source.survey(part.split, folder / "cache", lambda _done, _total: None)
        for part in source.parts
        if part.sound
    }
    return classes_in_doubt(source, surveys)


@pytest.mark.parametrize("names", [["n01440764", "n01443537"], ["0", "2", "10"]])
def test_some_of_imagenets_synsets_and_numbers_are_in_doubt(tmp_path: Path, names: Sequence[str]) -> None:
    write(tmp_path, [f"train/{name}/1.jpg" for name in names])
    assert in_doubt(tmp_path) == {*names}


def test_classes_with_names_of_their_own_are_not_in_doubt(tmp_path: Path) -> None:
    write(tmp_path, ["train/n01440764/1.jpg", "train/cats/1.jpg"])
    assert in_doubt(tmp_path) == set()


def test_images_beside_the_folders_that_are_named_as_imagenets_leave_no_doubt(tmp_path: Path) -> None:
    write(tmp_path, ["train/n01440764/1.JPEG", "val/ILSVRC2012_val_00000001.JPEG"])
    assert in_doubt(tmp_path) == set()
