from pathlib import Path

import pytest

from wizard.storage import replacing, write_whole


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"one")
    write_whole(tmp_path / "file", b"two")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"two")]


def test_writing_a_small_file_does_not_recreate_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "gone" / "file", b"one")
    assert not list(tmp_path.iterdir())


def fail_halfway(target: Path) -> None:
    with replacing(target) as file:
        file.write(b"two")
        raise ValueError("stop")


def test_a_failed_write_leaves_the_file_unchanged(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"one")
    with pytest.raises(ValueError, match="stop"):
        fail_halfway(tmp_path / "file")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"one")]
