import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ask.conftest import BACK, LEAVE, Script
from tests.helpers import build_dataset, profile, shards
from tests.test_unfinished_builds import interrupted
from wizard import local_runs, profile_files, profile_store, run_files, unfinished_builds
from wizard.ask import setup_draft
from wizard.ask.draft import Draft
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import new_draft
from wizard.ask.start_menu import choose_start
from wizard.build import Options
from wizard.errors import Interrupted
from wizard.events import Event, ShardDone
from wizard.run_status import RunStatus
from wizard.targets.names import RUN_FOLDER


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
    assert [choice.value for choice in menu.choices] == ["new", "recipe", "download"]
    assert menu.default == "new"
    assert choose_start(Script(["new"])) == new_draft()


@pytest.mark.usefixtures("nowhere")
def test_going_back_from_the_menu_says_that_it_is_the_first_question() -> None:
    script = Script([BACK, "download"])
    assert choose_start(script) is None
    assert [menu.error for menu in script.asked] == ["", "This is the first question. Ctrl-C leaves."]


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


def test_a_saved_profile_opens_as_a_setup_that_is_filled_in(raw: Path, tmp_path: Path) -> None:
    profile_store.save(profile(raw, tmp_path / "one"), "one")
    profile_store.save(profile(raw, tmp_path / "two"), "two")
    script = Script(["profile", BACK, "profile", "two", BACK, "one", "review"])
    begun = choose_start(script)
    assert isinstance(begun, Draft)
    assert begun.answers["output.path"] == str(tmp_path / "one")
    assert begun.next is None
    assert script.keys == ["opening", "profile", "opening", "profile", "begin", "profile", "begin"]
    assert {choice.value for choice in script.asked[1].choices} == {"one", "two"}


def test_a_saved_profile_is_walked_through_with_its_answers_offered(raw: Path, tmp_path: Path) -> None:
    image = {"resize": "shortest", "size": 64, "quality": 80}
    profile_store.save(profile(raw, tmp_path / "one", image=image, run={"workers": 3}), "one")
    begun = choose_start(Script(["profile", "one", "questions"]))
    assert isinstance(begun, Draft)
    assert begun.next is BY_KEY["family"]
    asked = begun.prompt(BY_KEY["image.size"])
    assert (asked.default, asked.note) == (64, "as in one")
    assert begun.answers["run.workers"] == 3
    assert begun.answers["name"] != "one"


@pytest.mark.parametrize("recipe", [each.name for each in profile_files.recipes()])
def test_a_recipe_asks_only_for_what_it_leaves_open(recipe: str) -> None:
    script = Script(["recipe", recipe, "review"])
    begun = choose_start(script)
    assert isinstance(begun, Draft)
    prompt = begun.prompt(BY_KEY["source.path"])
    assert begun.next is BY_KEY["source.path"]
    assert (prompt.number, prompt.of) == (1, 0)  # how many there are follows from the raw data
    assert script.asked[1].choices[0].about
    assert begun.back() is None


def test_an_unusable_profile_is_marked_before_it_is_chosen(home: Path, raw: Path, tmp_path: Path) -> None:
    profile_store.save(profile(raw, tmp_path / "one"), "one")
    (home / "config" / "profiles" / "wrong.toml").write_text("[image]\nqualty = 80\n")
    script = Script(["profile", LEAVE])
    with pytest.raises(KeyboardInterrupt):
        choose_start(script)
    listed = {choice.value: choice for choice in script.asked[-1].choices}
    assert listed["one"].title == "one"
    assert listed["one"].about.startswith("tfrecord: train and validation, ")
    assert listed["one"].about.endswith(f" → {tmp_path / 'one'}")
    assert listed["wrong"].title == "! wrong"
    assert listed["wrong"].about.startswith("cannot be used: image.qualty")


def test_an_unusable_profile_is_reported_with_all_its_problems_and_how_to_fix_it(home: Path) -> None:
    (home / "config" / "profiles").mkdir(parents=True)
    (home / "config" / "profiles" / "broken.toml").write_text("[source")
    (home / "config" / "profiles" / "my own.toml").write_text('[image]\nqualty = 80\n[output]\nseed = "x"\n')
    script = Script(["profile", "broken", "profile", "my own", LEAVE])
    with pytest.raises(KeyboardInterrupt):
        choose_start(script)
    assert "it is not valid TOML" in script.said[0]
    assert "image.qualty" in script.said[1]
    assert "output.seed" in script.said[1]
    assert script.said[1].endswith("→ Fix it with: imagenet-setup profiles edit 'my own'")


def test_help_of_the_menu_is_about_the_choices_that_are_there(raw: Path, tmp_path: Path) -> None:
    for saved in (False, True):
        if saved:
            profile_store.save(profile(raw, tmp_path / "out"), "one")
        script = Script(["new"])
        choose_start(script, "back")
        help_ = script.asked[0].help
        assert ("A saved profile" in help_) == saved
        assert "A recipe" in help_
        assert "unfinished" not in help_


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
    run = local_runs.this_process(made.output_path)
    local_runs.write(run)
    script = Script([f"watch:{run.name}"])
    assert choose_start(script) == run
    (menu,) = script.asked
    assert [choice.value for choice in menu.choices] == [f"watch:{run.name}", "new", "recipe", "download"]
    assert menu.choices[0].title == f"Watch the build running in {made.output_path}"
    assert menu.choices[0].about.startswith("being prepared, started ")
    local_runs.write(replace(run, state="stopped"))
    script = Script(["new"])
    choose_start(script)
    assert script.asked[0].choices[0].title.startswith("Resume the unfinished build in ")


def test_a_download_that_runs_is_offered_to_be_watched(tmp_path: Path) -> None:
    run = local_runs.this_process(tmp_path, kind="download")
    local_runs.write(run)
    script = Script([f"watch:{run.name}"])
    assert choose_start(script) == run
    assert script.asked[0].choices[0].title == f"Watch the download running to {tmp_path}"
    assert script.asked[0].choices[0].about.startswith("started ")


def test_the_menu_says_how_far_a_build_is(tmp_path: Path) -> None:
    run = local_runs.this_process(tmp_path)
    local_runs.write(run)
    (tmp_path / RUN_FOLDER).mkdir(parents=True)
    said = RunStatus(host=run.host, pid=run.pid, begun=1.0, written=1.0, state="building", images_done=1, images=3)
    run_files.write(tmp_path, said)
    script = Script([f"watch:{run.name}"])
    choose_start(script)
    assert script.asked[0].choices[0].about.startswith("33 % done, started ")


def test_the_first_question_does_not_wait_for_what_a_build_needs() -> None:
    code = (
        "import sys, wizard.commands.setup; print([m for m in sys.modules if m in ('wizard.build', 'wizard.verify')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
