from pathlib import Path

import pytest

from tests.helpers import quiet
from tests.sources.making import JPEG, write
from wizard.sources.registry import open_source


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["train/cat/1.jpg", "train/dog/1.jpg"], ()),
        (["train/cat/images/1.jpg", "train/dog/images/1.jpg"], ()),
        (["train/cat/1.jpg", "train/cat/old/2.jpg", "train/dog/1.jpg"], ("1 image is in a folder", "cat/old/2.jpg")),
        (
            ["train/cat/1.jpg", "train/cat/a/2.jpg", "train/cat/b/c/3.jpg", "train/dog/x/1.jpg", "train/dog/2.jpg"],
            ("3 images are in a folder", "cat/a/2.jpg"),
        ),
    ],
)
def test_images_put_aside_inside_a_class_folder_are_told(
    tmp_path: Path, files: list[str], said: tuple[str, ...]
) -> None:
    write(tmp_path, files, JPEG)
    warnings = open_source(tmp_path).table("train", tmp_path, quiet).warnings
    assert len(warnings) == bool(said)
    assert all(part in warnings[0] for part in said)
