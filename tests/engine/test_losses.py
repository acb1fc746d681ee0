import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_worker import image, task
from wizard.engine.deaths import WorkerDied, WorkersLost
from wizard.engine.losses import ATTEMPTS, Culprit, Losses
from wizard.engine.plan import ShardTask
from wizard.errors import BadImage, MachineError
from wizard.events import WorkerLost
from wizard.show.progress import messages
from wizard.targets.webdataset.target import WebDataset

SEGFAULT = -signal.SIGSEGV
KILLED = -signal.SIGKILL
NAMES = tuple(f"n01514668_{place}.JPEG" for place in range(4))


@pytest.fixture
def shard(tmp_path: Path) -> Callable[..., ShardTask]:
    return lambda *, skip_bad: task(tmp_path, {name: image(8, 8) for name in NAMES}, skip_bad=skip_bad)


def innocent(_task: ShardTask, _suspect: int) -> None:
    return None


def guilty(task: ShardTask, suspect: int) -> Culprit:
    del task
    return (suspect, WorkerDied(9, SEGFAULT, item=0))


def crash(item: int | None = 1) -> WorkerDied:
    return WorkerDied(7, SEGFAULT, item=item)


def after(losses: Losses, task: ShardTask, death: WorkerDied) -> tuple[list[WorkerLost], ShardTask]:
    told: list[WorkerLost] = []

    def run() -> ShardTask:
        steps = losses.after(task, death)
        while True:
            try:
                told.append(next(steps))
            except StopIteration as stop:
                next_try: ShardTask = stop.value
                return next_try

    return told, run()


def test_the_first_death_names_the_image_in_hand(shard: Callable[..., ShardTask]) -> None:
    told, again = after(Losses(innocent), shard(skip_bad=True), crash())
    assert [(lost.attempt, lost.shard) for lost in told] == [(1, "train-00000-of-00001")]
    assert "worker 7 crashed (SIGSEGV) while processing" in told[0].reason
    assert f"{NAMES[1]} (" in told[0].reason
    assert again.crashing == {}


def test_a_shard_is_named_as_its_file_is(shard: Callable[..., ShardTask]) -> None:
    timm = WebDataset(names="timm", dataset="imagenet1k")
    tried = replace(shard(skip_bad=True), name="train-0000.tar", target=timm)
    losses, death = Losses(innocent), WorkerDied(7, KILLED, oom=False)
    told, _ = after(losses, tried, death)
    assert messages(told[0])[0].endswith(" while on imagenet1k-train-0000.tar (attempt 1); it is tried again")
    for _ in range(ATTEMPTS - 2):
        after(losses, tried, death)
    with pytest.raises(MachineError, match=r"^imagenet1k-train-0000\.tar was tried 3 times"):
        after(losses, tried, death)


def test_an_image_that_kills_workers_stops_the_run_by_name(shard: Callable[..., ShardTask]) -> None:
    with pytest.raises(BadImage, match=rf"archive\.tar: {NAMES[1]} .* a worker crashed on it twice \(SIGSEGV\)"):
        after(Losses(guilty), shard(skip_bad=False), crash())


def test_any_number_of_crashing_images_is_skipped_without_counting_as_an_attempt(
    shard: Callable[..., ShardTask],
) -> None:
    losses, again = Losses(guilty), shard(skip_bad=True)
    for item in range(len(NAMES)):
        _, again = after(losses, again, crash(item))
    assert again.crashing == dict.fromkeys(range(len(NAMES)), "a worker crashed on it twice (SIGSEGV)")


@pytest.mark.parametrize("death", [WorkerDied(7, KILLED, oom=True, item=1), WorkerDied(7, KILLED, oom=False, item=1)])
def test_an_image_in_hand_when_somebody_killed_the_worker_is_not_suspected(
    shard: Callable[..., ShardTask], death: WorkerDied
) -> None:
    losses, again = Losses(guilty), shard(skip_bad=False)
    for _ in range(ATTEMPTS - 1):
        _, again = after(losses, again, death)
        assert again.crashing == {}
    with pytest.raises(MachineError, match=f"was tried {ATTEMPTS} times") as error:
        after(losses, again, death)
    assert ("more memory" in error.value.hint) == (death.oom is True)


def test_crashes_at_other_images_each_time_are_no_image_s_fault(shard: Callable[..., ShardTask]) -> None:
    losses = Losses(innocent)
    for item in range(ATTEMPTS - 1):
        after(losses, shard(skip_bad=False), crash(item))
    with pytest.raises(MachineError, match=f"was tried {ATTEMPTS} times") as error:
        after(losses, shard(skip_bad=False), crash(3))
    assert "memory" not in error.value.what + error.value.hint


def test_an_image_in_hand_at_every_crash_is_named_but_never_left_out(shard: Callable[..., ShardTask]) -> None:
    losses, again = Losses(innocent), shard(skip_bad=True)
    for _ in range(ATTEMPTS - 1):
        _, again = after(losses, again, crash())
        assert again.crashing == {}
    told = rf"{NAMES[1]} .* crashed {ATTEMPTS} times while processing it \(SIGSEGV\), but not when it was tried alone"
    with pytest.raises(BadImage, match=told):
        after(losses, again, crash())


def test_a_shard_with_which_several_workers_were_lost_elsewhere_is_not_tried_again(
    shard: Callable[..., ShardTask],
) -> None:
    told = r"was tried 4 times, and its worker died each time; the last time: worker a on node7 was lost"
    with pytest.raises(MachineError, match=told):
        after(Losses(guilty), shard(skip_bad=True), WorkersLost("worker a on node7", 4))


def test_a_crash_with_nothing_in_hand_looks_for_no_image(shard: Callable[..., ShardTask]) -> None:
    told, _ = after(Losses(guilty), shard(skip_bad=False), crash(None))
    assert told[0].reason == "worker 7 crashed (SIGSEGV)"


def test_a_shard_whose_worker_died_of_another_one_is_tried_again_without_a_word(
    shard: Callable[..., ShardTask],
) -> None:
    task, losses = shard(skip_bad=False), Losses(guilty)
    for _ in range(2 * ATTEMPTS):
        assert after(losses, task, WorkerDied(7, SEGFAULT, beside=True)) == ([], task)
