import io
import json
import time
from dataclasses import replace

import pytest
from rich.console import Console

from tests.show.scenes import estimated, machine
from tests.test_events import RESULT
from wizard.ask.lines import consequence
from wizard.commit_record import ConvertedImage
from wizard.events import CheckResult, Event, Heartbeat, Note, Preparing, ShardDone, SplitStart, Started, WorkerLost
from wizard.output import Output
from wizard.show.progress import messages
from wizard.show.reporters import JsonReporter, PlainReporter, reporter_for
from wizard.show.terminal_reporter import TerminalReporter

STARTED = Started(
    plan_id="p",
    output="/out",
    workers=2,
    splits=(SplitStart(split="train", images=10, source_bytes=1000, shards=2, images_done=4, shards_done=1),),
)
BEAT = Heartbeat(worker=1, shard="train-00000-of-00001", split="train", done=3, total=6, bytes_in=1, bytes_out=1, rss=1)
DONE = ShardDone(result=RESULT)


def test_the_reporter_depends_on_the_output_mode() -> None:
    person = Output()
    person.console = Console(file=io.StringIO(), force_terminal=True)
    assert isinstance(reporter_for(person), TerminalReporter)
    assert isinstance(reporter_for(Output()), PlainReporter)
    assert isinstance(reporter_for(Output("plain")), PlainReporter)
    assert isinstance(reporter_for(Output("quiet")), PlainReporter)
    assert isinstance(reporter_for(Output("json")), JsonReporter)


def say(events: list[Event], every: float, capsys: pytest.CaptureFixture[str]) -> list[str]:
    reporter = PlainReporter(Output("plain"), every)
    with reporter.shown():
        for event in events:
            reporter.handle(event)
    return capsys.readouterr().err.splitlines()


def test_lines_report_messages_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Event] = [Note(text="a"), Note(text="b", warning=True), STARTED, BEAT, DONE]
    events.append(WorkerLost(shard="s", attempt=1, reason="worker 7 died"))
    assert say(events, 99, capsys) == [
        "- a",
        "[!!] b",
        "Building 10 train images in 2 shards (1 of them done before) with 2 workers in /out (plan p)",
        "- converted a (PNG -> JPEG)",
        "[!!] skipped b: r",
        "[!!] worker 7 died, while on s (attempt 1); it is tried again",
    ]


def test_of_many_converted_images_the_first_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    png = tuple(ConvertedImage(name=str(number), kind="PNG") for number in range(20))
    done: list[Event] = [ShardDone(result=replace(RESULT, converted=png, skipped=()))] * 3
    told = say([STARTED, *done], 99, capsys)[1:]
    assert [line.startswith("- converted ") for line in told] == [True] * 30 + [False]
    assert told[-1] == "- more images are converted; the end of the build counts them"


def test_of_image_files_no_shards_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = say([replace(STARTED, one_file_per_image=True)], 99, capsys)
    assert told == "Building 10 train images (4 of them done before) with 2 workers in /out (plan p)"


def test_where_every_shard_is_done_nothing_is_said_to_be_built(capsys: pytest.CaptureFixture[str]) -> None:
    done = replace(STARTED, splits=tuple(replace(each, shards_done=each.shards) for each in STARTED.splits))
    assert say([done], 99, capsys) == ["Nothing is left to build of the dataset: 2 shards in /out (plan p)"]
    of_a_slice = replace(done, slice="3/16", one_file_per_image=True)
    assert say([of_a_slice], 99, capsys) == ["Nothing is left to build of slice 3/16: 10 images in /out (plan p)"]


def test_lines_report_progress_at_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    said = say([Preparing(step="headers", done=1, total=4), STARTED, BEAT], 0, capsys)
    assert said[0] == "headers: 25 % of 4 bytes"
    assert said[2].startswith("00:00:00   70 %  7/10")
    assert "img/s" in said[2]


def test_a_check_states_what_was_found_and_the_fix() -> None:
    passed = CheckResult(name="cores", status="pass", looked_at="/proc", found="2 cores may be used")
    warned = CheckResult(name="memory", status="warn", looked_at="/sys", found="4.0 GB", fix="using 13 workers")
    failed = CheckResult(
        name="write-access", status="fail", looked_at="/data", found="/data is root's", fix="sudo chown"
    )
    assert messages(passed) == ["✓ cores         2 cores may be used"]
    assert messages(warned) == ["! memory        4.0 GB → using 13 workers"]
    assert messages(failed) == [], "the error that ends the command tells it"


def test_an_estimate_is_said_in_words() -> None:
    converted = replace(estimated(), converted={"WEBP": 23, "PNG": 22})
    assert " · 23 WebP and 22 PNG become JPEG · measured on" in messages(converted)[0]
    assert messages(estimated()) == [
        "→ about 66.0 GB (64.0 to 69.1) · about 31 minutes (27 to 37) with 2 workers · measured on 512 images"
    ]
    resumed = replace(estimated(), remaining=0.25)
    assert " with 2 workers for the 25 % of the images that this run builds · " in messages(resumed)[0]
    assert " with 2 workers for the 25 % of the images that this run builds · " in consequence(resumed, "")


def test_lines_say_nothing_of_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert say([STARTED, machine(), machine()], 0, capsys)[1:] == []


def test_ndjson_has_at_most_one_progress_event_of_each_kind_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    reporter = JsonReporter(Output("json"))
    for step in (0.0, 0.5, 1.1):
        now = 100.0 + step
        reporter.handle(BEAT)
        reporter.handle(machine())
    reporter.handle(DONE)
    told = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["beat", "machine", "beat", "machine", "shard_done"]
