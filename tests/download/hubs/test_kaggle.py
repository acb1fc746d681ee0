"""Kaggle's archive, through its own client, from a Kaggle on loopback."""

import base64
import gc
import hashlib
import logging
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.download.hub_servers import TOKEN, kaggle, kaggle_files, packed, zipped
from tests.download.server import Answer, Asked, Cut, CutAt, Damaged, Rule, Served, Server, Stall, Status, page
from tests.helpers import survey
from wizard.download.archives import What
from wizard.download.events import Event, Fetched, Transferring, Waiting
from wizard.download.hubs.hub_client import client
from wizard.download.hubs.kaggle import COMPETITION, PAGE, fetch, lacking, needs, require
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import InputError, MachineError, UsageError
from wizard.events import Note
from wizard.sources.opening import open_source

FILES = kaggle_files()
WHOLE = zipped(FILES)
MIDDLE = len(WHOLE) // 2
ZIP = "bundle.zip"
ARCHIVE = Path("competitions") / f"{COMPETITION}.archive"
TAR = "imagenet_object_localization_patched2019.tar.gz"
FULL = Path("/dev/full")
NEEDED = 334_000_000_000
SHORT = RetryPolicy(first_wait=0.01, max_wait=0.01, attempts=3)
ALL: tuple[What, ...] = ("train", "validation", "test", "boxes")

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the client leaves answers open


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    """What the client left open is closed while that warns nobody."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = str(tmp_path_factory.mktemp("kaggle"))
    given = {"HOME": home, "KAGGLE_CONFIG_DIR": home, "KAGGLE_API_TOKEN": TOKEN, "KAGGLE_API_ENVIRONMENT": "LOCALHOST"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLEHUB_CACHE", "KAGGLE_KERNEL_RUN_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("wizard.download.hubs.kaggle.POLICY", SHORT)
    # The client looks for who calls it, six times through all of pytest's frames and all modules: a second each time.
    monkeypatch.setattr(client("kagglehub.clients"), "get_user_agent", lambda: "kagglehub")


class Fetching:
    """Fetches from a Kaggle, and keeps what was reported."""

    def __init__(self, storage: Server, folder: Path) -> None:
        self.storage, self.folder = storage, folder
        self.reported: list[Event] = []

    def __call__(self, what: Collection[What] = ALL, report: Callable[[Event], None] | None = None) -> Path:
        return fetch(self.folder, what, report or self.reported.append)

    def notes(self) -> str:
        return "\n".join(event.text for event in self.reported if isinstance(event, Note))

    def reasons(self) -> list[str]:
        return [event.reason for event in self.reported if isinstance(event, Waiting)]


@contextmanager
def serving(folder: Path, *rules: Rule, data: bytes = WHOLE, accepted: bool = True) -> Iterator[Fetching]:
    served = Served(data=data, content_type="application/zip")
    environment = client("kagglesdk.kaggle_env")
    with (
        Server({ZIP: served}, *rules) as storage,
        kaggle(storage, ZIP, accepted=accepted) as address,
        patch.dict(environment._env_to_endpoint, {environment.KaggleEnv.LOCAL: address}),
    ):
        yield Fetching(storage, folder)


@dataclass
class RefuseRest(Rule):
    """Answers requests for the rest of a file with an error page."""

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        return page(503, "Not now.") if asked.first else answer


@dataclass
class OfTransfer(Rule):
    """A rule for the second of the client's two requests: it asks for the whole first, and reads nothing of that."""

    rule: Rule

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        return answer if asked.first is None else self.rule.applied(asked, answer)


@dataclass
class Summed(Rule):
    """Tells the MD5 as Google's storage does."""

    data: bytes

    def change(self, _asked: Asked, answer: Answer, /) -> Answer:
        reported = base64.b64encode(hashlib.md5(self.data).digest()).decode()
        return replace(answer, headers=answer.headers | {"x-goog-hash": f"crc32c=AAAAAA==,md5={reported}"})


