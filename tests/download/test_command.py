"""download as a person types it: what is printed where, what is asked for, and the exit code."""

import gzip
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import wizard
from tests.download.fetching import BOXES, DATA, NAME, QUICK, drawn, eventually, md5
from tests.download.http.test_auth import cookies, line
from tests.download.server import (
    Cut,
    Damaged,
    LoginPage,
    NeedBasic,
    RedirectTo,
    Served,
    Server,
    Slow,
    Status,
)
from wizard.cli import main
from wizard.commands import downloading
from wizard.download.http.auth import ACCESS_KEY, USERNAME
from wizard.download.request import Origin, Request
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES
from wizard.machine.disks import Disk
from wizard.output import Output

FILES = {NAME: DATA} | {name: gzip.compress(drawn(20_000, seed), mtime=0) for seed, name in enumerate(BOXES)}
WHAT = ["--what", "validation,boxes"]
SUMS = "md5s.txt"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "RetryPolicy", lambda: QUICK)
    monkeypatch.delenv(USERNAME, raising=False)
    monkeypatch.delenv(ACCESS_KEY, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server({name: Served(data=data) for name, data in FILES.items()}) as running:
        yield running


@pytest.fixture
def words(server: Server, tmp_path: Path) -> list[str]:
    """The command line that fetches all that the server has into tmp_path/to."""
    (tmp_path / SUMS).write_text("".join(f"{md5(data)} *./{name}\r\n" for name, data in FILES.items()))
    folder, sums = tmp_path / "to", tmp_path / SUMS
    return ["download", "--base", server.base, "--to", str(folder), "--checksums", str(sums), *WHAT, "--yes"]


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def failure(words: Sequence[str], code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed to the person in the end of a command that fails."""
    assert main(list(words)) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return err[err.index("✗") :]


def test_the_command_prints_its_plan_and_its_results(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert there(tmp_path / "to") == FILES
    assert out == (
        f"3 files, 3.1 MB, are in {tmp_path}/to now, each with the right MD5.\n"
        f"Build from it with: imagenet-setup, and {tmp_path}/to as the raw data.\n"
    )
    assert "accepted its terms, which hold for copies from elsewhere too: https://image-net.org/download-images" in err
    assert "\nLooking at 3 files here and at 127.0.0.1…\n" in err
    assert f"\nFrom {server.base} to {tmp_path}/to:\n  → ILSVRC2012_bbox_val_v3.tgz " in err
    assert "✓ ILSVRC2012_img_val.tar  3.0 MB · MD5 as it should be · " in err


def test_the_second_time_nothing_is_asked(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    main(words)
    capsys.readouterr()
    server.asked.clear()
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert (server.asked, out.splitlines()[0]) == ([], f"Everything is in {tmp_path}/to already.")
    assert err.count("✓ ILSVRC2012_") == 3


def test_a_damaged_file_does_not_stop_the_others(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    server.rules = [Damaged(at=600, name=BOXES[0])]
    assert main(words) == 3
    said, reported = capsys.readouterr().err.split("✗ ")
    reported = f"✗ {reported}"
    note = f"! {BOXES[0]} arrived complete with another MD5; it is kept aside as {BOXES[0]}.bad, which may be deleted\n"
    assert note in said
    assert reported.startswith(f"✗ {BOXES[0]} arrived complete, but its MD5 is ")
    assert f"is kept aside as {BOXES[0]}.bad.\n→ The same command fetches it again." in reported
    assert set(there(tmp_path / "to")) == {NAME, BOXES[1], f"{BOXES[0]}.bad"}
    server.rules = []
    assert main(words) == 0
    assert there(tmp_path / "to").keys() == {*FILES, f"{BOXES[0]}.bad"}


def test_json_reports_the_plan_the_waits_and_the_end(
    words: list[str], capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    server.rules = [Cut(after=1_000_000, times=1, name=NAME)]
    assert main([*words, "--json", "--connections", "4"]) == 0
    out, err = capsys.readouterr()
    events: list[dict[str, Any]] = [json.loads(text) for text in out.splitlines()]
    assert [event["event"] for event in events if event["event"] not in ("transferring", "checking")] == [
        "plan", "fetched", "fetched", "waiting", "fetched", "finished"
    ]  # fmt: skip
    assert [file["state"] for file in events[0]["files"]] == ["absent"] * 3
    assert err == ""


def test_no_secret_is_left_anywhere(
    words: list[str],
    tmp_path: Path,
    home: Path,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(USERNAME, "ann")
    monkeypatch.setenv(ACCESS_KEY, "sesame-1")
    elsewhere = server.other.replace("localhost", "ann:sesame-3@localhost")
    path = cookies(tmp_path, line("127.0.0.1", value="sesame-2"))
    again = [*words, "--cookies", str(path)]
    again[again.index("--to") + 1] = str(tmp_path / "again")
    server.rules = [
        NeedBasic("ann", "sesame-1", host="127.0.0.1"),
        LoginPage("session=sesame-2", host="127.0.0.1"),
        RedirectTo(elsewhere, host="127.0.0.1"),
        Cut(after=1_000_000, times=1),
    ]
    assert main([*words, "--json", "--cookies", str(path)]) == 0
    for rule in (LoginPage("session=other"), NeedBasic("ann", "other"), Status(403)):
        server.rules = [rule]
        assert main(again) == 3
    printed = "".join(capsys.readouterr())
    left = [each for top in (home, tmp_path) for each in top.rglob("*") if each.is_file() and each != path]
    assert f"even with the cookies for 127.0.0.1 in {path}." in printed
    assert "does not accept the user name and key in IMAGENET_USERNAME and IMAGENET_ACCESS_KEY (401)" in printed
    assert "sesame" not in printed
    assert not [each for each in left if b"sesame" in each.read_bytes()]


@pytest.mark.parametrize(
    ("change", "code", "what", "hint"),
    [
        (["--what", "trian"], 2, "--what trian: there is no 'trian'.", "Did you mean train?"),
        (["--what", "all"], 2, "--what all: there is no 'all'.", "Choose from train, validation, boxes, devkit, test,"),
        (["--what", ","], 2, "--what is empty.", "Choose from train,"),
        (["--connections", "17"], 2, "--connections 17: it must be from 1 to 16.", ""),
        (["--base", "ftp://a.org/"], 2, "'ftp://a.org/' is not the address of a folder.", "Expected an https://, "),
        (["--base", "huggingfaces"], 2, "'huggingfaces' is not the address of a folder.", "Did you mean huggingface?"),
        (
            ["--base", "a.org"],
            2,
            "'a.org' is not the address of a folder.",
            "Expected an https://, ",
        ),
        (["--base", ""], 2, "The address is empty.", "Expected an https://, "),
        (["--base", "/none"], 2, "/none, from which the archives should come, does not exist.", "Check its spelling"),
        (["--to", " "], 2, "--to is empty.", "Name a folder; . is the current one"),
        (["--base", "https://me:qwertz@a.org/"], 2, "The address has a user name in it", "Leave it out"),
        (["--checksums", "/none"], 2, "/none does not exist.", ""),
        (["--cookies", "/none"], 2, "/none does not exist.", ""),
    ],
)
def test_what_cannot_be_is_said(
    words: list[str], capsys: pytest.CaptureFixture[str], change: list[str], code: int, what: str, hint: str
) -> None:
    at = words.index(change[0]) if change[0] in words else len(words)
    reported = failure([*words[:at], *change, *words[at + 2 :]], code, capsys)
    assert reported.startswith(f"✗ {what}")
    assert f"→ {hint}" in reported or not hint
    assert "qwertz" not in reported


def test_what_is_wanted_may_have_blanks_between(words: list[str], tmp_path: Path) -> None:
    at = words.index("--what")
    assert main([*words[:at], "--yes", "--what", "boxes", "validation", "--connections", "2"]) == 0
    assert there(tmp_path / "to") == FILES


def test_a_word_without_an_option_leads_to_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure(["download", "boxes"], 2, capsys).splitlines() == [
        "✗ download does not know what to do with: boxes.",
        "→ Say what to fetch with --what, for example: --what train,validation,boxes",
    ]


@pytest.mark.parametrize("base", ["{}", "file://{}", "link"])
def test_a_mirror_is_not_fetched_into_itself(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    given = ["--base", base.format(tmp_path), "--to", str(tmp_path), "--what", "boxes", "--yes"]
    assert failure(["download", *given], 2, capsys).startswith("✗ The archives cannot come from")


@pytest.mark.parametrize(
    ("hub", "flags", "reported"),
    [
        ("kaggle", ["--what", "train"], "--what cannot be used with --base kaggle, which delivers everything at once "),
        ("Kaggle", ["--connections", "2"], "--connections cannot be used with --base kaggle"),
        ("huggingface", ["--cookies", "{}"], "--cookies cannot be used with --base huggingface, which "),
        (
            "huggingface",
            ["--checksums", "{}", "--connections", "2"],
            "--checksums and --connections cannot be used with",
        ),
    ],
)
def test_what_a_hub_has_no_use_for_is_not_passed_over_in_silence(
    hub: str, flags: list[str], reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    words = [flag.format(tmp_path / "file") for flag in flags]
    assert failure(["download", "--base", hub, "--to", str(tmp_path), *words], 2, capsys).startswith(f"✗ {reported}")


@pytest.fixture
def without_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))


@pytest.mark.usefixtures("without_tokens")
@pytest.mark.parametrize(
    ("hub", "code", "reported"),
    [
        (["kaggle"], 3, "Kaggle delivers nothing without a token, and its client found none."),
        (["huggingface", "--what", "train"], 3, "Hugging Face delivers nothing without a token"),
        (["huggingface", "--what", "boxes"], 2, "Hugging Face has no boxes"),
    ],
)
def test_what_cannot_be_had_of_a_hub_is_said_before_the_disk_is_looked_at(
    hub: list[str],
    code: int,
    reported: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(downloading, "disk_of", lambda _path: Disk(mount="/", kind="ext4", free=0, files_free=None))
    words = ["download", "--base", *hub, "--to", str(tmp_path / "to"), "--yes"]
    assert failure(words, code, capsys).startswith(f"✗ {reported}")
    assert not (tmp_path / "to").exists()


def test_what_a_hub_lacks_is_said_before_the_disk_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_some")
    monkeypatch.setattr(downloading, "disk_of", lambda _path: Disk(mount="/", kind="ext4", free=0, files_free=None))
    words = ["download", "--base", "huggingface", "--to", str(tmp_path / "to"), "--yes", "--what", "train,boxes"]
    assert main(words) == 4
    err = capsys.readouterr().err
    assert "! Hugging Face has no boxes: only images." in err
    assert err.index("no boxes") < err.index("are needed in")
    assert main([*words, "--json"]) == 4
    assert json.loads(capsys.readouterr().out.splitlines()[0])["event"] == "note"


def test_ctrl_c_before_it_starts_says_that_nothing_was_fetched(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Output, "interactive", True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("quit\n"))
    assert main([*words[:-1], "--plain"]) == 130
    *_, what, hint = capsys.readouterr().out.splitlines()
    assert what.endswith("[no] Nothing was fetched.")
    assert hint.startswith("-> Resume with: imagenet-setup download --base http://127.0.0.1:")
    assert f"--checksums {tmp_path}/{SUMS}" in hint
    assert not (tmp_path / "to").exists()


def test_checksums_of_no_requested_file_are_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / SUMS).write_text(f"{md5(b'')}  other.tar\n")
    reported = failure(words, 2, capsys)
    assert not (tmp_path / "to").exists()
    assert reported.startswith(f"✗ {tmp_path}/{SUMS} has no MD5 for any of the files that are wanted")


def test_where_nobody_can_be_asked_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure(["download"], 2, capsys).splitlines() == [
        "✗ Nobody can be asked here, so --what and --to and --yes are needed.",
        "→ Use: imagenet-setup download --what train,validation,boxes --to FOLDER --yes",
    ]
    assert "so --yes is needed." in failure(["download", "--what", "boxes", "--to", "/tmp/x"], 2, capsys)


def test_too_small_a_disk_is_said_before_anything_comes(
    words: list[str], server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Disk(mount="/data", kind="ext4", free=10_000_000, files_free=None)
    monkeypatch.setattr(downloading, "disk_of", lambda _path: small)
    reported = failure(words, 4, capsys)
    assert reported.splitlines()[0] == (
        f"✗ 10.0 MB are free on /data (ext4) for {words[4]}; 3.1 MB are still to come, and 16.0 MB must stay free."
    )
    assert "→ Free 9.1 MB there, choose another folder (--to DIR), or fewer files (--what)" in reported
    assert sum(end - start for name in FILES for start, end in server.sent_ranges(name)) == 3 * 512


@pytest.mark.parametrize("here", [0, 140_000_000_000])
def test_too_small_a_disk_for_official_archives_is_said_before_a_server_is_asked(
    here: int,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = IMAGES["train"]
    if here:
        with (tmp_path / f"{train.name}.part").open("wb") as part:
            part.truncate(here)
    left = train.bytes - here
    small = Disk(mount="/data", kind="ext4", free=left, files_free=None)
    monkeypatch.setattr(downloading, "disk_of", lambda _path: small)
    words = ["download", "--base", server.base, "--to", str(tmp_path), "--what", "train,boxes", "--yes"]
    reported = failure(words, 4, capsys)
    assert reported.startswith(
        f"✗ {human_bytes(left)} are free on /data (ext4) for {tmp_path}; {human_bytes(left)} are "
    )
    assert "→ Free 16.0 MB there, choose another folder (--to DIR), or fewer files (--what)" in reported
    assert ("Resume with: " in reported) == bool(here)
    assert not server.asked


def test_a_failure_names_the_command_that_resumes_where_something_was_fetched(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], server: Server
) -> None:
    server.rules = [Status(404, times=None)]
    assert "Resume with" not in failure(words, 3, capsys)
    server.rules = [Damaged(at=600, name=BOXES[0])]
    reported = failure(words, 3, capsys)
    server.rules = []
    assert main(resumed(reported)) == 0
    assert there(tmp_path / "to").keys() >= FILES.keys()


@pytest.mark.parametrize(
    ("origin", "file"),
    [
        ("archives", NAME),
        ("archives", f"{NAME}.part"),
        ("huggingface", "data/validation-00000-of-00014.parquet.part"),
        ("kaggle", "competitions/imagenet-object-localization-challenge.archive"),
    ],
)
def test_a_download_is_begun_once_the_folder_holds_some_of_it(origin: Origin, file: str, tmp_path: Path) -> None:
    request = Request(origin=origin, base="https://example.org/", folder=tmp_path, what=("validation",))
    (tmp_path / "data").mkdir()
    (tmp_path / "notes.txt").write_text("not of it")
    assert not downloading.is_begun(request)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(b"some")
    assert downloading.is_begun(request)


def test_a_real_disk_that_fills_up_keeps_what_came(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = tmp_path / "to"
    mount.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(mount)]).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        monkeypatch.setattr(downloading, "require_room", lambda *_: None)
        reported = failure(words, 4, capsys)
        assert reported.splitlines() == [
            f"✗ {mount}/{NAME}.part cannot be written: No space left on device.",
            "→ Free some space, fix the permissions, or choose another folder; the same command then continues",
            *reported.splitlines()[2:],
        ]
        assert sorted(resumed(reported)) == sorted(words)
        came = (mount / f"{NAME}.part").read_bytes()
        assert came == DATA[: len(came)]
        assert len(came) > 1_500_000
        subprocess.run(["mount", "-o", "remount,size=8m", str(mount)], check=True)
        assert main(words) == 0
        assert there(mount) == FILES
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_two_downloads_do_not_go_into_one_folder(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with downloading._exclusive(tmp_path / "to"):
        monkeypatch.setenv("IMAGENET_SETUP_HOME", str(tmp_path / "of somebody else"))
        reported = failure(words, 4, capsys)
    assert reported.splitlines()[0] == f"✗ Another download goes to {tmp_path}/to."
    assert main(words) == 0


def test_a_folder_for_nothing_is_not_left(words: list[str], server: Server, tmp_path: Path) -> None:
    server.rules = [Status(404, times=None)]
    assert main(words) == 3
    assert not (tmp_path / "to").exists()


class Program:
    """The command in a process of its own, which has no terminal."""

    def __init__(self, words: Sequence[str], home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wizard", *words],
            cwd=Path(wizard.__file__).parents[1],
            env=os.environ | {"IMAGENET_SETUP_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out + err


def resumed(reported: str) -> list[str]:
    """The words of the command that is said to go on."""
    found = re.search(r"[→ ] Resume with: imagenet-setup (.*)", reported)
    assert found is not None
    return shlex.split(found[1])


def grown(part: Path, size: int) -> None:
    eventually(lambda: part.exists() and part.stat().st_size >= size)


def test_a_download_resumes_after_three_kills(words: list[str], tmp_path: Path, home: Path, server: Server) -> None:
    large, part = drawn(20_000_000), tmp_path / "to" / f"{NAME}.part"
    server.files[NAME] = Served(data=large)
    (tmp_path / SUMS).write_text(f"{md5(large)}  {NAME}\n")
    words[words.index("--what") + 1] = "validation"
    server.rules = [Slow(bytes_per_second=20_000_000)]
    had = 0
    for connections in ("1", "4", "1"):
        program = Program([*words, "--connections", connections], home)
        grown(part, had + 3_000_000)
        program.process.kill()
        assert program.ended()[0] == -signal.SIGKILL
        had = part.stat().st_size
        assert part.read_bytes() == large[:had]
    server.rules = []
    before = len(server.asked)
    assert Program(words, home).ended()[0] == 0
    assert there(tmp_path / "to") == {NAME: large}
    assert [asked.first for asked in server.asked[before:]] == [0, had]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_download_with_the_command_to_resume(
    words: list[str], tmp_path: Path, home: Path, server: Server, number: signal.Signals
) -> None:
    server.rules = [Slow(bytes_per_second=2_000_000, name=NAME)]
    part = tmp_path / "to" / f"{NAME}.part"
    program = Program(words, home)
    grown(part, 500_000)
    program.process.send_signal(number)
    code, reported = program.ended()
    had = part.stat().st_size
    assert code == 130
    kept = rf"✗ Stopped; [\d.]+ [kM]B of {NAME} are kept\.\n→ Resume with: imagenet-setup download "
    assert re.search(kept, reported)
    server.rules = []
    server.asked.clear()
    assert main(resumed(reported)) == 0
    assert there(tmp_path / "to") == FILES
    assert [asked.first for asked in server.asked if asked.name == NAME] == [0, had]
    assert {asked.name for asked in server.asked} == {NAME}


def test_a_signal_ends_it_while_it_waits(words: list[str], home: Path, server: Server) -> None:
    server.rules = [Status(503, retry_after=600)]
    program = Program(words, home)
    eventually(lambda: len(server.asked) == 1)
    assert program.process.stderr is not None
    reported = ""
    while "again in" not in reported:
        reported += program.process.stderr.readline()
    program.process.send_signal(signal.SIGINT)
    code, rest = program.ended()
    assert code == 130
    assert f"! {BOXES[0]}: 127.0.0.1 is busy (503 Service Unavailable); again in 10 minutes, attempt 1\n" in reported
    assert "✗ Stopped; what is here is kept.\n→ Resume with: imagenet-setup download --base http://127" in rest
