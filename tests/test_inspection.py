from pathlib import Path

import pytest

from tests.helpers import CLASSES, TRAIN, VALIDATION, shards
from wizard.engine.events import Event
from wizard.errors import InputError
from wizard.inspection import as_text, inspect


def ignore(_event: Event) -> None:
    pass


def test_raw_archives(raw: Path) -> None:
    facts = inspect(raw, ignore)
    assert facts["what"] == "the official archives"
    assert facts["train"].startswith(f"{TRAIN} images of 1,281,167, {CLASSES} classes, ")
    assert facts["boxes of train"].startswith(str(raw / "ILSVRC2012_bbox_train_v2.tar.gz"))
    assert facts["test"] == "missing; it would be ILSVRC2012_img_test_v10102019.tar"
    assert facts["labels"] == "those of ImageNet's 1,000 classes"
    assert inspect(raw / "ILSVRC2012_img_val.tar", ignore)["images"] == f"{VALIDATION} of 50,000"


def test_a_finished_dataset(built: Path) -> None:
    facts = inspect(built, ignore)
    assert facts["what"] == "a finished dataset"
    assert facts["train"].startswith(f"{TRAIN} images")
    assert facts["train recipe"] == "scaled and cropped to 64 x 96, JPEG quality 85"
    assert facts["first record, image/height"] == "64"
    assert "a finished dataset" in as_text(facts)


def test_an_unfinished_build(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    assert inspect(built_copy, ignore)["shards done"].startswith("7 of 7;")


def test_a_shard(built: Path) -> None:
    facts = inspect(shards(built)[0], ignore)
    assert facts["records"] == TRAIN // 5
    assert facts["first record, image/format"] == "JPEG"


def test_shards_of_others(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    (built_copy / ".imagenet-setup" / "journal.jsonl").unlink()
    assert inspect(built_copy, ignore)["what"].startswith("7 shards, not known")


def test_a_damaged_shard_is_named_with_its_record(built_copy: Path) -> None:
    path = shards(built_copy)[0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"is no whole TFRecord file: record \d+ at byte"):
        inspect(path, ignore)


def test_a_file_of_another_kind(built: Path) -> None:
    with pytest.raises(InputError, match="neither an archive with an official name nor a TFRecord file"):
        inspect(built / "dataset.json", ignore)


def test_nothing_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no raw data that this program knows"):
        inspect(tmp_path, ignore)
    with pytest.raises(InputError, match="does not exist"):
        inspect(tmp_path / "none", ignore)
