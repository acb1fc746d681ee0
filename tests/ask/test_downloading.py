"""The questions of a download, and what a person is asked for a server."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.ask.conftest import BACK, DEFAULT, LEAVE, Script
from wizard.ask import download_questions
from wizard.ask.download_questions import BASE, CHECKSUMS, MIRROR, OFFICIALLY, TO, WHAT, WHERE
from wizard.ask.downloading import PromptedAsker, ask_answers, command, confirmed, request_of
from wizard.ask.prompt import Back, Value
from wizard.download.address import OFFICIAL
from wizard.download.http.auth import Credentials
from wizard.download.hubs import kaggle
from wizard.download.request import Request

ALL = ["download.from", "download.what", "download.to"]
HOST = "archives.example.org"


def request(*answers: Value, said: Mapping[str, Value] = MappingProxyType({})) -> tuple[Script, Request]:
    script = Script(answers)
    return script, request_of(ask_answers(script, said))


def at(base: str) -> dict[str, Value]:
    """That the archives come from this address, with the official sums."""
    return {WHERE: MIRROR, BASE: base, CHECKSUMS: ""}


def sums_of(folder: Path) -> Path:
    path = folder / "md5s.txt"
    path.write_text(f"{'0' * 32}  ILSVRC2012_img_val.tar\n")
    return path


def abouts(script: Script, key: str) -> dict[Value, str]:
    (asked,) = [asked for asked in script.asked if asked.key == key]
    return {choice.value: choice.about for choice in asked.choices}


def test_three_enters_fetch_what_most_need_from_image_net_org() -> None:
    script, asked_for = request(DEFAULT, DEFAULT, DEFAULT)
    assert script.keys == ALL
    assert [(asked.number, asked.of) for asked in script.asked] == [(1, 3), (2, 3), (3, 3)]
    assert asked_for == Request(
        origin="archives",
        base=OFFICIAL,
        folder=Path("~/imagenet/raw-data").expanduser(),
        what=("train", "validation", "boxes"),
    )


def test_sizes_stand_beside_what_is_wanted() -> None:
    script, _ = request(DEFAULT, DEFAULT, DEFAULT)
    sizes = {value: about.partition(" · ")[0] for value, about in abouts(script, "download.what").items()}
    assert sizes == {
        "train": "147.9 GB",
        "validation": "6.7 GB",
        "boxes": "about 22.2 MB",
        "devkit": "about 2.5 MB",
        "test": "about 13.6 GB",
    }


def test_sizes_of_a_mirrors_own_files_are_not_stated(tmp_path: Path) -> None:
    script, _ = request(DEFAULT, said={**at("file:///m/"), TO: str(tmp_path), CHECKSUMS: str(sums_of(tmp_path))})
    sizes = abouts(script, "download.what")
    assert sizes["train"].startswith("147.9 GB")
    assert sizes["validation"].startswith("about ")


def test_a_mirrors_address_is_checked_when_asked(tmp_path: Path) -> None:
    wrong = "ftp://example.org"
    script, asked_for = request("mirror", wrong, "https://example.org/in", DEFAULT, ["test"], str(tmp_path))
    assert script.keys == ["download.from", "download.base", "download.base", "download.checksums", *ALL[1:]]
    assert (script.asked[2].typed, script.asked[2].of) == (wrong, 5)
    assert "https://" in script.asked[2].error
    assert asked_for == Request(
        origin="archives", base="https://example.org/in/", folder=tmp_path, what=("test",), checksums=None
    )


def test_a_missing_mirror_folder_is_reported_at_once(tmp_path: Path) -> None:
    script, _ = request("mirror", f"{tmp_path}/mirro", str(tmp_path), DEFAULT, DEFAULT, DEFAULT)
    assert script.asked[2].error.startswith(f"{tmp_path}/mirro, from which the archives should come, does not exist.")


def test_a_mirror_is_not_fetched_into_itself(tmp_path: Path) -> None:
    (tmp_path / "same").symlink_to(tmp_path)
    script, _ = request("mirror", str(tmp_path), DEFAULT, DEFAULT, f"{tmp_path}/same", f"{tmp_path}/other")
    assert script.asked[5].error.startswith(f"The archives cannot come from {tmp_path} and go to it.")
    script, _ = request("mirror", str(tmp_path), "/", DEFAULT, DEFAULT, said={TO: str(tmp_path)})
    assert "cannot come from" in script.asked[2].error


def test_a_mirrors_checksum_file_is_asked_for_and_checked(tmp_path: Path) -> None:
    (tmp_path / "prose").write_text("Dear reader")
    sums = sums_of(tmp_path)
    wrong = [f"{tmp_path}/none", str(tmp_path), f"{tmp_path}/prose"]
    script, asked_for = request("mirror", str(tmp_path), *wrong, str(sums), ["validation"], "/to")
    assert asked_for.checksums == sums
    assert [asked.error.partition("\n")[0] for asked in script.asked[2:6]] == [
        "",
        f"{tmp_path}/none does not exist.",
        f"{tmp_path} is not a file.",
        f"{tmp_path}/prose, line 1: 'Dear reader' is not an MD5 and a name, as md5sum writes them.",
    ]
    assert abouts(script, "download.what")["validation"].startswith("about ")
    assert command(asked_for).endswith(f" --what validation --checksums {sums}")


def test_sums_that_were_answered_earlier_are_offered(tmp_path: Path) -> None:
    answers: list[Value] = ["mirror", str(tmp_path), str(sums_of(tmp_path)), ["validation"], "/to"]
    earlier = ask_answers(Script(answers), {})
    assert ask_answers(Script([DEFAULT] * 5), {}, earlier) == earlier


def test_a_password_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    script, _ = request("mirror", "https://me:hunter2@example.org/", "/", DEFAULT, DEFAULT, str(tmp_path))
    assert "user name" in script.asked[2].error
    assert "hunter2" not in repr(script.asked)


def test_kaggle_hands_out_everything(tmp_path: Path) -> None:
    script, asked_for = request("kaggle", str(tmp_path))
    assert script.keys == ["download.from", "download.to"]
    assert asked_for == Request(origin="kaggle", base="", folder=tmp_path, what=kaggle.ALL)


def test_hugging_face_has_neither_boxes_nor_a_kit(tmp_path: Path) -> None:
    script, asked_for = request("huggingface", DEFAULT, str(tmp_path))
    sizes = abouts(script, "download.what")
    assert list(sizes) == ["train", "validation", "test"]
    assert all(size.startswith("about ") for size in sizes.values())
    assert (asked_for.origin, asked_for.what) == ("huggingface", ("train", "validation"))


def test_a_missing_hub_client_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_questions, "find_spec", lambda _name: None)
    script, _ = request("huggingface", DEFAULT, DEFAULT, DEFAULT)
    needs = [choice.about.partition(" · ")[0] for choice in script.asked[0].choices]
    assert needs[2:] == ["needs pip install kagglehub", "needs pip install huggingface-hub"]
    assert "the package huggingface-hub, which is not installed" in script.asked[1].error
    assert "pip install huggingface-hub" in script.asked[1].error


def test_what_is_given_is_not_asked(tmp_path: Path) -> None:
    script, asked_for = request(said={TO: str(tmp_path), WHAT: ["devkit"], **at("http://127.0.0.1/2012/")})
    assert script.asked == []
    assert asked_for == Request(origin="archives", base="http://127.0.0.1/2012/", folder=tmp_path, what=("devkit",))
    script, asked_for = request(DEFAULT, said={WHERE: "huggingface", TO: str(tmp_path)})
    assert script.keys == ["download.what"]
    script, _ = request(DEFAULT, DEFAULT, said={WHERE: OFFICIALLY})
    assert script.keys == ALL[1:]


def test_back_asks_the_question_before_and_its_answer_is_still_there() -> None:
    there: list[Value] = ["mirror", "/", DEFAULT, ["train", "devkit"]]
    script, asked_for = request(*there, BACK, BACK, BACK, BACK, "huggingface", DEFAULT, DEFAULT)
    assert script.keys == [
        *ALL[:1], "download.base", "download.checksums", *ALL[1:],
        "download.what", "download.checksums", "download.base", *ALL,
    ]  # fmt: skip
    assert [asked.default for asked in script.asked[5:9]] == [["train", "devkit"], "", "/", "mirror"]
    assert script.asked[9].default == ["train"]
    assert asked_for.what == ("train",)


@pytest.mark.parametrize("where", ["image-net.org", "kaggle", "huggingface"])
def test_what_was_answered_earlier_is_offered(tmp_path: Path, where: str) -> None:
    whats = [] if where == "kaggle" else [["validation"]]
    earlier = ask_answers(Script([where, *whats, str(tmp_path)]), {})
    script = Script([DEFAULT] * 3)
    assert ask_answers(script, {}, earlier) == earlier
    assert script.asked[0].default == where


def test_back_from_the_first_question_leads_out() -> None:
    with pytest.raises(Back):
        request(BACK)


def test_a_download_of_nothing_is_refused() -> None:
    script, _ = request(DEFAULT, [], ["train"], DEFAULT)
    assert script.asked[2].error == "Choose at least one."


def test_an_empty_folder_answer_is_refused(tmp_path: Path) -> None:
    script, _ = request(DEFAULT, DEFAULT, " ", str(tmp_path))
    assert script.asked[3].error == "Name a folder."


@pytest.mark.parametrize(
    ("name", "why"),
    [("file", "is a file. Name a folder"), ("b\udce9", "not UTF-8"), ("~nobody-here/x", "~nobody-here")],
)
def test_an_impossible_folder_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").touch()
    typed = name if name.startswith("~") else f"{tmp_path}/{name}"
    script, _ = request(DEFAULT, DEFAULT, typed, str(tmp_path))
    assert why in script.asked[3].error
    assert script.asked[3].typed == typed


def test_the_command_says_what_was_answered(tmp_path: Path) -> None:
    (tmp_path / "a mirror").mkdir()
    _, asked_for = request("mirror", f"{tmp_path}/a mirror", DEFAULT, ["validation", "train"], str(tmp_path))
    words = f"imagenet-setup download --base file://{tmp_path}/a%20mirror/ --to {tmp_path} --what train,validation"
    assert command(asked_for) == words
    assert command(request("kaggle", "/data")[1]) == "imagenet-setup download --base kaggle --to /data"


def test_a_download_begins_with_a_yes() -> None:
    assert confirmed(Script([DEFAULT]))
    assert not confirmed(Script(["no"]))
    assert not confirmed(Script([BACK]))


def test_a_name_and_a_secret_are_asked_for_a_host() -> None:
    script = Script(["me", "hunter2"])
    given = PromptedAsker(script).credentials(HOST, False)
    assert given == Credentials(username="me", secret="hunter2")
    assert [(asked.kind, HOST in asked.text, asked.error) for asked in script.asked] == [
        ("text", True, ""),
        ("secret", True, ""),
    ]


def test_what_was_refused_is_said_and_asked_again() -> None:
    script = Script(["me", "right"])
    assert PromptedAsker(script).credentials(HOST, True) is not None
    assert script.asked[0].error == f"{HOST} did not accept the user name and password."


@pytest.mark.parametrize("answers", [[""], [BACK], ["me", ""], ["me", BACK, ""]])
def test_who_gives_no_name_or_secret_leaves_it(answers: list[str]) -> None:
    assert PromptedAsker(Script(answers)).credentials(HOST, False) is None


def test_back_from_the_secret_corrects_the_name() -> None:
    script = Script(["mee", BACK, "me", "hunter2"])
    assert PromptedAsker(script).credentials(HOST, True) == Credentials(username="me", secret="hunter2")
    assert (script.asked[2].typed, script.asked[2].error) == ("mee", "")


def test_cookies_are_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "cookies.txt").touch()
    script = Script([f"{tmp_path}/cookie.txt", str(tmp_path), f"{tmp_path}/cookies.txt"])
    assert PromptedAsker(script).cookies(HOST, "") == tmp_path / "cookies.txt"
    assert [asked.error for asked in script.asked] == [
        "",
        f"{tmp_path}/cookie.txt does not exist.",
        f"{tmp_path} is not a file.",
    ]
    assert HOST in script.asked[0].text
    assert "login page" in script.said[0]
    assert "Netscape" in script.asked[0].help


def test_cookies_that_did_not_do_are_said_and_none_leaves_it() -> None:
    for answer in ("", BACK):
        script = Script([answer])
        assert PromptedAsker(script).cookies(HOST, "They ended on 2001-09-09.") is None
        assert (script.asked[0].error, script.said) == ("They ended on 2001-09-09.", [])


def test_ctrl_c_leaves_every_question() -> None:
    for put in (confirmed, lambda prompter: PromptedAsker(prompter).credentials(HOST, False)):
        with pytest.raises(KeyboardInterrupt):
            put(Script([LEAVE]))
