"""What stays on the screen, with a terminal that is only counted."""

import io

import pytest
from rich.console import Console

from wizard.ask.transcript import Transcript
from wizard.output import Output


@pytest.fixture
def output() -> Output:
    output = Output()
    output.console = Console(file=io.StringIO(), width=20, height=10, force_terminal=True)
    return output


def taken_back(output: Output) -> str:
    file = output.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue().rpartition("\x1b[J")[0][-4:].strip("\r\x1b[")


def accept(transcript: Transcript, output: Output, key: str) -> None:
    transcript.begin(key)
    transcript.answered()
    transcript.accepted()
    output.answered("Which?", "this")


def test_help_and_mistakes_go_once_the_answer_is_accepted(output: Output) -> None:
    transcript = Transcript(output)
    transcript.begin("a")
    output.say("help of two rows, which is long")
    transcript.answered()
    transcript.begin("a")
    output.say("✗ wrong")
    transcript.answered()
    transcript.accepted()
    assert taken_back(output) == "3A"
    assert output.rows == 0


def test_what_was_said_since_the_answer_stays(output: Output) -> None:
    transcript = Transcript(output)
    transcript.begin("a")
    transcript.answered()
    output.say("found")
    transcript.accepted()
    assert output.rows == 1


def test_going_back_takes_back_the_answer_and_what_followed_from_it(output: Output) -> None:
    transcript = Transcript(output)
    accept(transcript, output, "a")
    accept(transcript, output, "b")
    output.say("found")
    transcript.begin("c")
    output.say("help")
    transcript.went_back()
    assert output.rows == 3
    transcript.begin("b")
    assert output.rows == 1
    transcript.went_back()
    transcript.begin("a")
    assert output.rows == 0


def test_a_question_that_is_asked_again_takes_back_nothing_without_a_step_back(output: Output) -> None:
    transcript = Transcript(output)
    accept(transcript, output, "a")
    output.say("the review")
    transcript.begin("a")
    assert output.rows == 2


@pytest.mark.parametrize(("rows", "width"), [(12, 20), (3, 30)])
def test_nothing_is_taken_back_that_has_left_the_screen_or_was_shown_at_another_width(
    output: Output, rows: int, width: int
) -> None:
    transcript = Transcript(output)
    transcript.begin("a")
    for _ in range(rows):
        output.say("line")
    output.console.width = width
    transcript.went_back()
    assert output.rows == rows
