"""What follows from the answer about what will open the result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ask.conftest import BACK, DEFAULT, Script, known
from tests.helpers import profile
from tests.sources import making
from wizard.ask import defaults, trainers
from wizard.ask.context import Context
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import draft_of
from wizard.ask.view import Outcome
from wizard.targets.registry import TARGETS, from_profile, output_for
from wizard.targets.registry import trainers as all_trainers
from wizard.targets.trainer import FAMILIES

Converse = Callable[..., tuple[Script, Outcome | None]]


def chosen(trainer: str) -> list[str]:
    """The answers that lead to a trainer."""
    family = all_trainers()[trainer][1].family
    alone = sum(each.family == family for _, each in all_trainers().values()) == 1
    return [family.name] if alone else [family.name, trainer]


def holds_boxes(trainer: str) -> bool:
    """Whether what a trainer opens has a place for boxes, so that the question about them is asked."""
    return from_profile(output_for(trainer), "image").has_boxes


@pytest.fixture
def after(raw: Path, tmp_path: Path) -> Callable[[str], list[Any]]:
    """Answers to all questions, with original images."""

    def answers(trainer: str) -> list[Any]:
        boxes = ["none"] if holds_boxes(trainer) else []
        return [*chosen(trainer), str(raw), DEFAULT, *boxes, str(tmp_path / "out"), "original", "mine"]

    return answers


@pytest.mark.parametrize("trainer", list(all_trainers()))
def test_the_answer_sets_all_that_its_reader_expects(
    trainer: str, converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    script, outcome = converse(*after(trainer), "save", chooses_trainer=True)
    assert script.keys[0] == "family"
    assert "output.format" not in script.keys
    assert outcome is not None
    assert outcome.profile is not None
    output = dict(outcome.profile.output) | {"label_base": outcome.profile.label_base}
    target, made_for = all_trainers()[trainer]
    assert output["format"] == target.format
    assert made_for.opens(output)
    settings = {key: value for key, value in made_for.settings.items() if not key.endswith("_shards")}
    assert {key: output[key] for key in settings} == settings
    assert ("Opened by", made_for.title) in [(row.label, row.text) for row in script.tables[-1]]


def test_the_review_says_that_boxes_have_no_place(converse: Converse, raw: Path, tmp_path: Path) -> None:
    answers = ["other", str(raw), DEFAULT, "parquet", str(tmp_path / "out"), "original", 5, 2, "mine"]
    script, _ = converse(*answers, "edit", "source.boxes", "train", "save", chooses_trainer=True)
    assert ("Boxes", "none: these rows cannot hold them") in [(row.label, row.text) for row in script.tables[-1]]


def test_the_first_question_offers_frameworks_and_a_choice_of_formats(converse: Converse, raw: Path) -> None:
    script, _ = converse("other", str(raw), DEFAULT, chooses_trainer=True)
    question = script.asked[0]
    assert (question.key, question.default) == ("family", "tensorflow")
    there = {trainer.family for _, trainer in all_trainers().values()}
    assert [choice.value for choice in question.choices] == [
        *(each.name for each in FAMILIES if each in there),
        "other",
    ]
    assert script.asked[-1].key == "output.format"
    assert [choice.value for choice in script.asked[-1].choices] == list(TARGETS)


def test_another_trainer_replaces_what_the_first_one_had_set(
    converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    edit = ("edit", "family", "pytorch", "imagefolder")
    script, outcome = converse(*after("tfds-folder"), *edit, "save", chooses_trainer=True)
    assert outcome is not None
    assert outcome.profile is not None
    output = dict(outcome.profile.output)
    assert (output["trainer"], output["format"], output["tfds"]) == ("imagefolder", "folders", False)
    assert "With" not in [row.label for row in script.tables[-1]]


def test_what_a_trainer_needs_is_not_taken_from_it(converse: Converse, after: Callable[[str], list[Any]]) -> None:
    script, _ = converse(*after("dali"), "edit", chooses_trainer=True)
    offered = [choice.value for choice in script.asked[-1].choices]
    assert "output.tfds" in offered
    assert "output.index" not in offered


def test_what_a_trainer_merely_sets_can_be_changed(converse: Converse, after: Callable[[str], list[Any]]) -> None:
    _, outcome = converse(*after("tfrecord"), "edit", "output.label_base", 1, "save", chooses_trainer=True)
    assert outcome is not None
    assert outcome.profile is not None
    assert (outcome.profile.output.trainer, outcome.profile.output.label_base) == ("tfrecord", 1)


def test_a_familys_most_usual_trainer_comes_first() -> None:
    first = {family.name: trainers.usual(known(Context(), {"family": family.name})) for family in FAMILIES}
    assert first["tensorflow"] == "tf.data"
    assert (first["pytorch"], first["timm"], first["hugging-face"]) == ("imagefolder", "timm-folders", "datasets")
    for family in FAMILIES:
        assert sum(each.leads for _, each in all_trainers().values() if each.family == family) <= 1


def test_every_family_has_a_trainer() -> None:
    assert {trainer.family for _, trainer in all_trainers().values()} == {*FAMILIES}


@pytest.mark.parametrize("answers", [["hugging-face", "datasets"], ["other", "RAW", DEFAULT, "parquet"]])
def test_a_format_whose_library_is_missing_is_refused_at_once(
    answers: list[str], converse: Converse, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.targets.parquet.target.is_installed", lambda: False)
    script, _ = converse(*(str(raw) if each == "RAW" else each for each in answers), chooses_trainer=True)
    assert "needs pyarrow, which is not installed.\n  → Install it: pip install" in script.asked[-1].error


def test_what_has_to_be_installed_is_said_beside_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    def about(key: str, family: str = "") -> dict[str | int, str]:
        return {each.value: each.about for each in BY_KEY[key].choices(known(Context(), {"family": family}))}

    there = about("output.format") | about("output.trainer", "hugging-face") | about("output.trainer", "timm")
    assert not [text for text in there.values() if "needs " in text]
    monkeypatch.setattr("wizard.targets.parquet.target.is_installed", lambda: False)
    need = "needs pip install pyarrow · "
    assert about("output.format")["parquet"] == need + there["parquet"]
    assert about("output.trainer", "hugging-face")["datasets"] == need + there["datasets"]
    needing = {*about("output.format").items(), *about("output.trainer", "timm").items()} - {*there.items()}
    assert {value for value, _ in needing} == {"parquet", "timm-hfds"}


def test_a_framework_needs_what_all_of_its_ways_need(monkeypatch: pytest.MonkeyPatch) -> None:
    def about() -> dict[str | int, str]:
        return {each.value: each.about for each in BY_KEY["family"].choices(known(Context()))}

    there = about()
    monkeypatch.setattr("wizard.targets.parquet.target.is_installed", lambda: False)
    assert about() == there  # each with Parquet has tars, too
    monkeypatch.setattr(TARGETS["webdataset"], "lacking", classmethod(lambda _: "pip install x"))
    assert about()["dali"] == there["dali"]
    monkeypatch.setattr(TARGETS["parquet"], "lacking", classmethod(lambda _: "pip install x"))
    assert about()["hugging-face"] == f"needs pip install x · {there['hugging-face']}"
    assert about()["timm"] == there["timm"]


def test_a_trainer_that_the_raw_data_rules_out_is_asked_for_again_with_the_reason(
    converse: Converse, tmp_path: Path
) -> None:
    making.write(tmp_path / "own", [f"train/{name}/{number}.jpg" for name in ("cat", "dog") for number in range(3)])
    script, _ = converse(*chosen("tfds"), str(tmp_path / "own"), chooses_trainer=True)
    assert "the images have 2 classes of their own, beginning with cat" in script.said[-1]
    assert (script.keys[-1], script.asked[-1].default) == ("output.trainer", "tf.data")


def test_back_leads_to_it_from_the_question_after_it(converse: Converse) -> None:
    script, _ = converse(*chosen("keras"), BACK, BACK, chooses_trainer=True)
    assert script.keys == ["family", "output.trainer", "source.path", "output.trainer", "family"]
    assert script.asked[-2].default == "keras"


def test_a_replayed_profile_keeps_its_trainer(raw: Path, tmp_path: Path, converse: Converse) -> None:
    made = profile(raw, tmp_path / "out", output={"trainer": "keras"})
    script, outcome = converse("save", draft=draft_of(made.model_copy(update={"name": "mine"})))
    assert script.keys == ["review"]
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.output.trainer == "keras"


def test_a_setup_like_the_last_one_offers_its_trainer(raw: Path, tmp_path: Path) -> None:
    last = profile(raw, tmp_path / "out", output={"trainer": "keras"})
    context = Context(last=last)
    assert trainers.usual_family(known(context)) == "tensorflow"
    assert trainers.usual(known(context, {"family": "tensorflow"})) == "keras"
    assert trainers.usual(known(context, {"family": "pytorch"})) != "keras"
    assert trainers.usual_family(known(Context(last=profile(raw, tmp_path / "out")))) == "other"


def test_values_that_are_not_for_a_format_are_not_offered_with_it() -> None:
    for form, offered in {
        "folders": ["dinov2", "mmpretrain", "swin", "classes.json"],
        "flat": ["mmpretrain", "swin", "classes.json"],
    }.items():
        choices = BY_KEY["output.metadata"].choices(known(Context(), {"output.format": form}))
        assert [choice.value for choice in choices] == offered


def test_the_images_are_proposed_as_the_trainers_other_users_have_them(converse: Converse, raw: Path) -> None:
    script, _ = converse(*chosen("dinov2"), str(raw), DEFAULT, DEFAULT, chooses_trainer=True)
    assert (script.asked[-1].key, script.asked[-1].default) == ("image.resize", "original")
    script, _ = converse(*chosen("tf.data"), str(raw), DEFAULT, "none", DEFAULT, chooses_trainer=True)
    assert (script.asked[-1].key, script.asked[-1].default) == ("image.resize", "shortest")


def test_images_like_the_last_ones_are_proposed_for_the_same_trainer(raw: Path, tmp_path: Path) -> None:
    last = profile(
        raw,
        tmp_path / "out",
        image={"resize": "crop", "height": 8, "width": 8, "quality": 80},
        output={"trainer": "dinov2"},
    )
    answers = {"family": "research", "output.trainer": "dinov2"}
    assert defaults.resize(known(Context(last=last), answers)) == "crop"


def test_boxes_are_asked_about_only_where_they_have_a_place(converse: Converse, raw: Path) -> None:
    script, _ = converse(*chosen("imagefolder"), str(raw), DEFAULT, chooses_trainer=True)
    assert script.keys[-2:] == ["source.splits", "output.path"]
    script, _ = converse(*chosen("dali"), str(raw), DEFAULT, chooses_trainer=True)
    assert script.keys[-2:] == ["source.splits", "source.boxes"]
    for target, following in (("folders", "output.path"), ("webdataset", "source.boxes")):
        script, _ = converse("other", str(raw), DEFAULT, target, chooses_trainer=True)
        assert script.keys[-2:] == ["output.format", following]


@pytest.mark.parametrize(
    ("trainer", "default", "about"),
    [
        ("dali", "train", "as build_imagenet_data.py does"),
        ("timm-wds", "none", "for detection and localisation"),
    ],
)
def test_boxes_are_proposed_only_where_readers_usually_look_at_them(
    converse: Converse, raw: Path, trainer: str, default: str, about: str
) -> None:
    script, _ = converse(*chosen(trainer), str(raw), DEFAULT, chooses_trainer=True)
    question = script.asked[-1]
    assert (question.key, question.default) == ("source.boxes", default)
    assert question.choices[1].about == about


def test_images_that_were_accepted_stay_with_another_trainer(
    converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    answers = after("tf.data")
    answers[answers.index("original") :] = [DEFAULT, DEFAULT, DEFAULT, DEFAULT, 5, 2, "mine"]
    script, outcome = converse(*answers, "edit", "family", "research", "dinov2", "save", chooses_trainer=True)
    assert outcome is not None
    assert outcome.profile is not None
    assert (outcome.profile.output.trainer, outcome.profile.image.resize) == ("dinov2", "shortest")
    assert not any("Images:" in said for said in script.said)


def test_a_list_of_what_lies_beside_may_be_longer_than_a_trainer_needs_but_not_shorter(
    converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    edit = ("edit", "output.metadata", ["mmpretrain"], ["dinov2", "mmpretrain"])
    script, outcome = converse(*after("dinov2"), *edit, "save", chooses_trainer=True)
    (error,) = [asked.error for asked in script.asked if asked.error]
    assert error == "The result is for DINOv2, which reads labels.txt and extra/*.npy: keep that ticked."
    assert outcome is not None
    assert outcome.profile is not None
    assert dict(outcome.profile.output)["metadata"] == ("dinov2", "mmpretrain")


def test_back_from_which_way_in_the_review_leads_to_the_framework_and_then_out_of_the_change(
    converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    script, outcome = converse(*after("keras"), "edit", "family", "timm", BACK, BACK, "save", chooses_trainer=True)
    assert script.keys[-5:] == ["edit", "family", "output.trainer", "family", "review"]
    assert outcome is not None
    assert outcome.profile.output.trainer == "keras"


def test_all_that_another_trainer_changes_is_told(converse: Converse, after: Callable[[str], list[Any]]) -> None:
    script, _ = converse(*after("tf.data"), "edit", "family", "pytorch", "imagefolder", chooses_trainer=True)
    assert [said for said in script.said if said.startswith("  · ")] == [
        "  · Format: Folders of classes (was TFRecord shards)",
        "  · Train shards: no longer applies (was 1)",
        "  · Validation shards: no longer applies (was 1)",
    ]


@pytest.mark.parametrize("trainer", list(all_trainers()))
def test_a_trainer_is_found_by_its_profiles_words_at_both_questions(trainer: str) -> None:
    target, made_for = all_trainers()[trainer]
    for word in (trainer, target.format, target.offer.title, made_for.title):
        found = [choice.value for choice in trainers.families(known(Context())) if choice.has(word)]
        assert made_for.family.name in found
        readers = trainers.of_family(known(Context(), {"family": made_for.family.name}))
        assert trainer in [choice.value for choice in readers if choice.has(word)]


@pytest.mark.parametrize("format_", list(TARGETS))
def test_something_else_is_found_by_the_formats_that_it_leads_to(format_: str) -> None:
    assert trainers.OTHER in [choice.value for choice in trainers.families(known(Context())) if choice.has(format_)]
