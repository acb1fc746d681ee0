from dataclasses import replace

from tests.show.statuses import every, found, seen, sliced
from wizard.run_files import SeenRun
from wizard.show.status_problems import problems
from wizard.status.evaluate import evaluate
from wizard.status.find import Found
from wizard.status.status import Loss


def told(there: Found) -> list[str]:
    return [each.text for each in problems(evaluate(there))]


def test_a_build_that_goes_well_has_no_problems() -> None:
    assert told(found(seen())) == []
    assert told(found(*[sliced(number, 2, "a") for number in (1, 2)])) == []


def test_a_complete_dataset_is_said_to_be_one_whatever_became_of_runs() -> None:
    assert told(found(seen(state="failed", error="no memory"), done=every(), described=True)) == [
        "✓ All shards are done, and dataset.json describes them\nCheck it   imagenet-setup verify /data/imagenet-480"
    ]


def test_a_run_that_failed_is_named_with_its_sentence() -> None:
    assert told(found(seen(age=720.0, state="failed", error="/data is full.\n  df says so"))) == [
        "✗ The run failed 12 minutes ago on node01: /data is full. df says so",
        "! Nothing runs here: 20 shards stay missing until the command that began the build is given again",
    ]


def test_a_run_that_fell_silent_may_have_been_killed() -> None:
    assert told(found(sliced(1, 2, "a"), sliced(2, 2, "node04", age=720.0))) == [
        "! Slice 2 of 2: last heard of 12 minutes ago on node04: killed?",
        "! Slice 2 of 2 does not run: its 10 shards stay missing until it is run",
    ]


def test_a_run_that_was_stopped_is_said_to_be() -> None:
    assert told(found(seen(age=60.0, state="stopped")))[0] == "! The run stopped 1 minute ago on node01"


def test_runs_that_failed_alike_share_a_sentence_and_failures_come_first() -> None:
    runs: list[SeenRun] = [sliced(number, 16, f"n{number}", age=720.0 + number) for number in (1, 2)]
    runs += [
        sliced(number, 16, f"n{number}", age=60.0 * number, state="failed", error="full") for number in (3, 5, 6, 7)
    ]
    assert told(found(*runs, sliced(16, 16, "a")))[:2] == [
        "✗ Slices 3, 5 to 7 of 16 failed last 3 minutes ago on n3, n5 and 2 more: full",
        "! Slices 1, 2 of 16: last heard of 12 minutes or more ago on n1, n2: killed?",
    ]


def test_slices_that_were_never_run_are_named_with_what_they_miss() -> None:
    assert told(found(*[sliced(number, 10, "a") for number in (1, 2, 3, 5, 6)], done=[("train", 3)])) == [
        "! Slices 4, 7 to 10 of 10 do not run: their 9 shards stay missing until they are run"
    ]


def test_many_slices_are_not_all_listed() -> None:
    (text,) = told(found(sliced(2, 40, "a"), shards={"train": 40}, done=[("train", k) for k in range(1, 40, 2)]))
    assert text.startswith("! Slices 1, 3, 5, 7, 9, 11, 13, 15 and 12 more of 40 do not run: their 20 shards")


def test_shards_without_a_description_need_a_last_run() -> None:
    assert told(found(seen(state="stopped"), done=every()))[-1] == (
        "! All shards are there, but dataset.json is missing: give the command that began the build again"
    )
    assert told(found(seen("1/2", state="finished"), sliced(2, 2, "b", age=99.0, shards_done=10), done=every())) == [
        "! All shards are there, but dataset.json is missing: give the command that began the build again"
    ]


def test_what_is_gone_is_named_with_the_command_that_builds_it() -> None:
    loss = Loss(gone={"train-00003-of-00016": "train-00003-of-00016 is gone"})
    there = found(done=every() - {("train", 3)}, described=True)
    assert told(replace(there, loss=loss, command="imagenet-setup run /data")) == [
        "! Nothing runs here: 1 shard stays missing (train-00003-of-00016 is gone)\n"
        "Build them   imagenet-setup run /data"
    ]


def test_a_dataset_whose_description_is_incomplete_is_not_complete() -> None:
    there = replace(found(done=every(), described=True), loss=Loss(lacking=("images.csv.gz is gone",)), command="run")
    assert told(there) == ["! All shards are there, but images.csv.gz is gone\nWrite it again   run"]


def test_a_problem_keeps_its_key_while_time_goes_by() -> None:
    early, late = (
        [each.key for each in problems(evaluate(found(sliced(1, 2, "a"), sliced(2, 2, "b", age=age))))]
        for age in (60.0, 600.0)
    )
    assert early == late
