"""The whole program in a real terminal, driven by keys; and by a program, and without a terminal."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from tests.helpers import TRAIN, VALIDATION, build_profile
from wizard import profile_store
from wizard.ask import setup_draft
from wizard.cli import main
from wizard.verify.dataset import verify

pexpect = pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")

UP, DOWN, ESC, ENTER, CTRL_C, CLEAR = "\x1b[A", "\x1b[B", "\x1b", "\r", "\x03", "\x15"
_CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\r")
COMMAND = [sys.executable, "-m", "wizard"]


class Person:
    """Types, and waits until something is read."""

    def __init__(self, home: Path, *words: str, columns: int = 100, **env: str) -> None:
        environment = {
            key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "COLUMNS", "LINES")
        }
        self.child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *words],
            env={
                **environment,
                "TERM": "xterm-256color",
                "PROMPT_TOOLKIT_NO_CPR": "1",
                "IMAGENET_SETUP_HOME": str(home),
                **env,
            },
            dimensions=(40, columns),
            encoding="utf-8",
            timeout=60,
        )
        self.seen = ""

    def reads(self, text: str) -> "Person":
        """Waits until this is on the screen; blanks may be anything."""
        self.child.expect(re.escape(text).replace(r"\ ", r"(?:\s|\x1b\[[0-9;?]*[a-zA-Z])+"))
        self.seen += self.child.before + self.child.after
        return self

    def types(self, *keys: str) -> "Person":
        for key in keys:
            self.child.send(key)
        return self

    def ends(self) -> int:
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.close()
        code: int = self.child.exitstatus
        return code

    @property
    def text(self) -> str:
        """All that was shown, without control codes."""
        return _CODES.sub("", self.seen)


@pytest.fixture(autouse=True)
def among_the_raw_data(monkeypatch: pytest.MonkeyPatch, raw: Path) -> None:
    """A usual place, so that a first start asks at once where it goes."""
    monkeypatch.chdir(raw)


@pytest.fixture
def person(home: Path) -> Iterator[Callable[..., Person]]:
    people: list[Person] = []

    def begin(*words: str, **options: Any) -> Person:
        people.append(Person(home, *words, **options))
        return people[-1]

    yield begin
    for each in people:
        each.child.close(force=True)


def to_the_review(person: Person, raw: Path, out: Path) -> Person:
    """Takes every default but the folders and the size."""
    person.reads("will open the result?").types(ENTER).reads("Which way?").types(ENTER)
    person.reads("Where is the raw data?").reads("Another folder").types("\x1b[A", ENTER)
    person.reads("Where is the raw data?").types(str(raw), ENTER)
    person.reads("Nothing is extracted and nothing there is changed.")
    person.reads("Which splits?").types(ENTER)
    person.reads("bounding boxes go").types(ENTER)
    person.reads("Where does the result go?").types(str(out), ENTER)
    person.reads("images become?").types(ENTER)
    person.reads("measured on").reads("Shortest side in pixels").reads("480").types("64", ENTER)
    person.reads("measured on").reads("JPEG quality, 1 to 100").types(ENTER)
    person.reads("splits are resized?").types(ENTER)
    person.reads("before and after:")
    return person.reads("11 of 11").reads("Name of this profile")


def test_the_whole_conversation(person: Callable[..., Person], raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = to_the_review(person(), raw, out)
    first.types(ESC).reads("splits are resized?").types(ESC).reads("9 of 11").reads("JPEG quality").types("?")
    first.reads("colors begin to drift").types(ENTER).reads("splits are resized?").types(ENTER)
    first.reads("Name of this profile").types("mine", ENTER)
    first.reads("What next?").types(UP, UP, ENTER).reads("until you press Enter")
    address = re.findall(r"http://127\.0\.0\.1:\d+/\S+", first.text)[0]
    with urlopen(address) as page:
        assert b"Before and after: shortest side 64" in page.read()
    first.types(ENTER).reads("What next?").types(CTRL_C)
    assert first.ends() == 130
    assert "your answers are kept" in first.text

    second = person()
    second.reads("What would you like to do?").reads("Resume the unfinished setup").types(ENTER)
    second.reads("Memory").reads("What next?").types(DOWN, DOWN, ENTER)
    second.reads("Which answer?").types("quality").reads("Filter: quality").types(ENTER)
    second.reads("JPEG quality, 1 to 100").types("120", ENTER)
    second.reads("120 is above 100").reads("JPEG quality, 1 to 100").types("70", ENTER)
    second.reads("quality 70").reads("What next?").types(DOWN, DOWN, DOWN, ENTER)
    assert second.ends() == 0
    assert "imagenet-setup run mine" in second.text
    profile = profile_store.load("mine")
    assert (profile.image.size, profile.image.quality) == (64, 70)

    third = person()
    third.reads("Start from a saved profile").types(ENTER).reads("Which profile?").types(ENTER)
    third.reads("begin with mine?").types(ENTER)
    third.reads("quality 70").reads("What next?").types(ENTER)
    assert third.ends() == 0
    assert f"Finished writing all {TRAIN + VALIDATION} images" in third.text
    assert build_profile(profile).images_built == 0
    assert verify(out, lambda _: None, pixels=True).images == {"train": TRAIN, "validation": VALIDATION}


@pytest.mark.usefixtures("nowhere")
def test_paths_are_pasted_typed_and_completed_over_what_is_suggested(
    person: Callable[..., Person], raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "my out"
    out.mkdir()
    someone = person(PLACE=str(raw.parent))
    someone.reads("What would you like to do?").types(ENTER).reads("will open the result?").types(ENTER)
    someone.reads("Which way?").types(ENTER)
    someone.reads("Where is the raw data?").types("$NOT_SET_HERE/x", ENTER)
    someone.reads("the variable NOT_SET_HERE is not set").reads("Where is the raw data?")
    someone.types(CLEAR, f"${{PLACE}}/{raw.name}/ILSVRC2012_img_train.tar", ENTER)
    someone.reads("Its folder is read").reads("Which splits?").types(ENTER).reads("bounding boxes go").types(ENTER)
    someone.reads("Where does the result go?").reads("tfrecords").types(f"\x1b[200~'{out}' \x1b[201~", ENTER)
    someone.reads("images become?").types(ESC).reads("Where does the result go?").reads("my out")
    someone.types(*"\x7f" * 4, "\t", ENTER).reads("images become?")
    someone.types(ESC).reads("Where does the result go?").types(CTRL_C)
    assert someone.ends() == 130
    draft, _ = setup_draft.load() or pytest.fail("no answers are stored")
    assert (draft.answers["source.path"], draft.chosen["output.path"]) == (str(raw), str(out))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("form", ["\x1b[200~{}\r\x1b[201~", "{}\r"], ids=["bracketed", "bare"])
def test_a_path_that_is_pasted_into_a_list_chooses_nothing(person: Callable[..., Person], form: str) -> None:
    someone = person(columns=60)
    someone.reads("What would you like to do?").reads("Download").types(form.format("/data/raw images"))
    someone.reads("Filter: /data/raw images").reads("No entry has that.").types(ENTER).types("\x7f", ESC)
    someone.types(DOWN).reads("Start from a recipe").types(ENTER).reads("Which recipe?").types(CTRL_C)
    assert someone.ends() == 130


def test_an_entry_is_chosen_by_a_profiles_word(person: Callable[..., Person]) -> None:
    someone = person()
    someone.reads("will open the result?").types("webdataset").reads("Filter: webdataset").types(ENTER)
    someone.reads("Which way?").types("wids").reads("Filter: wids").types(ENTER)
    someone.reads("Where is the raw data?").types(CTRL_C)
    assert someone.ends() == 130
    assert "PyTorch, with the package wids" in someone.text


def test_a_pasted_folder_that_is_not_proposed_is_typed_further(person: Callable[..., Person], tmp_path: Path) -> None:
    someone = person()
    someone.reads("will open the result?").types(ENTER).reads("Which way?").types(ENTER)
    someone.reads("Where is the raw data?").reads("Another folder").types(f"{tmp_path}/no\r")
    someone.reads("Enter continues with it").types(ENTER).reads("Where is the raw data?").types("where", ENTER)
    someone.reads("nowhere").reads("Where is the raw data?").types(CTRL_C)
    assert someone.ends() == 130


@pytest.mark.usefixtures("nowhere")
def test_esc_at_the_first_question_leads_back_to_the_menu(person: Callable[..., Person]) -> None:
    someone = person()
    someone.reads("What would you like to do?").types(ENTER).reads("will open the result?").types(ESC)
    someone.reads("What would you like to do?").reads("Download the archives").types(DOWN, DOWN, ENTER)
    someone.reads("archives come from?").types(CTRL_C)
    assert someone.ends() == 130


def test_esc_at_the_first_question_leads_to_the_menu_that_was_passed_over(person: Callable[..., Person]) -> None:
    someone = person()
    someone.reads("will open the result?").reads("Something else").types(ESC)
    someone.reads("What would you like to do?").reads("Start a new setup").reads("Download").types(ENTER)
    someone.reads("will open the result?").types(CTRL_C)
    assert someone.ends() == 130


@pytest.mark.usefixtures("nowhere")
def test_who_has_no_data_is_led_to_the_download_and_back(person: Callable[..., Person], tmp_path: Path) -> None:
    someone = person()
    someone.reads("What would you like to do?").reads("I don't have it yet").types(DOWN, DOWN, ENTER)
    someone.reads("archives come from?").reads("Hugging Face").types(DOWN, ENTER)
    someone.reads("What is its address?").types("ftp://mirror", ENTER)
    someone.reads("Expected an https://").reads("ftp://mirror").types(CLEAR, tmp_path.as_uri(), ENTER)
    someone.reads("MD5s of its own archives").types(ENTER)
    someone.reads("Which files do you want?").reads("147.9 GB").types(ENTER)
    someone.reads("Where should they go?").reads("raw-data").types(ESC)
    someone.reads("Which files do you want?").types(ESC).reads("MD5s of its own").types(ESC)
    someone.reads("What is its address?").types(ESC)
    someone.reads("archives come from?").types(ESC).reads("What would you like to do?").types(CTRL_C)
    assert someone.ends() == 130


def test_the_wizards_process_is_small_and_free_of_tensorflow(person: Callable[..., Person], raw: Path) -> None:
    someone = to_the_review(person(), raw, raw.parent / "unwritten")
    process = psutil.Process(someone.child.pid)
    assert process.memory_info().rss < 120_000_000
    if sys.platform == "linux":
        assert not [each.path for each in process.memory_maps() if "tensorflow" in each.path]


def test_sixty_columns_without_color(person: Callable[..., Person], raw: Path, tmp_path: Path) -> None:
    someone = to_the_review(person(columns=60, NO_COLOR="1"), raw, tmp_path / "out")
    someone.types(ENTER).reads("What next?").types(CTRL_C)
    assert someone.ends() == 130
    colors = re.findall(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]", someone.seen)
    assert colors == []


def test_plain_mode_is_numbered_lines_without_control_codes(
    person: Callable[..., Person], raw: Path, tmp_path: Path
) -> None:
    someone = person("--plain")
    someone.reads("What will open the result?").reads(":").types("other\n")
    someone.reads("Where is the raw data?").reads(":").types(f"{raw}\n")
    someone.reads("Which splits?").reads(":").types("1,2\n")
    someone.reads("should be written?").reads(":").types("tfrecord\n")
    someone.reads("bounding boxes").reads(":").types("help\n").reads("Classification needs none").types("1\n")
    someone.reads("Where does the result go?").reads(":").types(f"{tmp_path / 'out'}\n")
    someone.reads("images become?").reads(":").types("2\n")
    someone.reads("Shards of train").reads(":").types("back\n")
    someone.reads("images become?").reads(":").types("2\n")
    someone.reads("Shards of train").reads(":").types("3\n")
    someone.reads("Shards of validation").reads(":").types("2\n")
    someone.reads("Name of this profile").reads(":").types("plain\n")
    someone.reads("What next?").reads(":").types("1\n")
    assert someone.ends() == 0
    assert f"Finished writing all {TRAIN + VALIDATION} images" in someone.text
    assert "\x1b" not in someone.seen
    assert someone.seen.isascii()


@pytest.mark.parametrize(("words", "env"), [([], {"TERM": "dumb"}), (["setup", "--plain"], {})])
def test_plain_mode_is_also_that_of_a_dumb_terminal_and_of_setup(
    person: Callable[..., Person], words: list[str], env: dict[str, str]
) -> None:
    someone = person(*words, **env)
    someone.reads("What will open the result?").reads(":").types("quit\n")
    assert someone.ends() == 130
    assert "\x1b" not in someone.seen
    assert someone.seen.isascii()


def test_without_a_terminal_nothing_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    ran = subprocess.run(COMMAND, input="yes\n", capture_output=True, text=True, check=False, timeout=60)
    ends = [(ran.returncode, ran.stdout, ran.stderr)]
    ends += [(main(words), *capsys.readouterr()) for words in (["setup"], ["--plain"])]
    for code, out, said in ends:
        assert code == 2
        assert "this is not a terminal" in said
        assert "imagenet-setup run PROFILE --set source.path=" in said
        assert out == ""


def test_a_program_can_hold_the_conversation_and_build(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answers: list[Any] = [
        {"command": "help"},
        "dali",
        "dali",
        str(raw),
        ["train"],
        "none",
        str(out),
        {"command": "back"},
    ]
    answers += [str(out), "crop", 32, None, 80, "driven", "start"]
    ran = subprocess.run(
        [*COMMAND, "setup", "--json"],
        input="".join(f"{json.dumps(answer)}\n" for answer in answers),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    last = events[-1]
    assert (last["event"], last["images_built"], last["exit_code"]) == ("finished", TRAIN, 0)
    kinds = [event["event"] for event in events]
    assert kinds.count("estimated") >= 4
    assert {"question", "said", "review", "preview", "started", "shard_done"} <= set(kinds)
    assert verify(out, lambda _: None, pixels=True).images == {"train": TRAIN}


def test_a_program_that_stops_answering_leaves_with_its_answers_kept(raw: Path, home: Path) -> None:
    ran = subprocess.run(
        [*COMMAND, "setup", "--json"], input=f"other\n{raw}\n", capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 130
    assert json.loads(ran.stdout.splitlines()[-1])["event"] == "failed"
    assert json.loads((home / "state" / "answers.json").read_text())["chosen"]["source.path"] == str(raw)
