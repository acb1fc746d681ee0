import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.download.http import part as module
from wizard.download.http.part import Part, remembered, set_aside
from wizard.download.http.remote import Remote
from wizard.errors import InputError, MachineError

REMOTE = Remote(server="http://a:80", size=9, etag='"1"', modified="", ranges=True)
WRONG = [json.dumps(asdict(REMOTE) | {"size": size}) for size in ("9", True)]


def test_what_is_written_is_there_for_the_next_run(tmp_path: Path) -> None:
    with Part(tmp_path / "new", "a.tar") as part:
        part.remember(REMOTE)
        part.append(b"abc")
    with Part(tmp_path / "new", "a.tar") as part:
        assert (part.size, remembered(tmp_path / "new", "a.tar")) == (3, REMOTE)
        part.append(b"d")
        part.finish()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.tar"]
    assert (tmp_path / "new" / "a.tar").read_bytes() == b"abcd"


def test_after_a_new_start_it_grows_from_nothing(tmp_path: Path) -> None:
    with Part(tmp_path, "a.tar") as part:
        part.append(b"old")
        part.restart()
        part.append(b"new!")
        assert part.size == 4
    assert (tmp_path / "a.tar.part").read_bytes() == b"new!"


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", json.dumps({"size": 9}), *WRONG])
def test_a_spoiled_note_of_the_version_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.tar.part.json").write_text(text)
    assert remembered(tmp_path, "a.tar") is None


def test_a_file_set_aside_never_replaces_an_earlier_one(tmp_path: Path) -> None:
    kept = []
    for text in ("one", "two", "three"):
        (tmp_path / "a.tar").write_text(text)
        kept.append(set_aside(tmp_path / "a.tar", tmp_path / "a.tar"))
    assert [path.name for path in kept] == ["a.tar.bad", "a.tar.bad2", "a.tar.bad3"]
    assert [path.read_text() for path in kept] == ["one", "two", "three"]


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(MachineError) as raised, Part(tmp_path, "a.tar"):
        pass
    tmp_path.chmod(0o755)
    assert raised.value.what == f"{tmp_path}/a.tar.part cannot be written: Permission denied."


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=st.binary(max_size=300), pieces=st.lists(st.binary(min_size=1, max_size=60)))
@pytest.mark.parametrize("read_first", [True, False])
def test_the_md5_is_that_of_the_file_whatever_was_there_and_however_the_rest_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bytes, pieces: list[bytes], read_first: bool
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 7)
    (tmp_path / "a.part").write_bytes(there)
    read: list[int] = []
    with Part(tmp_path, "a") as part:
        if read_first:
            assert part.md5(lambda done, _total: read.append(done)) == md5(there)
        for piece in pieces:
            part.append(piece)
        assert part.md5(lambda done, _total: read.append(done)) == md5(part.path.read_bytes())
        assert read == sorted(set(read))  # nothing is read twice
        assert max(read, default=0) == (len(there) if read_first or not there else part.size)


def test_the_md5_of_what_was_written_is_known_without_reading_it(tmp_path: Path) -> None:
    with Part(tmp_path, "a") as part:
        part.append(b"old")
        part.restart()
        part.append(b"abc")
        part.path.write_bytes(b"xyz")
        read: list[int] = []
        assert part.md5(lambda done, _total: read.append(done)) == md5(b"abc")
        assert read == []


def test_a_part_that_became_shorter_has_no_md5(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(b"long")
    with Part(tmp_path, "a") as part:
        part.path.write_bytes(b"")
        with pytest.raises(InputError, match=r"a\.part cannot be read: the file is shorter than what was written"):
            part.md5(lambda _done, _total: None)
