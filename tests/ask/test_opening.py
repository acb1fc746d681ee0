from pathlib import Path

import pytest

from tests.ask.conftest import BACK, LEAVE, Script
from tests.helpers import build_dataset, profile
from wizard import known_builds, saved
from wizard.ask.draft import Draft
from wizard.ask.opening import opening
from wizard.build import Options
from wizard.engine.events import Event, ShardDone
from wizard.errors import Interrupted


def test_nothing_to_go_on_with_is_a_new_setup_without_a_question() -> None:
    script = Script([])
    assert opening(script) == Draft()
    assert script.asked == []


def test_kept_answers_are_offered_first(raw: Path) -> None:
    Draft(answers={"source.path": str(raw)}, asked=["source.path"]).save()
    script = Script(["continue"])
    begun = opening(script)
    assert isinstance(begun, Draft)
    assert begun.answers == {"source.path": str(raw)}
    assert script.asked[0].default == "continue"
    assert opening(Script(["new"])) == Draft()


def test_a_saved_profile_can_be_replayed(raw: Path, tmp_path: Path) -> None:
    saved.save(profile(raw, tmp_path / "one"), "one")
    saved.save(profile(raw, tmp_path / "two"), "two")
    script = Script(["replay", BACK, "replay", "one"])
    begun = opening(script)
    assert isinstance(begun, Draft)
    assert begun.answers["output.path"] == str(tmp_path / "one")
    assert script.keys == ["opening", "profile", "opening", "profile"]
    assert {choice.value for choice in script.asked[1].choices} == {"one", "two"}


def test_a_profile_that_cannot_be_read_is_told(home: Path) -> None:
    (home / "config" / "profiles").mkdir(parents=True)
    (home / "config" / "profiles" / "broken.toml").write_text("[source")
    script = Script(["replay", "broken", LEAVE])
    with pytest.raises(KeyboardInterrupt):
        opening(script)
    assert "it is no TOML" in script.said[0]


def test_an_unfinished_build_is_offered_and_its_profile_goes_on(raw: Path, tmp_path: Path) -> None:
    known_builds.remember(profile(raw, tmp_path / "out"))
    seen: list[Event] = []
    done = Options(stopping=lambda: any(isinstance(event, ShardDone) for event in seen))
    with pytest.raises(Interrupted):
        build_dataset(raw, tmp_path / "out", options=done, report=seen.append)
    (build,) = known_builds.unfinished()
    script = Script([f"build:{build.profile}"])
    begun = opening(script)
    assert isinstance(begun, Path)
    assert saved.load(str(begun)).output_path == tmp_path / "out"
    assert script.asked[0].choices[0].about.startswith("1 of 7 shards, stopped")
