import hashlib
from importlib.resources import files

import numpy as np
import pytest

from wizard.ilsvrc2012.synsets import rank_of_image, ranks, synsets, validation_number, validation_ranks


def test_the_wnids_are_the_official_ones_in_sorted_order() -> None:
    """sha256 of `labels.txt` in tensorflow-datasets 4.9.10 and of `imagenet_synsets.txt` in timm 1.0.31."""
    text = "".join(f"{synset.wnid}\n" for synset in synsets())
    digest = "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15"
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    assert list(ranks()) == sorted(ranks())


def test_the_validation_labels_are_the_official_ones() -> None:
    """sha256 of `validation_labels.txt` in tensorflow-datasets 4.9.10."""
    text = "".join(f"{synsets()[rank].wnid}\n" for rank in validation_ranks())
    digest = "313fc3f23c864dde9183c9a368809065765dd1b657a6904fded44e3e46d34604"
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_the_first_five_validation_labels() -> None:
    first = [(synsets()[rank].wnid, int(rank) + 1) for rank in validation_ranks()[:5]]
    assert first == [("n01751748", 66), ("n09193705", 971), ("n02105855", 231), ("n04263257", 810), ("n03125729", 517)]


def test_every_class_has_fifty_validation_images() -> None:
    assert np.bincount(validation_ranks()).tolist() == [50] * 1000


def test_the_compressed_labels_take_less_than_80_kb() -> None:
    assert len((files("wizard.ilsvrc2012") / "data" / "validation_labels.u16.xz").read_bytes()) < 80_000


def test_words_are_the_lemmas_and_only_crane_occurs_twice() -> None:
    words = [synset.words for synset in synsets()]
    assert words[0] == "tench, Tinca tinca"
    assert {word for word in words if words.count(word) > 1} == {"crane"}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ILSVRC2012_val_00000001.JPEG", 1),
        ("ILSVRC2012_val_00050000.JPEG", 50_000),
        ("ILSVRC2012_val_00050001.JPEG", None),
        ("ILSVRC2012_val_00000000.JPEG", None),
        ("ILSVRC2012_val_1.JPEG", None),
        ("ILSVRC2012_test_00000001.JPEG", None),
    ],
)
def test_validation_images_are_recognized_by_their_number(name: str, number: int | None) -> None:
    assert validation_number(name) == number


def test_an_image_has_the_rank_of_its_class() -> None:
    assert rank_of_image("n15075141_5.JPEG") == 999
    assert rank_of_image("ILSVRC2012_val_00000002.JPEG") == 970
    assert rank_of_image("n99999999_5.JPEG") is None
