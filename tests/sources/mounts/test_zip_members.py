import zipfile
from pathlib import Path

import pytest

from tests.sources.making import nothing
from wizard.sources.mounts.members import members_of
from wizard.sources.mounts.zip_members import zip_members


def test_more_members_than_an_old_zip_can_count(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    count = (1 << 16) + 5
    with zipfile.ZipFile(path, "w") as file:
        for number in range(count):
            file.writestr(f"cat/{number}.jpg", b"")
    assert len(members_of(zip_members(path, nothing))) == count


@pytest.mark.parametrize("utf8", [True, False])
def test_names_that_are_not_ascii(tmp_path: Path, utf8: bool) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("Käse/1.jpg", b"a")
    if not utf8:  # the flag is left out by many writers, whose names are UTF-8 all the same
        data = bytearray(path.read_bytes())
        for magic, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
            data[data.index(magic) + at] &= ~8
        path.write_bytes(data)
    assert list(members_of(zip_members(path, nothing)).folders) == ["Käse", ""]


def test_separators_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("cat/1.jpg")
        info.create_system = 0
        file.writestr(info, b"a")
    path.write_bytes(path.read_bytes().replace(b"cat/1.jpg", b"cat\\1.jpg"))
    assert members_of(zip_members(path, nothing)).row("cat/1.jpg") == 0
