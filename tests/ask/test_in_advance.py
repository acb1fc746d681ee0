"""Answers that the command line gives."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.ask.conftest import DEFAULT, LEAVE, Script
from wizard.ask.in_advance import layers
from wizard.ask.setup_draft import new_draft
from wizard.ask.start_menu import choose_start
from wizard.ask.view import Outcome
from wizard.cli import main
from wizard.errors import SetupError

Converse = Callable[..., tuple[Script, Outcome | None]]


def opened(*settings: str) -> Any:
    return new_draft(**layers(settings))


def test_only_the_rest_is_asked(converse: Converse, raw: Path, tmp_path: Path) -> None:
    settings = ["output.trainer=imagefolder", "image.size=64", "image.quality=80", "run.workers=1", "output.seed=7"]
    script, outcome = converse(str(raw), DEFAULT, str(tmp_path / "out"), DEFAULT, "x", "save", draft=opened(*settings))
    assert script.keys == ["source.path", "source.splits", "output.path", "image.splits", "name", "review"]
    assert [asked.number for asked in script.asked] == [1, 2, 3, 4, 5, 0]
    assert outcome is not None
    profile = outcome.profile
    assert (profile.output.trainer, profile.output.seed, profile.run.workers) == ("imagefolder", 7, 1)
    assert (profile.image.resize, profile.image.size, profile.image.quality) == ("shortest", 64, 80)


def test_everything_given_leads_to_the_review(converse: Converse, raw: Path, tmp_path: Path) -> None:
    settings = [
        f"source.path={raw / 'ILSVRC2012_img_train.tar'}",
        f"output.path={tmp_path / 'out'}",
        "output.format=folders",
        'source.splits=["train"]',
        "source.boxes=none",
        "image.resize=original",
        "name=x",
    ]
    script, outcome = converse("save", draft=opened(*settings))
    assert script.keys == ["review"]
    assert outcome is not None
    assert (outcome.profile.source_path, outcome.profile.output.format) == (raw, "folders")


def test_an_answer_that_the_raw_data_refuses_is_asked_for(converse: Converse, raw: Path) -> None:
    script, _ = converse(str(raw), LEAVE, draft=opened("output.format=tfrecord", "output.train_shards=5000"))
    assert any("5,000 shards would leave some empty" in said for said in script.said)
    assert not [asked for asked in script.asked if asked.key == "output.format"]


def test_an_answer_that_is_not_used_is_said(converse: Converse, raw: Path, tmp_path: Path) -> None:
    settings = [f"source.path={raw}", f"output.path={tmp_path / 'out'}", "image.quality=80", "name=x"]
    script, _ = converse(DEFAULT, "original", draft=opened(*settings, "output.trainer=imagefolder"))
    assert "! JPEG quality: 80 is not used with these answers." in script.said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["image.qualty=80"], "image.qualty is not a key of a profile; did you mean image.quality?"),
        (["image.quality=120"], "image.quality = 120: allowed is 100 or less"),
        (["quality"], "this is not section.key=value"),
        (["image.resize=crop", "image.size=3"], 'image.size has no meaning with resize = "crop"'),
        (["output.trainer=tfds", "output.format=folders"], 'trainer = "tfds" needs "tfrecord"'),
        (["source.path=$NOT_SET_HERE/x"], "the variable NOT_SET_HERE is not set"),
        (["output.path=~nobody-of-this-name/x"], "there is no user nobody-of-this-name"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_at_the_start(settings: Sequence[str], said: str) -> None:
    with pytest.raises(SetupError, match=re.escape(said)):
        layers(settings)


def test_what_is_still_missing_is_not_wrong() -> None:
    assert layers(["image.resize=exact", "image.height=30"])["asked"] == ("image.resize", "image.height")


def test_the_menu_is_passed_over_and_a_wrong_setting_ends_setup_with_2(
    raw: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = opened(f"source.path={raw}")
    script = Script([])
    assert choose_start(script, "set", lambda: draft) is draft
    assert script.asked == []
    for words in (["setup", "--json", "--set", "a.b=c"], ["--set", "a.b=c"]):
        monkeypatch.setattr("wizard.output.Output.interactive", True)
        assert main(words) == 2
        assert "a is not a key of a profile" in "".join(capsys.readouterr())


def test_held_out_images_that_nothing_comes_of_are_named_and_not_stored(
    converse: Converse, raw: Path, tmp_path: Path
) -> None:
    settings = [f"source.path={raw}", "source.holdout=3", f"output.path={tmp_path / 'out'}", "name=x"]
    settings += ["output.trainer=imagefolder", 'source.splits=["train", "validation"]', "image.resize=original"]
    script, outcome = converse("save", draft=opened(*settings))
    assert outcome is not None, script.keys
    assert "! Held out: 3 of each class is not used with these answers." in "\n".join(script.said)
    assert outcome.profile.source.holdout is None
