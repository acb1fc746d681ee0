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


def test_a_mistake_takes_the_place_of_the_one_before(output: Output) -> None:
    transcript = Transcript(output)
    for _ in range(3):
        transcript.begin("a")
        transcript.mistake("✗ wrong, in two rows of it")
        transcript.answered()
        assert output.rows == 2
    output.say("help")
    transcript.mistake("✗ wrong")
    assert output.rows == 4


def test_a_mistake_takes_nothing_of_another_question_back(output: Output) -> None:
    transcript = Transcript(output)
    transcript.begin("a")
    transcript.mistake("✗ wrong")
    transcript.answered()
    transcript.accepted()
    output.answered("Which?", "this")
    transcript.shown()
    transcript.begin("b")
    transcript.mistake("✗ wrong")
    assert output.rows == 2


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


def test_going_back_to_what_was_answered_before_takes_back_what_was_told_of_it(output: Output) -> None:
    transcript = Transcript(output)
    accept(transcript, output, "menu")
    transcript.shown()
    output.say("answered so far")
    transcript.begin("c")
    transcript.went_back()
    transcript.begin("b")
    assert output.rows == 1


def test_going_back_to_the_review_leaves_it_there(output: Output) -> None:
    transcript = Transcript(output)
    accept(transcript, output, "a")
    transcript.shown()
    output.say("the review")
    transcript.begin("review")
    transcript.answered()
    transcript.begin("which script")
    transcript.went_back()
    transcript.begin("review")
    assert output.rows == 2


def test_a_new_review_after_a_step_back_stays(output: Output) -> None:
    transcript = Transcript(output)
    transcript.begin("review")
    transcript.answered()
    transcript.begin("which answer")
    transcript.went_back()
    output.say("the review")
    transcript.begin("review")
    assert output.rows == 1


def test_what_has_left_the_screen_does_not_keep_the_rest_on_it(output: Output) -> None:
    transcript = Transcript(output)
    transcript.begin("a")
    for _ in range(12):
        output.say("line")
    transcript.went_back()
    assert taken_back(output) == "9A"
    assert output.rows == 0


def test_after_a_resize_help_stays_and_a_step_back_clears_the_screen(output: Output) -> None:
    transcript = Transcript(output)
    accept(transcript, output, "a")
    transcript.begin("b")
    output.console.width = 30
    transcript.went_back()
    assert output.rows == 1
    transcript.begin("a")
    assert taken_back(output) == "9A"
