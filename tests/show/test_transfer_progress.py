import json
import time
from collections.abc import Callable

import pytest
from rich.console import Console, ConsoleDimensions

from tests.show.scenes import GB, Clock, Terminal
from wizard.download.events import Checking, Event, Fetched, Transferring, Waiting
from wizard.events import Note
from wizard.output import Mode, Output
from wizard.show import terminal_reporter as module
from wizard.show.dashboard_view import MARGIN
from wizard.show.reporters import PlainReporter, reporter_for
from wizard.show.terminal_reporter import TerminalReporter

TRAIN, BOXES = "ILSVRC2012_img_train.tar", "ILSVRC2012_bbox_train_v2.tar.gz"
TOTAL = 147_897_477_120
WAITING = Waiting(file=TRAIN, reason="the connection broke off at 3.2 GB (reset by peer)", seconds=4.0, attempt=2)
FETCHED = Fetched(file=TRAIN, bytes=100 * GB, md5="ab", seconds=720.0)


def transferring(done: int, total: int = TOTAL, file: str = TRAIN) -> Transferring:
    return Transferring(file=file, done=done, total=total)


class Scene:
    """Bars on a terminal of their own, drawn when asked to, with a clock that is set by hand."""

    def __init__(self, clock: Clock, width: int, height: int = 24) -> None:
        self.clock = clock
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

    def fetch(self, seconds: int = 40, rate: int = 100_000_000, before: int = 30 * GB) -> list[str]:
        """As many seconds of a transfer that an earlier run has begun."""
        for second in range(seconds + 1):
            self.play(transferring(before + second * rate))
            self.clock.now += second < seconds
        return self.play()

    def resize(self, width: int) -> None:
        self.terminal.resize(width)
        self.output.console.size = ConsoleDimensions(width, 24)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    monkeypatch.setattr(module, "_EVERY", 3600.0)
    return clock


def said(events: list[Event], capsys: pytest.CaptureFixture[str], every: float = 99) -> list[str]:
    reporter = PlainReporter(Output("plain"), every)
    with reporter.shown():
        for event in events:
            reporter.handle(event)
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (40, "ILSVRC2012_img_train.tar   22 %"),
        (60, "ILSVRC2012_img_train.tar  ━╸──────   22 %     19:08 left"),
        (100, f"ILSVRC2012_img_train.tar  ━━━╸{'─' * 13}   22 %   33.0 of 147.9 GB  100.0 MB/s     19:08 left"),
    ],
)
def test_a_transfer_is_a_line_with_what_there_is_room_for(clock: Clock, width: int, line: str) -> None:
    assert Scene(clock, width).fetch(30) == [line]


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_window(clock: Clock, width: int) -> None:
    scene = Scene(clock, width)
    for line in [*scene.fetch(), *scene.play(transferring(5, file=BOXES), transferring(5, 0, file="unknown"))]:
        assert len(line) <= max(1, width - MARGIN)


def test_bytes_of_earlier_runs_make_no_rate(clock: Clock) -> None:
    assert "100.0 MB/s" in Scene(clock, 100).fetch(5)[0]


def test_a_rate_is_of_the_last_half_minute(clock: Clock) -> None:
    scene = Scene(clock, 100)
    scene.fetch(100)
    assert "70.0 MB/s" in scene.fetch(15, 40_000_000, before=40 * GB)[0]


def test_a_transfer_that_starts_over_has_its_own_rate(clock: Clock) -> None:
    scene = Scene(clock, 100)
    scene.fetch(10)
    assert "100.0 MB/s" in scene.fetch(5, before=0)[0]


def test_no_percentage_is_shown_for_a_file_of_unknown_size(clock: Clock) -> None:
    scene = Scene(clock, 60)
    scene.play(transferring(0, 0))
    clock.now += 10
    shown = scene.play(transferring(GB, 0))
    assert shown == [f"{TRAIN}                   1.0 GB so far"]


