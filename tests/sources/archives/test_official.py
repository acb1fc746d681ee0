import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import quiet
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import BOXES
from wizard.sources.opening import open_source

GZIPPED_RECORDS, UNPACKED = BOXES["train"].names


def step(_name: str) -> Callable[[int, int], None]:
    return quiet


def test_boxes_that_a_browser_unpacked_have_no_official_md5(raw_copy: Path, tmp_path: Path) -> None:
    (raw_copy / UNPACKED).write_bytes(gzip.decompress((raw_copy / GZIPPED_RECORDS).read_bytes()))
    (raw_copy / GZIPPED_RECORDS).unlink()
    (reported,) = open_source(raw_copy).verify_checksums([], ["train"], tmp_path, step)
    assert reported == f"{UNPACKED} was unpacked by a browser, so there is no official MD5 to compare it with"


@pytest.mark.parametrize("name", [GZIPPED_RECORDS, UNPACKED])
def test_gzipped_boxes_are_compared_with_it_whatever_they_are_called(raw_copy: Path, tmp_path: Path, name: str) -> None:
    (raw_copy / GZIPPED_RECORDS).rename(raw_copy / name)
    with pytest.raises(InputError, match=f"the official one {BOXES['train'].md5}"):
        list(open_source(raw_copy).verify_checksums([], ["train"], tmp_path, step))
