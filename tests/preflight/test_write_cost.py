from pathlib import Path

import pytest

from wizard.formats import image_codec
from wizard.preflight import write_cost
from wizard.preflight.write_cost import WriteCost, measure_write_cost
from wizard.targets.image_files.target import ClassFolders
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.sample import OutputSample
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset


def test_putting_shards_in_place_takes_time_and_leaves_nothing(tmp_path: Path) -> None:
    cost = measure_write_cost(tmp_path / "not" / "there" / "yet", TFRecords())
    assert cost.shard > 0
    assert cost.byte >= 0
    assert list(tmp_path.iterdir()) == []


def test_a_target_may_decode_the_images_that_it_is_tried_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def encode_pixels(sample: OutputSample) -> bytes:
        return image_codec.decode(sample.stored.jpeg).tobytes()

    monkeypatch.setattr(WebDataset, "encoder", lambda _: encode_pixels)
    assert measure_write_cost(tmp_path, WebDataset()).shard > 0


def test_where_nothing_can_be_written_no_time_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert measure_write_cost(tmp_path / "file" / "in it", TFRecords()) == WriteCost(shard=0.0, byte=0.0)


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_image_files_take_their_time_each(tmp_path: Path, form: str) -> None:
    cost = measure_write_cost(tmp_path / "out", TARGETS_BY_NAME[form]())
    assert cost.shard > 0
    assert cost.image >= 0
    assert cost.byte == 0.0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "target",
    [TFRecords(features="tpu"), TFRecords(features="source"), TFRecords(split_folders=True), WebDataset()],
    ids=str,
)
def test_shards_of_one_file_take_their_time_by_the_byte(tmp_path: Path, target: Target) -> None:
    cost = measure_write_cost(tmp_path, target)
    assert cost.shard > 0
    assert cost.image == 0.0
    assert list(tmp_path.iterdir()) == []


def test_more_images_take_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty files of a hundred thousand bytes each take some time on any disk."""
    monkeypatch.setattr(write_cost, "_TRIALS", 5)
    assert measure_write_cost(tmp_path, ClassFolders()).image > 0
