"""What stays on the screen of a conversation: answers, and what was found; but no help, no mistakes, no way back."""

from dataclasses import dataclass

from wizard.output import Output


@dataclass(frozen=True)
class _Mark:
    """Where a question began: its key, the rows that were taken by then, and how wide the terminal was."""

    key: str
    rows: int
    width: int


class Transcript:
    """Takes back rows that are of no use any more, as far as they are still on the screen."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._accepted: list[_Mark] = []
        self._question: _Mark | None = None
        self._answered_at = -1
        self._is_back = False

    def begin(self, key: str) -> None:
        """A question is put. After a step back, all that followed from its earlier answer is taken back."""
        if self._is_back:
            self._is_back = False
            place = max((place for place, mark in enumerate(self._accepted) if mark.key == key), default=None)
            if place is not None:
                self._to(self._accepted[place])
                del self._accepted[place:]
        if self._question is None or self._question.key != key:  # else it is put again, with what is wrong
            self._question = _Mark(key, self._output.rows, self._output.console.width)

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
        self._accepted.append(mark)

    def went_back(self) -> None:
        """The person went back from the question."""
        if self._question is not None:
            self._to(self._question)
        self._question, self._is_back = None, True

    def _to(self, mark: _Mark) -> None:
        if mark.width == self._output.console.width:
            self._output.take_back(self._output.rows - mark.rows)
