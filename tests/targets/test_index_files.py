"""Index files beside the shards of several writers."""

from pathlib import Path

from wizard.targets.index_files import IndexFiles

FILES = IndexFiles(folder="idx", of_shard=lambda _: "", end=int, tail=20)


def test_an_empty_folder_stays_for_another_writer_that_has_just_made_it(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    FILES.remove(tmp_path, "train-00000")
    assert (tmp_path / "idx").is_dir()


def test_the_folder_goes_with_its_last_index(tmp_path: Path) -> None:
    FILES.write(tmp_path, "train-00000", "0\n")
    FILES.remove(tmp_path, "train-00000")
    assert not (tmp_path / "idx").exists()
