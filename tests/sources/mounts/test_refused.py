"""Archives that are damaged, dangerous or no archives: each is named, with what is wrong with it."""

import gzip
import io
import os
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.making import JPEG, nothing, write
from wizard.errors import InputError
from wizard.sources import streams
from wizard.sources.opening import open_source

IMAGES = ("cat/a.jpg", "dog/b.jpg")


def zipped(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in (*((name, JPEG) for name in IMAGES), *members):
            file.writestr(name, content)
    return path


def tarred(path: Path, *members: tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name in IMAGES:
            file.addfile(info(name, size=len(JPEG)), io.BytesIO(JPEG))
        for member in members:
            file.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def info(name: str, *, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, link
    return member


def patched(path: Path, change: Callable[[bytearray], None]) -> Path:
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def read_all(path: Path) -> None:
    table = open_source(path).table("train", path.parent / "cache", nothing)
    table.require_usable()
    list(table.contents())


@pytest.mark.parametrize("name", ["../evil.jpg", "cat/../../evil.jpg", "/etc/evil.jpg", "C:/evil.jpg", "..\\evil.jpg"])
@pytest.mark.parametrize("form", ["zip", "tar", "tgz"])
def test_a_name_that_leads_out_of_the_archive(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / f"x.{form}"
    if form == "zip":
        zipped(path, (name, JPEG))
    else:
        tarred(path, info(name, size=4), mode="w:gz" if form == "tgz" else "w")
    with pytest.raises(InputError, match=r"the name of its member .*evil\.jpg' (has \.\. in it|is an absolute path)"):
        read_all(path)
    assert not (tmp_path.parent / "evil.jpg").exists()


@pytest.mark.skipif(shutil.which("zip") is None, reason="there is no zip here")
def test_encrypted_members(tmp_path: Path) -> None:
    write(tmp_path, IMAGES)
    subprocess.run(["zip", "-q", "-P", "secret", "-r", "x.zip", "cat", "dog"], cwd=tmp_path, check=True)
    with pytest.raises(InputError, match=r"x\.zip: cat/a\.jpg is encrypted"):
        read_all(tmp_path / "x.zip")


@pytest.mark.parametrize(("method", "named"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_methods_of_compression_that_are_not_read(tmp_path: Path, method: int, named: str) -> None:
    with pytest.raises(InputError, match=rf"x\.zip: cat/a\.jpg is compressed by {named} \(method {method}\)"):
        read_all(zipped(tmp_path / "x.zip", method=method))


def test_a_bomb_by_ratio(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cat/bomb\.jpg claims to unpack from .* to 50\.0 MB, as no image does"):
        read_all(zipped(tmp_path / "x.zip", ("cat/bomb.jpg", bytes(50_000_000))))


def test_a_bomb_of_members_that_share_their_bytes(tmp_path: Path) -> None:
    def overlap(data: bytearray) -> None:
        second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
        data[second + 42 : second + 46] = bytes(4)  # its local header is the first member's

    with pytest.raises(InputError, match="1 of its 2 members lie in the same bytes as others"):
        read_all(patched(zipped(tmp_path / "x.zip"), overlap))


def test_a_member_that_unpacks_to_more_than_it_claims(tmp_path: Path) -> None:
    def shrink(data: bytearray) -> None:
        at = data.index(b"PK\x01\x02")
        data[at + 24 : at + 28] = struct.pack("<I", 2)

    with pytest.raises(InputError, match=r"cat/a\.jpg .* has 3 bytes instead of 2"):
        read_all(patched(zipped(tmp_path / "x.zip"), shrink))


def test_a_checksum_that_does_not_fit(tmp_path: Path) -> None:
    def damage(data: bytearray) -> None:
        at = data.index(JPEG)
        data[at + 3] ^= 1

    with pytest.raises(InputError, match=r"cat/a\.jpg .* is damaged: its CRC does not fit"):
        read_all(patched(zipped(tmp_path / "x.zip", method=zipfile.ZIP_STORED), damage))


def test_deflated_bytes_that_are_damaged(tmp_path: Path) -> None:
    content = JPEG + os.urandom(10_000)

    def damage(data: bytearray) -> None:
        at = data.index(b"big.jpg") + 7
        data[at : at + 60] = b"\xff" * 60

    with pytest.raises(InputError, match=r"big\.jpg .* (is damaged|cannot be unpacked|has .* bytes instead)"):
        read_all(patched(zipped(tmp_path / "x.zip", ("cat/big.jpg", content)), damage))


@pytest.mark.parametrize("left", [10, 100, -1, -30])
def test_a_zip_that_is_cut_off(tmp_path: Path, left: int) -> None:
    path = zipped(tmp_path / "x.zip", ("cat/c.jpg", os.urandom(1000)))
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(InputError, match=r"x\.zip .*(no central directory at its end: it is cut off|is damaged)"):
        read_all(path)


@pytest.mark.skipif(shutil.which("zip") is None, reason="there is no zip here")
def test_one_part_of_a_split_zip(tmp_path: Path) -> None:
    write(tmp_path, IMAGES, os.urandom(200_000))
    subprocess.run(["zip", "-q", "-s", "64k", "-r", "x.zip", "cat", "dog"], cwd=tmp_path, check=True)
    assert (tmp_path / "x.z01").exists()
    for name in ("x.zip", "x.z01"):
        with pytest.raises(InputError, match=rf"{name} is one part of an archive that was split"):
            read_all(tmp_path / name)


def test_a_zip_whose_directory_is_damaged(tmp_path: Path) -> None:
    def damage(data: bytearray) -> None:
        second = data.rindex(b"PK\x01\x02")
        data[second] = 0

    with pytest.raises(InputError, match="its central directory has 2 entries, but only 1 can be read"):
        read_all(patched(zipped(tmp_path / "x.zip"), damage))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_that_is_cut_off(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name in IMAGES:
            file.addfile(info(name, size=100_000), io.BytesIO(os.urandom(100_000)))
    path.write_bytes(path.read_bytes()[:150_000])
    with pytest.raises(InputError, match=r"x\.tar.*(is cut off|is truncated|has only .* left)"):
        read_all(path)


def test_a_gzip_whose_checksum_does_not_fit(tmp_path: Path) -> None:
    path = tarred(tmp_path / "x.tgz", mode="w:gz")
    with pytest.raises(InputError, match=r"x\.tgz .* is damaged \(CRC check failed"):
        read_all(patched(path, lambda data: data.__setitem__(slice(-8, -4), b"abcd")))


def test_a_gzip_that_unpacks_to_zeros_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_WINDOW", 1 << 22)
    path = tmp_path / "x.tar.gz"
    packer = zlib.compressobj(wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(tarred(tmp_path / "x.tar").read_bytes()))
        for _ in range(9):
            file.write(packer.compress(bytes(1 << 20)))
        file.write(packer.flush())
    (tmp_path / "x.tar").unlink()
    with pytest.raises(InputError, match=r"x\.tar\.gz is not what it seems to be"):
        read_all(path)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_device_in_a_tar(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(InputError, match=r"x\.tar: cat/device is not a regular file"):
        read_all(tarred(tmp_path / "x.tar", info("cat/device", kind=kind)))


@pytest.mark.parametrize("form", ["zip", "tar", "tgz"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_path_that_is_there_twice(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"x.{form}"
    if form == "zip":
        zipped(path, ("cat/a.jpg", JPEG))
    else:
        tarred(path, info("cat/a.jpg", size=4), mode="w:gz" if form == "tgz" else "w")
    with pytest.raises(InputError, match=r"holds cat/a\.jpg more than once"):
        read_all(path)


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_a_path_that_is_a_file_and_a_folder(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"x.{form}"
    if form == "zip":
        zipped(path, ("cat", JPEG))
    else:
        tarred(path, info("cat", size=4))
    with pytest.raises(InputError, match="holds cat both as a file and as a folder"):
        read_all(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>", "is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (bytes(20_000), "begins with zeros"),
        (b"Not found\n" * 100, "is neither a zip nor a tar archive"),
        (gzip.compress(b"Not a tar. " * 1000), "there is no tar header"),
        (gzip.compress(b""), "is truncated at byte 0"),
        (b"PK\x05\x06" + bytes(18), "holds no tree of images"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "is a file of 7z, which this program does not read"),
    ],
    ids=["empty", "page", "pointer", "zeros", "text", "gzipped text", "gzipped nothing", "empty zip", "7z"],
)
@pytest.mark.parametrize("given", ["", "x.zip"])
def test_what_is_no_archive(tmp_path: Path, content: bytes, what: str, given: str) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(InputError, match=rf"x\.zip.*{what}"):
        read_all(tmp_path / given)


@pytest.mark.parametrize("given", ["", "x.rar"])
def test_an_archive_of_another_kind(tmp_path: Path, given: str) -> None:
    (tmp_path / "x.rar").write_bytes(b"Rar!\x1a\x07\x01\x00")
    with pytest.raises(InputError, match=r"x\.rar is a file of RAR, which this program does not read"):
        read_all(tmp_path / given)


def test_an_unfinished_download(tmp_path: Path) -> None:
    zipped(tmp_path / "x.zip").rename(tmp_path / "x.zip.crdownload")
    for given in (tmp_path, tmp_path / "x.zip.crdownload"):
        with pytest.raises(InputError, match=r"x\.zip\.crdownload is an unfinished download of x\.zip"):
            read_all(given)


def test_several_archives_that_are_no_splits(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        zipped(tmp_path / name)
    with pytest.raises(InputError, match=r"holds a\.zip, b\.zip: each may hold a dataset of its own"):
        read_all(tmp_path)


def test_an_image_that_is_none_by_its_first_bytes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.tar/cat/c\.jpg does not begin as an image does \(4 bytes\)"):
        read_all(tarred(tmp_path / "x.tar", info("cat/c.jpg", size=4)))


def test_an_archive_that_changes_after_it_was_indexed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", method=zipfile.ZIP_STORED)
    table = open_source(path).table("train", tmp_path, nothing)
    path.write_bytes(b"other" * 100)
    with pytest.raises(InputError, match="there is no header of a member"):
        list(table.contents())
    zipped(path, ("cat/c.jpg", JPEG))
    assert len(open_source(path).table("train", tmp_path, nothing)) == 3


def test_class_archives_in_a_zip(tmp_path: Path) -> None:
    tar = tarred(tmp_path / "y.tar").read_bytes()
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("train/n01440764.tar", tar)
    with pytest.raises(InputError, match=r"train/n01440764\.tar is an archive in a zip archive"):
        read_all(path)
