import os
from pathlib import Path

import pytest

from wizard import storage
from wizard.storage import PREFIX, SUFFIX, create_temporary, replacing, start_writing_back, write_whole


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"one")
    write_whole(tmp_path / "file", b"two")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"two")]


def test_writing_a_small_file_does_not_recreate_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "gone" / "file", b"one")
    assert not list(tmp_path.iterdir())


def test_files_have_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "file", b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_writing_never_changes_the_umask_which_another_thread_may_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> int:
        raise AssertionError("umask")

    monkeypatch.setattr(os, "umask", refuse)
    write_whole(tmp_path / "file", b"one")


def test_a_temporary_name_that_is_taken_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = iter(["taken", "free"])
    monkeypatch.setattr(storage, "token_hex", lambda _: next(names))
    (tmp_path / f"{PREFIX}taken{SUFFIX}").write_bytes(b"another's")
    handle, path = create_temporary(tmp_path)
    os.close(handle)
    assert path.name == f"{PREFIX}free{SUFFIX}"
    assert (tmp_path / f"{PREFIX}taken{SUFFIX}").read_bytes() == b"another's"


def test_a_file_that_takes_no_advice_is_no_error() -> None:
    reading, writing = os.pipe()
    start_writing_back(writing, 0, 1)  # posix_fadvise refuses a pipe: ESPIPE
    os.close(reading)
    os.close(writing)


def fail_halfway(target: Path) -> None:
    with replacing(target) as file:
        file.write(b"two")
        raise ValueError("stop")


def test_a_failed_write_leaves_the_file_unchanged(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"one")
    with pytest.raises(ValueError, match="stop"):
        fail_halfway(tmp_path / "file")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"one")]
