from dataclasses import replace

import pytest

from tests.show.statuses import every, found, on_host, seen, sliced, worker
from wizard.run_files import SeenRun
from wizard.show.status_view import as_text, line, picture
from wizard.status.evaluate import evaluate
from wizard.status.status import Status

HUNDRED = [sliced(number, 100, f"node{number:03}", warnings=("worker 7 died",)) for number in range(1, 101)]
MIXED = [
    *[sliced(number, 16, f"node{number % 3}") for number in range(1, 10)],
    sliced(
        10, 16, "node9", age=720.0, state="failed", error="/data/x cannot be written: No space left on device. " * 5
    ),
    sliced(11, 16, "node9", age=720.0),
    sliced(12, 16, "node8", state="finished"),
]
SCENES = {
    "nothing runs": evaluate(found()),
    "plain": evaluate(found(seen(workers=(worker(1), worker(2)), hosts=(on_host("node01"),)))),
    "sixteen": evaluate(found(*MIXED)),
    "hundred": evaluate(found(*HUNDRED, shards={"train": 1024, "validation": 128})),
    "cluster": evaluate(
        found(seen(host="login", hosts=tuple(on_host(f"10.0.0.{k}") for k in range(9)), more_hosts=40))
    ),
    "complete": evaluate(found(done=every(), described=True)),
}


def shown(status: Status, width: int = 100, height: int = 24) -> list[str]:
    return [each.plain for each in picture(status, width, height)]


def told(status: Status) -> list[str]:
    return as_text(status, 100, bars=False).split("\n")


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("height", [6, 12, 24, 60])
def test_a_picture_fits_its_window(scene: str, width: int, height: int) -> None:
    lines = shown(SCENES[scene], width, height)
    assert 0 < len(lines) <= height
    assert max(map(len, lines)) <= width
    assert all(each.no_wrap for each in picture(SCENES[scene], width, height))


@pytest.mark.parametrize("scene", SCENES)
def test_an_ascii_terminal_gets_ascii_alone(scene: str) -> None:
    assert all(each.plain.isascii() for each in picture(SCENES[scene], 80, 24, ascii_only=True))


def test_a_plain_build_shows_its_shards_and_workers() -> None:
    run = seen(
        under_way={"train": 2},
        workers=(worker(1), worker(2)),
        hosts=(on_host("node01"),),
        images_per_second=24.4,
        seconds_left=3720.0,
        bytes_out=12_300_000_000,
        workers_lost=1,
        skipped=2,
        warnings=("skipped a.JPEG: broken",),
    )
    assert shown(evaluate(found(run, done=[("train", k) for k in range(5)]))) == [
        "/data/imagenet-480 · being built, 25 % · plan p",
        "All         ━━━━━━━━━━──────────────────────────────   25 %  5 of 20 shards  2 under way  13 missing",
        "train       ━━━━━━━━━━━━╸───────────────────────────   31 %  5 of 16 shards  2 under way   9 missing",
        "validation  ────────────────────────────────────────    0 %   0 of 4 shards  0 under way   4 missing",
        "building, run on node01 · 24 images/s · 12.3 GB written · about 1 hour 2 minutes left",
        "1 worker lost · 2 images skipped",
        "1 train-00001  ━━━━━━━━━━──────────────────────────────   25 %  12/s  61.2 MB",
        "2 train-00002  ━━━━━━━━━━──────────────────────────────   25 %  12/s  61.2 MB",
        "· skipped a.JPEG: broken",
    ]


def test_slices_on_several_hosts_are_shown_by_host() -> None:
    runs = [sliced(1, 3, "a"), sliced(2, 3, "a"), sliced(3, 3, "b", seconds_left=None)]
    assert [each.split() for each in told(evaluate(found(*runs)))[5:7]] == [
        ["a", "25", "%", "2", "slices", "2", "workers", "2", "under", "way", "200/s", "00:10:00", "left"],
        ["b", "25", "%", "slice", "3", "1", "worker", "1", "under", "way", "100/s", "--:--:--", "left"],
    ]


def test_a_slice_that_prepares_has_done_nothing_yet() -> None:
    preparing = seen("2/2", "b", state="preparing")
    lines = told(evaluate(found(sliced(1, 2, "a"), preparing)))
    assert [each.split()[:3] for each in lines[5:7]] == [["a", "25", "%"], ["b", "slice", "2"]]
    assert "written" not in " ".join(lines), "what it has written before is not known yet"


