import pytest
from rich.console import Console, ConsoleDimensions

from tests.show.scenes import Terminal, beat, machine, shard, shard_done, split, started
from wizard.events import BuildFinished, Event, Note, Preparing, WorkerLost
from wizard.output import Output
from wizard.show import terminal_reporter
from wizard.show.terminal_reporter import TerminalReporter

BUILD: list[Event] = [
    started(split(), split("validation", images=50)),
    beat(1, 0, 10),
    beat(2, 1, 20),
    machine(),
]
FINISHED = BuildFinished()


class Scene:
    """A dashboard on a terminal of its own."""

    def __init__(self, width: int, height: int = 24) -> None:
        self.terminal = Terminal(width)
        self.output = Output()
        self.output.console = Console(
            file=self.terminal, force_terminal=True, width=width, height=height, no_color=True, highlight=False
        )
        self.reporter = TerminalReporter(self.output)

    def play(self, *events: Event) -> list[str]:
        for event in events:
            self.reporter.handle(event)
        self.reporter.draw()
        return self.terminal.shown

    def stopped(self, *events: Event) -> None:
        with self.reporter.shown():
            self.play(*events)
            raise KeyboardInterrupt

    def resize(self, width: int, height: int) -> None:
        self.terminal.resize(width)
        self.output.console.size = ConsoleDimensions(width, height)


@pytest.fixture(autouse=True)
def drawn_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_reporter, "_EVERY", 3600.0)


@pytest.mark.parametrize("width", [40, 60, 100, 200])
@pytest.mark.parametrize("height", [10, 24, 50])
def test_a_build_is_drawn_in_place(width: int, height: int) -> None:
    scene = Scene(width, height)
    with scene.reporter.shown():
        shown = scene.play(*BUILD, *[beat(1, 0, done) for done in range(10, 100, 10)])
        assert sum("train-480-q85" in line and "00:00:0" in line for line in shown) == 1
        assert sum("validation  " in line for line in shown) == 1


@pytest.mark.parametrize("width", [40, 100])
def test_nothing_is_left_behind_when_a_build_is_finished(width: int) -> None:
    scene = Scene(width)
    with scene.reporter.shown():
        scene.play(*BUILD)
        told = scene.play(FINISHED)
    assert not any("Ctrl-C" in line for line in told)
    assert scene.terminal.shown == told
    assert told[0].startswith("Building 1,000 train images")


def test_nothing_is_left_behind_when_a_build_ends_early() -> None:
    scene = Scene(100)
    with pytest.raises(KeyboardInterrupt):
        scene.stopped(*BUILD)
    assert len(scene.terminal.shown) == 2
    assert "Building" in scene.terminal.shown[0]


def test_messages_scroll_above_the_live_area() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        shown = scene.play(*BUILD, Note(text="a note", warning=True))
    assert shown.index("! a note") < next(number for number, line in enumerate(shown) if line.startswith("╭"))


def test_messages_during_a_build_are_among_its_events() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        shown = scene.play(*BUILD, WorkerLost(shard=shard(1), attempt=1, reason="worker 2 died"))
    assert f"│ 00:00  ! worker 2 died, while on {shard(1)} (attempt 1); it is tried again" in "\n".join(shown)
    assert not any("Building" in line for line in shown if line.startswith("│"))


def test_a_picture_that_becomes_lower_leaves_nothing_of_the_higher_one() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        scene.play(*BUILD)
        shown = scene.play(WorkerLost(shard=shard(0), attempt=1, reason="r"), shard_done(1), FINISHED, BUILD[0])
        assert not any("train-0000" in line for line in shown if line.startswith("│"))
        assert sum(line.startswith("╰") for line in shown) == 1


def test_finished_preparations_disappear() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        shown = scene.play(Preparing(step="MD5 of a.tar", done=1, total=4))
        assert len(shown) == 1
        assert shown[0].startswith("MD5 of a.tar  ━━━")
        shown = scene.play(
            Preparing(step="MD5 of a.tar", done=4, total=4), Preparing(step="headers of a.tar", done=3, total=4)
        )
        assert len(shown) == 1
        assert shown[0].startswith("headers of a.tar")
        assert scene.play(Preparing(step="headers of a.tar", done=4, total=4)) == []


def test_preparations_can_follow_a_build() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        scene.play(*BUILD, FINISHED)
        assert scene.play(Preparing(step="re-reading shards", done=1, total=4))[-1].startswith("re-reading shards")


@pytest.mark.parametrize("size", [(60, 20), (40, 10), (200, 50), (100, 12), (99, 24)])
def test_after_a_resize_there_is_one_picture_alone(size: tuple[int, int]) -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        scene.play(*BUILD)
        scene.resize(*size)
        shown = scene.play(beat(1, 0, 50))
        assert sum("train-480-q85" in line for line in shown) == 1
        assert sum("validation  " in line for line in shown) == 1
        assert sum("Ctrl-C" in line for line in shown) == 1
        assert max(map(len, shown)) <= size[0] - 3
        assert len(shown) < size[1]
        assert not any(picture in line for line in scene.terminal.scrolled for picture in "╭│├╰━─")
        assert scene.terminal.scrolled[0].startswith("Building")


def test_mere_progress_draws_nothing_by_itself() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        before = scene.play(*BUILD)
        scene.reporter.handle(beat(1, 0, 90))
        assert scene.terminal.shown == before
        assert scene.play() != before


def test_a_change_of_phase_is_drawn_at_once() -> None:
    scene = Scene(100)
    with scene.reporter.shown():
        scene.reporter.handle(Preparing(step="MD5", done=1, total=4))
        assert "MD5" in scene.terminal.shown[0]
        scene.reporter.handle(BUILD[0])
        assert scene.terminal.shown[-1].startswith("╰")
        scene.reporter.handle(FINISHED)
        assert scene.terminal.shown[0].startswith("Building")
        assert not any(line.startswith("╭") for line in scene.terminal.shown)


def test_an_ascii_terminal_gets_ascii_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    scene = Scene(100)
    with scene.reporter.shown():
        shown = scene.play(*BUILD, shard_done(0))
        assert all(line.isascii() for line in shown)
        assert shown[-1].startswith("+ Ctrl-C")
