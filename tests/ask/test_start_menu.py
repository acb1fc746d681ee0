from dataclasses import replace
from pathlib import Path

import pytest

from tests.ask.conftest import BACK, LEAVE, Script
from tests.helpers import build_dataset, profile, shards
from tests.test_unfinished_builds import interrupted
from wizard import local_runs, profile_store, unfinished_builds
from wizard.ask import setup_draft
from wizard.ask.draft import Draft
from wizard.ask.setup_draft import new_draft
from wizard.ask.start_menu import choose_start
from wizard.build import Options
from wizard.errors import Interrupted
from wizard.events import Event, ShardDone


def test_raw_data_in_a_default_folder_starts_a_new_setup(monkeypatch: pytest.MonkeyPatch, raw: Path) -> None:
    monkeypatch.chdir(raw)
    script = Script([])
    assert choose_start(script) == new_draft()
    assert script.asked == []


def test_a_partial_download_in_a_default_folder_is_not_raw_data(
    monkeypatch: pytest.MonkeyPatch, raw_copy: Path
) -> None:
    (raw_copy / "ILSVRC2012_img_test_v10102019.tar.part").touch()
    monkeypatch.chdir(raw_copy)
    script = Script(["download"])
    assert choose_start(script) is None


@pytest.mark.usefixtures("nowhere")
def test_who_has_nothing_is_asked_whether_the_archives_are_to_be_fetched() -> None:
    script = Script(["download"])
    assert choose_start(script) is None
    (menu,) = script.asked
    assert [choice.value for choice in menu.choices] == ["new", "download"]
    assert menu.default == "new"
    assert choose_start(Script(["new"])) == new_draft()


@pytest.mark.usefixtures("nowhere")
def test_raw_data_elsewhere_on_the_machine_is_named_beside_the_download(
    monkeypatch: pytest.MonkeyPatch, raw: Path
) -> None:
    monkeypatch.setenv("IMAGENET_DIR", str(raw))
    script = Script(["new"])
    choose_start(script)
    (menu,) = script.asked
    assert menu.choices[0].about.startswith("found: ")
    assert menu.choices[0].about.split(" and ")[0].endswith(raw.name)


def test_the_download_stays_the_last_choice_beside_unfinished_work(raw: Path) -> None:
    setup_draft.save(new_draft(chosen={"source.path": str(raw)}, asked=("source.path",)))
    script = Script(["download"])
    assert choose_start(script) is None
    last = script.asked[0].choices[-1]
    assert (last.title, last.about) == ("Download the archives", "I don't have it yet")


def test_kept_answers_are_offered_first(raw: Path) -> None:
    setup_draft.save(new_draft(chosen={"source.path": str(raw)}, asked=("source.path",)))
    script = Script(["continue"])
    begun = choose_start(script)
    assert isinstance(begun, Draft)
    assert begun.chosen == {"source.path": str(raw)}
    assert script.asked[0].default == "continue"
    assert choose_start(Script(["new"])) == new_draft()


def test_a_saved_profile_can_be_replayed(raw: Path, tmp_path: Path) -> None:
    profile_store.save(profile(raw, tmp_path / "one"), "one")
    profile_store.save(profile(raw, tmp_path / "two"), "two")
    script = Script(["replay", BACK, "replay", "one"])
    begun = choose_start(script)
    assert isinstance(begun, Draft)
    assert begun.answers["output.path"] == str(tmp_path / "one")
    assert script.keys == ["opening", "profile", "opening", "profile"]
    assert {choice.value for choice in script.asked[1].choices} == {"one", "two"}


def test_an_unreadable_profile_is_reported(home: Path) -> None:
    (home / "config" / "profiles").mkdir(parents=True)
    (home / "config" / "profiles" / "broken.toml").write_text("[source")
    script = Script(["replay", "broken", LEAVE])
    with pytest.raises(KeyboardInterrupt):
        choose_start(script)
    assert "it is not valid TOML" in script.said[0]


def test_an_unfinished_build_is_offered_and_continues_its_profile(raw: Path, tmp_path: Path) -> None:
    unfinished_builds.remember(profile(raw, tmp_path / "out"))
    seen: list[Event] = []
    done = Options(stopping=lambda: any(isinstance(event, ShardDone) for event in seen))
    with pytest.raises(Interrupted):
        build_dataset(raw, tmp_path / "out", options=done, report=seen.append)
    (build,) = unfinished_builds.unfinished()
    script = Script([f"build:{build.profile}"])
    begun = choose_start(script)
    assert isinstance(begun, Path)
    assert profile_store.load(str(begun)).output_path == tmp_path / "out"
    assert script.asked[0].choices[0].about.startswith(f"{len(shards(tmp_path / 'out'))} of 7 shards, stopped")


@pytest.mark.usefixtures("nowhere")
def test_a_build_that_runs_is_offered_to_be_watched_and_not_to_be_resumed(raw: Path, tmp_path: Path) -> None:
    made = profile(raw, tmp_path / "out")
    interrupted(made)
    run = local_runs.this_process(made.output_path, "")
    local_runs.write(run)
    script = Script([f"watch:{run.name}"])
    assert choose_start(script) == run
    (menu,) = script.asked
    assert [choice.value for choice in menu.choices] == [f"watch:{run.name}", "new", "download"]
    assert menu.choices[0].title == f"Watch the build that runs in {made.output_path}"
    local_runs.write(replace(run, state="stopped"))
    script = Script(["new"])
    choose_start(script)
    assert script.asked[0].choices[0].title.startswith("Resume the unfinished build in ")
