"""How a list looks: its lines, and what stands below them."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from tests.ask.screen import ENTER, ESC, typed
from wizard.ask.list_view import choice_lines
from wizard.ask.prompt import Choice, Prompt

SHORT = Choice(value=1, title="Short", about="a line of thirty-nine columns, not more")
LONG = Prompt(
    key="k", kind="choice", text="Which?", choices=tuple(Choice(f"n{each}", f"number {each}") for each in range(30))
)


def lines(*choices: Choice, columns: int, can_be_ticked: bool = False, unicode: bool = True) -> list[tuple[str, str]]:
    """The title and the description of each line."""
    found = choice_lines(choices, [], columns=columns, can_be_ticked=can_be_ticked, unicode=unicode)
    return [(str(each.title), each.description or "") for each in found]


@pytest.mark.parametrize(
    ("columns", "beside", "below"),
    [
        (20, "Short", "a line of\nthirty-nine\ncolumns, not more"),
        (40, "Short  a line of thirty-nine column…", "a line of thirty-nine columns, not\nmore"),
        (60, "Short  a line of thirty-nine columns, not more", ""),
    ],
)
def test_what_a_choice_is_for_is_cut_with_a_mark_and_whole_below_the_list(
    columns: int, beside: str, below: str
) -> None:
    assert lines(SHORT, columns=columns) == [(beside, below)]


def test_a_choice_that_can_be_ticked_leaves_columns_for_its_mark() -> None:
    cut = [lines(SHORT, columns=40, can_be_ticked=ticks)[0][0] for ticks in (False, True)]
    assert [len(line) for line in cut] == [36, 34]
    assert all(line.endswith("…") for line in cut)


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("name", ["n" * 120, "名" * 60])
def test_a_title_that_is_too_long_is_cut_and_whole_below_and_leaves_the_others_their_descriptions(
    columns: int, name: str
) -> None:
    long, short = lines(Choice(2, name, "of long ones"), SHORT, columns=columns)
    assert all(cell_len(title) <= columns - 4 for title, _ in (long, short))
    assert long[0].endswith("…")
    assert long[1].replace("\n", "") == f"{name}of long ones"
    assert short[0].startswith("Short  a line of thirty-nine")


def test_descriptions_begin_in_one_column() -> None:
    titles = [title for title, _ in lines(SHORT, replace(SHORT, title="A longer one"), columns=80)]
    assert [title.index("a line") for title in titles] == [14, 14]


@pytest.mark.parametrize(("rows", "shown"), [(10, 8), (24, 22), (31, 29)])
def test_it_is_said_how_many_are_below_and_above(rows: int, shown: int) -> None:
    hidden = 30 - shown
    assert f"↓ {hidden} more" in typed(LONG, ENTER, rows=rows).drawn
    at_the_end = typed(replace(LONG, default="n29"), ENTER, rows=rows)
    assert at_the_end.answer == "n29"
    assert f"↑ {hidden} more" in at_the_end.drawn


def test_between_both_ends_both_are_said() -> None:
    assert "↑ 1 more   ↓ 19 more" in typed(replace(LONG, default="n10"), ENTER, rows=12).drawn


def test_nothing_is_said_of_a_list_that_fits() -> None:
    assert "more" not in typed(LONG, ENTER, rows=32).drawn


def test_what_is_left_of_a_filtered_list_is_counted() -> None:
    seen = typed(LONG, "1", ESC, ENTER, rows=10)
    assert "Filter: 1   ↓ 4 more" in seen.drawn  # of 12


def test_a_description_is_whole_on_a_screen_that_is_too_low_for_the_list() -> None:
    about = "words that need far more room than the line has, and end here"
    described = replace(LONG, choices=tuple(replace(each, about=about) for each in LONG.choices))
    drawn = typed(described, ENTER, rows=10).drawn
    assert "has, and end\r\n  here" in drawn
    assert "more" in drawn.partition("↓")[2]


def test_the_end_of_a_long_filter_is_shown() -> None:
    path = "/a/very/long/path/of/many/folders/to/the/end"
    assert f"Filter: {path[-30:]}" in typed(LONG, path, ESC, ENTER, rows=20).drawn


@pytest.mark.parametrize("rows", [10, 16, 24])
@pytest.mark.parametrize("said", ["help", "error"])
def test_a_list_leaves_the_rows_to_its_help_and_to_why_it_is_put_again(rows: int, said: str) -> None:
    text = "\n".join(f"Line {number}" for number in range(5))
    prompt = replace(LONG, help=text) if said == "help" else replace(LONG, error=text)
    seen = typed(prompt, *(["?"] if said == "help" else []), ENTER, rows=rows)
    assert seen.said.count("\n") == 5
    shown = rows - 5 - 2
    assert f"↓ {30 - shown} more" in seen.drawn.rpartition("Which?")[2]


def test_help_that_leaves_no_room_leaves_a_list_of_three_rows() -> None:
    assert "↓ 27 more" in typed(replace(LONG, help="Line\n" * 30), "?", ENTER, rows=24).drawn


def test_no_blank_line_is_between_a_question_and_its_list() -> None:
    choice = Prompt(
        key="k", kind="choice", text="Which of these?", default="shortest", choices=(Choice("shortest", "S"),)
    )
    lines = typed(choice, ENTER, columns=24).drawn.splitlines()
    place = next(number for number, line in enumerate(lines) if "these?" in line)
    assert lines[place + 1].endswith("S")
