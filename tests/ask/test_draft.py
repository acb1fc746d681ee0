"""Answers in layers: what is chosen, what follows, and what a replayed profile says besides."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import profile
from wizard.ask.context import Context
from wizard.ask.prompt import Prompt, Value
from wizard.ask.questions import BY_KEY, QUESTIONS
from wizard.ask.setup_draft import SetupDraft, draft_of, new_draft, profile_of
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
    table["output"] |= {f"{split}_shards": profile.shards(split) if split in built else 0 for split in SPLITS}
    table["source"]["boxes"] = [profile.boxes(split) for split in built]
    return table


def replayed(before: Profile, context: Context) -> SetupDraft:
    return replace(draft_of(before), context=context).settled()


@pytest.mark.parametrize("image", MODES)
def test_a_profiles_answers_are_the_profile_again(
    raw: Path, tmp_path: Path, context: Context, image: dict[str, Any]
) -> None:
    before = profile(raw, tmp_path / "out", image=image, output={"seed": 7, "label_base": 0}, run={"workers": 3})
    draft = replayed(before, context)
    assert draft.next is None
    assert meant(profile_of(draft)) == meant(before)


@pytest.mark.parametrize(
    "sections",
    [
        {"source": {"layout": "archives", "links": "follow", "classes": 2}},
        {"output": {"features": "tpu", "split_folders": True, "index": False, "tfds": True, "boxes_csv": True}},
        {"output": {"format": "webdataset", "label_base": 1, "seed": 3}, "source": {"boxes": "all"}},
        {"output": {"trainer": "dali", "load_py": True}},
        {"output": {"format": "folders", "train_shards": 7, "on_bad_image": "skip"}},
        {"output": {"format": "flat", "boxes_csv": True}, "source": {"splits": ["validation"], "boxes": "all"}},
        {"source": {"splits": ["validation"], "boxes": "train"}},
        {"source": {"splits": ["train"]}, "image": MODES[3] | {"splits": ["validation"]}},
    ],
)
def test_every_key_of_a_profile_survives_its_replay(
    raw: Path, tmp_path: Path, context: Context, sections: dict[str, Any]
) -> None:
    before = profile(raw, tmp_path / "out", **sections)
    draft = replayed(before, context)
    assert draft.next is None
    assert meant(profile_of(draft)) == meant(before)


def test_an_answer_leaves_the_draft_before_it_as_it_was(raw: Path, tmp_path: Path, context: Context) -> None:
    before = replayed(profile(raw, tmp_path / "out", image=MODES[3]), context)
    after = before.with_answer(BY_KEY["image.size"], 96)
    assert (before.answers["image.size"], after.answers["image.size"]) == (64, 96)


def test_what_was_said_of_one_folder_is_not_said_of_another(raw: Path, tmp_path: Path, context: Context) -> None:
    draft = replayed(profile(raw, tmp_path / "out", source={"layout": "archives", "links": "follow"}), context)
    source = profile_of(draft.with_answer(BY_KEY["source.path"], "/elsewhere")).source
    assert (source.layout, source.links) == ("auto", "inside")


def test_another_format_drops_what_only_records_have(raw: Path, tmp_path: Path, context: Context) -> None:
    before = profile(raw, tmp_path / "out", output={"features": "tpu", "tfds": True, "index": False})
    output = dict(profile_of(replayed(before, context).with_answer(BY_KEY["output.format"], "folders")).output)
    chosen = [output[key] for key in ("format", "features", "tfds", "index")]
    assert chosen == ["folders", "inception", False, True]


def test_another_mode_drops_what_only_the_old_one_had(raw: Path, tmp_path: Path, context: Context) -> None:
    before = profile(raw, tmp_path / "out", image=MODES[4])
    after = replayed(before, context).with_answer(BY_KEY["image.resize"], "original")
    assert profile_of(after).image.model_dump(exclude_defaults=True) == {}


@settings(max_examples=25)  # a walk through all questions takes a quarter of a second
@given(
    st.lists(st.tuples(st.sampled_from([each.key for each in QUESTIONS if each.kind == "choice"]), st.integers(0, 9)))
)
def test_whatever_is_chosen_in_whatever_order_gives_a_profile_or_a_question(
    context: Context, steps: list[tuple[str, int]]
) -> None:
    chosen = {"source.path": str(context.folder), "output.path": "/out"}
    draft = replace(new_draft(chosen=chosen, asked=tuple(chosen), given=tuple(chosen)), context=context)
    for key, number in steps:
        question = BY_KEY[key]
        choices = question.choices(draft.answers)
        if question in draft.applying and choices:
            draft = draft.with_answer(question, choices[number % len(choices)].value)
    numbers, totals, certain = [], [], []
    while (open_question := draft.next) is not None:
        prompt = draft.prompt(open_question)
        numbers.append(prompt.number)
        totals.append(prompt.of)
        certain += [] if prompt.at_most else [prompt.of]
        assert prompt.default is not None
        draft = draft.with_answer(open_question, prompt.default)
    assert isinstance(profile_of(draft), Profile)
    assert numbers == sorted({*numbers})
    assert totals == sorted(totals, reverse=True)
    assert numbers[-1] == totals[-1]
    assert {*certain} == {totals[-1]}  # a number without "at most" stays


@pytest.mark.parametrize("seed", range(10))
def test_a_total_only_shrinks_after_it_was_said_to_be_at_most(context: Context, seed: int) -> None:
    random = Random(seed)
    chosen = {"source.path": str(context.folder), "output.path": "/out"}
    draft = replace(new_draft(chosen=chosen, asked=tuple(chosen), given=tuple(chosen)), context=context)
    prompts: list[Prompt] = []
    while (question := draft.next) is not None:
        prompts.append(draft.prompt(question))
        values = [choice.value for choice in question.choices(draft.answers)]
        answer: Value | None = prompts[-1].default
        if question.kind == "choice":
            answer = random.choice(values)
        elif question.kind == "choices":
            answer = [str(each) for each in random.sample(values, random.randint(1, len(values)))]
        assert answer is not None
        draft = draft.with_answer(question, answer)
    for before, after in pairwise(prompts):
        assert after.of == before.of or (before.at_most and after.of < before.of)
    assert prompts[-1].number == prompts[-1].of
    assert not prompts[-1].at_most
