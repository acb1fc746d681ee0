import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.show.scenes import GB, Clock, beat, estimated, machine, shard_done, split, started, under_way
from wizard.events import Preparing
from wizard.show.build_progress import BuildProgress
from wizard.show.dashboard_view import picture
from wizard.show.progress import Progress

WIDTHS = [40, 60, 79, 80, 100, 200]
HEIGHTS = [10, 24, 50]
STORYBOARD = """\
╭ train-480-q85 ────────────────────────────────── 00:00:10 · about 01:05 left ╮
│ All         ━━━━━━━━━━━━━━──────────────────────────   35 %     700 of 2,000 │
│ train       ━━━━━───────────────────────────────────   13 %   0 of 10 shards │
│ validation  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  100 %  10 of 10 shards │
│ 20 images/s · read 2.0 MB/s → wrote 1.0 MB/s (50 %)                          │
│ 510.0 MB so far, about 575.0 MB expected                                     │
├ workers ─────────────────────────────────────────────────────────────────────┤
│ 1 train-00000  ━━━━━━━━━━━━━━━━━━━━━━━────────────   66 %     10/s   61.2 MB │
│ 2 train-00001  ━━━━━━━━━━━━━━━━━━━━━━━────────────   66 %     10/s   61.2 MB │
├ machine · limited by the CPU ────────────────────────────────────────────────┤
│ CPU 99 % · RAM 1.1 of 24.6 GB · disk 385.0 GB free → 384.9 GB at the end     │
├ events ──────────────────────────────────────────────────────────────────────┤
│ 00:10  converted n02105855_2933.JPEG (PNG → JPEG)                            │
│ 00:10  ! worker 4711 was killed by the system, most likely for want of memo… │
╰ Ctrl-C: finish these shards and stop · again: stop now ──────────────────────╯"""
NARROW = """\
train-480-q85                00:00:10 · about 01:05 left
All         ━━━━━━━─────────────   35 %     700 of 2,000
train       ━━╸─────────────────   13 %   0 of 10 shards
validation  ━━━━━━━━━━━━━━━━━━━━  100 %  10 of 10 shards
20 images/s · 510.0 MB so far · about 575.0 MB expected
1 train-00000   66 %
2 train-00001   66 %
Ctrl-C: finish these shards and stop · again: stop now"""


def drawn(build: BuildProgress, width: int, height: int, *, ascii_only: bool = False) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, height=height)
    console.print(*picture(Progress(build=build), width, height, ascii_only=ascii_only), sep="\n")
    return file.getvalue().rstrip("\n").split("\n")


def text(build: BuildProgress, width: int, height: int = 50) -> str:
    return "\n".join(drawn(build, width, height))


def test_rows_name_the_hosts_of_workers_on_other_machines() -> None:
    build = under_way(0)
    for host in ("node7", "n8"):
        build.add(replace(beat(1, 1, 10), host=host, number=1))
    shown = text(build, 100)
    assert "│ n8    1 train-00001 " in shown
    assert "│ node7 1 train-00001 " in shown
    assert "this machine" in shown


def test_rows_of_this_machine_name_no_host() -> None:
    build = under_way(0)
    build.add(replace(beat(1, 1, 10), host=build.host, number=1))
    assert build.host not in text(build, 100)


def test_this_machines_load_is_not_what_limits_workers_on_others() -> None:
    build = under_way(2)
    assert build.limit
    build.add(replace(beat(1, 1, 10), host="node7", number=1))
    assert not build.limit


@pytest.mark.parametrize("width", [1, 10, 20, *WIDTHS])
@pytest.mark.parametrize("height", [1, 2, 5, 9, *HEIGHTS])
@pytest.mark.parametrize("workers", [0, 1, 2, 64])
def test_the_live_area_leaves_room_at_the_right_and_below(width: int, height: int, workers: int) -> None:
    lines = drawn(under_way(workers), width, height)
    assert max(len(line) for line in lines) <= max(1, width - 3)
    assert len(lines) <= max(1, height - 1)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("height", HEIGHTS)
