"""Hugging Face's Parquet files, through its own client, from a hub on loopback."""

import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.download.hub_servers import (
    API,
    COMMIT,
    DATA,
    LATER,
    STORAGE,
    TOKEN,
    hugging_face,
    hugging_face_files,
    listing,
)
from tests.download.server import Cut, Damaged, Served, Server, Status
from tests.helpers import survey
from wizard.download.events import Event, Fetched, Transferring, Waiting
from wizard.download.hubs import huggingface
from wizard.download.hubs.huggingface import fetch, lacking, needs, require
from wizard.download.hubs.huggingface_files import PAGE
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import InputError, MachineError, UsageError
from wizard.events import Note
from wizard.machine.disks import Disk
from wizard.sources.opening import open_source

FILES = hugging_face_files()
VAL = "validation-00000-of-00001.parquet"
MIDDLE, BLOCK = len(FILES[VAL]) // 2, 100
FULL = Path("/dev/full")
SHORT = RetryPolicy(first_wait=0.01, max_wait=0.01, attempts=3)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path_factory.mktemp("hf") / "token"))
    monkeypatch.setattr(huggingface, "POLICY", SHORT)


@contextmanager
def at(base: str) -> Iterator[None]:
    """Within it, the client takes that address for the hub's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", base.rstrip("/"))
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", base + "{repo_id}/resolve/{revision}/{filename}")
        yield


class Fetching:
    """Fetches from a server, and keeps what was reported."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.reported: list[Event] = []

    def __call__(self, *what: str, report: Callable[[Event], None] | None = None) -> Path:
        wanted = [one for one in ("train", "validation", "test", "boxes") if one in (what or ("validation",))]
        with at(self.server.base):
            return fetch(self.folder, wanted, report or self.reported.append)

    def notes(self) -> str:
        return "\n".join(event.text for event in self.reported if isinstance(event, Note))


