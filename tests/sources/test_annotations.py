import gzip
from pathlib import Path

import pytest

from tests.helpers import tar
from tests.ilsvrc2012.test_boxes import annotation
from wizard.errors import InputError
from wizard.sources.annotations import read_box_folder, read_boxes
from wizard.sources.source import BoxTable
from wizard.sources.trees.listing import Bounds

TENCH, GOLDFISH, NO_SYNSET = "n01440764", "n01443537", "n00000001"


def read(path: Path) -> list[tuple[str, list[float]]]:
    names, boxes, *_ = read_boxes(path, path.parent / "cache", lambda _done, _total: None)
    return [(name.decode(), box.tolist()) for name, box in zip(names, boxes, strict=True)]


def one(wnid: str, *corners: int) -> bytes:
    return annotation((wnid, *(corners or (0, 0, 100, 100))))  # type: ignore[arg-type]


EXPECTED = [(f"{TENCH}_1.JPEG", [0, 0, 0.5, 1]), (f"{GOLDFISH}_2.JPEG", [0, 0, 0.5, 1])]
MEMBERS = [(f"{GOLDFISH}_2.xml", one(GOLDFISH)), (f"{TENCH}_1.xml", one(TENCH)), (f"{NO_SYNSET}_1.xml", one(NO_SYNSET))]


@pytest.mark.parametrize("folder", ["", "n/", "bboxes/deep/er/"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_xml_files_are_found_at_any_depth_gzipped_or_not(tmp_path: Path, folder: str, pack: type[bytes]) -> None:
    path = tmp_path / "boxes"
    path.write_bytes(pack(tar([(folder + name, data) for name, data in MEMBERS])))
    assert read(path) == EXPECTED


def test_the_whole_imagenet_archive_of_nested_archives_serves_as_well(tmp_path: Path) -> None:
    path = tmp_path / "boxes.tar.gz"
    nested = [
        (f"bboxes_annotations/{name[:9]}.tar.gz", gzip.compress(tar([(f"x/{name}", xml)]))) for name, xml in MEMBERS
    ]
    path.write_bytes(gzip.compress(tar(nested)))
    assert read(path) == EXPECTED


def test_validation_annotations_go_by_number(tmp_path: Path) -> None:
    """Image 1 is a sea snake: a box named as another synset is rejected."""
    path = tmp_path / "val.tgz"
    sea_snake = "n01751748"
    members = [("val/ILSVRC2012_val_00000001.xml", one(sea_snake)), ("val/ILSVRC2012_val_00000002.xml", one(sea_snake))]
    path.write_bytes(gzip.compress(tar(members)))
    assert read(path) == [("ILSVRC2012_val_00000001.JPEG", [0, 0, 0.5, 1])]
    assert read_boxes(path, tmp_path / "cache", lambda _done, _total: None).rejected == 1


def test_an_images_boxes_have_the_order_of_the_older_systems_sorted_csv(tmp_path: Path) -> None:
    path = tmp_path / "boxes.tar"
    corners = [(90, 0, 100, 10), (20, 50, 30, 60), (20, 5, 30, 60), (20, 5, 25, 99)]
    path.write_bytes(tar([(f"{TENCH}_1.xml", annotation(*[(TENCH, *box) for box in corners]))]))
    assert [box for _, box in read(path)] == [
        [0.1, 0.05, 0.125, 0.99],
        [0.1, 0.05, 0.15, 0.6],
        [0.1, 0.5, 0.15, 0.6],
        [0.45, 0, 0.5, 0.1],
    ]


@pytest.mark.parametrize("share", [0.2, 0.7, 0.99])
def test_a_cut_archive_is_refused(tmp_path: Path, share: float) -> None:
    whole = gzip.compress(tar(MEMBERS * 20))
    path = tmp_path / "boxes.tar.gz"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"boxes\.tar\.gz is damaged"):
        read(path)


def test_an_archive_with_a_wrong_gzip_checksum_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(tar(MEMBERS)))
    whole[-8] ^= 1
    path = tmp_path / "boxes.tar.gz"
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"boxes\.tar\.gz is damaged: CRC check failed"):
        read(path)


