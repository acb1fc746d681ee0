import gzip
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import numpy as np
import psutil
import pytest

from wizard.errors import InputError
from wizard.formats import example, tfrecord
from wizard.formats.example import Feature
from wizard.sources import readers, streams
from wizard.sources.readers import Sample
from wizard.sources.records.reader import GZIPPED_RECORDS, RECORDS
from wizard.sources.samples import SampleTable, in_one_file

IMAGES = [b"first", b"", b"third image"]


def in_a_tar(folder: Path) -> SampleTable:
    """Three images with bytes of others between them."""
    path = folder / "archive.tar"
    path.write_bytes(b"head" + b"....".join(IMAGES))
    sizes = np.array([len(image) for image in IMAGES])
    return in_one_file(
        str(path),
        name=np.array([b"a", b"b", b"c"]),
        offset=4 + np.cumsum(sizes) - sizes + 4 * np.arange(3),
        size=sizes,
        label=np.zeros(3, np.int16),
    )


def in_folders(folder: Path, count: int) -> SampleTable:
    """Images in files of their own: image i is its number."""
    for number in range(count):
        (folder / "a" / f"ü{number}.jpg").parent.mkdir(exist_ok=True)
        (folder / "a" / f"ü{number}.jpg").write_bytes(b"%d" % number)
    table = in_one_file(
        str(folder / "a"),
        name=np.array([b"%d" % number for number in range(count)]),
        offset=np.zeros(count, np.int64),
        size=np.array([len(str(number)) for number in range(count)]),
        label=np.zeros(count, np.int16),
    )
    return replace(table, inside=np.array([f"ü{number}.jpg".encode() for number in range(count)]))


def in_records(folder: Path, *records: dict[str, Feature], gzipped: bool = False) -> SampleTable:
    """One record after the other in a file."""
    path = folder / "train.tfrecord"
    payloads = [example.encode(record) for record in records]
    data = b"".join(map(tfrecord.frame, payloads))
    path.write_bytes(gzip.compress(data) if gzipped else data)
    sizes = np.array([len(payload) for payload in payloads])
    frames = sizes + tfrecord.OVERHEAD
    table = in_one_file(
        str(path),
        name=np.array([b"r%d" % place for place in range(len(records))]),
        offset=np.cumsum(frames) - frames + tfrecord.HEADER,
        size=sizes,
        label=np.zeros(len(records), np.int16),
    )
    return replace(table, reader=GZIPPED_RECORDS if gzipped else RECORDS)


def images(table: SampleTable) -> list[bytes]:
    return [content.image for content in table.contents()]


def opened(folder: Path) -> list[str]:
    return [file.path for file in psutil.Process().open_files() if file.path.startswith(f"{folder}/")]


def record(image: bytes) -> dict[str, Feature]:
    return {"image/encoded": image, "image/class/label": (7,), "note": b"x"}


def test_images_in_an_archive_are_read_where_they_lie(tmp_path: Path) -> None:
    found = list(in_a_tar(tmp_path).contents())
    assert [(content.sample.name, content.image) for content in found] == list(zip("abc", IMAGES, strict=True))
    assert all(content.features is None for content in found)


def test_images_are_read_in_the_tables_order_and_as_often_as_it_says(tmp_path: Path) -> None:
    assert images(in_a_tar(tmp_path).take(np.array([2, 0, 2]))) == [IMAGES[2], IMAGES[0], IMAGES[2]]


def test_images_in_folders_are_whole_files(tmp_path: Path) -> None:
    assert images(in_folders(tmp_path, 3)) == [b"0", b"1", b"2"]


@pytest.mark.parametrize("gzipped", [False, True])
def test_images_in_records_come_with_their_features(tmp_path: Path, gzipped: bool) -> None:
    table = in_records(tmp_path, record(b"one"), record(b"two"), record(b""), gzipped=gzipped)
    found = list(table.contents())
    assert [content.image for content in found] == [b"one", b"two", b""]
    assert found[0].features == example.entries(example.encode(record(b"one")))


def test_records_of_a_gzipped_file_can_be_read_backwards(tmp_path: Path) -> None:
    table = in_records(tmp_path, record(b"one"), record(b"two"), gzipped=True)
    assert images(table.take(np.array([1, 0]))) == [b"two", b"one"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="descriptors are counted otherwise here")