def test_what_was_fetched_is_opened_and_whole(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path) as fetching:
        folder = fetching()
    assert folder == tmp_path
    assert sorted(path.name for path in folder.iterdir()) == ["ILSVRC", "LOC_synset_mapping.txt"]
    assert open_source(folder).what == "Kaggle's tree"
    assert [survey(folder, split).images for split in ("train", "validation", "test")] == [1, 1, 1]
    assert capfd.readouterr() == ("", "")


def test_progress_and_results_are_reported(tmp_path: Path) -> None:
    with serving(tmp_path) as fetching:
        fetching()
    assert Transferring(file=ARCHIVE.name, done=len(WHOLE), total=len(WHOLE)) in fetching.reported
    fetched = [event for event in fetching.reported if isinstance(event, Fetched)]
    assert [(event.file, event.bytes) for event in fetched] == [(ARCHIVE.name, len(WHOLE))]
    assert "client unpacks it" in fetching.notes()


def test_an_archive_within_the_archive_is_unpacked(tmp_path: Path) -> None:
    with serving(tmp_path, data=zipped({TAR: packed(FILES)})) as fetching:
        fetching()
    assert open_source(tmp_path).what == "Kaggle's tree"
    assert survey(tmp_path, "train").images == 1


def test_an_unpacking_of_the_inner_archive_that_was_interrupted_is_done_again(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if type(event).__name__ == "Checking":
            raise KeyboardInterrupt

    with serving(tmp_path, data=zipped({TAR: packed(FILES)})) as fetching:
        with pytest.raises(KeyboardInterrupt):
            fetching(report=interrupt)
        requests = len(fetching.storage.asked)
        fetching()
        assert len(fetching.storage.asked) == requests
    assert survey(tmp_path, "test").images == 1


def test_the_token_stays_with_kaggle(tmp_path: Path) -> None:
    with serving(tmp_path) as fetching:
        fetching()
    assert [asked for asked in fetching.storage.asked if "authorization" in asked.headers] == []


def test_a_missing_token_is_reported_with_the_page_to_create_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    with serving(tmp_path) as fetching, pytest.raises(InputError, match="client found none") as raised:
        fetching()
    assert "https://www.kaggle.com/settings/api" in raised.value.hint
    assert f"{PAGE}/rules" in raised.value.hint
    assert capfd.readouterr() == ("", "")


def test_a_wrong_token_is_named_as_that_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_secret")
    with serving(tmp_path) as fetching, pytest.raises(InputError, match="does not accept the token") as raised:
        fetching()
    assert "KGAT_secret" not in str(raised.value)


def test_a_token_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    (Path(os.environ["KAGGLE_CONFIG_DIR"]) / "kaggle.json").write_text("no JSON")
    with serving(tmp_path) as fetching, pytest.raises(InputError, match="Invalid Kaggle credentials file at"):
        fetching()


def test_rules_that_are_not_accepted_are_led_to(tmp_path: Path) -> None:
    with serving(tmp_path, accepted=False) as fetching, pytest.raises(InputError, match="not accepted") as raised:
        fetching()
    assert f"Open {PAGE}/rules" in raised.value.hint


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_off_is_taken_up_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], *, reset: bool
) -> None:
    with (
        patch.object(client("kagglehub.clients"), "CHUNK_SIZE", 100),
        serving(tmp_path, OfTransfer(Cut(MIDDLE, reset=reset, times=1))) as fetching,
    ):
        fetching()
        starts = [start for start, _ in fetching.storage.sent_ranges(ZIP)]
    assert MIDDLE - 100 <= max(starts) <= MIDDLE
    assert survey(tmp_path, "train").images == 1
    assert "was interrupted" in fetching.reasons()[0]
    assert capfd.readouterr() == ("", "")