def test_what_was_fetched_is_opened_and_whole(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with hugging_face(FILES) as server:
        folder = Fetching(server, tmp_path)("train", "validation", "test")
    assert folder == tmp_path
    assert open_source(folder).what == "Parquet files"
    assert [survey(folder, split).images for split in ("train", "validation", "test")] == [6, 2, 1]
    assert capfd.readouterr() == ("", "")


def test_only_the_files_of_the_splits_that_are_wanted_are_fetched(tmp_path: Path) -> None:
    with hugging_face(FILES) as server:
        fetching = Fetching(server, tmp_path)
        fetching("validation")
    assert {asked.name.rpartition("/")[2] for asked in server.asked} == {"main", VAL}
    size = len(FILES[VAL])
    assert Transferring(file=VAL, done=size, total=size) in fetching.reported
    assert [(event.file, event.bytes) for event in fetching.reported if isinstance(event, Fetched)] == [(VAL, size)]


def test_the_token_stays_with_the_hub(tmp_path: Path) -> None:
    with hugging_face(FILES) as server:
        Fetching(server, tmp_path)()
    known = {asked.name.partition("/")[0]: "authorization" in asked.headers for asked in server.asked}
    assert known == {"api": True, "datasets": True, "storage": False}


def test_a_missing_token_is_reported_with_the_way_to_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with hugging_face(FILES) as server, pytest.raises(InputError, match="client found none") as raised:
        Fetching(server, tmp_path)()
    assert "hf auth login" in raised.value.hint
    assert PAGE in raised.value.hint
    assert capfd.readouterr() == ("", "")


def test_a_wrong_token_is_named_as_that_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with hugging_face(FILES) as server, pytest.raises(InputError, match="does not accept the token") as raised:
        Fetching(server, tmp_path)()
    assert "hf_secret" not in str(raised.value)


def test_terms_that_are_not_accepted_are_led_to(tmp_path: Path) -> None:
    with hugging_face(FILES, granted=False) as server, pytest.raises(InputError, match="not granted") as raised:
        Fetching(server, tmp_path)()
    assert f"Open {PAGE}" in raised.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with hugging_face(FILES) as server:
        del server.files[DATA + VAL]
        with pytest.raises(InputError, match=f"{VAL}.*404"):
            Fetching(server, tmp_path)()


@pytest.mark.parametrize(
    ("removed", "match"), [("train-00000", "1 of the 2 files of train is missing"), ("train", "has no data/train-")]
)
def test_a_hub_that_has_not_all_files_of_a_split_is_not_begun_with(tmp_path: Path, removed: str, match: str) -> None:
    fewer = {name: data for name, data in FILES.items() if not name.startswith(removed)}
    with hugging_face(fewer) as server, pytest.raises(InputError, match=match):
        Fetching(server, tmp_path)("train", "validation")
    assert not list(tmp_path.rglob("*.parquet"))


def test_an_interrupted_run_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", BLOCK)

    def interrupt(event: Event) -> None:
        if isinstance(event, Transferring) and event.done >= MIDDLE:
            raise KeyboardInterrupt

    with hugging_face(FILES) as server:
        fetching = Fetching(server, tmp_path)
        with pytest.raises(KeyboardInterrupt):
            fetching(report=interrupt)
        there = (tmp_path / "data" / f"{VAL}.part").stat().st_size
        fetching()
    assert there
    assert server.sent_ranges(STORAGE + VAL)[-1] == (there, len(FILES[VAL]))
    assert survey(tmp_path, "validation").images == 2


def test_a_download_that_is_resumed_after_main_has_moved_stays_with_its_revision(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Fetched):
            raise KeyboardInterrupt

    with hugging_face(FILES) as server:
        fetching = Fetching(server, tmp_path)
        with pytest.raises(KeyboardInterrupt):
            fetching("train", report=interrupt)
        server.files[API + "main"] = Served(data=listing({}, LATER), content_type="application/json")
        fetching("train")
    assert server.asked[-1].name.startswith(STORAGE)
    assert API + COMMIT in [asked.name for asked in server.asked]
    assert survey(tmp_path, "train").images == 6


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_off_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *, reset: bool
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", BLOCK)
    with hugging_face(FILES, Cut(MIDDLE, reset=reset, name=STORAGE + VAL, times=1)) as server:
        Fetching(server, tmp_path)()
    assert [start for start, _ in server.sent_ranges(STORAGE + VAL)] == [0, MIDDLE // BLOCK * BLOCK]
    assert survey(tmp_path, "validation").images == 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("place", "file"), [(DATA + VAL, VAL), (API + "main", "ILSVRC/imagenet-1k")])
def test_a_hub_that_is_busy_is_waited_for(tmp_path: Path, place: str, file: str) -> None:
    with hugging_face(FILES, Status(503, times=1, name=place)) as server:
        fetching = Fetching(server, tmp_path)
        fetching()
    waits = [event for event in fetching.reported if isinstance(event, Waiting)]
    assert waits == [Waiting(file=file, reason="Hugging Face answered with status 503", seconds=0.01, attempt=1)]


def test_without_a_network_the_download_gives_up(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reported: list[Event] = []
    with (
        pytest.raises(InputError, match="given up after 4 attempts without a byte") as raised,
        at(f"http://127.0.0.1:{port}/"),
    ):
        fetch(tmp_path, ["validation"], reported.append)
    assert "the same command resumes it" in raised.value.hint
    assert [event.attempt for event in reported if isinstance(event, Waiting)] == [1, 2, 3]
    assert capfd.readouterr() == ("", "")


def test_a_file_that_arrives_damaged_is_set_aside_and_fetched_again(tmp_path: Path) -> None:
    with hugging_face(FILES, Damaged(MIDDLE, name=STORAGE + VAL, times=1)) as server:
        fetching = Fetching(server, tmp_path)
        with pytest.raises(InputError, match="arrived damaged: its sha256 is not the one") as raised:
            fetching()
        assert "fetches it again" in raised.value.hint
        assert (tmp_path / "data" / f"{VAL}.bad").exists()
        fetching()
    assert survey(tmp_path, "validation").images == 2


def test_what_is_there_is_not_fetched_again_nor_is_the_hub_asked(tmp_path: Path) -> None:
    with hugging_face(FILES) as server:
        fetching = Fetching(server, tmp_path)
        fetching("validation")
        requests = len(server.asked)
        fetching("validation")
        assert len(server.asked) == requests
        fetching("validation", "test")
    assert "validation was fetched before" in fetching.notes()
    assert [start for start, _ in server.sent_ranges(STORAGE + VAL)] == [0]


def test_a_file_of_another_size_is_named_and_left_alone(tmp_path: Path) -> None:
    there = tmp_path / "data" / "train-00000-of-00002.parquet"
    there.parent.mkdir()
    there.write_bytes(b"of another revision")
    with (
        hugging_face(FILES) as server,
        pytest.raises(InputError, match="has 19 bytes; the hub's file at 49e2ee26"),
    ):
        Fetching(server, tmp_path)("train")
    assert there.read_bytes() == b"of another revision"


def test_the_sizes_that_the_hub_states_must_fit_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "disk_of", lambda _path: Disk(mount="/", kind="ext4", free=9, files_free=None))
    with hugging_face(FILES) as server, pytest.raises(MachineError, match=r"9 bytes are free .* still to come have"):
        Fetching(server, tmp_path)()


def test_boxes_are_said_to_be_elsewhere() -> None:
    assert lacking(["validation", "boxes"]).startswith("Hugging Face has no boxes: only images.")
    assert lacking(["validation"]) == ""


def test_boxes_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="boxes"):
        require(["boxes"], tmp_path)


def test_a_token_is_needed_for_what_is_not_there_yet_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / VAL).touch()
    require(["validation"], tmp_path)
    with pytest.raises(InputError, match="client found none"):
        require(["validation", "test"], tmp_path)


def test_a_client_that_is_missing_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError, match="huggingface_hub is not installed") as raised:
        fetch(tmp_path, ["validation"], lambda _: None)
    assert "pip install huggingface-hub kagglehub" in raised.value.hint


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with hugging_face(FILES) as server, pytest.raises(MachineError, match="data"):
        Fetching(server, tmp_path)()


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{VAL}.part").symlink_to(FULL)
    with hugging_face(FILES) as server, pytest.raises(MachineError, match=f"{VAL}.part .*No space left"):
        Fetching(server, tmp_path)()


def test_a_client_in_offline_mode_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with hugging_face(FILES) as server, pytest.raises(InputError, match="HF_HUB_OFFLINE"):
        Fetching(server, tmp_path)()


def test_the_client_logs_as_before_afterwards(tmp_path: Path) -> None:
    log = logging.getLogger("huggingface_hub")
    before = log.handlers
    with hugging_face(FILES) as server:
        Fetching(server, tmp_path)()
    assert log.handlers == before


def test_what_is_there_is_not_counted_again(tmp_path: Path) -> None:
    whole = needs(["validation"], tmp_path)
    assert 6.7e9 < whole < 6.8e9
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / f"{VAL}.part").write_bytes(bytes(1000))
    assert needs(["validation"], tmp_path) == whole - 1000
    with hugging_face(FILES) as server:
        (tmp_path / "data" / f"{VAL}.part").unlink()
        Fetching(server, tmp_path)()
    assert needs(["validation"], tmp_path) == 0