def test_however_many_files_there_are_few_stay_open(tmp_path: Path) -> None:
    before = psutil.Process().num_fds()
    most = 0
    read = 0
    for read, content in enumerate(in_folders(tmp_path, 3 * readers._OPEN).contents(), 1):
        assert content.image == b"%d" % (read - 1)
        most = max(most, psutil.Process().num_fds() - before)
    assert read == 3 * readers._OPEN
    assert most <= readers._OPEN
    assert psutil.Process().num_fds() == before


def test_a_reader_that_stops_half_way_leaves_no_file_open(tmp_path: Path) -> None:
    coming = in_folders(tmp_path, 5).contents()
    next(coming)
    assert opened(tmp_path)
    coming.close()  # type: ignore[attr-defined]
    assert not opened(tmp_path)


def test_a_file_that_shrank_or_vanished_is_named(tmp_path: Path) -> None:
    table = in_a_tar(tmp_path)
    (tmp_path / "archive.tar").write_bytes(b"head1")
    with pytest.raises(InputError, match=r"archive\.tar ends inside a; it has changed") as error:
        images(table)
    assert error.value.hint
    (tmp_path / "archive.tar").unlink()
    with pytest.raises(InputError, match=r"archive\.tar cannot be read: No such file"):
        images(table)


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("where", ["payload", "crc"])
def test_a_record_whose_crc_does_not_fit_is_named(tmp_path: Path, where: str, gzipped: bool) -> None:
    table = in_records(tmp_path, record(b"one"), record(b"twotwo"), gzipped=gzipped)
    path = Path(table.files[0])
    data = bytearray(gzip.decompress(path.read_bytes()) if gzipped else path.read_bytes())
    data[-1 if where == "crc" else -8] ^= 0xFF
    path.write_bytes(gzip.compress(data) if gzipped else data)
    at = int(table.offset[1])
    with pytest.raises(InputError, match=rf"train\.tfrecord: the record of r1 at byte {at:,} is damaged") as error:
        images(table)
    assert "its CRC does not fit" in error.value.what
    assert images(table.take(np.array([0]))) == [b"one"]


def test_a_gzipped_file_that_breaks_off_or_is_damaged_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    table = in_records(tmp_path, record(b"one"), record(rng.bytes(5000)), gzipped=True)
    path = Path(table.files[0])
    whole = path.read_bytes()
    for damaged in (
        whole[:10] + b"\xff" * 200 + whole[210:],
        whole[:1000],
        whole[:-3000] + bytes(3000),
        b"no gzip",
        b"",
    ):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"train\.tfrecord"):
            images(table)


@pytest.mark.parametrize(
    ("features", "said"),
    [({"image/class/label": (1,)}, r"holds no image/encoded"), ({"image/encoded": (1, 2)}, "has 2 values in")],
)
def test_a_record_without_one_image_is_named(tmp_path: Path, features: dict[str, Feature], said: str) -> None:
    table = in_records(tmp_path, record(b"one"), features)
    with pytest.raises(InputError, match=rf"the record of r1 at byte [\d,]+ {said}"):
        images(table)


def test_a_gzipped_file_is_unpacked_once_for_the_tables_that_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[dict[str, Feature]] = [{"image/encoded": b"%d" % number} for number in range(6)]
    table = in_records(tmp_path, *records, gzipped=True)
    opened: list[Path] = []

    open_stream = streams.open_stream

    def counting(path: Path) -> IO[bytes]:
        opened.append(path)
        return open_stream(path)

    monkeypatch.setattr(streams, "open_stream", counting)
    read = [[content.image for content in table.take(np.arange(at, at + 2)).contents()] for at in (0, 2, 4)]
    assert read == [[b"0", b"1"], [b"2", b"3"], [b"4", b"5"]]
    assert len(opened) == 1
    in_records(tmp_path, *reversed(records), gzipped=True)
    assert next(table.contents()).image == b"5"


def test_only_so_many_tiny_images_are_in_memory_before_they_are_read(tmp_path: Path) -> None:
    table = in_a_tar(tmp_path).take(np.zeros(3 * readers._AHEAD_IMAGES, np.intp))
    taken = 0

    def samples() -> Iterator[Sample]:
        nonlocal taken
        for sample in table:
            taken += 1
            yield sample

    with readers.OpenFiles() as files:
        read = files.read(samples())
        next(read)
        assert taken == readers._AHEAD_IMAGES + 1
        assert 1 + sum(1 for _ in read) == len(table)
