"""What follows from the answer about what will open the result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ask.conftest import BACK, DEFAULT, Script, known
from tests.helpers import profile
from wizard.ask import trainers
from wizard.ask.context import Context
from wizard.ask.setup_draft import draft_of
from wizard.ask.view import Outcome
from wizard.targets.registry import TARGETS
from wizard.targets.registry import trainers as all_trainers

Converse = Callable[..., tuple[Script, Outcome | None]]


@pytest.fixture
def after(raw: Path, tmp_path: Path) -> Callable[[str], list[Any]]:
    """Answers to all questions, with original images."""

    def answers(trainer: str) -> list[Any]:
        sharded = not all_trainers()[trainer][0].one_file_per_image
        shards = [5, 2] if sharded else []
        return [str(raw), trainer, DEFAULT, "none", str(tmp_path / "out"), "original", *shards, "mine"]

    return answers


@pytest.mark.parametrize("trainer", list(all_trainers()))
def test_the_answer_sets_all_that_its_reader_expects(
    trainer: str, converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    script, outcome = converse(*after(trainer), "save", chooses_trainer=True)
    assert script.keys[1] == "output.trainer"
    assert "output.format" not in script.keys
    assert outcome is not None
    assert outcome.profile is not None
    output, (target, chosen) = dict(outcome.profile.output), all_trainers()[trainer]
    assert output["format"] == target.format
    assert chosen.opens(output)
    assert {key: output[key] for key in chosen.settings if not key.endswith("_shards")}.items() <= chosen.output.items()
    assert ("Opened by", chosen.title) in [(row.label, row.text) for row in script.tables[-1]]


def test_the_first_question_after_the_raw_data_offers_every_trainer_and_a_choice_of_formats(
    converse: Converse, raw: Path
) -> None:
    script, _ = converse(str(raw), "other", DEFAULT, "none", chooses_trainer=True)
    question = script.asked[1]
    assert (question.key, question.default) == ("output.trainer", "tf.data")
    assert [choice.value for choice in question.choices] == [*all_trainers(), "other"]
    assert script.asked[-1].key == "output.format"
    assert [choice.value for choice in script.asked[-1].choices] == list(TARGETS)


def test_another_trainer_replaces_what_the_first_one_had_set(
    converse: Converse, after: Callable[[str], list[Any]]
) -> None:
    edit = ("edit", "output.trainer", "imagefolder")
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


@pytest.mark.parametrize("answers", [["datasets"], ["other", DEFAULT, "none", "parquet"]])
def test_a_format_whose_library_is_missing_is_refused_at_once(
    answers: list[str], converse: Converse, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.targets.parquet.target.is_installed", lambda: False)
    script, _ = converse(str(raw), *answers, chooses_trainer=True)
    assert "needs pyarrow, which is not installed.\n  → Install it: pip install" in script.asked[-1].error


def test_back_leads_to_it_from_the_question_after_it(converse: Converse, raw: Path) -> None:
    script, _ = converse(str(raw), "dali", BACK, chooses_trainer=True)
    assert script.keys == ["source.path", "output.trainer", "source.splits", "output.trainer"]
    assert script.asked[-1].default == "dali"


def test_a_replayed_profile_keeps_its_trainer(raw: Path, tmp_path: Path, converse: Converse) -> None:
    made = profile(raw, tmp_path / "out", output={"trainer": "keras"})
    script, outcome = converse("save", draft=draft_of(made.model_copy(update={"name": "mine"})))
    assert script.keys == ["review"]
    assert outcome is not None
    assert outcome.profile is not None
    assert outcome.profile.output.trainer == "keras"


def test_a_setup_like_the_last_one_offers_its_trainer(raw: Path, tmp_path: Path) -> None:
    last = profile(raw, tmp_path / "out", output={"trainer": "keras"})
    assert trainers.usual(known(Context(last=last))) == "keras"
    assert trainers.usual(known(Context(last=profile(raw, tmp_path / "out")))) == "other"
