import threading
import time
from pathlib import Path

import pytest

from tests.helpers import tar
from wizard.formats.tar import TarDamage
from wizard.sources.trees import class_archives
from wizard.sources.trees.class_archives import ClassArchive, read_archive, reading_ahead


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """40 archives of a member each, which has the archive's number."""
    paths = [tmp_path / f"{number}.tar" for number in range(40)]
    for number, path in enumerate(paths):
        path.write_bytes(tar([(f"{number}.JPEG", b"\xff\xd8\xff" * 9)]))
    return paths


def _names(archive: ClassArchive) -> list[str]:
    return [member.name for member in archive.members]


@pytest.mark.parametrize(("seconds", "most"), [(0.02, class_archives.AT_ONCE), (0.0, 1)])
def test_archives_that_are_waited_for_are_read_together_and_others_one_by_one(
    archives: list[Path], monkeypatch: pytest.MonkeyPatch, seconds: float, most: int
) -> None:
    reading: set[int] = set()
    together = []
    # What a disk takes for so little is too short to be told from the processor's work; so all of it is work here.
    monkeypatch.setattr(class_archives, "_WAITING", 4 if seconds else 1e9)

    def slowly(path: Path) -> ClassArchive:
        reading.add(threading.get_ident())
        together.append(len(reading))
        time.sleep(seconds)
        found = read_archive(path)
        reading.remove(threading.get_ident())
        return found

    monkeypatch.setattr(class_archives, "read_archive", slowly)
    with reading_ahead(archives) as ahead:
        found = [_names(ahead.take(path)) for path in archives]
    assert found == [[f"{number}.JPEG"] for number in range(40)]
    assert max(together) == most if most == 1 else max(together) > most // 2


def test_a_damaged_archive_is_reported_when_it_is_its_turn(
    archives: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_archives, "_WAITING", 0)  # all are read ahead
    archives[5].write_bytes(archives[5].read_bytes()[:700])
    with reading_ahead(archives) as ahead:
        assert [_names(ahead.take(path)) for path in archives[:5]] == [[f"{number}.JPEG"] for number in range(5)]
        with pytest.raises(TarDamage, match="truncated"):
            ahead.take(archives[5])
        assert _names(ahead.take(archives[6])) == ["6.JPEG"]