def test_breaks_after_which_bytes_came_do_not_add_up(tmp_path: Path) -> None:
    places = [len(WHOLE) * n // 10 for n in range(1, 10)]
    with (
        patch.object(client("kagglehub.clients"), "CHUNK_SIZE", 100),
        serving(tmp_path, OfTransfer(CutAt(places))) as fetching,
    ):
        fetching()
    assert [event.attempt for event in fetching.reported if isinstance(event, Waiting)] == [1] * 9
    assert survey(tmp_path, "train").images == 1


def test_a_server_that_falls_silent_is_left_and_asked_again(tmp_path: Path) -> None:
    clients = client("kagglehub.clients")
    with (
        patch.multiple(clients, CHUNK_SIZE=100, DEFAULT_READ_TIMEOUT=0.2),
        serving(tmp_path, OfTransfer(Stall(MIDDLE, 60, times=1))) as fetching,
    ):
        fetching()
    assert len(fetching.reasons()) == 1
    assert survey(tmp_path, "train").images == 1


def test_a_whole_archive_that_was_not_unpacked_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "competitions").mkdir()
    (tmp_path / ARCHIVE).write_bytes(WHOLE)
    with serving(tmp_path) as fetching:
        fetching()
        assert [asked.first for asked in fetching.storage.asked] == [None]
    assert [event.bytes for event in fetching.reported if isinstance(event, Fetched)] == [len(WHOLE)]
    assert survey(tmp_path, "train").images == 1


def test_what_a_kaggle_notebook_lends_is_taken_where_it_is(tmp_path: Path) -> None:
    with patch.object(client("kagglehub"), "competition_download", return_value="/kaggle/input/it"):
        assert fetch(tmp_path, ALL, lambda _: None) == Path("/kaggle/input/it")


def test_an_interrupted_run_resumes(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Transferring) and event.done >= MIDDLE:
            raise KeyboardInterrupt

    with patch.object(client("kagglehub.clients"), "CHUNK_SIZE", 100), serving(tmp_path) as fetching:
        with pytest.raises(KeyboardInterrupt):
            fetching(report=interrupt)
        there = (tmp_path / ARCHIVE).stat().st_size
        fetching()
        assert (there, len(WHOLE)) in fetching.storage.sent_ranges(ZIP)
    assert survey(tmp_path, "train").images == 1


def test_an_error_page_does_not_become_the_archives_end(tmp_path: Path) -> None:
    rules = OfTransfer(Cut(MIDDLE, times=1)), RefuseRest(times=1)
    with patch.object(client("kagglehub.clients"), "CHUNK_SIZE", 100), serving(tmp_path, *rules) as fetching:
        fetching()
    assert "sent" in fetching.reasons()[1]
    assert survey(tmp_path, "train").images == 1


def test_a_kaggle_that_is_busy_is_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path, Status(503, times=1)) as fetching:
        fetching()
    assert fetching.reasons() == ["Kaggle answered with status 503"]


def test_a_kaggle_that_stays_away_is_given_up_at_last(tmp_path: Path) -> None:
    with (
        serving(tmp_path, Status(503)) as fetching,
        pytest.raises(InputError, match="given up after 4 attempts without a byte") as raised,
    ):
        fetching()
    assert "the same command resumes it" in raised.value.hint


def test_what_is_no_archive_is_set_aside(tmp_path: Path) -> None:
    page = b"<html>Please log in</html>"
    with serving(tmp_path, data=page) as fetching, pytest.raises(InputError, match="cannot be unpacked"):
        fetching()
    assert (tmp_path / f"{ARCHIVE}.bad").read_bytes() == page


def test_what_was_set_aside_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "competitions").mkdir()
    (tmp_path / f"{ARCHIVE}.bad").write_bytes(b"before")
    with serving(tmp_path, data=b"no archive") as fetching, pytest.raises(InputError, match=r"\.bad2\.") as raised:
        fetching()
    assert f"{ARCHIVE.name}.bad2;" in raised.value.hint
    assert (tmp_path / f"{ARCHIVE}.bad").read_bytes() == b"before"
    assert (tmp_path / f"{ARCHIVE}.bad2").read_bytes() == b"no archive"


def test_what_is_damaged_in_the_archive_is_found_and_fetched_again(tmp_path: Path) -> None:
    with serving(tmp_path, OfTransfer(Damaged(MIDDLE, times=1))) as fetching:
        with pytest.raises(InputError, match="cannot be unpacked"):
            fetching()
        fetching()
    assert survey(tmp_path, "train").images == 1


