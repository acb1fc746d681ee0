from pathlib import Path

import pytest

from tests.benchmarks import images
from tests.helpers import TRAIN, VALIDATION
from wizard.errors import InputError
from wizard.formats import image_codec


def test_table_of_archives_leads_to_the_bytes_of_every_image(raw: Path, tmp_path: Path) -> None:
    splits, made = images.of_archives(raw)
    made.save(tmp_path / "images.npz")

    loaded = images.load(tmp_path / "images.npz")

    assert splits == ["train", "validation"]
    assert len(loaded) == TRAIN + VALIDATION
    with loaded.reading() as reading:
        every = [reading[row] for row in range(len(loaded))]
    assert sum(len(image.data) for image in every) == loaded.bytes
    assert all(image_codec.sniff(image.data) for image in every)
    assert len({image.name for image in every}) == len(every)


def test_other_raw_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        images.of_archives(tmp_path)
