from pathlib import Path

import pytest

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.trees.places import Place
from wizard.sources.trees.whose_labels import decide

ALL = tuple(synset.wnid for synset in synsets())


def place(*folders: str, split: Split = "train", images: tuple[str, ...] = (), archives: tuple[str, ...] = ()) -> Place:
    return Place(path=Path("raw") / split, folders=folders, archives=archives, images=images)


def test_all_synsets_are_imagenet() -> None:
    assert decide({"train": place(*ALL)}, "auto").imagenet


def test_some_synsets_are_not() -> None:
    decided = decide({"train": place(*ALL[:999])}, "auto")
    assert not decided.imagenet
    assert decided.classes.names == ALL[:999]


def test_flat_validation_or_class_archives_make_some_synsets_imagenet() -> None:
    flat = place(split="validation", images=("ILSVRC2012_val_00000001.JPEG",))
    assert decide({"train": place(*ALL[:3]), "validation": flat}, "auto").imagenet
    assert decide({"train": place(*ALL[:3], archives=(ALL[5],))}, "auto").imagenet


def test_a_stranger_among_all_synsets_is_named_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"All 1,000 synsets .* but raw/train/junk is named by none") as refused:
        decide({"train": place(*ALL, "junk")}, "auto")
    assert "--set source.labels=folders" in refused.value.hint
    assert len(decide({"train": place(*ALL, "junk")}, "folders").classes) == 1001


def test_imagenets_labels_for_folders_that_are_no_synsets_are_refused() -> None:
    with pytest.raises(InputError, match="raw/train/cat is named by none of ImageNet's synsets, nor are 1 more"):
        decide({"train": place("cat", "dog", ALL[0])}, "ilsvrc2012")


def test_more_classes_than_labels_count_to_are_refused() -> None:
    with pytest.raises(InputError, match="32,768 class folders"):
        decide({"train": place(*map(str, range(32_768)))}, "auto")


def test_labels_of_folders_need_folders() -> None:
    flat = place(split="validation", images=("ILSVRC2012_val_00000001.JPEG",))
    with pytest.raises(InputError, match="holds no folders of classes, as source"):
        decide({"validation": flat}, "folders")


def test_images_that_no_folder_and_no_name_gives_a_class_are_refused() -> None:
    with pytest.raises(InputError, match=r"names say no class\. It holds cat\.jpg"):
        decide({"train": place(images=("cat.jpg",))}, "auto")
