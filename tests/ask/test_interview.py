"""The conversation, with a script for a person and real archives."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ask.conftest import BACK, DEFAULT, LEAVE, Script
from tests.helpers import TRAIN, VALIDATION, build_dataset, build_profile, plan_of, profile
from wizard import profile_files, profile_store
from wizard.ask import setup_draft
from wizard.ask.live_estimate import LiveEstimate
from wizard.ask.prompt import Back
from wizard.ask.setup_draft import SetupDraft, draft_of
from wizard.ask.view import Outcome
from wizard.events import Estimated
from wizard.planning import Job
from wizard.preflight import output_state
from wizard.preflight.estimate import Estimator
from wizard.preflight.output_state import OutputState, read_output

Converse = Callable[..., tuple[Script, Outcome | None]]

ALL = [
    "source.path",
    "source.splits",
    "output.format",
    "source.boxes",
    "output.path",
    "image.resize",
    "image.size",
    "image.quality",
    "image.splits",
    "output.train_shards",
    "output.validation_shards",
    "name",
    "review",
]


def test_every_question_once_then_the_review(converse: Converse, forward: list[Any], raw: Path, tmp_path: Path) -> None:
    script, outcome = converse(*forward, "save")
    assert script.keys == ALL
    assert [asked.number for asked in script.asked[:-1]] == [*range(2, 14)]  # 1 is what will open the result
    # The raw data tells how many there are; an exact size would have been asked for by one more than a shortest side.
    assert [asked.of for asked in script.asked] == [0, *[14] * 5, *[13] * 6, 0]
    assert outcome is not None
    assert outcome.kind == "saved"
    profile = profile_store.load("mine")
    assert profile == outcome.profile
    assert (profile.source_path, profile.output_path) == (raw, tmp_path / "out")
    assert (profile.image.size, profile.image.quality, profile.output.train_shards) == (64, 80, 5)


def test_the_raw_data_found_is_reported_at_once(converse: Converse, raw: Path) -> None:
    script, _ = converse(str(raw))
    reported = script.said[0]
    for part in (f"{TRAIN} images", f"{VALIDATION} images", "bounding boxes", "Nothing is extracted"):
        assert part in reported


def test_size_and_time_are_shown_after_every_image_answer(converse: Converse, forward: list[Any]) -> None:
    script, _ = converse(*forward)
    assert len(script.consequences) == 4
    assert script.assumed == [
        "shortest side 480, JPEG quality 85 · both splits",
        "",
        "",
        "",
    ]
    assert all(each.images == TRAIN + VALIDATION for each in script.consequences)
    assert script.consequences[1].bytes_out.likely != script.consequences[0].bytes_out.likely
    (page,) = script.pages
    assert "quality 80" in page.read_text(encoding="utf-8")


def test_kept_originals_need_no_size_no_quality_and_no_page(converse: Converse, raw: Path, tmp_path: Path) -> None:
    script, outcome = converse(
        *(str(raw), DEFAULT, DEFAULT, DEFAULT, str(tmp_path / "o"), "original", DEFAULT, DEFAULT, DEFAULT, "save")
    )
    assert not {"image.size", "image.height", "image.quality", "image.splits"} & set(script.keys)
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.image.quality is None
    assert script.pages == []


def test_back_asks_the_question_before_and_its_answer_is_still_there(converse: Converse, forward: list[Any]) -> None:
    script, outcome = converse(*forward[:7], BACK, 72, *forward[7:], "save")
    assert script.keys[6:9] == ["image.size", "image.quality", "image.size"]
    assert script.asked[8].default == 64
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.image.size == 72


def test_back_renews_what_was_only_accepted_and_keeps_what_was_chosen(converse: Converse, forward: list[Any]) -> None:
    script, _ = converse(*forward[:6], DEFAULT, DEFAULT, BACK, BACK, BACK, "crop", DEFAULT, DEFAULT)
    defaults = {asked.key: asked.default for asked in script.asked[9:]}
    assert (defaults["image.height"], defaults["image.width"], defaults["image.quality"]) == (224, 224, 85)
    script, _ = converse(*forward[:8], DEFAULT, 3, BACK, BACK, BACK, BACK, 48, DEFAULT, DEFAULT, LEAVE)
    defaults = {asked.key: asked.default for asked in script.asked[-3:]}
    assert (defaults["image.quality"], defaults["output.train_shards"]) == (80, 3)


def test_back_from_the_first_question_leads_out(converse: Converse) -> None:
    with pytest.raises(Back):
        converse(BACK)


def test_a_path_with_a_variable_is_resolved_and_an_unknown_one_is_refused_at_the_question(
    converse: Converse, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW", str(raw))
    monkeypatch.delenv("NOT_SET", raising=False)
    script, _ = converse("$NOT_SET/x", "~nobody-of-this-name", "${RAW}", BACK, LEAVE)
    first, second, third, _, again = script.asked
    assert (first.error, again.default) == ("", str(raw))
    assert "the variable NOT_SET is not set" in second.error
    assert "there is no user nobody-of-this-name" in third.error


def test_an_answer_that_does_not_fit_is_asked_again_with_the_reason(
    converse: Converse, forward: list[Any], raw: Path
) -> None:
    script, _ = converse(*forward[:4], str(raw), *forward[4:7], 120, LEAVE)
    wrong = [asked for asked in script.asked if asked.error]
    assert [(asked.key, asked.typed) for asked in wrong] == [("output.path", str(raw)), ("image.quality", 120)]
    assert wrong[0].error == "That is the raw data's own folder. Give the dataset another one."
    assert wrong[1].error == "120 is above 100; JPEG quality can be 1 to 100."


def test_a_folder_without_archives_is_refused_with_what_is_there(converse: Converse, tmp_path: Path) -> None:
    (tmp_path / "ILSVRC2012_img_train.tar").write_bytes(b"<!DOCTYPE html><html>Log in</html>")
    (tmp_path / "empty").mkdir()
    script, _ = converse(str(tmp_path), str(tmp_path / "none"), str(tmp_path / "empty"))
    assert "is an HTML page of 34 bytes" in script.asked[1].error
    assert "→ Download it again" in script.asked[1].error
    assert "does not exist" in script.asked[2].error
    assert "There is nothing in it.\n  → Looked for" in script.asked[3].error


def test_a_damaged_archive_is_reported_and_the_intact_one_can_be_built(converse: Converse, raw_copy: Path) -> None:
    train = raw_copy / "ILSVRC2012_img_train.tar"
    train.write_bytes(train.read_bytes()[:5000])
    script, _ = converse(str(raw_copy))
    assert "✗ ILSVRC2012_img_train.tar" in script.said[0]
    assert script.keys[1] == "source.splits", "what remains is not built without a word"
    assert [choice.value for choice in script.asked[1].choices] == ["validation"]


@pytest.mark.parametrize(
    ("missing", "reported"),
    [
        ("ILSVRC2012_img_val.tar", "only train can be built"),
        ("ILSVRC2012_bbox_train_v2.tar.gz", "records of train will have no bounding boxes"),
    ],
)
def test_missing_data_is_reported_with_its_cost_and_not_asked_about(
    converse: Converse, raw_copy: Path, missing: str, reported: str
) -> None:
    (raw_copy / missing).unlink()
    (raw_copy / "ILSVRC2012_bbox_val_v3.tgz").unlink(missing_ok=True)
    is_split = missing == "ILSVRC2012_img_val.tar"
    script, _ = converse(str(raw_copy), DEFAULT, "tfrecord")
    assert reported in script.said[0]
    assert ("source.splits" in script.keys) == (not is_split)
    assert ("source.boxes" in script.keys) == is_split


def test_editing_comes_back_to_the_review_and_asks_what_has_become_necessary(
    converse: Converse, forward: list[Any]
) -> None:
    script, outcome = converse(*forward, "edit", "image.resize", "exact", 40, 50, "edit", "image.quality", 70, "save")
    assert script.keys[12:] == [
        *("review", "edit", "image.resize", "image.height", "image.width"),
        *("review", "edit", "image.quality", "review"),
    ]
    assert outcome is not None
    assert outcome.profile is not None
    image = outcome.profile.image
    assert (image.resize, image.height, image.width, image.size, image.quality) == ("exact", 40, 50, None, 70)


def test_back_while_editing_leaves_everything_as_it_was(converse: Converse, forward: list[Any]) -> None:
    script, outcome = converse(*forward, "edit", "image.resize", "exact", BACK, BACK, "edit", BACK, "save")
    assert script.keys[-6:] == ["image.resize", "image.height", "image.resize", "review", "edit", "review"]
    assert outcome is not None
    assert outcome.profile is not None
    assert (outcome.profile.image.resize, outcome.profile.image.size) == ("shortest", 64)


def test_what_is_asked_only_on_request_can_be_changed(converse: Converse, forward: list[Any]) -> None:
    _, outcome = converse(
        *forward, "edit", "run.workers", "many", "1", "edit", "output.label_base", 0, "edit", "output.on_bad_image",
        "skip", "save",
    )  # fmt: skip
    assert outcome is not None
    assert outcome.profile is not None
    profile = outcome.profile
    assert (profile.run.workers, profile.output.label_base, profile.output.on_bad_image) == (1, 0, "skip")


def test_how_images_are_checked_can_be_changed_where_they_keep_their_bytes(
    converse: Converse, raw: Path, tmp_path: Path
) -> None:
    answers = [str(raw), DEFAULT, DEFAULT, DEFAULT, str(tmp_path / "out"), "original", 5, 2, "mine"]
    script, outcome = converse(*answers, "edit", "image.check", "structure", "save")
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.image.check == "structure"
    rows = {row.label: row.text for row in script.tables[-1]}
    assert rows["Images"] == "original size, bytes kept, only their structure checked · both splits"


def test_small_images_and_the_encoder_can_be_changed_and_are_measured_at_once(
    converse: Converse, forward: list[Any]
) -> None:
    changes = ["edit", "image.keep_small", "yes", "edit", "image.encoder", "jpegli", "save"]
    script, outcome = converse(*forward, *changes)
    assert outcome is not None
    assert (outcome.profile.image.keep_small, outcome.profile.image.encoder) == (True, "jpegli")
    before, small, both = script.consequences[-3:]
    assert (before.kept, small.kept) == (None, both.kept)
    assert before.bytes_out.likely != small.bytes_out.likely != both.bytes_out.likely
    (row,) = (row.text for row in script.tables[-1] if row.label == "Images")
    said = (
        f"shortest side 64, JPEG quality 80 by jpegli, bytes kept where the size stays · both splits (about {both.kept}"
    )
    assert both.smaller
    assert row == f"{said} of {TRAIN + VALIDATION} images) · about {both.smaller:,} are smaller and stay so"


@pytest.mark.parametrize("resized", [["train"], ["train", "validation"]])
def test_a_check_is_offered_as_long_as_a_split_keeps_its_bytes(
    converse: Converse, forward: list[Any], resized: list[str]
) -> None:
    forward[8] = resized
    script, _ = converse(*forward, "edit", LEAVE)
    assert ("image.check" in [choice.value for choice in script.asked[-1].choices]) == (resized == ["train"])


def test_the_review_lists_extra_output(converse: Converse, forward: list[Any]) -> None:
    beside = [("tfds", "yes"), ("boxes_csv", "yes"), ("index", "no"), ("split_folders", "yes")]
    edits = [word for key, answer in beside for word in ("edit", f"output.{key}", answer)]
    script, outcome = converse(*forward, *edits, "save")
    assert outcome is not None
    assert outcome.profile is not None
    output = dict(outcome.profile.output)
    assert [output[key] for key in ("tfds", "boxes_csv", "index", "split_folders")] == [True, True, False, True]
    assert "With" not in [row.label for row in script.tables[0]]
    reported = next(row.text for row in script.tables[-1] if row.label == "With")
    assert reported == "one folder per split · no index files · TFDS metadata · boxes as a CSV"


def test_raw_data_changed_in_the_review_changes_what_can_be_chosen(
    converse: Converse, forward: list[Any], raw_copy: Path
) -> None:
    (raw_copy / "ILSVRC2012_img_val.tar").unlink()
    script, outcome = converse(*forward, "edit", "source.path", str(raw_copy), "none", "save")
    assert script.keys[-3:] == ["source.path", "source.holdout", "review"]
    assert any("Splits: Train (was Train, Validation)" in said for said in script.said)
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.source.splits == ("train",)


def test_the_review_shows_answers_measures_and_what_does_not_fit(
    converse: Converse, forward: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    script, _ = converse(*forward)
    table = {row.label: row for row in script.tables[0]}
    assert f"train {TRAIN}" in table["Raw data"].text
    assert "5 + 2 shards" in table["Output"].text
    assert table["Images"].text.startswith("shortest side 64, JPEG quality 80 · both splits")
    assert (table["Size"].mark, table["Memory"].mark) == ("✓", "✓")
    assert "second" in table["Time"].text
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    script, outcome = converse(*forward, "start")
    assert [row.mark for row in script.tables[0] if row.label == "Size"] == ["✗"]
    assert script.asked[-1].default == "edit"
    assert script.asked[-1].choices[0].title == "Start despite failed checks: disk"
    assert outcome is not None
    assert (outcome.kind, outcome.ignored) == ("start", ("disk",))


def test_with_another_plans_shards_no_start_is_offered_but_another_folder(
    converse: Converse, forward: list[Any], raw: Path, tmp_path: Path
) -> None:
    build_dataset(raw, tmp_path / "out", image={"resize": "shortest", "size": 64, "quality": 81})
    script, outcome = converse(*forward, "folder", DEFAULT, "start")
    (row,) = [row for row in script.tables[0] if row.label == "Output folder"]
    assert row.mark == "✗"
    assert "train stored as: there shortest side 64, JPEG quality 81 · asked for shortest side 64, JPEG" in row.text
    assert script.keys[-3:] == ["review", "output.path", "review"]
    refused = script.asked[-3]
    assert refused.default == "folder"
    assert "start" not in [choice.value for choice in refused.choices]
    assert outcome is not None
    assert outcome.kind == "start"
    assert outcome.profile.output_path.parent == tmp_path
    assert "shortest-64-q80" in outcome.profile.output_path.name


@pytest.fixture
def replayed(raw: Path, tmp_path: Path) -> SetupDraft:
    """The draft of a profile that is saved as mine."""
    saved = profile(raw, tmp_path / "out", image={"resize": "shortest", "size": 64, "quality": 80})
    profile_store.save(saved, "mine")
    return draft_of(profile_store.load("mine"))


def test_the_review_of_an_unfinished_build_says_which_part_the_time_is_for(
    converse: Converse, replayed: SetupDraft, tmp_path: Path
) -> None:
    build_profile(profile_store.load("mine"))
    (tmp_path / "out" / ".imagenet-setup" / "shards" / "validation-00000-of-00002.json").unlink()
    script, _ = converse(draft=replayed)
    table = {row.label: row for row in script.tables[0]}
    assert table["Time"].text.endswith(" % of the images that this run builds")


def test_a_complete_build_is_said_to_be_one_and_is_not_started_again(
    converse: Converse, replayed: SetupDraft, tmp_path: Path
) -> None:
    build_profile(profile_store.load("mine"))
    script, outcome = converse("verify", draft=replayed)
    (row,) = [row for row in script.tables[0] if row.label == "Output folder"]
    assert row.text == "7 of 7 shards are there, and the dataset is complete"
    assert not {"Run", "Memory", "Time"} & {row.label for row in script.tables[0]}
    (review,) = script.asked
    assert review.text == "The dataset is complete. What next?"
    assert [choice.value for choice in review.choices[:4]] == ["verify", "size", "folder", "edit"]
    assert outcome is not None
    assert (outcome.kind, outcome.profile.output_path) == ("verify", tmp_path / "out")
    (tmp_path / "out" / "train-00002-of-00005").unlink()
    script, _ = converse(draft=replayed)
    assert script.asked[0].choices[0].value == "start"
    (row,) = [row for row in script.tables[0] if row.label == "Output folder"]
    assert row.text.startswith("6 of 7 shards are there; 1 is missing (train-00002-of-00005 is gone)")


def test_another_size_of_a_replayed_profile_gets_a_name_and_a_folder_of_its_own(
    converse: Converse, replayed: SetupDraft, tmp_path: Path
) -> None:
    script, outcome = converse("edit", "image.quality", 90, "save", draft=replayed)
    assert outcome is not None
    name, folder = outcome.profile.name, outcome.profile.output_path
    assert name.endswith("shortest-64-q90")
    assert folder == tmp_path / name
    assert f"  · Output: {folder} (was {tmp_path / 'out'})" in script.said
    assert f"  · Profile: {name} (was mine)" in script.said
    assert profile_store.load("mine").image.quality == 80


def test_a_name_and_a_folder_that_tell_what_is_built_follow_every_change(
    converse: Converse, replayed: SetupDraft
) -> None:
    _, outcome = converse("edit", "image.quality", 90, "edit", "image.size", 72, "save", draft=replayed)
    assert outcome is not None
    assert outcome.profile.name.endswith("shortest-72-q90")
    assert outcome.profile.output_path.name == outcome.profile.name


def test_what_makes_no_other_dataset_keeps_name_and_folder_and_says_that_the_profile_is_replaced(
    converse: Converse, replayed: SetupDraft, tmp_path: Path
) -> None:
    script, outcome = converse("edit", "run.workers", "2", "save", draft=replayed)
    assert outcome is not None
    assert (outcome.profile.name, outcome.profile.output_path) == ("mine", tmp_path / "out")
    assert "  · the profile mine is replaced; the old one is mine.toml.bak" in script.said


def test_the_output_folder_is_looked_at_once_for_all_estimates(
    converse: Converse, forward: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Path] = []

    def look(job: Job) -> OutputState:
        looks.append(job.output)
        return read_output(job)

    monkeypatch.setattr(output_state, "read_output", look)
    converse(*forward, LEAVE)
    assert len(looks) == 1


def test_an_edit_that_changes_nothing_leaves_a_name_that_was_typed(converse: Converse, replayed: SetupDraft) -> None:
    edits = ["edit", "image.quality", 90, "edit", "name", "mine", "edit", "image.size", DEFAULT]
    _, outcome = converse(*edits, "save", draft=replayed)
    assert outcome is not None
    assert outcome.profile.name == "mine"


def test_a_folder_of_ones_own_choice_is_kept_and_the_saved_profile_too(
    converse: Converse, replayed: SetupDraft, tmp_path: Path
) -> None:
    _, outcome = converse("edit", "output.path", str(tmp_path / "free"), "save", draft=replayed)
    assert outcome is not None
    assert outcome.profile.output_path == tmp_path / "free"
    assert outcome.profile.name != "mine"
    assert profile_store.load("mine").output_path == tmp_path / "out"


def test_back_from_the_review_keeps_what_was_changed_on_request(converse: Converse, forward: list[Any]) -> None:
    script, outcome = converse(*forward, "edit", "output.label_base", 0, BACK, "mine", "save")
    assert script.keys[-3:] == ["review", "name", "review"]
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.output.label_base == 0


def test_an_answer_is_kept_before_it_is_measured(
    converse: Converse, forward: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LiveEstimate, "estimate", interrupted)
    converse(*forward[:6])
    kept = setup_draft.load()
    assert kept is not None
    assert kept[0].answers["image.resize"] == "shortest"


def test_a_changed_number_of_workers_counts_without_another_measurement(
    converse: Converse, forward: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    begin = Estimator.__init__

    def counted(self: Estimator, *arguments: Any) -> None:
        made.append(1)
        begin(self, *arguments)

    monkeypatch.setattr(Estimator, "__init__", counted)
    script, _ = converse(*forward, "edit", "run.workers", "1", "edit", "run.workers", "500")
    runs = [next(row.text for row in table if row.label == "Run") for table in script.tables]
    assert runs[-2:] == ["1 worker on this machine", "7 workers on this machine (500 asked for)"]
    assert len(made) == 1


def test_what_an_earlier_run_has_built_takes_no_time(
    converse: Converse, forward: list[Any], raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    estimate = Estimator.estimate

    def watched(self: Estimator, asked: Job, **options: Any) -> Estimated:
        seen.append(options["remaining"])
        return estimate(self, asked, **options)

    monkeypatch.setattr(Estimator, "estimate", watched)
    build_dataset(raw, tmp_path / "out", image={"resize": "shortest", "size": 64, "quality": 80})
    converse(*forward)
    assert (seen[0], seen[-1]) == (1.0, 0.0)  # once the answers are those of the earlier run


def test_new_raw_data_draws_a_new_preview(converse: Converse, forward: list[Any], raw_copy: Path) -> None:
    script, _ = converse(*forward, "edit", "source.path", str(raw_copy))
    assert len(script.pages) == 2


def test_the_page_of_images_is_looked_at_from_the_review_which_comes_again(
    converse: Converse, forward: list[Any]
) -> None:
    script, _ = converse(*forward, "preview", "done", "preview", BACK, "preview", LEAVE, "quit")
    assert script.served == script.pages * 3
    assert script.keys[-7:] == ["review", "preview"] * 3 + ["review"]
    assert len(script.tables) == 1


def test_there_is_no_page_to_look_at_where_images_keep_their_bytes(converse: Converse, forward: list[Any]) -> None:
    script, _ = converse(*forward, "edit", "image.resize", "original")
    offered = [[choice.value for choice in asked.choices] for asked in script.asked if asked.key == "review"]
    assert ["preview" in each for each in offered] == [True, False]


def test_a_config_folder_that_cannot_be_written_is_no_reason_not_to_build(
    converse: Converse, forward: list[Any], home: Path
) -> None:
    (home / "config").write_text("in the way")
    script, outcome = converse(*forward, "start")
    assert outcome is not None
    assert (outcome.kind, outcome.path) == ("start", None)
    assert "The profile is not saved" in script.said[-1]
    script, outcome = converse(*forward, "background")  # whose other process could not read it
    assert outcome is None
    assert script.keys[-2:] == ["review", "review"]


def test_a_start_in_the_background_saves_the_profile_for_the_other_process(
    converse: Converse, forward: list[Any]
) -> None:
    _, outcome = converse(*forward, "background")
    assert outcome is not None
    assert outcome.kind == "background"
    assert outcome.path is not None
    assert profile_store.load(str(outcome.path)) == outcome.profile


def test_a_file_where_the_result_would_go_is_passed_over(converse: Converse, raw_copy: Path) -> None:
    (raw_copy.parent / "tfrecords").write_text("a file")
    (raw_copy.parent / "tfrecords-2").mkdir()
    (raw_copy.parent / "tfrecords-2" / "full").write_text("")
    script, _ = converse(str(raw_copy), DEFAULT, DEFAULT, DEFAULT)
    assert str(script.asked[-1].default).endswith("tfrecords-3")


def test_start_saves_the_profile_and_its_replay_is_the_same_plan(converse: Converse, forward: list[Any]) -> None:
    _, outcome = converse(*forward, "start")
    assert outcome is not None
    assert outcome.profile is not None
    finished = build_profile(outcome.profile)
    again = plan_of(profile_store.load("mine"))
    assert finished.plan_id == build_profile(profile_store.load("mine")).plan_id
    assert len(again.shard_names) == 7


def test_the_command_is_shown_below_the_review_which_does_not_come_again_and_push_it_away(
    converse: Converse, forward: list[Any]
) -> None:
    script, _ = converse(*forward, "command")
    (command,) = script.commands
    assert "--set image.size=64" in command
    assert script.keys[-2:] == ["review", "review"]
    assert len(script.tables) == 1
    assert profile_files.saved() == []


def test_answers_are_kept_and_the_next_start_continues_with_them(converse: Converse, forward: list[Any]) -> None:
    converse(*forward[:7])
    kept = setup_draft.load()
    assert kept is not None
    draft, age = kept
    assert (draft.answers["image.size"], draft.asked[-1]) == (64, "image.size")
    assert age < 60
    script, outcome = converse(*forward[7:], "save", draft=draft)
    assert script.keys == ALL[7:]
    assert "Nothing is extracted" in script.said[0]
    assert script.said[1] == "Answered so far:"
    assert [line.split("  ")[2] for line in script.said[2:4]] == ["Opened by", "Raw data"]
    assert any("Shortest side  64" in line for line in script.said)
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.image.size == 64
    assert setup_draft.load() is None


def test_kept_answers_about_raw_data_that_has_gone_are_asked_again(
    converse: Converse, forward: list[Any], tmp_path: Path
) -> None:
    converse(*forward[:6])
    kept = setup_draft.load()
    assert kept is not None
    gone = replace(kept[0], chosen={**kept[0].chosen, "source.path": str(tmp_path / "gone")})
    script, _ = converse(draft=gone)
    assert script.keys == ["source.path"]
    assert "does not exist" in script.said[0]


def test_kept_answers_that_cannot_be_read_are_none(home: Path) -> None:
    path = home / "state" / "answers.json"
    path.parent.mkdir(parents=True)
    shapes: list[Any] = [
        {"chosen": {}},
        {"chosen": [], "asked": 1, "profile": {}, "at": 0},
        {"chosen": {}, "asked": [], "profile": {}, "at": 0},
        {"chosen": {"other": 1}, "asked": ["other"], "profile": {}, "at": 0},
        {"chosen": {}, "asked": ["name"], "profile": [1], "at": 0},
        {"chosen": {}, "asked": ["name"], "profile": {}, "at": "yesterday"},
    ]
    for text in ("", "[]", *map(json.dumps, shapes)):
        path.write_text(text)
        assert setup_draft.load() is None
