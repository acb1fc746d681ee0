"""The look at raw data while the person waits: what lies in a folder, and whether links may lead out of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from wizard.ask.context import FOLLOW, Facts, look
from wizard.ask.defaults import yes_or_no
from wizard.ask.draft import Draft
from wizard.ask.prompt import Asked, Back, Choice, Prompter, Value
from wizard.ask.questions import folder
from wizard.ask.view import Stage
from wizard.errors import InputError
from wizard.folders import shortened
from wizard.sources.options import FolderRole, Labels
from wizard.sources.trees.doubts import DoubtfulFolders

_TITLES: Mapping[FolderRole, str] = {
    "splits": "Splits, as named",
    "classes": "Classes",
    "superclasses": "Superclasses, with the classes inside them",
}
SOURCE, LABELS = "source.path", "source.labels"


class Looking:
    """Looks at raw data.

    Args:
        prompter: puts the question whether links are followed.
        stage: shows how far a long look is.
    """

    def __init__(self, prompter: Prompter, stage: Stage) -> None:
        self._prompter = prompter
        self._stage = stage

    def look(self, facts: Facts, draft: Draft, key: str, answer: Value) -> Facts:
        """The facts that an answer about the raw data leads to.

        Args:
            facts: what is known.
            draft: the answers so far.
            key: of the question, `SOURCE` or `LABELS`.
            answer: to it.

        Raises:
            InputError: see `facts.look`.
        """
        answers = {**draft.answers, key: answer}
        same = answers[SOURCE] == draft.answers.get(SOURCE)
        path, labels = folder(answers, SOURCE), _labels(answers) if same else "auto"
        layout = draft.layout if same else "auto"

        role: FolderRole = draft.folders if same else "auto"

        def found(*, follow: bool) -> Facts:
            def seen(as_said: FolderRole) -> Facts:
                with self._stage.progress() as report:
                    return look(facts, path, report, labels, layout=layout, follow=follow, role=as_said)

            try:
                return seen(role)
            except DoubtfulFolders as doubt:
                return seen(self._said(doubt))

        return self._within(path, found) if not (same and draft.follows_links) else found(follow=True)

    def _within(self, path: Path, found: Callable[..., Facts]) -> Facts:
        """Links are followed out of the folder where the person wants that."""
        try:
            facts = found(follow=False)
        except InputError as error:
            if FOLLOW not in error.hint or not self._follows(path, error.what):
                raise
            return found(follow=True)
        return found(follow=True) if facts.leaving and self._follows(path, facts.leaving) else facts

    def _said(self, doubt: DoubtfulFolders) -> FolderRole:
        """Asks how to read doubtful folders.

        Raises:
            DoubtfulFolders: the person goes back without an answer.
        """
        asked = Asked(
            key="source.folders",
            kind="choice",
            text="What are these folders?",
            help="Their names and contents do not settle it, and the labels depend on it. Folders arranged as "
            "train/<class>/*.jpg need no question. Nothing in them is changed.",
            default=None,
            choices=tuple(
                Choice(value=role, title=_TITLES[role], about=reading) for role, reading in doubt.readings.items()
            ),
        )
        self._prompter.say(f"! {doubt.what}")
        try:
            answer = self._prompter.ask(asked)
        except Back:
            raise doubt from None
        self._prompter.took(asked, answer)
        return next(role for role in doubt.readings if role == answer)

    def _follows(self, path: Path, why: str) -> bool:
        asked = Asked(
            key="source.links",
            kind="choice",
            text=f"Follow links that lead out of {shortened(path)}?",
            help="What they lead to is then read as if it lay in the folder. Nothing there is changed.",
            default="no",
            choices=yes_or_no({}, Facts()),
        )
        self._prompter.say(f"! {why}")
        try:
            answer = self._prompter.ask(asked)
        except Back:
            return False
        self._prompter.took(asked, answer)
        return answer == "yes"


def _labels(answers: Mapping[str, Value]) -> Labels:
    known: tuple[Labels, ...] = ("ilsvrc2012", "folders", "numbers")
    return next((labels for labels in known if labels == answers.get(LABELS)), "auto")