def test_a_check_is_called_so_and_gives_way_to_the_transfer(clock: Clock) -> None:
    scene = Scene(clock, 100)
    assert scene.play(Checking(file=TRAIN, done=GB, total=TOTAL))[0].startswith(f"checking {TRAIN}  ")
    assert scene.play(transferring(GB))[0].startswith(f"{TRAIN}  ")


def test_a_silent_server_is_reported_instead_of_a_rate(clock: Clock) -> None:
    scene = Scene(clock, 100)
    scene.fetch(20)
    clock.now += 12
    assert "12 s silent" in scene.play()[0]
    assert "MB/s" not in scene.play()[0]
    assert "MB/s" in scene.play(transferring(60 * GB))[0]


@pytest.mark.parametrize("mode", ["json", "plain"])
def test_the_end_of_a_check_is_taken_in_every_mode(mode: Mode, capsys: pytest.CaptureFixture[str]) -> None:
    reporter_for(Output(mode)).handle(Checking(file=BOXES, done=2, total=2))
    PlainReporter(Output(mode), every=0).handle(Checking(file=BOXES, done=2, total=2))
    assert capsys.readouterr().out.count('"checking"') == (mode == "json")


def test_a_file_that_was_checked_is_no_line_any_more(clock: Clock) -> None:
    scene = Scene(clock, 100)
    assert scene.play(Checking(file=BOXES, done=1, total=2))
    assert not scene.play(Checking(file=BOXES, done=2, total=2))


def test_while_a_transfer_waits_its_bar_says_so(clock: Clock) -> None:
    scene = Scene(clock, 100)
    scene.fetch()
    shown = scene.play(WAITING)
    assert shown[0].startswith("! ILSVRC2012_img_train.tar: the connection broke off at 3.2 GB (reset by peer); again")
    assert shown[-1].endswith("   22 %   34.0 of 147.9 GB               again in 4 s")
    clock.now += 1.5
    assert scene.play()[-1].endswith("again in 3 s")
    clock.now += 3
    assert scene.play(transferring(34 * GB))[-1].endswith("trying again")
    assert scene.play(transferring(35 * GB))[-1].endswith(" left")


def test_a_wait_before_the_first_byte_is_shown_too(clock: Clock) -> None:
    assert Scene(clock, 60).play(WAITING)[-1].split() == [TRAIN, "again", "in", "4", "s"]


def test_a_fetched_file_is_a_line_above_and_no_bar(clock: Clock) -> None:
    scene = Scene(clock, 100)
    shown = scene.play(transferring(28 * GB, 100 * GB), transferring(5, file=BOXES), FETCHED)
    assert shown[0] == f"✓ {TRAIN}  100.0 GB · MD5 as it should be · 12 minutes, 100.0 MB/s"
    assert [line.split()[0] for line in shown[1:]] == [BOXES]


def test_nothing_is_left_behind(clock: Clock) -> None:
    scene = Scene(clock, 100)
    with scene.reporter.shown():
        scene.play(transferring(GB), Note(text="a"))
    assert scene.terminal.shown == ["· a"]


def test_a_question_has_the_terminal_for_itself(clock: Clock) -> None:
    scene = Scene(clock, 100)
    with scene.reporter.shown():
        scene.play(transferring(GB))
        with scene.reporter.aside():
            assert scene.play(transferring(2 * GB)) == []
        assert len(scene.play()) == 1


@pytest.mark.parametrize("width", [60, 99, 100, 40])
def test_after_a_resize_there_is_one_picture_alone(clock: Clock, width: int) -> None:
    scene = Scene(clock, 100)
    scene.play(transferring(GB), Note(text="a"))
    scene.resize(width)
    shown = scene.play(transferring(2 * GB))
    assert sum(TRAIN in line for line in shown) == 1
    assert not any(TRAIN in line for line in scene.terminal.scrolled)