def test_boxes_of_thousands_of_annotations_belong_to_their_images(tmp_path: Path) -> None:
    """The number of an annotation is its box's right side; one in seven has no area, and one in eleven no box."""
    members, expected = [], []
    for number in range(1, 2_501):
        corners = [] if number % 11 == 0 else [(TENCH, 0, 0, number if number % 7 else 0, 1)]
        members.append((f"{TENCH}_{number:04}.xml", annotation(*corners, width=5_000, height=1)))
        if number % 7 and number % 11:
            expected.append((f"{TENCH}_{number:04}.JPEG", [0, 0, number / 5_000, 1]))
    path = tmp_path / "boxes.tar.gz"
    path.write_bytes(gzip.compress(tar(members)))
    assert read(path) == expected
    rejected = sum(number % 7 == 0 and number % 11 != 0 for number in range(1, 2_501))
    assert read_boxes(path, tmp_path / "cache", lambda _done, _total: None).rejected == rejected


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
@pytest.mark.parametrize(("zeros", "reported"), [(0, False), (30_000, True)])
def test_warns_about_more_zeros_than_padding_at_the_end(
    tmp_path: Path, pack: type[bytes], zeros: int, reported: bool
) -> None:
    path = tmp_path / "boxes"
    path.write_bytes(pack(tar(MEMBERS) + bytes(zeros)))
    for _ in range(2):
        found = read_boxes(path, tmp_path / "cache", lambda _done, _total: None)
        assert len(found.boxes) == 2
        assert bool(found.warnings) == reported
        assert all(f"of zeros follow the last file of {path}" in warning for warning in found.warnings)


def test_an_annotation_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "boxes.tar"
    path.write_bytes(tar([(f"a/{TENCH}_1.xml", b"<annotation>")]))
    with pytest.raises(InputError, match=rf"a/{TENCH}_1.xml is not a readable annotation"):
        read(path)


def test_an_annotation_whose_name_is_not_utf_8_belongs_to_no_image(tmp_path: Path) -> None:
    path = tmp_path / "boxes.tar"
    path.write_bytes(tar([(f"{TENCH}_X.xml", one(TENCH))]).replace(b"_X.xml", b"_\xff.xml"))
    content = bytearray(path.read_bytes())
    content[148:156] = b"%06o\0 " % (sum(content[:148]) + 8 * ord(" ") + sum(content[156:512]))  # the header's checksum
    path.write_bytes(content)
    (name, *_), *_ = read_boxes(path, tmp_path / "cache", lambda _done, _total: None)
    assert name == f"{TENCH}_".encode() + b"\xff.JPEG"


def test_an_archive_without_annotations_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "boxes.tar"
    path.write_bytes(tar([("readme.txt", b"nothing")]))
    with pytest.raises(InputError, match="holds no annotation of an ILSVRC2012 image"):
        read(path)


def read_folder(folder: Path) -> BoxTable:
    return read_box_folder(folder, Bounds.of(folder, follow=False), lambda _done, _total: None)


def write(folder: Path, members: list[tuple[str, bytes]]) -> Path:
    for name, xml in members:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(xml)
    return folder


@pytest.mark.parametrize("deeper", ["", "n/", "a/b/c/"])
def test_a_folder_of_xml_files_gives_what_their_archive_gives(tmp_path: Path, deeper: str) -> None:
    folder = write(tmp_path / "xml", [(deeper + name, xml) for name, xml in [*MEMBERS, ("readme.txt", b"")]])
    (tmp_path / "archive").write_bytes(tar(MEMBERS))
    of_archive = read_boxes(tmp_path / "archive", tmp_path / "cache", lambda _done, _total: None)
    of_folder = read_folder(folder)
    assert of_folder.names.tolist() == of_archive.names.tolist()
    assert of_folder.boxes.tolist() == of_archive.boxes.tolist()
    assert of_folder.rejected == of_archive.rejected


def test_two_annotations_of_an_image_are_refused(tmp_path: Path) -> None:
    name = f"{TENCH}_1.xml"
    with pytest.raises(InputError, match=rf"annotations of {TENCH}_1\.JPEG twice: a/{name} and b/{name}"):
        read_folder(write(tmp_path, [(f"a/{name}", one(TENCH)), (f"b/{name}", one(TENCH))]))


def test_an_annotation_in_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"{TENCH}_1\.xml is not a readable annotation") as error:
        read_folder(write(tmp_path, [(f"{TENCH}_1.xml", b"<annotation>")]))
    assert error.value.hint.startswith("Unpack the box archive again")


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no annotation of an ILSVRC2012 image"):
        read_folder(write(tmp_path, [(f"{NO_SYNSET}_1.xml", one(NO_SYNSET))]))


def test_a_folder_of_images_without_objects_has_no_boxes(tmp_path: Path) -> None:
    assert len(read_folder(write(tmp_path, [(f"{TENCH}_1.xml", annotation())])).boxes) == 0
