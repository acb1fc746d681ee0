"""The lines about a folder of raw data."""

import shutil
from pathlib import Path

import pytest

from wizard.ask.context import Context, with_source
from wizard.ask.source_report import source_lines
from wizard.wrapping import wrapped


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_lines_about_archives_go_on_in_one_column(raw: Path, tmp_path: Path, width: int) -> None:
    part = shutil.copytree(raw, tmp_path / "part")
    (part / "ILSVRC2012_bbox_val_v3.tgz").unlink()
    lines = source_lines(with_source(Context(last=None, names=frozenset()), part, lambda _event: None))
    archives = [f"{line} {'word ' * 40}" for line in lines if "ILSVRC2012_" in line and "example" not in line]
    assert len({line.index(size) for line in archives for size in (line.split()[2],)}) == 1
    assert len({len(below) - len(below.lstrip()) for line in archives for below in wrapped(line, width)[1:]}) == 1
