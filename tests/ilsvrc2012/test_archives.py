from wizard.ilsvrc2012.archives import IMAGES


def test_official_sizes_are_multiples_of_a_tar_record() -> None:
    assert all(archive.bytes % 10_240 == 0 for archive in IMAGES.values())


def test_the_official_number_of_images_per_split() -> None:
    assert {split: archive.images for split, archive in IMAGES.items()} == {
        "train": 1_281_167,
        "validation": 50_000,
        "test": 100_000,
    }
