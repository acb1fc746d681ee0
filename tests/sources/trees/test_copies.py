from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import quiet, tar
from tests.sources.making import GOLDFISH, JPEG, TENCH, nothing, write
from wizard.sources import names
from wizard.sources.opening import open_source
from wizard.sources.samples import Copies
from wizard.sources.trees import copies as module
from wizard.sources.trees.copies import original_name
from wizard.sources.trees.image_names import parse_image_name


def copies(folder: Path) -> Copies | None:
    return open_source(folder).table("train", folder, nothing).copies


@pytest.mark.parametrize(
    "name",
    [
        "x (1).jpg",
        "x(12).jpg",
        "x copy.jpg",
        "x copy 2.jpg",
        "x - Copy.jpg",
        "x - Copy (2).jpg",
        "x - Kopie.jpg",
        "x (copy).jpg",
        "x (copy 1).jpg",
        "x (another copy).jpg",
        "x (3rd copy).jpg",
        "x_copy.jpg",
        "Copy of x.jpg",
        "Copy (2) of x.jpg",
        "Kopie von x.jpg",
        "x~1.jpg",
        "x.jpg.1",
    ],
)
def test_names_that_programs_give_to_copies_say_their_originals(tmp_path: Path, name: str) -> None:
    assert original_name(name) == "x.jpg"
    assert copies(write(tmp_path, ["train/cat/x.jpg", f"train/cat/{name}"])) == Copies(1, f"cat/{name}", "cat/x.jpg")


@pytest.mark.parametrize("name", ["x.jpg", "x 2.jpg", "copy.jpg", "xcopy.jpg", "x_1.jpg", "(1).jpg", "x (red).jpg"])
def test_a_name_without_a_copy_suffix_is_not_a_copy(name: str) -> None:
    assert not original_name(name)


@pytest.mark.parametrize("files", [["x (1).jpg", "x (2).jpg"], ["x (1).jpg", "deep/x.jpg"], ["x (1).jpg", "x.png"]])
def test_a_copy_whose_original_is_not_beside_it_is_none(tmp_path: Path, files: list[str]) -> None:
    assert copies(write(tmp_path, [f"train/cat/{file}" for file in files])) is None


def test_an_original_in_another_class_is_none(tmp_path: Path) -> None:
    assert copies(write(tmp_path, ["train/cat/x.jpg", "train/dog/x (1).jpg"])) is None


@pytest.mark.parametrize("suffix", ["JPEG", "jpg"])
def test_copies_of_official_images_are_found_in_folders_and_class_archives(tmp_path: Path, suffix: str) -> None:
    files = [f"{TENCH}_1.{suffix}", f"{TENCH}_1 (1).{suffix}"]
    found = Copies(1, f"{TENCH}_1 (1).{suffix}", f"{TENCH}_1.JPEG")
    assert copies(write(tmp_path / "a", [f"train/{TENCH}/{file}" for file in files])) == found
    write(tmp_path / "b", [f"train/{GOLDFISH}/{GOLDFISH}_1.JPEG"])
    (tmp_path / f"b/train/{TENCH}.tar").write_bytes(tar([(file, JPEG) for file in files]))
    assert copies(tmp_path / "b") == found


def test_all_copies_are_counted(tmp_path: Path) -> None:
    files = [f"train/cat/{name}" for name in ("x.jpg", "x (1).jpg", "x (1) (1).jpg", "deep/y.jpg", "deep/y copy.jpg")]
    found = copies(write(tmp_path, files))
    assert found == Copies(3, "cat/deep/y copy.jpg", "cat/deep/y.jpg")


BASES = st.sampled_from(["x", "x (1)", "x (1) (1)", "x copy", f"{TENCH}_1", f"{TENCH}_1 (1)"])
NAMES = st.builds(
    "{}{}{}".format, st.sampled_from(["", "a/", "b/"]), BASES, st.sampled_from([".jpg", ".JPEG", ".jpg.1"])
)


@given(st.lists(NAMES, unique=True, max_size=12), st.sampled_from([1, 2, 100]))
def test_a_copy_is_found_wherever_its_original_lies_among_the_names(found: list[str], at_a_time: int) -> None:
    expected = []
    for name in found:
        folder, cut, base = name.rpartition("/")
        parsed = parse_image_name(original_name(base))
        candidates = [folder + cut + original_name(base), parsed.name if parsed else ""] if original_name(base) else []
        expected += [(name, each) for each in candidates if each in found][:1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_LISTED", at_a_time)
        seen = module.copies(np.array([name.encode() for name in found], np.bytes_))
    assert seen == (Copies(len(expected), *expected[0]) if expected else None)


def test_warns_about_a_class_folder_linked_to_another(tmp_path: Path) -> None:
    write(tmp_path, ["train/cat/1.jpg", "train/dog/1.jpg"], JPEG)
    (tmp_path / "train" / "kitty").symlink_to("cat")
    (tmp_path / "train" / "bird").symlink_to(tmp_path / "elsewhere")
    write(tmp_path, ["elsewhere/1.jpg"], JPEG)
    table = open_source(tmp_path / "train", follow=True).table("train", tmp_path, quiet)
    (reported,) = table.warnings
    assert reported.startswith(f"{tmp_path / 'train/kitty'} is a link to {tmp_path / 'train/cat'}")


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
def test_warns_about_images_put_aside_inside_a_class_folder(
    tmp_path: Path, files: list[str], said: tuple[str, ...]
) -> None:
    write(tmp_path, files, JPEG)
    warnings = open_source(tmp_path).table("train", tmp_path, quiet).warnings
    assert len(warnings) == bool(said)
    assert all(part in warnings[0] for part in said)
