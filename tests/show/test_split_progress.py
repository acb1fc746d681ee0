"""Progress of a split that is read in stages: read, merged, and put together."""

from dataclasses import replace

import pytest

from tests.show.scenes import GB, Clock, beat, estimated, shard_done, split, started
from wizard.events import Heartbeat, StretchDone
from wizard.show.build_progress import BuildProgress


def stretch(number: int, images: int = 250, *, is_merged: bool = False) -> StretchDone:
    name = f"{'merged' if is_merged else 'stretch'}-{number:05d}"
    read = 0 if is_merged else images
    return StretchDone(
        stretch=name,
        split="train",
        images=read,
        bytes_in=read * 100_000,
        bytes_out=read * 50_000,
        is_merged=is_merged,
    )


def reading(number: int, done: int) -> Heartbeat:
    return replace(beat(1, 0, done, total=250), shard=f"stretch-{number:05d}", reading=True)


@pytest.fixture
def build() -> BuildProgress:
    made = BuildProgress(now=Clock(), cores=2)
    made.add(started(replace(split(), stretches=4)))
    return made


def test_the_size_of_a_dataset_is_predicted_from_what_waits_on_the_disk_and_then_from_its_shards(
    build: BuildProgress,
) -> None:
    build.add(stretch(0))
    build.add(reading(1, 50))
    assert build.bytes_expected == pytest.approx(1000 * 50_000)
    for number in (1, 2, 3):
        build.add(stretch(number))
    build.add(shard_done(0))
    assert build.bytes_expected == pytest.approx(1000 * 50_000)


def test_shards_that_are_put_together_take_no_more_of_the_disk(build: BuildProgress) -> None:
    build.add(estimated(bytes_out=1 * GB))
    assert build.bytes_to_come == 1 * GB
    build.add(stretch(0))
    assert build.bytes_to_come == pytest.approx(750 * 50_000)
    for number in (1, 2, 3):
        build.add(stretch(number))
    assert build.bytes_to_come == 0


def test_a_stretch_without_images_that_are_wanted_is_done_and_merging_reads_none(build: BuildProgress) -> None:
    train = build.splits["train"]
    for number in range(4):
        assert not train.is_read
        build.add(stretch(number, images=0 if number else 250))
    build.add(stretch(0, is_merged=True))
    assert (train.is_read, train.stretches_done, train.images_read) == (True, 4, 250)


def test_no_more_than_all_images_are_ever_reached(build: BuildProgress) -> None:
    seen = []
    events = [
        *(event for number in range(4) for event in (reading(number, 125), stretch(number))),
        *(event for number in range(10) for event in (beat(1, number, 50), shard_done(number))),
    ]
    for event in events:
        build.add(event)
        seen.append(build.reached)
    assert seen == sorted(seen)
    assert seen[-1] == 1000