def test_the_progress_of_the_whole_and_of_each_split_is_always_shown(width: int, height: int) -> None:
    lines = [line.strip("│ ") for line in drawn(under_way(), width, height)]
    for name, percent in [("All", " 35 %"), ("train", " 13 %"), ("validation", " 100 %")]:
        assert any(line.startswith(name) and percent in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_images_shards_and_times_are_shown(width: int) -> None:
    seen = text(under_way(), width)
    assert "700 of 2,000" in seen
    assert "0 of 10 shards" in seen
    assert "10 of 10 shards" in seen
    assert "00:00:10 · about 01:05 left" in seen


def test_a_wide_window_shows_everything() -> None:
    assert text(under_way(), 84) == STORYBOARD


def test_a_narrow_window_has_no_box_and_a_line_a_worker() -> None:
    assert text(under_way(), 60) == NARROW


def test_speed_and_bytes_are_shown() -> None:
    build = under_way()
    assert "20 images/s · read 2.0 MB/s → wrote 1.0 MB/s (50 %)" in text(build, 100)
    assert "510.0 MB so far, about 575.0 MB expected" in text(build, 100)
    assert "20 images/s · 510.0 MB so far · about 575.0 MB expected" in text(build, 60)


def test_without_heartbeats_the_workers_are_shown_as_starting() -> None:
    build = BuildProgress(now=Clock())
    build.add(started())
    assert "waiting for the workers · 0 bytes so far" in text(build, 100)
    assert "left" not in text(build, 100)


@pytest.mark.parametrize("width", [60, 100])
def test_skipped_images_are_counted(width: int) -> None:
    build = under_way()
    build.add(shard_done(7, skipped=("a", "b", "c")))
    assert "3 skipped" in text(build, width)


def test_a_worker_has_a_number_a_shard_a_rate_and_its_memory() -> None:
    row = next(line for line in drawn(under_way(), 100, 50) if "train-00001" in line)
    assert row.split() == ["│", "2", "train-00001", "━" * 26 + "╸" + "─" * 13, "66", "%", "10/s", "61.2", "MB", "│"]


@pytest.mark.parametrize("width", [60, 100])
def test_workers_that_have_no_room_are_counted(width: int) -> None:
    lines = drawn(under_way(64), width, 24)
    rows = sum("train-000" in line for line in lines)
    assert rows > 5
    assert any(f"and {64 - rows} more workers" in line for line in lines)


def test_events_go_first_then_workers_then_the_machine() -> None:
    def sections(height: int) -> list[str]:
        lines = drawn(under_way(), 100, height)
        return [name for name in ("workers", "machine", "events") if any(f"├ {name}" in line for line in lines)]

    assert sections(24) == ["workers", "machine", "events"]
    assert sections(13) == ["workers", "machine"]
    assert sections(10) == ["machine"]
    assert sections(9) == []


def test_the_free_disk_at_the_end_is_predicted() -> None:
    build = BuildProgress(now=Clock())
    build.add(estimated(66 * GB))
    build.add(started())
    build.add(machine(free=100 * GB))
    assert "CPU 99 % · RAM 1.1 of 24.6 GB · disk 100.0 GB free → 34.0 GB at the end" in text(build, 100)


def test_a_disk_too_small_for_the_rest_is_reported() -> None:
    build = BuildProgress(now=Clock())
    build.add(estimated(66 * GB))
    build.add(started())
    build.add(machine(free=50 * GB))
    assert "disk 50.0 GB free, 66.0 GB still to write" in text(build, 100)


def test_an_ascii_terminal_gets_ascii_alone() -> None:
    build = under_way(64)
    build.remember("skipped Köln.JPEG")
    for width in WIDTHS:
        lines = drawn(build, width, 24)
        plain = drawn(build, width, 24, ascii_only=True)
        assert all(line.isascii() for line in plain)
        assert [len(line) for line in plain] == [len(line) for line in lines]


def test_names_cannot_break_the_picture() -> None:
    build = under_way()
    build.output = "/data/" + "a\n\x1b[2J" * 50
    build.remember("skipped \n\x1b[31m大.JPEG " * 20)
    lines = drawn(build, 100, 50)
    assert {cell_len(line) for line in lines} == {96}


def test_a_dataset_in_the_root_has_a_name() -> None:
    build = under_way()
    build.output = "/"
    assert drawn(build, 100, 50)[0].startswith("╭ / ─")


def test_a_slice_is_named_beside_its_dataset() -> None:
    build = under_way()
    build.output, build.slice = "/data/out", "3/16"
    assert drawn(build, 100, 50)[0].startswith("╭ out · slice 3/16 ─")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_preparation_shows_its_step_and_percent(width: int) -> None:
    build = BuildProgress()
    build.add(Preparing(step="headers of ILSVRC2012_img_train.tar", done=37, total=100))
    build.add(Preparing(step="MD5 of ILSVRC2012_img_val.tar", done=147 * GB, total=148 * GB))
    first, second = drawn(build, width, 24)
    assert first.startswith("headers of ILSVRC2012")
    assert " 37 %" in first
    assert " 99 %" in second
    assert width < 79 or second.endswith("of 148.0 GB")


def test_there_is_nothing_to_see_before_anything_happens() -> None:
    assert picture(Progress(), 100, 24) == []


def test_an_empty_shard_is_whole() -> None:
    build = BuildProgress(now=Clock())
    build.add(started(split(images=0)))
    build.add(beat(1, 0, 0, total=0))
    assert text(build, 100).count("100 %") == 3


def test_of_image_files_images_are_counted_and_no_shards() -> None:
    progress = Progress(build=under_way())
    progress.build.one_file_per_image = True
    progress.build.converted = 45
    drawn = "\n".join(line.plain for line in picture(progress, 100, 24))
    assert "shards" not in drawn
    assert "Ctrl-C: finish what is under way and stop" in drawn
    assert "45 converted to JPEG" in drawn
