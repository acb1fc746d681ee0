"""What stays on the screen of a conversation: answers, and what was found; but no help, no mistakes, no way back."""

from dataclasses import dataclass

from wizard.output import Output


@dataclass(frozen=True)
class _Mark:
    """A place in the conversation: the question that began, the rows taken by then, and how wide the terminal was."""

    key: str
    rows: int
    width: int


class Transcript:
    """Takes back rows that are of no use any more, as far as they are still on the screen."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._put: list[_Mark] = []
        self._end: _Mark | None = None
        """Where the last accepted answer that still holds ends."""
        self._question: _Mark | None = None
        self._answered_at = -1
        self._back_at = -1
        self._mistake: tuple[_Mark, int] | None = None
        """Where the last mistake was said, and the rows taken after it."""

    def begin(self, key: str) -> None:
        """A question is put. After a step back, what followed from its earlier answer is taken back.

        If it was answered before the conversation, that is all that was told of such answers.
        """
        self._end = self._end or self._here()
        if self._output.rows == self._back_at:  # else what was said since is for this question
            place = max((place for place, mark in enumerate(self._put) if mark.key == key), default=None)
            if place is not None:
                holds = self._put[place].rows >= self._end.rows
                self._to(self._put[place], reflowed=True)
                del self._put[place:]
                self._end = self._end if holds else self._here()
            else:
                self._to(self._end, reflowed=True)
        self._back_at = -1
        if self._question is None or self._question.key != key:  # else it is put again, with what is wrong
            self._question, self._mistake = self._here(key), None
            self._put.append(self._question)

    def mistake(self, text: str) -> int:
        """Says what is wrong with an answer, in the place of the mistake before if that is the last thing said.

        Returns:
            The rows that it takes.
        """
        if self._mistake is not None and self._mistake[1] == self._output.rows:
            self._to(self._mistake[0])
        begun = self._here()
        self._output.say(text)
        self._mistake = begun, self._output.rows
        return self._output.rows - begun.rows

    def answered(self) -> None:
        """An answer was given, which may be refused yet."""
        self._answered_at = self._output.rows

    def accepted(self) -> None:
        """The answer is accepted: help and mistakes are taken back, unless more was said since."""
        mark, self._question = self._question, None
        if mark is None:
            return
        if self._output.rows == self._answered_at:
            self._to(mark)

    def shown(self) -> None:
        """The accepted answer has its line."""
        self._end = self._here()

    def went_back(self) -> None:
        """The person went back from the question."""
        if self._question is not None:
            self._to(self._question)
        self._question, self._back_at = None, self._output.rows

    def _here(self, key: str = "") -> _Mark:
        return _Mark(key, self._output.rows, self._output.console.width)

    def _to(self, mark: _Mark, *, reflowed: bool = False) -> None:
        """Takes back the rows since a mark; after another width, which moved them, all of the screen or none."""
        if mark.width == self._output.console.width:
            self._output.take_back(self._output.rows - mark.rows)
        elif reflowed:
            self._output.take_back(max(self._output.rows - mark.rows, self._output.console.height))
