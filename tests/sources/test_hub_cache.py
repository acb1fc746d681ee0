"""Datasets in the cache of Hugging Face's client, whose snapshots are links into blobs/."""

from pathlib import Path

import pytest

from tests.sources.parquet.making import Row, opened, rows_of, table, write
from wizard.errors import InputError
from wizard.sources.opening import open_source

OLD, NEW = "0ld0000000000000", "4603483700ee984e"
NAME = "train-00000-of-00001.parquet"


def snapshot(home: Path, revision: str, path: str, *, dataset: str = "ILSVRC--imagenet-1k", main: bool = False) -> Path:
    """A dataset in a cache: its file is a link to a blob outside of the snapshot."""
    top = home / "hub" / f"datasets--{dataset}"
    write(top / "blobs" / f"{revision}-sum", [Row(path, 0)])
    folder = top / "snapshots" / revision / "data"
    folder.mkdir(parents=True)
    (folder / NAME).symlink_to(f"../../../blobs/{revision}-sum")
    if main:
        (top / "refs").mkdir(exist_ok=True)
        (top / "refs" / "main").write_text(revision)
    return top


@pytest.mark.parametrize("place", ["", "hub", "hub/{}", "hub/{}/snapshots", "hub/{}/snapshots/" + NEW])
def test_the_snapshot_that_main_names_is_read_from_anywhere_in_the_cache(tmp_path: Path, place: str) -> None:
    snapshot(tmp_path, OLD, "n01440764_1_n01440764.JPEG")
    top = snapshot(tmp_path, NEW, "n01440764_2_n01440764.JPEG", main=True)
    folder = tmp_path / place.format(top.name)
    assert rows_of(table(folder)) == [("n01440764_2.JPEG", 0)]
    assert open_source(folder).what == "Parquet files"


def test_the_choice_among_snapshots_is_said(tmp_path: Path) -> None:
    snapshot(tmp_path, OLD, "n01440764_1_n01440764.JPEG")
    snapshot(tmp_path, NEW, "n01440764_2_n01440764.JPEG", main=True)
    said = opened(tmp_path).why[0]
    assert "is the copy of ILSVRC/imagenet-1k in the cache of Hugging Face's client; its snapshot 46034837" in said
    assert said.endswith("which refs/main names. 1 other snapshot with Parquet files: 0ld00000.")


def test_several_snapshots_without_main_are_refused(tmp_path: Path) -> None:
    for revision in (OLD, NEW):
        snapshot(tmp_path, revision, "n01440764_1.JPEG")
    with pytest.raises(InputError, match="holds 2 snapshots with Parquet files, and refs/main names none") as refusal:
        opened(tmp_path)
    assert OLD in refusal.value.hint


def test_imagenet_is_chosen_among_datasets_and_the_others_are_named(tmp_path: Path) -> None:
    snapshot(tmp_path, OLD, "1.png", dataset="other--dogs", main=True)
    snapshot(tmp_path, NEW, "n01440764_2.JPEG", main=True)
    assert "Other datasets lie in this cache: other/dogs." in opened(tmp_path).why
    assert rows_of(table(tmp_path)) == [("n01440764_2.JPEG", 0)]


def test_several_datasets_without_imagenet_are_refused(tmp_path: Path) -> None:
    for dataset in ("a--cats", "b--dogs"):
        snapshot(tmp_path, OLD, "1.png", dataset=dataset, main=True)
    with pytest.raises(InputError, match="2 datasets of Parquet files: a/cats, b/dogs"):
        opened(tmp_path)


def test_a_blob_that_was_pruned_is_named(tmp_path: Path) -> None:
    top = snapshot(tmp_path, NEW, "1.png", main=True)
    (top / "blobs" / f"{NEW}-sum").unlink()
    assert "is a link to a file that is not there" in opened(top).parts[0].problem
