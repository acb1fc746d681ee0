from pathlib import Path

import pytest

from tests.download.fetching import DATA, NAME, OTHER, Download, archive
from wizard.download.address import base_address
from wizard.download.errors import DownloadError, Transient
from wizard.download.http.fetch import find_status


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "a share"
    folder.mkdir()
    (folder / NAME).write_bytes(DATA)
    return folder


@pytest.fixture
def download(mirror: Path, tmp_path: Path) -> Download:
    return Download(tmp_path / "to", base_address(str(mirror)))


@pytest.mark.parametrize("connections", [1, 4])
def test_a_share_is_fetched_from_like_a_server(download: Download, connections: int) -> None:
    download.connections = connections
    assert download.run().bytes == len(DATA)
    assert (download.data, download.files, download.notes) == (DATA, [NAME], [])


def test_what_is_there_is_resumed(download: Download) -> None:
    download.folder.mkdir()
    download.part.write_bytes(DATA[:1_000_000])
    with download.session() as session:
        found = find_status(archive(), session)
    assert (found.state, found.have) == ("partial", 1_000_000)
    download.run()
    assert download.data == DATA


def test_what_is_of_another_file_is_not_resumed(download: Download) -> None:
    download.folder.mkdir()
    download.part.write_bytes(OTHER[:1_000_000])
    download.run()
    assert (download.data, download.files) == (DATA, [NAME, f"{NAME}.bad"])


def test_a_file_that_is_not_there_is_named(download: Download, mirror: Path) -> None:
    (mirror / NAME).unlink()
    with pytest.raises(DownloadError) as raised:
        download.run()
    assert raised.value.what == f"file://{mirror}/{NAME}: there is no such file."
    assert raised.value.hint == (
        f"Check the base address and its permissions, or leave {NAME} out: --what says what to fetch"
    )


def test_an_empty_file_is_said_to_be_empty(download: Download, mirror: Path) -> None:
    (mirror / NAME).write_bytes(b"")
    with pytest.raises(DownloadError, match=f"{NAME} is empty"):
        download.run()


@pytest.mark.usefixtures("unprivileged")
def test_a_file_that_may_not_be_read_is_named(download: Download, mirror: Path) -> None:
    (mirror / NAME).chmod(0)
    with pytest.raises(DownloadError) as raised:
        download.run()
    assert raised.value.what == f"file://{mirror}/{NAME}: you may not read it."


def test_a_file_that_becomes_shorter_on_the_way_is_asked_for_again(download: Download, mirror: Path) -> None:
    with download.session() as session, session.client.open(NAME, 0) as answer:
        (mirror / NAME).write_bytes(DATA[:1000])
        with pytest.raises(Transient) as raised:
            list(answer.chunks)
    assert raised.value.reason == "the connection broke (the file was truncated)"
