"""Whatever is wrong with a split, the sentence about it names that split alone, and offers those that are sound."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.helpers import quiet
from tests.sources import making
from wizard.errors import InputError
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.opening import open_source

BOTH: tuple[Split, ...] = ("train", "validation")
WORDS: dict[Split, str] = {"train": "train", "validation": "val"}
"""What names of a split have in common: those of folders, archives and files."""


def archives(raw: Path, _built: Path, folder: Path) -> Path:
    return shutil.copytree(raw, folder)


def tree(raw: Path, _built: Path, folder: Path) -> Path:
    return making.extracted(raw, folder)


def kaggle(raw: Path, _built: Path, folder: Path) -> Path:
    return making.kaggle(raw, folder)


def own(_raw: Path, _built: Path, folder: Path) -> Path:
    return making.write(folder, [f"{split}/{name}/1.jpg" for split in ("train", "val") for name in ("cats", "dogs")])


def records(_raw: Path, built: Path, folder: Path) -> Path:
    folder.mkdir()
    for split in BOTH:
        for shard in built.glob(f"{split}-*"):
            shutil.copy(shard, folder)
    return folder


def pieces(folder: Path, split: Split) -> list[Path]:
    """The files or the folder of a split, whatever the form."""
    archive, kaggles = folder / IMAGES[split].name, folder / "ILSVRC/Data/CLS-LOC"
    if archive.exists():
        return [archive]
    top = kaggles if kaggles.exists() else folder
    return sorted(folder.glob(f"{split}-*")) or [top / WORDS[split]]


def lose(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def empty(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
            path.mkdir()
        else:
            path.write_bytes(b"")


def cut(paths: Sequence[Path]) -> None:
    """The first file loses its end; an image, all its bytes."""
    first = min(path for path in [paths[0], *paths[0].rglob("*")] if path.is_file())
    content = first.read_bytes()
    first.write_bytes(b"" if paths[0].is_dir() else content[: len(content) // 2])


def confuse(paths: Sequence[Path]) -> None:
    """The first file is of another kind, or the folder holds no classes."""
    if paths[0].is_dir():
        empty(paths)
        (paths[0] / "readme.txt").write_text("nothing")
    else:
        paths[0].write_bytes(b"garbage" * 300)


def mislead(paths: Sequence[Path]) -> None:
    lose(paths)
    paths[0].symlink_to("nowhere")


def refusal(folder: Path) -> InputError:
    data = open_source(folder)
    try:
        data.require(BOTH, [])
        for split in BOTH:
            data.table(split, cache_folder(), quiet).require_usable()
    except InputError as error:
        return error
    pytest.fail("nothing was refused")


@pytest.mark.parametrize("split", BOTH)
@pytest.mark.parametrize("damage", [lose, empty, cut, confuse, mislead])
@pytest.mark.parametrize("make", [archives, tree, kaggle, own, records])
def test_what_is_wrong_with_a_split_is_said_of_it_alone(
    raw: Path,
    built: Path,
    tmp_path: Path,
    make: Callable[[Path, Path, Path], Path],
    damage: Callable[[Sequence[Path]], None],
    split: Split,
) -> None:
    folder = make(raw, built, tmp_path / "raw")
    damage(pieces(folder, split))
    error = refusal(folder)
    reported = error.what.replace(str(tmp_path), "").partition("Found there:")[0]
    (other,) = {*BOTH} - {split}
    assert WORDS[split] in reported
    assert WORDS[other] not in reported
    offered = re.findall(r"source\.splits=\[(.*)\]", error.hint)
    assert offered in ([], [f'"{other}"'])


@pytest.mark.parametrize("damage", [lose, empty, mislead])
@pytest.mark.parametrize("make", [tree, kaggle, own, records])
def test_the_split_that_is_sound_is_offered(
    raw: Path,
    built: Path,
    tmp_path: Path,
    make: Callable[[Path, Path, Path], Path],
    damage: Callable[[Sequence[Path]], None],
) -> None:
    folder = make(raw, built, tmp_path / "raw")
    damage(pieces(folder, "train"))
    assert """--set 'source.splits=["validation"]'""" in refusal(folder).hint


def test_an_archive_that_is_none_is_not_offered(raw_copy: Path) -> None:
    lose(pieces(raw_copy, "train"))
    assert """source.splits=["validation"]""" in refusal(raw_copy).hint
    confuse(pieces(raw_copy, "validation"))
    assert "source.splits" not in refusal(raw_copy).hint
