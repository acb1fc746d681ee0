from pathlib import Path

from tests.helpers import quiet
from tests.sources.making import JPEG, write
from wizard.sources.registry import open_source


def test_a_class_that_is_a_link_to_another_is_told(tmp_path: Path) -> None:
    write(tmp_path, ["train/cat/1.jpg", "train/dog/1.jpg"], JPEG)
    (tmp_path / "train" / "kitty").symlink_to("cat")
    (tmp_path / "train" / "bird").symlink_to(tmp_path / "elsewhere")
    write(tmp_path, ["elsewhere/1.jpg"], JPEG)
    table = open_source(tmp_path / "train", follow=True).table("train", tmp_path, quiet)
    (told,) = table.warnings
    assert told.startswith(f"{tmp_path / 'train/kitty'} is a link to {tmp_path / 'train/cat'}")
