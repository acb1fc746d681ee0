"""The way of who has no raw data yet, through setup; something stands in for the transfer."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.ask.conftest import BACK, DEFAULT, Script
from wizard.ask.draft import Draft
from wizard.ask.prompt import Prompter, Value
from wizard.ask.setup_draft import new_draft
from wizard.ask.view import Outcome
from wizard.cli import main
from wizard.commands import conversation
from wizard.download.request import Request
from wizard.errors import InputError, Interrupted, MachineError
from wizard.hangup import Terminal
from wizard.output import Output

Transfer = Callable[[Request], Path | None]
Fetching = Callable[[Transfer], None]


pytestmark = pytest.mark.usefixtures("nowhere")


@pytest.fixture
def fetching(monkeypatch: pytest.MonkeyPatch) -> Fetching:
    """Lets something stand in for the transfer."""

    def stand_in(transfer: Transfer) -> None:
        def fetch(request: Request, _output: Output, _prompter: Prompter, _terminal: Terminal) -> Path | None:
            return transfer(request)

        monkeypatch.setitem(sys.modules, "wizard.commands.downloading", SimpleNamespace(fetch=fetch))

    return stand_in


def test_a_finished_download_continues_with_a_setup_of_its_folder(
    fetching: Fetching, converse: Callable[..., tuple[Script, Outcome | None]], tmp_path: Path
) -> None:
    asked_for: list[Request] = []

    def transfer(request: Request) -> Path:
        asked_for.append(request)
        return request.folder / "ILSVRC"

    fetching(transfer)
    begun = conversation._draft_or_build(
        Output("quiet"), Script(["download", DEFAULT, ["train"], str(tmp_path / "raw")])
    )
    assert [(request.folder, request.what) for request in asked_for] == [(tmp_path / "raw", ("train",))]
    assert isinstance(begun, Draft)
    script, _ = converse(draft=begun)
    (question,) = script.asked
    assert (question.key, question.default) == ("source.path", str(tmp_path / "raw" / "ILSVRC"))


def test_a_download_that_is_not_begun_leads_back_to_the_choice(fetching: Fetching) -> None:
    fetching(lambda _request: None)
    script = Script(["download", DEFAULT, DEFAULT, DEFAULT, "download", BACK, "new"])
    assert conversation._draft_or_build(Output("quiet"), script) == new_draft()
    assert [key for key in script.keys if not key.startswith("download.")] == ["opening"] * 3


def test_a_failed_download_is_reported_and_returns_to_the_choice(
    fetching: Fetching, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def refused(_request: Request) -> None:
        raise MachineError("1 GB is free, 155 GB are needed.", "Free some")

    fetching(refused)
    script = Script(["download", "kaggle", str(tmp_path), "new"])
    assert conversation._draft_or_build(Output("quiet"), script) == new_draft()
    assert script.said == ["✗ 1 GB is free, 155 GB are needed.\n  → Free some"]
    assert f"or with: imagenet-setup download --base kaggle --to {tmp_path}\n" in capsys.readouterr().out


def test_answers_are_offered_again_after_a_download_that_was_not_begun(fetching: Fetching, tmp_path: Path) -> None:
    fetching(lambda _request: None)
    answers: list[Value] = ["mirror", "https://example.org/in/", "", ["train"], str(tmp_path)]
    script = Script(["download", *answers, *[DEFAULT] * 6, "new"])
    assert conversation._draft_or_build(Output("quiet"), script) == new_draft()
    assert [asked.default for asked in script.asked[6:12]] == ["download", *answers]


def test_the_choice_returns_despite_a_partial_download_in_a_default_folder(fetching: Fetching, raw_copy: Path) -> None:
    def damaged(_request: Request) -> None:
        raw_copy.rename("raw-data")
        raise InputError("The last of the archives is damaged.")

    fetching(damaged)
    script = Script(["download", DEFAULT, DEFAULT, DEFAULT, "new"])
    assert conversation._draft_or_build(Output("quiet"), script) == new_draft()
    assert script.keys.count("opening") == 2


def test_ctrl_c_in_a_download_names_the_command_to_resume(fetching: Fetching, tmp_path: Path) -> None:
    def stopped(_request: Request) -> None:
        raise KeyboardInterrupt

    fetching(stopped)
    with pytest.raises(Interrupted) as raised:
        conversation._draft_or_build(Output("quiet"), Script(["download", DEFAULT, DEFAULT, str(tmp_path)]))
    assert raised.value.hint.startswith("Resume with: imagenet-setup download --base https://image-net.org/")
    assert raised.value.hint.endswith(f"--to {tmp_path} --what train,validation,boxes")


def test_an_interruption_that_names_no_command_gets_this_one(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def stopped(_request: Request) -> None:
        raise Interrupted("Stopped at 3 %.")

    fetching(stopped)
    answers = f'"download"\n"kaggle"\n"{tmp_path}"\n'
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    assert main(["setup", "--json"]) == 130
    assert f"Resume with: imagenet-setup download --base kaggle --to {tmp_path}" in capsys.readouterr().out


def test_who_leaves_in_the_questions_begins_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO('"download"\n"kaggle"\n'))
    assert main(["setup", "--json"]) == 130
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["hint"] == "imagenet-setup begins again"
