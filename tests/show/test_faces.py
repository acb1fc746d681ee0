import json
import time

import pytest

from tests.engine.test_events import RESULT
from wizard.engine.events import Beat, Event, Note, Preparing, ShardDone, SplitStart, Started, WorkerLost
from wizard.output import Output
from wizard.show.faces import Lines, Ndjson
from wizard.show.tally import Tally, clock

STARTED = Started(
    plan_id="p",
    output="/out",
    workers=2,
    splits=(SplitStart(split="train", images=10, shards=2, images_done=4, shards_done=1),),
)
BEAT = Beat(worker=1, shard="train-00000-of-00001", split="train", done=3, total=6, bytes_in=1, bytes_out=1, rss=1)
DONE = ShardDone(result=RESULT)


def test_a_tally_counts_shards_and_what_is_under_way() -> None:
    tally = Tally()
    tally.add(STARTED)
    assert (tally.reached, tally.images, tally.seconds_left) == (4, 10, None)
    tally.add(BEAT)
    assert (tally.reached, tally.seconds_left) == (7, None)
    tally.started -= 6
    assert tally.seconds_left == pytest.approx(3 / (3 / 6), rel=0.1)
    tally.add(DONE)
    assert (tally.reached, tally.splits["train"].shards_done, tally.skipped, tally.bytes_out) == (6, 2, 1, 4)


def test_a_clock() -> None:
    assert clock(3 * 3600 + 61.9) == "03:01:01"


def say(events: list[Event], every: float, capsys: pytest.CaptureFixture[str]) -> list[str]:
    face = Lines(Output("plain"), every)
    with face.shown():
        for event in events:
            face.handle(event)
    return capsys.readouterr().err.splitlines()


def test_lines_say_at_once_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Event] = [Note(text="a"), Note(text="b", warning=True), STARTED, BEAT, DONE]
    events.append(WorkerLost(shard="s", attempt=1, reason="worker 7 died"))
    assert say(events, 99, capsys) == [
        "- a",
        "! b",
        "Building 10 train images in 2 shards (1 of them done before) with 2 workers in /out (plan p)",
        "- converted a (PNG -> JPEG)",
        "! skipped b: r",
        "! worker 7 died, while on s (attempt 1); the shard is tried again",
    ]


def test_lines_say_every_so_often_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    said = say([Preparing(step="headers", done=1, total=4), STARTED, BEAT], 0, capsys)
    assert said[0] == "headers: 25 % of 4 bytes"
    assert said[2].startswith("00:00:00   70 %  7/10")
    assert "img/s" in said[2]


def test_ndjson_holds_beats_to_one_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    face = Ndjson(Output("json"))
    for step in (0.0, 0.5, 1.1):
        now = 100.0 + step
        face.handle(BEAT)
    face.handle(DONE)
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == [
        "beat",
        "beat",
        "shard_done",
    ]
