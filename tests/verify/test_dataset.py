import json
from pathlib import Path

import pytest

from tests.helpers import TRAIN, VALIDATION, shards
from wizard.engine.events import Event
from wizard.errors import InputError, VerifyFailed
from wizard.verify.dataset import verify


def ignore(_event: Event) -> None:
    pass


def test_a_good_dataset_is_proven_and_opened_with_tensorflow(built: Path) -> None:
    verified = verify(built, ignore, pixels=True)
    assert verified.images == {"train": TRAIN, "validation": VALIDATION}
    assert f"parsed a batch of ({TRAIN}, 224, 224, 3), labels 1 to 4" in verified.tensorflow["train"]


def test_a_damaged_record_is_named_with_shard_record_and_image(built_copy: Path) -> None:
    path = shards(built_copy)[3]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(VerifyFailed, match=rf"{path.name}, record \d+ \(n\d+_\d+\.JPEG\): payload CRC is") as error:
        verify(built_copy, ignore)
    assert "--repair" in error.value.hint


def test_a_missing_shard_is_named(built_copy: Path) -> None:
    path = shards(built_copy)[0]
    path.unlink()
    with pytest.raises(VerifyFailed, match=f"{path.name}: it cannot be read"):
        verify(built_copy, ignore)


def test_two_shards_in_each_others_place_are_found(built_copy: Path) -> None:
    one, other = shards(built_copy)[:2]
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    with pytest.raises(VerifyFailed, match=f"{one.name}, record 0 .*image/filename is"):
        verify(built_copy, ignore)


def test_a_stray_file_that_a_trainer_would_open_is_named(built_copy: Path) -> None:
    (built_copy / "train-00000-of-01024").write_bytes(b"")
    with pytest.raises(VerifyFailed, match="train-00000-of-01024: it is no shard of this dataset"):
        verify(built_copy, ignore)


def test_an_index_of_no_shard_is_named(built_copy: Path) -> None:
    (built_copy / "idx" / "train-00000-of-01024").write_bytes(b"")
    with pytest.raises(VerifyFailed, match="idx/train-00000-of-01024: it is the index of no shard"):
        verify(built_copy, ignore)


def test_a_shard_taken_out_of_the_manifest_is_missed(built_copy: Path) -> None:
    path = built_copy / "dataset.json"
    fields = json.loads(path.read_text())
    name = fields["shards"].pop()["shard"]
    path.write_text(json.dumps(fields))
    (built_copy / name).unlink()
    (built_copy / "idx" / name).unlink()
    with pytest.raises(VerifyFailed, match=f"{name}: it is planned, but not in the manifest"):
        verify(built_copy, ignore)


def test_an_unfinished_build_is_no_dataset(built_copy: Path) -> None:
    (built_copy / "dataset.json").unlink()
    with pytest.raises(VerifyFailed, match="is an unfinished build: 7 shards are done"):
        verify(built_copy, ignore)


def test_a_folder_without_any_of_it_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no dataset\.json"):
        verify(tmp_path, ignore)