def test_a_wrong_checksum_is_reported(tmp_path: Path) -> None:
    with serving(tmp_path, Summed(b"something else")) as fetching, pytest.raises(InputError, match="MD5 differs"):
        fetching()


def test_files_of_the_person_stay_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    with serving(tmp_path) as fetching:
        fetching()
    assert (tmp_path / "thesis.txt").read_text() == "dear"


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    with serving(tmp_path) as fetching:
        fetching()
        requests = len(fetching.storage.asked)
        fetching()
        assert len(fetching.storage.asked) == requests
    assert "nothing was fetched" in fetching.notes()


@pytest.mark.parametrize("inside", ["", "Data", "Data/CLS-LOC/train/n01440764"])
def test_a_tree_from_elsewhere_is_neither_accepted_as_complete_nor_touched(tmp_path: Path, inside: str) -> None:
    (tmp_path / "ILSVRC" / inside).mkdir(parents=True)
    with serving(tmp_path) as fetching, pytest.raises(InputError) as raised:
        fetching()
    assert raised.value.what == f"{tmp_path / 'ILSVRC'} is here, and was not made by this program."
    assert raised.value.hint.startswith("Build from it, or move it away")
    assert fetching.storage.asked == []
    assert [path.name for path in tmp_path.iterdir()] == ["ILSVRC"]


@pytest.mark.parametrize("data", [WHOLE, zipped({TAR: packed(FILES)})], ids=["a zip", "an archive within it"])
def test_a_tree_whose_contents_were_deleted_is_not_taken_as_whole(tmp_path: Path, data: bytes) -> None:
    with serving(tmp_path, data=data) as fetching:
        fetching()
        (tmp_path / TAR).unlink(missing_ok=True)
        fetching()
        for path in (tmp_path / "ILSVRC").glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with pytest.raises(InputError, match="not made by this program"):
            fetching()
        (tmp_path / "ILSVRC").rmdir()
        fetching()
    assert survey(tmp_path, "train").images == 1


def test_an_inner_archive_whose_tree_was_deleted_is_unpacked_again(tmp_path: Path) -> None:
    with serving(tmp_path, data=zipped({TAR: packed(FILES)})) as fetching:
        fetching()
        requests = len(fetching.storage.asked)
        shutil.rmtree(tmp_path / "ILSVRC")
        fetching()
        assert len(fetching.storage.asked) == requests
    assert survey(tmp_path, "train").images == 1


def test_an_inner_archive_that_is_damaged_is_set_aside_and_fetched_again(tmp_path: Path) -> None:
    inner = packed(FILES)
    (tmp_path / TAR).write_bytes(inner[:-6] + bytes(6))
    with serving(tmp_path, data=zipped({TAR: inner})) as fetching:
        with pytest.raises(InputError, match=f"{TAR}.bad"):
            fetching()
        assert not (tmp_path / "ILSVRC").exists()
        fetching()
    assert survey(tmp_path, "train").images == 1
    assert not (tmp_path / "competitions").exists()


def test_an_inner_archive_that_came_damaged_leaves_nothing_that_passes_for_whole(tmp_path: Path) -> None:
    inner = packed(FILES)
    with (
        serving(tmp_path, data=zipped({TAR: inner[:-6] + bytes(6)})) as fetching,
        pytest.raises(InputError, match=f"{TAR}.bad"),
    ):
        fetching()
    assert needs(ALL, tmp_path) == NEEDED
    with serving(tmp_path, data=zipped({TAR: inner})) as fetching:
        fetching()
        assert fetching.storage.asked
    assert survey(tmp_path, "train").images == 1


def test_a_tree_beside_an_archive_of_it_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "ILSVRC").mkdir()
    (tmp_path / TAR).write_bytes(packed(FILES))
    with pytest.raises(InputError, match="not made by this program"):
        fetch(tmp_path, ALL, lambda _: None)


