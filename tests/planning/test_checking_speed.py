from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import deadly
from tests.engine.test_worker import task
from wizard.engine.executors.local import LocalExecutor
from wizard.engine.executors.worker_pool import local_workers
from wizard.engine.plan import ShardTask
from wizard.planning.checking_speed import measured_speed, usual_speed


class Recording(LocalExecutor):
    """A local executor that remembers the tasks."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.tasks: list[ShardTask] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks += [arg for arg in args if isinstance(arg, ShardTask)]
        return super().submit(fn, *args, **kwargs)


def images(count: int) -> dict[str, bytes]:
    return {f"{number:03d}": deadly.image(seed=number) for number in range(count)}


def test_every_worker_decodes_images_of_its_own_whatever_the_recipe_says(tmp_path: Path) -> None:
    made = task(tmp_path, images(100))
    with Recording(2) as executor:
        assert measured_speed(executor, replace(made, recipe=replace(made.recipe, check="md5"))) > 0
    names = [sample.name for each in executor.tasks for sample in each.samples]
    assert {each.recipe.check for each in executor.tasks} == {"decode"}
    assert len(names) == len(set(names)) == 64


@pytest.mark.parametrize("count", [0, 1])
def test_a_shard_may_have_fewer_images_than_there_are_workers(tmp_path: Path, count: int) -> None:
    with local_workers(2) as executor:
        assert measured_speed(executor, task(tmp_path, images(count))) > 0


def test_damaged_images_do_not_hinder_the_measurement(tmp_path: Path) -> None:
    some = images(8) | {"damaged": deadly.image()[:300], "empty": b""}
    with local_workers(1) as executor:
        assert measured_speed(executor, task(tmp_path, some)) != usual_speed(1)


def test_a_worker_that_dies_of_an_image_leaves_the_usual_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly.arm(tmp_path / "armed", monkeypatch)
    with local_workers(1) as executor:
        assert measured_speed(executor, task(tmp_path, {"a": deadly.image(deadly.SEGFAULT)})) == usual_speed(1)


def test_an_archive_that_is_gone_leaves_the_usual_speed(tmp_path: Path) -> None:
    made = task(tmp_path, images(3))
    (tmp_path / "archive.tar").unlink()
    with local_workers(1) as executor:
        assert measured_speed(executor, made) == usual_speed(1)
