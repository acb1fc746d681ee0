from pathlib import Path

import numpy as np
import pytest

from tests.helpers import CLASSES, TRAIN, VALIDATION, quiet, survey, tar
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES
from wizard.sources.archives.index import read_table
from wizard.sources.opening import open_source


def test_an_archive_of_another_size_is_counted_by_its_headers(raw: Path, tmp_path: Path) -> None:
    path = raw / IMAGES["train"].name
    table = read_table(path, "train", tmp_path, quiet)
    seen = survey(raw, "train", tmp_path)
    assert (seen.split, seen.path, seen.bytes, seen.official) == ("train", path, path.stat().st_size, False)
    assert (seen.images, seen.image_bytes, seen.classes) == (TRAIN, int(np.sum(table.size)), CLASSES)
    assert survey(raw, "validation", tmp_path).images == VALIDATION


def test_the_build_need_not_walk_it_again(raw: Path, tmp_path: Path) -> None:
    path = raw / IMAGES["train"].name
    survey(raw, "train", tmp_path)
    walked: list[int] = []
    read_table(path, "train", tmp_path, lambda done, _total: walked.append(done))
    assert walked == []


def as_large_as_the_official_one(folder: Path, last: bytes) -> Path:
    """A sparse file: 6.7 GB of nothing after a first header, but for its last bytes."""
    path = folder / IMAGES["validation"].name
    with path.open("wb") as file:
        file.write(tar([("ILSVRC2012_val_00000001.JPEG", b"")])[:512])
        file.seek(IMAGES["validation"].bytes - 10_752 - len(last))
        file.write(last)
        file.truncate(IMAGES["validation"].bytes)
    return path


def test_an_archive_of_the_official_size_is_not_read(tmp_path: Path) -> None:
    as_large_as_the_official_one(tmp_path, b"\xff\xd9")
    seen = survey(tmp_path, "validation", tmp_path / "cache")
    assert (seen.images, seen.image_bytes, seen.classes, seen.official) == (50_000, 6_709_003_386, 1000, True)
    assert not (tmp_path / "cache").exists()


def test_an_archive_of_the_official_size_that_ends_in_zeros_is_refused_at_a_glance(tmp_path: Path) -> None:
    path = as_large_as_the_official_one(tmp_path, b"")
    with pytest.raises(InputError, match="has the official size, but ends in zeros") as error:
        survey(tmp_path, "validation", tmp_path / "cache")
    assert str(path) in error.value.what


def test_a_truncated_archive_is_refused(raw_copy: Path, tmp_path: Path) -> None:
    path = raw_copy / IMAGES["train"].name
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(InputError):
        survey(raw_copy, "train", tmp_path)


def test_an_archive_that_is_gone_is_refused_by_name(raw_copy: Path, tmp_path: Path) -> None:
    opened = open_source(raw_copy)
    (raw_copy / IMAGES["train"].name).unlink()
    with pytest.raises(InputError, match=r"ILSVRC2012_img_train\.tar cannot be read: No such file"):
        opened.survey("train", tmp_path, quiet)


def test_a_member_that_is_no_image_is_the_builds_to_judge(raw_copy: Path, tmp_path: Path) -> None:
    path = raw_copy / IMAGES["validation"].name
    content = path.read_bytes()
    path.write_bytes(content[:512] + b"no image" + content[520:])
    assert survey(raw_copy, "validation", tmp_path).images == VALIDATION
