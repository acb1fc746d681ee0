import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import CLASSES, ODD, PER_CLASS, TRAIN, VALIDATION, tar
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.ilsvrc2012.synsets import rank_of_image
from wizard.sources.archives.index import read_table
from wizard.sources.samples import SampleTable
from wizard.sources.source import differences

JPEG = b"\xff\xd8\xff" + bytes(700)
TENCH, GOLDFISH = "n01440764", "n01443537"


def read(path: Path, split: Split = "train", *, cache: Path | None = None) -> SampleTable:
    return read_table(path, split, cache or path.parent / "cache", lambda _done, _total: None)


def train(folder: Path, classes: dict[str, bytes]) -> Path:
    path = folder / "train.tar"
    path.write_bytes(tar([(f"{wnid}.tar", data) for wnid, data in classes.items()]))
    return path


def test_indexes_what_tarfile_extracts(raw: Path, tmp_path: Path) -> None:
    path = raw / IMAGES["train"].name
    extracted = {}
    with tarfile.open(path) as outer:
        for member in outer:
            with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                for image in inner:
                    content = inner.extractfile(image)
                    assert content is not None
                    extracted[image.name] = content.read()
    data = path.read_bytes()
    table = read(path, cache=tmp_path)
    assert {s.name: data[s.offset : s.offset + s.size] for s in table} == extracted
    assert len(table) == TRAIN == CLASSES * PER_CLASS + ODD
    assert all(sample.label == rank_of_image(sample.name) for sample in table)


def test_validation_labels_go_by_number_and_not_by_place(raw: Path, tmp_path: Path) -> None:
    table = read(raw / IMAGES["validation"].name, "validation", cache=tmp_path)
    names = table.name.tolist()
    assert len(names) == VALIDATION
    assert names != sorted(names)
    labels = {name.decode(): int(label) for name, label in zip(names, table.label, strict=True)}
    assert labels["ILSVRC2012_val_00000001.JPEG"] == 65
    assert all(label == rank_of_image(name) for name, label in labels.items())


def test_differences_from_the_official_archives_are_reported(raw: Path, tmp_path: Path) -> None:
    reported = differences(read(raw / IMAGES["train"].name, cache=tmp_path), "train")
    assert reported[0].startswith(f"train has {CLASSES} of 1,000 classes")
    assert reported[1] == f"train has {TRAIN} images, the official one 1,281,167"


def test_the_real_datasets_rows_would_stay_under_150_mb(raw: Path, tmp_path: Path) -> None:
    table = read(raw / IMAGES["train"].name, cache=tmp_path)
    columns = (table.file, table.inside, table.offset, table.size, table.label, table.first_box)
    longest_name = len("n01440764_123456.JPEG")
    row = sum(column.itemsize for column in columns) + longest_name
    assert table.name.itemsize <= longest_name
    assert row * IMAGES["train"].images + 615_299 * 4 * table.boxes.itemsize < 150e6


def test_names_with_a_folder_before_them_and_macos_debris_are_understood(tmp_path: Path) -> None:
    inner = tar([(f"./{TENCH}_1.JPEG", JPEG), (f"./._{TENCH}_1.JPEG", b"mac"), (".DS_Store", b"mac")])
    path = tmp_path / "train.tar"
    path.write_bytes(tar([(f"./{TENCH}.tar", inner), (f"./._{TENCH}.tar", b"mac")]))
    assert read(path).name.tolist() == [f"{TENCH}_1.JPEG".encode()]


def test_the_index_comes_from_the_cache_until_the_archive_changes(raw_copy: Path) -> None:
    path = raw_copy / IMAGES["train"].name
    before = read(path)
    stat = path.stat()
    content = path.read_bytes()
    path.write_bytes(bytes(len(content)))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert np.array_equal(read(path).offset, before.offset)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    with pytest.raises(InputError):
        read(path)


