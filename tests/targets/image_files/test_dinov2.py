import pytest

from wizard.targets.image_files import dinov2

TRAIN = {"cat/cat_7.JPEG": 0, "n01440764/n01440764_10026.JPEG": 1, "x, y/x, y_0.JPEG": 2}
VALIDATION = {"cat/ILSVRC2012_val_00000002.JPEG": 0, "n01440764/ILSVRC2012_val_00000001.JPEG": 1}
TEST = {"ILSVRC2012_test_00000001.JPEG": -1, "ILSVRC2012_test_00100000.JPEG": -1}
FILES = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


@pytest.mark.parametrize(("split", "files"), FILES.items())
def test_images_named_as_in_the_archives_are_found(split: str, files: dict[str, int]) -> None:
    for path in files:
        assert dinov2.why_not(split, path, path.rpartition("/")[0]) == ""


@pytest.mark.parametrize(
    ("split", "path", "wnid"),
    [
        ("train", "cat/7.JPEG", "cat"),
        ("train", "cat/cat_7.jpg", "cat"),
        ("train", "cat/cat_07.JPEG", "cat"),
        ("train", "cat/cat_.JPEG", "cat"),
        ("train", "cat/cat_-7.JPEG", "cat"),
        ("train", "cat/cat_\u0667.JPEG", "cat"),
        ("train", "cat/cat_7.JPEG.JPEG", "cat"),
        ("train", "cat/cat_4294967296.JPEG", "cat"),
        ("train", "cat/old/cat_7.JPEG", "cat"),
        ("train", "cat/dog_7.JPEG", "cat"),
        ("validation", "cat/cat_7.JPEG", "cat"),
        ("validation", "cat/ILSVRC2012_val_7.JPEG", "cat"),
        ("validation", "cat/ILSVRC2012_test_00000001.JPEG", "cat"),
        ("test", "ILSVRC2012_val_00000001.JPEG", ""),
        ("test", "old/ILSVRC2012_test_00000001.JPEG", ""),
    ],
)
def test_an_image_that_dinov2_would_look_for_elsewhere_is_told(split: str, path: str, wnid: str) -> None:
    assert dinov2.why_not(split, path, wnid).startswith("DINOv2 looks for ")


def test_an_image_with_the_highest_number_is_found() -> None:
    assert dinov2.why_not("train", "cat/cat_4294967295.JPEG", "cat") == ""


def test_classes_are_wanted_in_train_and_not_in_test() -> None:
    assert "no class" in dinov2.why_not("train", "cat_1.JPEG", "")
    assert "has a class" in dinov2.why_not("test", "cat/ILSVRC2012_test_00000001.JPEG", "cat")


def test_splits_that_are_not_as_large_as_imagenet_s_are_told() -> None:
    assert [*dinov2.remarks({"train": 1_281_167, "validation": 50_000, "test": 100_000})] == []
    (text,) = dinov2.remarks({"train": 40, "validation": 50_000, "test": 99_999})
    assert "(40 instead of 1,281,167 in train, 99,999 instead of 100,000 in test)" in text