def test_transfers_are_redrawn_between_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EVERY", 0.01)
    scene = Scene(Clock(), 100)
    with scene.reporter.shown():
        scene.reporter.handle(transferring(GB))
        eventually(lambda: len(scene.terminal.shown) == 1)
    assert scene.terminal.shown == []


def eventually(holds: Callable[[], bool]) -> None:
    patience = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_where_glyphs_cannot_be_written_bars_are_ascii(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(clock, 200)
    monkeypatch.setattr(Console, "encoding", "ascii")
    assert all(line.isascii() for line in [*scene.fetch(), *scene.play(WAITING, FETCHED)])
    assert "###---" in scene.fetch()[-1]


def test_lines_report_messages_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    here = Fetched(file=BOXES, bytes=20_000_000, md5="ab", seconds=0.0)
    unproven = Fetched(file="a.tar", bytes=5, md5="", seconds=0.4)
    at_once = Waiting(file=TRAIN, reason="the connection broke off", seconds=0.1, attempt=1)
    events: list[Event] = [Note(text="a", warning=True), transferring(GB), WAITING, at_once, FETCHED, here, unproven]
    assert said(events, capsys) == [
        "[!!] a",
        f"[!!] {TRAIN}: the connection broke off at 3.2 GB (reset by peer); again in 4 seconds, attempt 2",
        f"[!!] {TRAIN}: the connection broke off; again at once, attempt 1",
        f"[ok] {TRAIN}  100.0 GB - MD5 as it should be - 12 minutes, 137.5 MB/s",
        f"[ok] {BOXES}  20.0 MB - MD5 as it should be - was here already",
        "[ok] a.tar  5 bytes - no MD5 to compare with - under a second",
    ]


def test_a_transfer_that_started_over_has_fetched_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = said([transferring(90 * GB), transferring(0), transferring(GB), FETCHED], capsys)
    assert told[0].endswith(" - 12 minutes, 138.9 MB/s")


def test_lines_report_progress_every_half_minute(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    reporter = PlainReporter(Output("plain"))
    for second in range(65):
        clock.now = 1000.0 + second
        reporter.handle(transferring(30 * GB + second * 100_000_000))
    assert capsys.readouterr().err.splitlines() == [
        f"{TRAIN}   22 %  33.0 of 147.9 GB  100.0 MB/s  19:08 left",
        f"{TRAIN}   24 %  36.0 of 147.9 GB  100.0 MB/s  18:38 left",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = reporter_for(Output("quiet"))
    for event in (transferring(GB), WAITING, FETCHED, Note(text="a", warning=True)):
        reporter.handle(event)
    assert capsys.readouterr() == ("", "")


def test_ndjson_has_every_event_and_of_progress_one_a_second(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    reporter = reporter_for(Output("json"))
    reporter.handle(Checking(file=TRAIN, done=1, total=TOTAL))
    for tenth in range(50):
        clock.now = 1000.0 + tenth / 10
        reporter.handle(transferring(30 * GB + tenth * 10_000_000))
    for event in (WAITING, WAITING, FETCHED, Note(text="a")):
        reporter.handle(event)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    names = [each["event"] for each in told]
    assert names == ["checking", *["transferring"] * 5, "waiting", "waiting", "fetched", "note"]
    assert told[1] == {"event": "transferring", "file": TRAIN, "done": 30 * GB, "total": TOTAL}
    assert told[5] == {
        "event": "transferring",
        "file": TRAIN,
        "done": 30_400_000_000,
        "total": TOTAL,
        "bytes_per_second": 100_000_000,
        "seconds_left": 1175,
    }


def test_bars_can_be_shown_a_second_time(clock: Clock) -> None:
    scene = Scene(clock, 100)
    with scene.reporter.shown():
        assert scene.play(transferring(50 * GB))
    assert not scene.play()
    with scene.reporter.shown():
        assert scene.play(transferring(51 * GB))
