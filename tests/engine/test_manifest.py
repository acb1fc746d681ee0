import dataclasses
import gzip
import json
from pathlib import Path

import pytest

from tests.helpers import TRAIN, TRAIN_SHARDS, VALIDATION, features
from wizard.engine import manifest
from wizard.errors import InputError, VerifyFailed


def test_dataset_json_says_how_it_was_made(built: Path) -> None:
    fields = json.loads((built / "dataset.json").read_text())
    assert fields["counts"] == {"train": TRAIN, "validation": VALIDATION}
    assert "labels 1 to 1000" in fields["what"]
    treated = [fields["kept"]["train"], fields["reencoded"]["train"], *fields["converted"]["train"].values()]
    assert sum(treated) == TRAIN
    assert fields["converted"]["train"] == {"PNG": 2, "CMYK": 1}
    assert fields["profile"]["image"]["quality"] == 85
    assert {image["kind"] for shard in fields["shards"] for image in shard["converted"]} == {"PNG", "CMYK"}


def test_dataset_json_is_written_as_json_writes_its_fields(built: Path) -> None:
    known = manifest.read(built)
    content = (built / "dataset.json").read_bytes()
    fields = json.loads(content)
    assert content == json.dumps(fields, indent=1, ensure_ascii=False).encode()
    assert fields["shards"] == json.loads(json.dumps([dataclasses.asdict(shard) for shard in known.shards]))
    head = ["what", "counts", "kept", "reencoded", "converted", "checks"]
    assert [*fields] == [*head, *(field.name for field in dataclasses.fields(known))]


def test_the_listing_names_every_image_where_it_is(built: Path) -> None:
    found = {
        (planned.shard, name.decode())
        for planned in manifest.planned(built, manifest.read(built))
        for name in planned.names.tolist()
    }
    assert {name for _, name in found} == set(features(built))
    assert len({shard for shard, _ in found if shard.startswith("train")}) == TRAIN_SHARDS


def test_a_folder_without_a_manifest_is_no_finished_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no dataset\.json"):
        manifest.read(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        manifest.read(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"shards": [1]}', b'{"shards": []}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dataset.json").write_bytes(content)
    with pytest.raises(VerifyFailed, match=r"dataset\.json is damaged"):
        manifest.read(tmp_path)


def test_a_changed_or_missing_listing_is_refused(built_copy: Path) -> None:
    known = manifest.read(built_copy)
    listing = built_copy / "images.csv.gz"
    listing.write_bytes(gzip.compress(gzip.decompress(listing.read_bytes())[:-30]))
    with pytest.raises(VerifyFailed, match=r"images\.csv\.gz is damaged"):
        list(manifest.planned(built_copy, known))
    listing.unlink()
    with pytest.raises(VerifyFailed, match="cannot be read"):
        list(manifest.planned(built_copy, known))
