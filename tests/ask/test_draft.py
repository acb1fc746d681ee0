from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import profile
from wizard.ask.context import Facts
from wizard.ask.draft import Draft
from wizard.ask.questions import BY_KEY, QUESTIONS
from wizard.ilsvrc2012.archives import SPLITS
from wizard.profile import Profile

MODES: list[dict[str, Any]] = [
    {},
    {"quality": 90},
    {"quality": 90, "splits": ["train"]},
    {"resize": "shortest", "size": 64, "quality": 85},
    {"resize": "shortest", "size": 64, "quality": 85, "upscale": True, "splits": ["train"]},
    {"resize": "exact", "height": 40, "width": 50, "quality": 85},
    {"resize": "crop", "height": 40, "width": 50, "quality": 1},
]


def meant(profile: Profile) -> dict[str, Any]:
    """What a profile says of the splits that are built; of others it may say anything."""
    table = profile.model_dump()
    built = profile.source.splits
    table["image"]["splits"] = [split for split in built if split in profile.image.splits]
    table["output"] |= {f"{split}_shards": 0 for split in SPLITS if split not in built}
    table["source"]["boxes"] = [profile.boxes(split) for split in built]
    return table


@pytest.mark.parametrize("image", MODES)
def test_a_profiles_answers_are_the_profile_again(
    raw: Path, tmp_path: Path, facts: Facts, image: dict[str, Any]
) -> None:
    before = profile(raw, tmp_path / "out", image=image, output={"seed": 7, "label_base": 0}, run={"workers": 3})
    draft = Draft.of(before)
    draft.settle(facts)
    assert draft.next(facts) is None
    assert meant(draft.profile(facts)) == meant(before)


@pytest.mark.parametrize(
    "sections",
    [
        {"source": {"layout": "archives", "links": "follow", "classes": 2}},
        {"output": {"features": "tpu", "split_folders": True, "index": False, "tfds": True, "boxes_csv": True}},
        {"output": {"format": "webdataset", "label_base": 1, "seed": 3}, "source": {"boxes": "all"}},
        {"output": {"format": "folders", "train_shards": 7, "on_bad_image": "skip"}},
        {"output": {"format": "flat", "boxes_csv": True}, "source": {"splits": ["validation"], "boxes": "all"}},
        {"source": {"splits": ["validation"], "boxes": "train"}},
        {"source": {"splits": ["train"]}, "image": MODES[3] | {"splits": ["validation"]}},
    ],
)
def test_every_key_of_a_profile_survives_its_replay(
    raw: Path, tmp_path: Path, facts: Facts, sections: dict[str, Any]
) -> None:
    before = profile(raw, tmp_path / "out", **sections)
    draft = Draft.of(before)
    draft.settle(facts)
    assert draft.next(facts) is None
    assert meant(draft.profile(facts)) == meant(before)


def test_what_was_said_of_one_folder_is_not_said_of_another(raw: Path, tmp_path: Path, facts: Facts) -> None:
    draft = Draft.of(profile(raw, tmp_path / "out", source={"layout": "archives", "links": "follow"}))
    draft.take(BY_KEY["source.path"], "/elsewhere", facts)
    source = draft.profile(facts).source
    assert (source.layout, source.links) == ("auto", "inside")


def test_another_format_drops_what_only_records_have(raw: Path, tmp_path: Path, facts: Facts) -> None:
    draft = Draft.of(profile(raw, tmp_path / "out", output={"features": "tpu", "tfds": True, "index": False}))
    draft.take(BY_KEY["output.format"], "folders", facts)
    draft.settle(facts)
    output = draft.profile(facts).output
    assert (output.format, output.features, output.tfds, output.index) == ("folders", "inception", False, True)


def test_another_mode_drops_what_only_the_old_one_had(raw: Path, tmp_path: Path, facts: Facts) -> None:
    draft = Draft.of(profile(raw, tmp_path / "out", image=MODES[4]))
    draft.take(BY_KEY["image.resize"], "original", facts)
    draft.settle(facts)
    assert draft.profile(facts).image.model_dump(exclude_defaults=True) == {}


@given(
    st.lists(st.tuples(st.sampled_from([each.key for each in QUESTIONS if each.kind == "choice"]), st.integers(0, 9)))
)
def test_whatever_is_chosen_in_whatever_order_gives_a_profile_or_a_question(
    facts: Facts, steps: list[tuple[str, int]]
) -> None:
    draft = Draft(
        answers={"source.path": str(facts.folder), "output.path": "/out"}, asked=["source.path", "output.path"]
    )
    draft.chosen = list(draft.asked)
    for key, number in steps:
        question = BY_KEY[key]
        choices = question.choices(draft.answers, facts)
        if question.applies(draft.answers, facts) and choices:
            draft.take(question, choices[number % len(choices)].value, facts)
            draft.settle(facts)
    for _ in QUESTIONS:
        question_left = draft.next(facts)
        if question_left is None:
            break
        offered = draft.offered(question_left, facts)
        assert offered is not None
        draft.take(question_left, offered, facts)
        draft.settle(facts)
    assert draft.next(facts) is None
    assert isinstance(draft.profile(facts), Profile)
    assert draft.count(facts) == len([key for key in draft.asked if not BY_KEY[key].on_request])
