"""Typing and pasting into a list."""

from dataclasses import replace

import pytest

from tests.ask.screen import BACKSPACE, CTRL_B, DOWN, ENTER, ESC, TAB, UP, pasted, typed
from wizard.ask.prompt import Back, Choice, Prompt, Value

MANY = Prompt(
    key="k",
    kind="choice",
    text="Which?",
    help="Some help.",
    default="recipe-3",
    choices=tuple(Choice(f"recipe-{number}", f"recipe-{number}", f"of {number} px") for number in range(10)),
)
FEW = replace(MANY, choices=MANY.choices[:4])
TICKS = replace(FEW, kind="choices", default=["recipe-0", "recipe-3"])
FOLDERS = Prompt(
    key="k",
    kind="path",
    text="Where?",
    default="/data/a",
    choices=(Choice("/data/a", "/data/a", "the official archives"), Choice("/data/b", "/data/b", "TFRecords")),
)
NOTHING = "No entry has that."
CTRL_U = "\x15"


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ((ENTER,), "recipe-3"),
        (("2", ENTER), "recipe-2"),
        (("1 px", ENTER), "recipe-1"),
        (("recipe", DOWN, ENTER), "recipe-1"),
        (("2", BACKSPACE, DOWN, ENTER), "recipe-1"),
        (("2", ESC, DOWN, ENTER), "recipe-1"),
        (("2", CTRL_B, DOWN, ENTER), "recipe-1"),
        (("2", CTRL_U, DOWN, ENTER), "recipe-1"),
    ],
)
@pytest.mark.parametrize("prompt", [MANY, FEW])
def test_typing_filters_a_list_however_short_and_esc_ends_the_filter(
    prompt: Prompt, keys: tuple[str, ...], answer: str
) -> None:
    assert typed(prompt, *keys).answer == answer


@pytest.mark.parametrize("prompt", [FEW, TICKS])
def test_what_no_choice_has_is_shown_and_not_chosen(prompt: Prompt) -> None:
    seen = typed(prompt, "jkworia", ENTER, ENTER, ESC, ENTER)
    assert "Filter: jkworia" in seen.drawn
    assert NOTHING in seen.drawn
    assert seen.answer == ("recipe-0" if prompt is FEW else prompt.default)


@pytest.mark.parametrize("arrow", [UP, DOWN])
def test_an_arrow_leads_back_to_the_list_from_what_no_choice_has(arrow: str) -> None:
    assert typed(FEW, "nothing", arrow, ENTER).answer == "recipe-0"


@pytest.mark.parametrize(
    "paste",
    [pasted("recipe-2\n"), pasted("recipe-2\r\n"), "recipe-2\r", "recipe-2\n", "recipe-2\r\r"],
    ids=repr,
)
def test_a_paste_filters_and_never_accepts(paste: str) -> None:
    seen = typed(FEW, paste, DOWN, ENTER)
    assert "Filter: recipe-2" in seen.drawn
    assert seen.answer == "recipe-2"
    assert NOTHING not in seen.drawn


@pytest.mark.parametrize("paste", [pasted("/data/my set/über?x\n"), "/data/my set/über?x\r"], ids=repr)
@pytest.mark.parametrize("prompt", [FEW, TICKS])
def test_a_path_is_pasted_with_its_blanks_and_question_marks(prompt: Prompt, paste: str) -> None:
    seen = typed(prompt, paste, ENTER, ESC, ENTER)
    assert "Filter: /data/my set/über?x" in seen.drawn
    assert NOTHING in seen.drawn
    assert "Some help." not in seen.said
    assert seen.answer == ("recipe-0" if prompt is FEW else prompt.default)


@pytest.mark.parametrize(
    ("paste", "is_path"),
    [("/data/x", True), ("'~/my data'", True), ("$DATA/x", True), ("raw/train", True), ("jpegs", False)],
)
def test_a_list_without_paths_says_that_they_are_asked_for_elsewhere(paste: str, is_path: bool) -> None:
    assert ("Paths have a question of their own" in typed(FEW, pasted(paste), ESC, ENTER).drawn) == is_path
    assert "Paths have a question" not in typed(FOLDERS, pasted(paste), ESC, ENTER).drawn


def test_lines_that_are_pasted_are_one_text() -> None:
    assert "Filter: one two" in typed(FEW, pasted("one\ntwo\n"), ESC, ENTER).drawn


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ((" ", ENTER), ["recipe-3"]),
        (("1", " ", ENTER, ENTER), ["recipe-0", "recipe-1", "recipe-3"]),
        (("3", " ", ESC, ENTER), ["recipe-0"]),
        (("a", ESC, ENTER), ["recipe-0", "recipe-3"]),
        (("i", ESC, TAB, ENTER), ["recipe-0", "recipe-3"]),
    ],
)
def test_space_ticks_in_a_filtered_list_and_enter_shows_all_ticks_before_it_accepts_them(
    keys: tuple[str, ...], answer: Value
) -> None:
    assert typed(TICKS, *keys).answer == answer


@pytest.mark.parametrize("prompt", [FEW, TICKS])
def test_a_question_mark_explains_and_keeps_what_was_typed(prompt: Prompt) -> None:
    seen = typed(prompt, "2", "?", ESC, ENTER)
    assert "Some help." in seen.said
    assert seen.drawn.count("Filter: 2") == 2


def test_a_choice_that_was_pointed_at_in_a_filtered_list_outlasts_the_help() -> None:
    assert typed(FEW, "recipe", f"{DOWN}{DOWN}", "?", ENTER).answer == "recipe-2"


@pytest.mark.parametrize("prompt", [FEW, MANY, TICKS])
def test_esc_without_a_filter_goes_back(prompt: Prompt) -> None:
    with pytest.raises(Back):
        typed(prompt, "2", ESC, ESC)


@pytest.mark.parametrize("paste", [pasted("/data/c\n"), "/data/c\r"], ids=repr)
def test_a_path_that_is_not_proposed_is_taken_where_one_is_typed(paste: str) -> None:
    seen = typed(FOLDERS, paste, ENTER, "/d", ENTER)
    assert "Enter continues with it" in seen.drawn
    assert seen.answer == "/data/c/d"


def test_back_from_a_path_that_is_not_proposed_leads_to_the_proposals() -> None:
    assert typed(FOLDERS, "/data/c", ENTER, CTRL_B, ENTER).answer == "/data/a"


NAMED = Prompt(
    key="k",
    kind="choice",
    text="Which?",
    choices=(
        Choice("none", "Nothing", "no archives", "empty"),
        Choice(
            "wds",
            "Tars to stream",
            "a very long description, which no terminal has room for beside the title",
            "shards",
        ),
        Choice("tfds", "Archives"),
    ),
)


@pytest.mark.parametrize("text", ["wds", "stream", "beside the", "shards", "SHARDS tars", "title  room"])
def test_a_choice_is_found_by_its_value_title_whole_description_and_further_words(text: str) -> None:
    assert typed(NAMED, text, ENTER).answer == "wds"


def test_of_choices_that_are_found_one_with_the_text_in_its_title_is_pointed_at() -> None:
    assert typed(NAMED, "archives", ENTER).answer == "tfds"
    assert typed(NAMED, "archives", UP, ENTER).answer == "none"


def test_what_waits_when_a_list_appears_filters_it_and_chooses_nothing() -> None:
    with pytest.raises(Back):
        typed(FEW, "", ESC, ESC, before=f"recipe-2{ENTER}")
    assert typed(FEW, "", ENTER, before=f"recipe-2{ENTER}").answer == "recipe-2"
