"""Builds whose images are encoded by jpegli, and that keep the bytes of small ones: what a person and a reader see."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
import tensorflow as tf

from tests.helpers import (
    TRAIN,
    VALIDATION,
    build_dataset,
    build_profile,
    contents,
    examined,
    ignore,
    job,
    profile,
    quiet,
)
from wizard.ask import validation
from wizard.ask.context import Context
from wizard.ask.question import Answers
from wizard.ask.questions import BY_KEY
from wizard.engine import manifest
from wizard.errors import UsageError
from wizard.folders import cache_folder
from wizard.formats import jpegli, jpegli_package
from wizard.planning import decide_without_source, resolve
from wizard.preflight.estimate import Estimator
from wizard.preflight.preview import write_preview
from wizard.show.progress import messages
from wizard.sources.opening import open_source
from wizard.verify.dataset import verify

SIZE = 150
SMALL: dict[str, Any] = {"resize": "shortest", "size": SIZE, "quality": 85, "keep_small": True}
BOTH = SMALL | {"encoder": "jpegli"}
SHARDS = {"train_shards": 20, "validation_shards": 5}

needs_jpegli = pytest.mark.skipif(not jpegli_package.is_installed(), reason="an extra without wheels for this Python")


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("module-home")
        patch.setenv("IMAGENET_SETUP_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def one_worker(raw: Path, own_home: Path) -> Path:
    """Built with both settings by one worker, read directly; must not be changed."""
    build_dataset(raw, own_home / "out", image=BOTH, output=SHARDS)
    return own_home / "out"


def originals(raw: Path) -> dict[str, bytes]:
    source = open_source(raw)
    tables = [source.table(split, cache_folder(), quiet) for split in ("train", "validation")]
    return {sample.name: image for table in tables for sample, image, _ in table.contents()}


def stored(out: Path) -> dict[str, bytes]:
    found = {}
    for path in (*out.glob("train-*"), *out.glob("validation-*")):
        for payload in tf.data.TFRecordDataset(str(path)):
            feature = tf.train.Example.FromString(payload.numpy()).features.feature
            found[feature["image/filename"].bytes_list.value[0].decode()] = feature["image/encoded"].bytes_list.value[0]
    return found


@needs_jpegli
@pytest.mark.parametrize("sections", [{"run": {"workers": 2}}, {"source": {"read": "staged"}}], ids=["two", "staged"])
def test_workers_and_the_way_of_reading_change_no_byte(
    raw: Path, one_worker: Path, tmp_path: Path, sections: dict[str, Any]
) -> None:
    build_dataset(raw, tmp_path / "out", image=BOTH, output=SHARDS, **sections)
    assert contents(tmp_path / "out") == contents(one_worker)


@needs_jpegli
@pytest.mark.skipif(os.name != "posix", reason="kills a group of processes")
def test_a_build_that_was_killed_ends_in_the_same_bytes(raw: Path, one_worker: Path, tmp_path: Path) -> None:
    out, empty = tmp_path / "out", tmp_path / "p.toml"
    empty.write_text("")
    sets = {"source.path": raw, "output.path": out, "run.workers": 2}
    sets |= {f"image.{key}": json.dumps(value) for key, value in BOTH.items()}
    sets |= {f"output.{key}": value for key, value in SHARDS.items()}
    words = [sys.executable, "-m", "wizard", "run", str(empty), "--json"]
    words += [f"--set={key}={value}" for key, value in sets.items()]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while run.poll() is None and not any(out.glob(".imagenet-setup/shards/*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert len(contents(out)) < sum(SHARDS.values())
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=120)
    assert contents(out) == contents(one_worker)


@needs_jpegli
def test_small_images_keep_their_bytes_and_all_others_are_encoded_as_trainers_read_them(
    raw: Path, one_worker: Path
) -> None:
    before, after = originals(raw), stored(one_worker)
    assert before.keys() == after.keys()
    kept = {name for name in before if before[name] == after[name]}
    converted = {image.name for image in manifest.read(one_worker).converted}
    heights = {name: simplejpeg.decode_jpeg_header(after[name])[:2] for name in after}
    assert all(min(heights[name]) <= SIZE for name in kept)
    assert all(min(heights[name]) <= SIZE for name in converted)
    resized = after.keys() - kept - converted
    assert kept
    assert resized
    assert {min(heights[name]) for name in resized} == {SIZE}
    for name in resized | converted:
        assert simplejpeg.decode_jpeg_header(after[name])[3] == "420"
    for name in [*sorted(resized)[:5], *sorted(kept)[:5]]:
        pixels = tf.io.decode_jpeg(after[name], channels=3, dct_method="INTEGER_ACCURATE").numpy()
        assert np.array_equal(pixels, simplejpeg.decode_jpeg(after[name], fastdct=False, fastupsample=False))


@needs_jpegli
def test_the_manifest_counts_the_images_that_are_kept(raw: Path, one_worker: Path) -> None:
    before, after = originals(raw), stored(one_worker)
    counted = json.loads((one_worker / "dataset.json").read_text())
    assert sum(counted["kept"].values()) == sum(before[name] == after[name] for name in before)
    assert "bytes kept where the size stays" in counted["ingredients"]["train recipe"]
    assert "by jpegli" in counted["ingredients"]["train recipe"]
    assert jpegli.codec() in counted["ingredients"]["codecs"]


@needs_jpegli
def test_verify_accepts_the_dataset_and_decodes_every_image_of_it(one_worker: Path) -> None:
    assert verify(one_worker, ignore, pixels=True).images == {"train": TRAIN, "validation": VALIDATION}


def test_how_many_keep_their_bytes_is_foreseen_and_told_at_the_end(raw: Path, tmp_path: Path) -> None:
    asked = profile(raw, tmp_path / "out", source={"boxes": "none"}, image=SMALL)
    verdict = examined(asked)
    assert verdict.estimated is not None
    result = build_profile(asked)
    kept = [split.kept for split in result.splits]
    assert None not in kept
    assert verdict.estimated.kept == sum(count or 0 for count in kept) > 0
    (line,) = messages(verdict.estimated)
    assert f"about {verdict.estimated.kept} of {TRAIN + VALIDATION} images keep their bytes" in line
    assert verdict.estimated.bytes_out.likely == pytest.approx(
        sum(split.bytes_out for split in result.splits), rel=0.01
    )


def test_where_all_images_are_stored_alike_nothing_is_said_of_some(raw: Path, tmp_path: Path) -> None:
    image = SMALL | {"keep_small": False}
    verdict = examined(profile(raw, tmp_path / "out", image=image))
    assert verdict.estimated is not None
    assert verdict.estimated.kept is None
    assert [split.kept for split in build_dataset(raw, tmp_path / "out", image=image).splits] == [0, 0]


@needs_jpegli
def test_the_estimate_and_the_preview_use_the_encoder_that_was_asked_for(raw: Path, tmp_path: Path) -> None:
    asked = job(raw, tmp_path / "out", image=BOTH | {"keep_small": False})
    usual = job(raw, tmp_path / "out", image=BOTH | {"keep_small": False, "encoder": "libjpeg-turbo"})
    with closing(Estimator(asked.surveys, 1, cache_folder())) as estimator:
        sizes = [estimator.estimate(each).bytes_out.likely for each in (asked, usual)]
        page = write_preview(asked, estimator)
    built = build_dataset(raw, tmp_path / "out", image=BOTH | {"keep_small": False})
    assert sizes[0] != sizes[1]
    assert sizes[0] == pytest.approx(sum(split.bytes_out for split in built.splits), rel=0.05)
    assert page is not None
    assert "by jpegli" in page.read_text(encoding="utf-8")


def test_a_missing_package_is_named_with_its_installation_before_the_source_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, jpegli_package.PACKAGE, None)
    asked = profile(tmp_path / "nothing here", tmp_path / "out", image={"quality": 90, "encoder": "jpegli"})
    with pytest.raises(UsageError, match=r'image\.encoder = "jpegli": ajpegli.* is not installed') as refused:
        resolve(asked, ignore)
    assert "pip install ajpegli" in refused.value.hint
    assert "--set image.encoder=libjpeg-turbo" in refused.value.hint
    with pytest.raises(UsageError, match="is not installed"):
        decide_without_source(asked)


def test_the_wizard_judges_an_answer_beside_those_that_it_depends_on() -> None:
    question = BY_KEY["image.keep_small"]
    for mode, refused in (("shortest", False), ("original", True)):
        known = Answers[Context](
            values={"image.resize": mode, "image.size": 480, "image.quality": 85}, context=Context()
        )
        assert ("has no meaning" in validation.error_for(question, "yes", known)) == refused


def test_the_wizard_refuses_an_encoder_whose_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    question, known = BY_KEY["image.encoder"], Answers[Context](values={}, context=Context())
    assert validation.error_for(question, "libjpeg-turbo", known) == ""
    monkeypatch.setitem(sys.modules, jpegli_package.PACKAGE, None)
    assert "pip install ajpegli" in validation.error_for(question, "jpegli", known)


@pytest.mark.parametrize("key", ["image.encoder", "image.keep_small"])
def test_the_wizard_asks_on_request_where_images_are_resized(key: str) -> None:
    question = BY_KEY[key]
    assert question.advanced
    for mode in ("shortest", "exact", "crop", "original"):
        known = Answers[Context](values={"image.resize": mode}, context=Context())
        assert question.applies(known) == (mode != "original")


def test_the_wizard_offers_a_check_where_small_images_keep_their_bytes() -> None:
    question = BY_KEY["image.check"]
    for answer, offered in (("yes", True), (True, True), ("no", False), (False, False)):
        values: dict[str, Any] = {"image.resize": "shortest", "image.keep_small": answer}
        assert question.applies(Answers[Context](values=values, context=Context())) == offered
