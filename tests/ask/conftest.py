"""A conversation held with prepared answers instead of a person's."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.ask.help_of_choices import unknown_names
from tests.submit.conftest import cluster as cluster
from wizard.ask.context import Context, with_source
from wizard.ask.interview import Interview
from wizard.ask.lines import Row
from wizard.ask.live_estimate import LiveEstimate
from wizard.ask.prompt import Back, Prompt, Value
from wizard.ask.question import Answers
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import SetupDraft, new_draft
from wizard.ask.trainers import OTHER
from wizard.ask.view import Outcome, View
from wizard.events import Estimated, Event
from wizard.output import Output
from wizard.sources.source import Progress
from wizard.submit.prepare import Prepared

BACK, LEAVE, DEFAULT = "<back>", "<leave>", "<default>"


def known(context: Context, values: Mapping[str, Value] = MappingProxyType({})) -> Answers[Context]:
    """Answers as a question's rules see them."""
    return Answers(values=values, context=context)


class Script(View):
    """Prompter and view in one: answers from a list, remembers all that was asked and said.

    The question about what will open the result is asked only of who looks for it. Most conversations choose a format.
    """

    def __init__(self, answers: Sequence[Value], *, chooses_trainer: bool = False) -> None:
        super().__init__(Output("quiet"))
        self._answers = list(answers)
        self._chooses_trainer = chooses_trainer
        self._goes_back = False
        self.asked: list[Prompt] = []
        self.said: list[str] = []
        self.tables: list[list[Row]] = []
        self.consequences: list[Estimated] = []
        self.pages: list[Path] = []
        self.served: list[Path] = []
        self.waited: list[str] = []
        self.assumed: list[str] = []
        self.scripts_shown: list[Prepared] = []
        self.commands: list[str] = []

    @property
    def keys(self) -> list[str]:
        return [asked.key for asked in self.asked]

    def ask(self, asked: Prompt) -> Value:
        if asked.key == "family" and not self._chooses_trainer:
            if self._goes_back:
                raise Back
            return OTHER
        self.asked.append(asked)
        assert unknown_names(asked) == [], asked
        answer = self._answers.pop(0) if self._answers else LEAVE
        self._goes_back = answer == BACK and asked.key in BY_KEY  # back from others is an answer
        if answer == BACK:
            raise Back
        if answer == LEAVE:
            raise KeyboardInterrupt
        if answer == DEFAULT:
            assert asked.default is not None, asked
            return asked.default
        return answer

    def accepted(self, asked: Prompt, answer: Value) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Event], None]]:
        yield lambda _event: None

    @contextmanager
    def busy(self, text: str) -> Iterator[Progress]:
        self.waited.append(text)
        yield lambda _done, _total: None

    def table(self, rows: Sequence[Row]) -> None:
        self.tables.append(list(rows))

    def consequence(self, estimated: Estimated, assumed: str) -> None:
        self.consequences.append(estimated)
        self.assumed.append(assumed)

    def scripts(self, prepared: Prepared) -> None:
        self.scripts_shown.append(prepared)

    def command(self, line: str) -> None:
        self.commands.append(line)

    def preview(self, page: Path) -> None:
        self.pages.append(page)

    @contextmanager
    def serving(self, page: Path) -> Iterator[None]:
        self.served.append(page)
        yield


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """No job can be submitted from here, unless a test asks for `cluster`."""
    folders = os.environ["PATH"].split(os.pathsep)
    monkeypatch.setenv("PATH", os.pathsep.join(each for each in folders if not Path(each, "sbatch").exists()))


@pytest.fixture(scope="session")
def context(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """What is known of the drawn archives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(tmp_path_factory.mktemp("facts-home")))
        return with_source(Context(), raw, lambda _event: None)


@pytest.fixture
def forward(raw: Path, tmp_path: Path) -> list[Any]:
    """Answers to the questions up to the review, a shortest side of 64 at Q80."""
    return [str(raw), DEFAULT, DEFAULT, DEFAULT, str(tmp_path / "out"), "shortest", 64, 80, DEFAULT, 5, 2, "mine"]


@pytest.fixture
def converse() -> Callable[..., tuple[Script, Outcome | None]]:
    """Holds a conversation; the outcome is None where the person left."""

    def hold(
        *answers: Value, draft: SetupDraft | None = None, chooses_trainer: bool = False
    ) -> tuple[Script, Outcome | None]:
        script = Script(answers, chooses_trainer=chooses_trainer)
        with closing(LiveEstimate()) as live:
            try:
                return script, Interview(script, script, live, draft or new_draft()).run()
            except KeyboardInterrupt:
                return script, None

    return hold


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No raw data lies in a usual place."""
    (tmp_path / "nowhere").mkdir()
    monkeypatch.chdir(tmp_path / "nowhere")
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