def test_no_member_is_read_whole(tmp_path: Path) -> None:
    """A sparse archive of 2 TB is indexed at once; reading its members would take an hour."""
    path = tmp_path / "train.tar"
    names = [f"{TENCH}_{i}.JPEG" for i in range(2)]
    size = 1 << 40
    with path.open("wb") as file:
        outer = tarfile.TarInfo(f"{TENCH}.tar")
        outer.size = 2 * (512 + size) + 1024
        file.write(outer.tobuf(tarfile.GNU_FORMAT))
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = size
            file.write(info.tobuf(tarfile.GNU_FORMAT) + b"\xff\xd8\xff")
            file.seek(size - 3, 1)
        file.truncate(file.tell() + 1024 + 1024)
    assert read(path).size.tolist() == [size, size]


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ({"n99999999": tar([("n99999999_1.JPEG", JPEG)])}, r"holds n99999999\.tar, which is not named after a synset"),
        ({TENCH: tar([(f"{GOLDFISH}_1.JPEG", JPEG)])}, rf"in {TENCH}\.tar: {GOLDFISH}_1\.JPEG is not named"),
        ({TENCH: tar([(f"{TENCH}_1.JPEG", JPEG)] * 2)}, rf"holds {TENCH}_1\.JPEG more than once"),
        ({TENCH: tar([])}, rf"{TENCH}\.tar holds no images"),
        ({TENCH: tar([(f"{TENCH}_1.JPEG", JPEG)])[:700]}, rf"in {TENCH}\.tar: .*_1\.JPEG claims 703 bytes"),
        ({TENCH: tar([(f"{TENCH}_1.JPEG", JPEG)])[:1536]}, rf"in {TENCH}\.tar: the archive is truncated at byte 2,048"),
        ({}, "holds no images"),
    ],
)
def test_a_wrong_archive_is_refused_by_name(tmp_path: Path, classes: dict[str, bytes], said: str) -> None:
    path = train(tmp_path, classes)
    with pytest.raises(InputError, match=said) as error:
        read(path)
    assert str(path) in error.value.what
    assert error.value.hint
    assert not [*(tmp_path / "cache").glob("*")]


def test_a_cut_anywhere_is_found(raw: Path, tmp_path: Path) -> None:
    whole = (raw / IMAGES["validation"].name).read_bytes()
    end = len(whole.rstrip(b"\0"))
    path = tmp_path / "val.tar"
    for cut in (1, 511, 512, 513, 5000, end // 512 * 512, end - 1, -(-end // 512) * 512):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError):
            read(path, "validation")


def test_an_unknown_validation_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "val.tar"
    path.write_bytes(tar([("ILSVRC2012_val_00050001.JPEG", JPEG)]))
    with pytest.raises(InputError, match="so its label is not known"):
        read(path, "validation")


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "has no bytes"), (b"no image", r"does not begin as an image does \(8 bytes\)")]
)
def test_a_member_that_is_no_image_is_listed_and_named_as_unusable(tmp_path: Path, content: bytes, said: str) -> None:
    members = [(f"{TENCH}_1.JPEG", JPEG), (f"{TENCH}_2.JPEG", content)]
    path = train(tmp_path, {TENCH: tar(members)})
    table = read(path)
    assert len(table) == 2
    with pytest.raises(InputError, match=rf"{TENCH}_2\.JPEG {said}"):
        table.require_usable()


def test_an_unwritable_cache_does_not_stop_the_index(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert len(read(raw / IMAGES["train"].name, cache=tmp_path / "file" / "cache")) == TRAIN


def test_a_damaged_cache_is_made_again(raw: Path, tmp_path: Path) -> None:
    path = raw / IMAGES["train"].name
    before = read(path, cache=tmp_path)
    (entry,) = tmp_path.glob("*.npz")
    content = entry.read_bytes()
    for damage in (b"", content[:100], content[: len(content) // 2]):
        entry.write_bytes(damage)
        assert np.array_equal(read(path, cache=tmp_path).offset, before.offset)
    for place in range(200, len(content), 97):
        entry.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        after = read(path, cache=tmp_path)
        assert np.array_equal(after.offset, before.offset)
        assert np.array_equal(after.name, before.name)
        assert np.array_equal(after.label, before.label)
