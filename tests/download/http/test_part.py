import json
from pathlib import Path

import pytest

from wizard.download.http.part import Part, remembered, set_aside
from wizard.download.http.remote import Remote
from wizard.errors import MachineError

REMOTE = Remote(server="http://a:80", size=9, etag='"1"', modified="", ranges=True)


def test_what_is_written_is_there_for_the_next_run(tmp_path: Path) -> None:
    with Part(tmp_path / "new", "a.tar") as part:
        part.remember(REMOTE)
        part.append([b"ab", b"c"])
    with Part(tmp_path / "new", "a.tar") as part:
        assert (part.size, remembered(tmp_path / "new", "a.tar")) == (3, REMOTE)
        part.append([b"d"])
        assert part.finish() == tmp_path / "new" / "a.tar"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.tar"]
    assert (tmp_path / "new" / "a.tar").read_bytes() == b"abcd"


def test_after_a_new_start_it_grows_from_nothing(tmp_path: Path) -> None:
    with Part(tmp_path, "a.tar") as part:
        part.append([b"old"])
        part.restart()
        part.append([b"new!"])
        assert part.size == 4
    assert (tmp_path / "a.tar.part").read_bytes() == b"new!"


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"size": 9})])
def test_a_spoiled_note_of_the_version_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.tar.part.json").write_text(text)
    assert remembered(tmp_path, "a.tar") is None


def test_what_is_set_aside_never_replaces_what_was(tmp_path: Path) -> None:
    kept = []
    for text in ("one", "two", "three"):
        (tmp_path / "a.tar").write_text(text)
        kept.append(set_aside(tmp_path / "a.tar", tmp_path / "a.tar"))
    assert [path.name for path in kept] == ["a.tar.bad", "a.tar.bad2", "a.tar.bad3"]
    assert [path.read_text() for path in kept] == ["one", "two", "three"]


@pytest.mark.usefixtures("ordinary")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(MachineError) as raised, Part(tmp_path, "a.tar"):
        pass
    tmp_path.chmod(0o755)
    assert raised.value.what == f"{tmp_path}/a.tar.part cannot be written: Permission denied."
