"""What is said when TensorFlow cannot use what every shard's own proof has found good."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.verify.shards import NAMES, expectation, images, replaced, task
from wizard.engine.executors.executor import Executor
from wizard.engine.manifest import Manifest
from wizard.errors import VerifyFailed
from wizard.formats import tar
from wizard.sources.classes import Classes, imagenet
from wizard.targets.expected import Expectation
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.webdataset.target import WebDataset
from wizard.verify.training import read_with_tensorflow


def opened(tensorflow: Executor, expected: Expectation, classes: Classes | None = None) -> str:
    """The report on a dataset of just this shard."""
    manifest = Manifest(
        plan_id="",
        ingredients={},
        profile={},
        label_base=expected.label_base,
        shards=(expected.result,),
        images_sha256="",
        created_by="",
        target=expected.target,
        classes=classes or imagenet(),
        sidecars={},
    )
    return read_with_tensorflow(tensorflow, Path(expected.folder), manifest, [expected], lambda _event: None)["train"]


def cut(expected: Expectation) -> None:
    """Cuts off the shard, or its first image file."""
    files = sorted(Path(expected.folder).rglob("*.JPEG")) if expected.target.one_file_per_image else [expected.path]
    files[0].write_bytes(files[0].read_bytes()[:700])


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders"])
def test_shards_that_tensorflow_cannot_read_are_reported(tensorflow: Executor, tmp_path: Path, form: str) -> None:
    expected = expectation(task(tmp_path, images(), TARGETS_BY_NAME[form]()))
    assert "decoded a batch of (4, 224, 224, 3)" in opened(tensorflow, expected)
    cut(expected)
    with pytest.raises(VerifyFailed, match="TensorFlow cannot use train: "):
        opened(tensorflow, expected)


@pytest.mark.parametrize("form", ["tfrecord", "webdataset"])
def test_labels_beyond_the_classes_are_reported(tensorflow: Executor, tmp_path: Path, form: str) -> None:
    expected = expectation(task(tmp_path, images(), TARGETS_BY_NAME[form]()))
    with pytest.raises(VerifyFailed, match="labels 8 to 8 are not within 1 to 2"):
        opened(tensorflow, expected, Classes(names=("a", "b"), words=("a", "b")))


def test_images_without_labels_are_expected_where_they_were_planned(tensorflow: Executor, tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), rank=-1))
    assert opened(tensorflow, expected).endswith("(4, 224, 224, 3)")
    with pytest.raises(VerifyFailed, match="labels -1 to -1 are not within 1 to 1000"):
        opened(tensorflow, dataclasses.replace(expected, ranks=np.zeros(len(NAMES), np.int16)))


def test_a_label_that_is_not_a_number_is_reported(tensorflow: Executor, tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), WebDataset()))
    content = expected.path.read_bytes().replace(
        tar.member("n01514668_0.cls", b"8"), tar.member("n01514668_0.cls", b"x")
    )
    with pytest.raises(VerifyFailed, match="a sample cannot be read"):
        opened(tensorflow, replaced(expected, content))
