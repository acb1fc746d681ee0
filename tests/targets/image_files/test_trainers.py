"""Programs for splits and classes that other tests of programs do not have."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from wizard.ilsvrc2012.archives import SPLITS
from wizard.targets.dataset import Loadable
from wizard.targets.image_files.metadata_trainers import FOLDERS as WITH_METADATA
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.image_files.trainers import FLAT, FOLDERS
from wizard.targets.target import Target
from wizard.targets.trainer import Trainer

FLAT_PROGRAM = FLAT[0]
TRAINERS = {trainer.name: trainer for trainer in (*FOLDERS, *WITH_METADATA)}


def loadable(folder: Path, target: Target, split: str, *, imagenet: bool = True, images: int = 1) -> Loadable:
    return Loadable(
        folder=repr(str(folder)),
        split=split,
        target=target,
        shards=1,
        images=images,
        classes=3,
        label_base=0,
        imagenet=imagenet,
        unlabeled=split == "test",
    )


def draw(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 32)).save(path)


def printed(program: str, capsys: pytest.CaptureFixture[str]) -> str:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(program, "program", "exec"), names)
    return capsys.readouterr().out.strip().splitlines()[-1]


@pytest.mark.parametrize(("first", "label"), [("a_b_1.jpg", 1), ("a_2.jpg", 0), ("my cats_1.jpg", 2)])
def test_flat_files_of_own_classes_have_their_labels_even_with_underscores_and_blanks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: str, label: int
) -> None:
    (tmp_path / "classes.txt").write_text("a\na_b\nmy cats\n")
    draw(tmp_path / "train_flatten" / first)
    program = FLAT_PROGRAM.program(loadable(tmp_path, FlatFolders(), "train", imagenet=False))
    assert printed(program, capsys) == f"(32, 48, 3) {label}"


def test_flat_test_images_have_no_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(tmp_path / "test_flatten" / "ILSVRC2012_test_00000001.JPEG")
    assert printed(FLAT_PROGRAM.program(loadable(tmp_path, FlatFolders(), "test")), capsys) == "(32, 48, 3) -1"


def test_keras_reads_images_of_test_without_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw(tmp_path / "test" / "ILSVRC2012_test_00000001.JPEG")
    program = TRAINERS["keras"].program(loadable(tmp_path, ClassFolders(), "test"))
    assert printed(program, capsys) == "(224, 224, 3) -1"


@pytest.mark.parametrize("name", ["imagefolder", "swin"])
def test_images_of_test_are_listed_where_there_are_no_folders_of_classes(name: str) -> None:
    program = TRAINERS[name].program(loadable(Path("out"), ClassFolders(), "test"))
    assert "ImageFolder" not in program
    assert 'split = "test"\n' in program
    assert 'Path(folder, f"{split}")' in program
    compile(program, "program", "exec")


def test_timm_s_label_of_a_test_image_is_not_printed() -> None:
    programs = [TRAINERS["timm-folders"].program(loadable(Path("out"), ClassFolders(), split)) for split in SPLITS]
    assert ["print(tuple(image.shape), label)" in program for program in programs] == [True, True, False]
    assert "print(tuple(image.shape), -1)" in programs[2]


@pytest.mark.parametrize("trainer", TRAINERS.values(), ids=list(TRAINERS))
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("imagenet", [True, False])
def test_each_program_is_python(trainer: Trainer, split: str, imagenet: bool) -> None:
    compile(trainer.program(loadable(Path("out"), ClassFolders(), split, imagenet=imagenet)), "program", "exec")


@pytest.mark.parametrize(("images", "subclassed"), [(1_281_167, False), (400, True)])
def test_dinov2_s_length_is_given_only_where_it_is_not_that_of_imagenet(images: int, subclassed: bool) -> None:
    program = TRAINERS["dinov2"].program(loadable(Path("out"), ClassFolders(), "train", images=images))
    assert bool(re.search(r"^class Dataset\(ImageNet\):", program, re.M)) is subclassed
    assert bool(re.search(r"^dataset = Dataset\(", program, re.M)) is subclassed


def test_mmpretrain_gets_the_names_of_own_classes() -> None:
    program = TRAINERS["mmpretrain"].program(loadable(Path("out"), ClassFolders(), "train", imagenet=False))
    assert "CustomDataset" in program
    assert "classes.txt" in program