def test_slices_on_one_host_are_shown_by_worker() -> None:
    lines = told(evaluate(found(sliced(1, 2, "a"), sliced(2, 2, "a"))))
    assert [each.split()[:3] for each in lines[5:7]] == [["1/2", "1", "train-00001"], ["2/2", "1", "train-00001"]]


def test_workers_on_other_hosts_are_shown_by_host_without_shares_that_nobody_knows() -> None:
    run = seen(host="login", hosts=(on_host("n1"), on_host("n2")), more_hosts=3)
    lines = shown(evaluate(found(run)))
    assert lines[4] == "building, run on login"
    assert lines[5:] == ["n1  2 workers  2 under way  50/s", "n2  2 workers  2 under way  50/s", "and 3 more hosts"]


def test_where_slices_are_missing_the_time_left_is_said_to_be_of_those_that_run() -> None:
    complete = shown(evaluate(found(sliced(1, 2, "a"), sliced(2, 2, "b"))))
    partial = shown(evaluate(found(sliced(1, 2, "a"))))
    assert complete[4] == "2 of 2 slices run · 200 images/s · 2.0 MB written · about 10 minutes left"
    assert partial[4] == "1 of 2 slices run · 100 images/s · 1.0 MB written · about 10 minutes left for these"


def test_many_hosts_are_cut_and_counted() -> None:
    lines = shown(SCENES["hundred"])
    assert len(lines) == 24
    assert "and 83 more hosts" in lines
    assert lines[-1] == "· worker 7 died"


def test_problems_stay_visible_below_many_hosts() -> None:
    runs: list[SeenRun] = [*HUNDRED[:-1], sliced(100, 100, "z", age=720.0, state="failed", error="no memory")]
    lines = shown(evaluate(found(*runs, shards={"train": 1024})), 80, 14)
    assert "✗ Slice 100 of 100 failed 12 minutes ago on z: no memory" in lines


def test_what_runs_and_what_became_of_others_is_counted() -> None:
    runs = [*MIXED, sliced(13, 16, "c", state="preparing", step="MD5 of a.tar: 25 %")]
    text = " ".join(shown(evaluate(found(*runs))))
    assert "10 of 16 slices run · 1 preparing · 1 failed · 1 silent · 1 finished" in text
    assert "MD5 of a.tar: 25 %" in text


def test_a_source_that_is_read_in_stages_is_counted_in_stretches() -> None:
    text = " ".join(shown(evaluate(found(seen(stretches=40, stretches_done=12)))))
    assert "read 12 of 40 stretches" in text


def test_a_complete_dataset_is_neither_under_way_nor_missing() -> None:
    text = " ".join(shown(SCENES["complete"]))
    assert "complete" in text
    assert "under way" not in text
    assert "missing" not in text


def test_control_characters_of_names_are_not_printed() -> None:
    run = seen(host="\x1b[2J", hosts=(on_host("\x1b[3J"), on_host("b")), warnings=("\x1b[4J",))
    assert "\x1b" not in "".join(shown(evaluate(found(run))))


def test_a_line_for_logs() -> None:
    assert line(SCENES["sixteen"]) == (
        "  0 %  0/20 shards  9 under way  900 img/s  00:10:00 left  9 of 16 slices run  1 failed  1 silent  1 finished"
    )
    assert line(SCENES["complete"]) == "100 %  20/20 shards"


def test_a_text_leaves_sentences_and_commands_whole() -> None:
    error = "/data/imagenet-480/train-00009-of-01024 cannot be written: No space left on device. " * 3
    lines = told(evaluate(found(sliced(1, 2, "a"), sliced(2, 2, "b", age=720.0, state="failed", error=error))))
    assert f"✗ Slice 2 of 2 failed 12 minutes ago on b: {error.strip()}" in lines
    assert told(SCENES["complete"])[-1] == "Check it   imagenet-setup verify /data/imagenet-480"
    assert not any("━" in line or line.endswith(" ") for line in lines)


def test_a_text_has_no_more_than_some_rows() -> None:
    lines = told(SCENES["hundred"])
    assert len(lines) == 26
    assert "and 81 more hosts" in lines


@pytest.mark.parametrize("scene", SCENES)
def test_where_each_image_is_a_file_of_its_own_parts_are_counted(scene: str) -> None:
    said = told(replace(SCENES[scene], part="part"))
    assert "part" in said[1]
    assert not [each for each in said if "shard" in each]