def test_what_the_client_was_unpacking_is_not_taken_as_whole(tmp_path: Path) -> None:
    """It goes by the archive that is there instead; there would be more in it."""
    (tmp_path / "competitions" / COMPETITION / "ILSVRC" / "Data").mkdir(parents=True)
    (tmp_path / TAR).write_bytes(packed(FILES))
    assert fetch(tmp_path, ALL, lambda _: None) == tmp_path
    assert survey(tmp_path, "train").images == 1


def test_an_unpacking_by_the_client_that_was_interrupted_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "competitions" / COMPETITION / "ILSVRC" / "Data").mkdir(parents=True)
    (tmp_path / ARCHIVE).write_bytes(WHOLE)
    with serving(tmp_path) as fetching:
        fetching()
        requests = len(fetching.storage.asked)
        fetching()
        assert len(fetching.storage.asked) == requests == 1
    assert survey(tmp_path, "train").images == 1


def test_a_run_that_ended_before_the_files_were_moved_needs_no_network(tmp_path: Path) -> None:
    made = tmp_path / "competitions" / COMPETITION
    (made / "ILSVRC" / "Data").mkdir(parents=True)
    (tmp_path / "competitions" / f"{COMPETITION}.complete").touch()
    assert fetch(tmp_path, ALL, lambda _: None) == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["ILSVRC"]
    require(ALL, tmp_path)


def test_a_run_that_ended_before_the_files_were_moved_needs_no_room(tmp_path: Path) -> None:
    (tmp_path / "competitions" / COMPETITION).mkdir(parents=True)
    (tmp_path / "competitions" / f"{COMPETITION}.complete").touch()
    assert needs(ALL, tmp_path) == 0
    (tmp_path / "competitions" / COMPETITION / TAR).touch()
    assert needs(ALL, tmp_path) == NEEDED // 2


def test_the_kit_is_said_not_to_be_there() -> None:
    assert "no development kit" in lacking(["train", "devkit"])
    assert lacking(ALL) == ""


def test_a_token_is_needed_for_what_is_not_there_yet_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    with pytest.raises(InputError, match="client found none"):
        require(ALL, tmp_path)
    (tmp_path / TAR).touch()
    require(ALL, tmp_path)


def test_in_a_kaggle_notebook_no_token_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setenv("KAGGLE_DATA_PROXY_URL", "http://127.0.0.1")
    require(ALL, tmp_path)


def test_an_attempt_that_got_nothing_leaves_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, accepted=False) as fetching, pytest.raises(InputError):
        fetching()
    assert list(tmp_path.iterdir()) == []


def test_a_client_that_is_missing_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(UsageError, match="kagglehub is not installed") as raised:
        fetch(tmp_path, ALL, lambda _: None)
    assert "pip install huggingface-hub kagglehub" in raised.value.hint


def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "competitions").write_text("in the way")
    with serving(tmp_path) as fetching, pytest.raises(MachineError, match="competitions"):
        fetching()


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    (tmp_path / "competitions").mkdir()
    (tmp_path / ARCHIVE).symlink_to(FULL)
    with serving(tmp_path) as fetching, pytest.raises(MachineError, match="No space left"):
        fetching()


def test_the_client_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLEHUB_CACHE", "elsewhere")
    clients, log = client("kagglehub.clients"), logging.getLogger("kagglehub")
    before = clients.tqdm, log.handlers, log.propagate
    with serving(tmp_path) as fetching:
        fetching()
    assert (clients.tqdm, log.handlers, log.propagate) == before
    assert os.environ["KAGGLEHUB_CACHE"] == "elsewhere"


def test_what_an_earlier_run_left_is_not_counted_again(tmp_path: Path) -> None:
    assert needs(ALL, tmp_path) == NEEDED
    (tmp_path / "competitions").mkdir()
    (tmp_path / ARCHIVE).write_bytes(bytes(1000))
    assert needs(ALL, tmp_path) == NEEDED - 1000
    (tmp_path / TAR).touch()
    assert needs(ALL, tmp_path) == NEEDED // 2
    with serving(tmp_path) as fetching:
        (tmp_path / TAR).write_bytes(packed(FILES))
        fetching()
    assert needs(ALL, tmp_path) == 0
