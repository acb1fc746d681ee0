import multiprocessing
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.helpers import (
    CLASSES,
    TRAIN,
    VALIDATION,
    add_test_archive,
    build_dataset,
    encoded,
    job,
    noise,
    profile,
    quiet,
    shards,
    survey,
)
from wizard import synthetic
from wizard.engine.dry_run import dry_run
from wizard.engine.plan import ShardTask
from wizard.engine.transform import Recipe
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import Split
from wizard.machine.memory import usable_memory
from wizard.planning import decide
from wizard.preflight import estimate
from wizard.preflight.estimate import Estimator
from wizard.preflight.totals import total
from wizard.sources.archives.index import read_table
from wizard.sources.opening import open_source
from wizard.sources.source import Survey, surveyed
from wizard.targets.tfrecord.target import TFRecords

RESIZED = {"resize": "shortest", "size": 64, "quality": 85}
FEW = 200
OUT = Path("/nowhere/out")
SPLIT_FOLDERS = ("tfrecord_train", "tfrecord_val")


def look(raw: Path) -> dict[Split, Survey]:
    return {"train": survey(raw, "train"), "validation": survey(raw, "validation")}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives with more images than the sample of `few`; read only."""
    folder = tmp_path_factory.mktemp("many")
    synthetic.make(folder, classes=8, per_class=50, validation=100)
    return folder


@pytest.fixture(autouse=True)
def any_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn archives are too small to measure but a small part of them."""
    monkeypatch.setattr(estimate, "SHARE", 1.0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample small enough for drawn archives."""
    monkeypatch.setattr(estimate, "SAMPLE", FEW)


def truly(survey: Survey, asked: Recipe) -> int:
    """Bytes of the records of all images, without boxes."""
    table = read_table(survey.path, survey.split, cache_folder(), quiet)
    task = ShardTask(
        split=survey.split,
        name="",
        folder="",
        samples=table,
        recipe=asked,
        label_base=1,
        skip_bad=True,
        target=TFRecords(),
    )
    return sum(dry_run(task).bytes_out)


def sections(**more: Any) -> dict[str, Any]:
    return {"source": {"boxes": "none"}} | more


@pytest.mark.parametrize("image", [{}, RESIZED], ids=["bytes kept", "resized"])
@pytest.mark.parametrize("boxes", ["none", "train"])
def test_the_estimated_size_is_what_a_build_writes_if_every_image_is_measured(
    raw: Path, surveys: dict[Split, Survey], tmp_path: Path, image: dict[str, Any], boxes: str
) -> None:
    asked: dict[str, Any] = {"image": image, "source": {"boxes": boxes}}
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw, tmp_path / "out", **asked))
    built = build_dataset(raw, tmp_path / "out", **asked)
    assert told.smaller == sum(split.smaller or 0 for split in built.splits)
    written = sum(path.stat().st_size for path in shards(tmp_path / "out"))
    assert told.bytes_out.likely == pytest.approx(written, rel=1e-9 if boxes == "none" else 0.01)
    assert told.bytes_out.low == told.bytes_out.likely
    assert told.bytes_out.high == pytest.approx(told.bytes_out.likely * (1 if boxes == "none" else 1.002))
    assert (told.images, told.sampled, told.workers) == (TRAIN + VALIDATION, TRAIN + VALIDATION, 1)
    assert told.bytes_in == sum(survey.image_bytes for survey in surveys.values())


def written_bytes(out: Path, form: str) -> int:
    """Of shards; of image files, theirs."""
    below = {"folders": ("train", "val"), "flat": ("train_flatten", "val_flatten")}.get(form, ())
    files = [path for folder in below for path in (out / folder).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files or shards(out))


@pytest.mark.parametrize("image", [{}, RESIZED], ids=["bytes kept", "resized"])
@pytest.mark.parametrize("output", [{"format": form} for form in ("folders", "flat", "webdataset")], ids=str)
def test_the_estimated_size_of_every_target_is_what_a_build_writes(
    raw: Path, surveys: dict[Split, Survey], tmp_path: Path, image: dict[str, Any], output: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"image": image, "source": {"boxes": "none"}, "output": output}
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw, tmp_path / "out", **asked))
    build_dataset(raw, tmp_path / "out", **asked)
    assert told.bytes_out.likely == pytest.approx(written_bytes(tmp_path / "out", output["format"]), rel=1e-9)
    assert told.bytes_out.low == told.bytes_out.likely == told.bytes_out.high
    assert told.seconds.likely > 0


def test_the_estimated_size_of_parquet_files_includes_the_names_of_classes_in_each(
    raw: Path, surveys: dict[Split, Survey], tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"source": {"boxes": "none"}, "output": {"format": "parquet"}}
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw, tmp_path / "out", **asked))
    build_dataset(raw, tmp_path / "out", **asked)
    files = list((tmp_path / "out" / "data").iterdir())
    assert told.bytes_out.likely == pytest.approx(sum(path.stat().st_size for path in files), rel=0.02)


@pytest.mark.parametrize("output", [{"features": "tpu"}, {"split_folders": True}], ids=str)
def test_the_estimated_size_of_other_records_is_what_a_build_writes(
    raw: Path, surveys: dict[Split, Survey], tmp_path: Path, output: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"source": {"boxes": "none"}, "output": output}
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw, tmp_path / "out", **asked))
    build_dataset(raw, tmp_path / "out", **asked)
    files = [path for path in (tmp_path / "out").rglob("*-of-*") if path.parent.name in ("out", *SPLIT_FOLDERS)]
    assert told.bytes_out.likely == pytest.approx(sum(path.stat().st_size for path in files), rel=1e-9)


def test_every_target_is_measured_for_itself(raw: Path, surveys: dict[Split, Survey]) -> None:
    source = {"boxes": "none"}
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        sizes = [
            estimator.estimate(job(raw, OUT, source=source, output=output)).bytes_out.likely
            for output in ({"format": "folders"}, {"features": "tpu"}, {}, {"format": "webdataset"})
        ]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == pytest.approx(sum(survey.image_bytes for survey in surveys.values()), rel=0.05)


def test_the_test_split_is_measured_too(raw_copy: Path, tmp_path: Path) -> None:
    add_test_archive(raw_copy, 20)
    asked: dict[str, Any] = {"source": {"splits": ["test"], "boxes": "all"}, "output": {"test_shards": 2}}
    with closing(Estimator({"test": survey(raw_copy, "test")}, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw_copy, tmp_path / "out", **asked))
    build_dataset(raw_copy, tmp_path / "out", **asked)
    written = sum(path.stat().st_size for path in (tmp_path / "out").glob("test-*"))
    assert (told.images, told.sampled) == (20, 20)
    assert told.bytes_out.likely == pytest.approx(written, rel=1e-9)


@pytest.mark.usefixtures("few")
def test_a_large_test_archive_is_measured_by_a_sample(raw_copy: Path) -> None:
    add_test_archive(raw_copy, FEW + 60)
    with closing(Estimator({"test": survey(raw_copy, "test")}, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw_copy, OUT, source={"splits": ["test"], "boxes": "none"}))
    assert 0 < told.sampled < told.images == FEW + 60


def test_images_without_a_byte_are_no_work_to_measure(raw: Path, surveys: dict[Split, Survey]) -> None:
    table = read_table(surveys["train"].path, "train", cache_folder(), quiet)
    empty = surveyed("train", raw, replace(table, size=table.size * 0))
    with closing(Estimator({"train": empty}, 1, cache_folder())) as estimator:
        asked = profile(raw, OUT, source={"splits": ["train"]})
        told = estimator.estimate(decide(asked, open_source(raw), {"train": empty}))
    assert told.bytes_out.likely == 0


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("image", [{}, RESIZED], ids=["bytes kept", "resized"])
def test_from_a_sample_of_a_larger_archive_the_size_is_near_and_within_its_range(
    many: Path, image: dict[str, Any]
) -> None:
    surveys, asked = look(many), job(many, OUT, **sections(image=image))
    with closing(Estimator(surveys, 2, cache_folder())) as estimator:
        told = estimator.estimate(asked)
    written = sum(truly(surveys[split], asked.recipes[split]) for split in surveys)
    assert told.sampled < FEW + estimate._LEAST < told.images == sum(each.images for each in surveys.values())
    assert told.bytes_out.likely == pytest.approx(written, rel=0.03)
    assert told.bytes_out.low <= written <= told.bytes_out.high
    assert told.bytes_out.high < 1.2 * told.bytes_out.low


def test_classes_take_their_share(raw: Path, surveys: dict[Split, Survey]) -> None:
    half, more = ({"classes": count, "splits": ["train"]} for count in (CLASSES // 2, CLASSES + 5))
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        whole = estimator.estimate(job(raw, OUT, source={"splits": ["train"]}))
        part = estimator.estimate(job(raw, OUT, source=half))
        assert estimator.estimate(job(raw, OUT, source=more)).bytes_out == whole.bytes_out
    assert part.images == round(TRAIN / 2)
    assert part.bytes_in == round(whole.bytes_in / 2)
    assert part.bytes_out.likely == pytest.approx(whole.bytes_out.likely / 2)


@pytest.mark.parametrize(
    ("wanted", "there", "expected"),
    [(None, CLASSES, 1.0), (1, CLASSES, 1 / CLASSES), (1, 1000, 0.001), (1000, CLASSES, 1.0), (1, 0, 1.0)],
)
def test_a_fraction_is_that_of_the_classes_there_are(
    raw: Path, surveys: dict[Split, Survey], wanted: int | None, there: int, expected: float
) -> None:
    source = {"splits": ["train"]} | ({} if wanted is None else {"classes": wanted})
    asked = decide(
        profile(raw, OUT, source=source), open_source(raw), {"train": replace(surveys["train"], classes=there)}
    )
    assert asked.fraction("train") == expected


def test_a_split_that_is_not_asked_for_counts_nothing(raw: Path, surveys: dict[Split, Survey]) -> None:
    asked = job(raw, OUT, **sections(source={"splits": ["validation"], "boxes": "none"}))
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = estimator.estimate(asked)
    assert (told.images, told.sampled) == (VALIDATION, VALIDATION)
    assert told.bytes_out.likely == pytest.approx(truly(surveys["validation"], asked.recipes["validation"]))


def test_time_is_for_what_is_left(raw: Path, surveys: dict[Split, Survey]) -> None:
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = [estimator.estimate(job(raw, OUT), remaining=remaining) for remaining in (1.0, 0.5, 0.0)]
    assert [each.remaining for each in told] == [1.0, 0.5, 0.0]
    whole, half, none = (each.seconds for each in told)
    assert (none.low, none.likely, none.high) == (0, 0, 0)
    assert 0 <= whole.low <= whole.likely <= whole.high
    assert half.likely == pytest.approx(whole.likely / 2)


def test_memory_is_that_of_a_worker_with_room_to_grow(raw: Path, surveys: dict[Split, Survey]) -> None:
    before = multiprocessing.active_children()
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        told = estimator.estimate(job(raw, OUT)).worker_memory
        (worker,) = started_since(before)
        resident = psutil.Process(worker.pid).memory_info().rss
    assert told.low <= resident * 1.05
    assert resident < told.likely < told.high < 2 * resident


def test_a_repeated_estimate_measures_nothing_again(raw_copy: Path) -> None:
    asked = job(raw_copy, OUT, image=RESIZED)
    with closing(Estimator(asked.surveys, 1, cache_folder())) as estimator:
        first = estimator.estimate(asked)
        shutil.rmtree(raw_copy)
        again = estimator.estimate(asked)
    assert again == first


def test_an_image_that_cannot_be_decoded_counts_as_left_out(raw_copy: Path) -> None:
    train = look(raw_copy)["train"]
    image = read_table(train.path, "train", cache_folder(), quiet)[3]
    asked = job(raw_copy, OUT, **sections(source={"splits": ["train"], "boxes": "none"}))
    before = truly(train, asked.recipes["train"])
    with train.path.open("r+b") as file:
        file.seek(image.offset + 100)
        file.write(bytes(image.size - 100))
    with closing(Estimator(look(raw_copy), 1, cache_folder())) as estimator:
        told = estimator.estimate(asked)
    assert told.images == TRAIN
    assert before - image.size - 1000 < told.bytes_out.likely < before - image.size


def test_the_sample_comes_with_what_becomes_of_it(raw: Path, surveys: dict[Split, Survey]) -> None:
    asked = job(raw, OUT, image=RESIZED | {"splits": ["train"]})
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        (train, resized), (validation, kept) = estimator.sample(asked)
    assert (len(train.table), len(validation.table)) == (TRAIN, VALIDATION)
    assert (resized, kept) == (asked.recipes["train"], asked.recipes["validation"])


def started_since(before: Collection[BaseProcess]) -> list[BaseProcess]:
    """The children of this process that are new: another test's are not this one's business."""
    return [child for child in multiprocessing.active_children() if child not in before]


@pytest.fixture
def processes() -> Iterator[Callable[[], int]]:
    """How many children there are that a test has started."""
    before = multiprocessing.active_children()
    yield lambda: len(started_since(before))
    assert not started_since(before), "an estimator left workers behind"


def test_no_more_processes_measure_than_there_are_cores(
    raw: Path, surveys: dict[Split, Survey], monkeypatch: pytest.MonkeyPatch, processes: Callable[[], int]
) -> None:
    monkeypatch.setattr(estimate, "usable_cores", lambda: 1)
    with closing(Estimator(surveys, 1, cache_folder())) as estimator:
        alone = estimator.estimate(job(raw, OUT), remaining=0.0)
    with closing(Estimator(surveys, 50, cache_folder())) as estimator:
        told = estimator.estimate(job(raw, OUT, run={"workers": 5}), remaining=0.0)
        assert processes() == 1
    assert (alone.workers, told.workers) == (1, 5)
    assert told.sampled == alone.sampled


def test_no_more_processes_measure_than_memory_has_room_for(
    raw: Path, surveys: dict[Split, Survey], monkeypatch: pytest.MonkeyPatch, processes: Callable[[], int]
) -> None:
    little = replace(usable_memory(), available=300_000_000)
    monkeypatch.setattr(estimate, "usable_cores", lambda: 64)
    monkeypatch.setattr(estimate, "usable_memory", lambda: little)
    with closing(Estimator(surveys, 64, cache_folder())) as estimator:
        estimator.estimate(job(raw, OUT))
        assert processes() == 1


SIZES = st.lists(st.integers(1, 1_000_000), min_size=1, max_size=50)


@given(st.data(), SIZES)
def test_the_total_of_a_census_is_exact(data: st.DataObject, sizes: list[int]) -> None:
    values = data.draw(st.lists(st.integers(0, 1_000_000), min_size=len(sizes), max_size=len(sizes)))
    likely, error = of(values, sizes, np.ones(len(sizes)), sizes)
    assert likely == pytest.approx(sum(values), rel=1e-6, abs=1e-3)
    assert error == 0.0


@given(st.data(), SIZES, st.integers(0, 10_000), st.floats(0, 3), st.randoms(use_true_random=False))
def test_the_total_of_what_grows_with_the_bytes_is_exact_from_any_sample(
    data: st.DataObject, sizes: list[int], a: int, b: float, rng: Any
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=30))
    sample = [sizes[row] for row in rows]
    if len(set(sample)) == 1 < len(set(sizes)):
        sample.append(next(size for size in sizes if size != sample[0]))
    weight = np.array([rng.uniform(0.5, 50) for _ in sample])
    likely, error = of([a + b * size for size in sample], sample, weight, [*sizes, *sizes])
    expected = 2 * (a * len(sizes) + b * sum(sizes))
    assert likely == pytest.approx(expected, rel=1e-5, abs=1e-2)
    assert error <= max(1e-4 * expected, 1e-2) * 50


def of(values: Sequence[float], sample: Sequence[int], weight: Any, population: Sequence[int]) -> tuple[float, float]:
    totals = len(population), float(sum(population))
    return total(np.array(values, np.float64), np.array(sample, np.float64), weight, totals)


def test_over_many_samples_the_total_is_right_on_average_and_its_error_honest() -> None:
    """A population like ImageNet's: long-tailed sizes, and a value that grows with them, but not in a line."""
    rng = np.random.default_rng(7)
    sizes = rng.lognormal(11.4, 0.6, 20_000)
    values = 30 * sizes**0.7 * rng.lognormal(0, 0.25, len(sizes))
    chance = sizes / sizes.sum()
    found, within = [], 0
    for _ in range(300):
        rows = rng.choice(len(sizes), 300, p=chance)
        weight = len(sizes) / chance[rows] / (1 / chance[rows]).sum()
        likely, error = total(values[rows], sizes[rows], weight, (len(sizes), float(sizes.sum())))
        found.append(likely)
        within += abs(likely - values.sum()) <= 2 * error
    assert np.mean(found) == pytest.approx(values.sum(), rel=0.01)
    assert np.std(found) < 0.04 * values.sum()
    assert within > 0.88 * len(found)


def test_one_huge_image_counts_in_the_workers_memory_whether_it_is_drawn_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "SAMPLE", 2)
    monkeypatch.setattr(estimate, "_LEAST", 2)
    folder = tmp_path / "train" / "cat"
    folder.mkdir(parents=True)
    for place in range(30):
        (folder / f"{place}.jpg").write_bytes(encoded(Image.fromarray(noise(24, 32))))
    with closing(Estimator({"train": survey(tmp_path, "train")}, 1, cache_folder())) as estimator:
        asked = job(tmp_path, OUT, source={"splits": ["train"], "boxes": "none"}, image=RESIZED)
        before = estimator.estimate(asked).worker_memory
    huge = Image.fromarray(np.full((5000, 6000, 3), 90, np.uint8))
    (folder / "huge.jpg").write_bytes(encoded(huge, progressive=True, subsampling=0))
    with closing(Estimator({"train": survey(tmp_path, "train")}, 1, cache_folder())) as estimator:
        after = estimator.estimate(asked).worker_memory
    assert after.likely == pytest.approx(before.low + 9.2 * 5000 * 6000, rel=0.05)
    assert after.high == pytest.approx(after.likely + 0.92 * 5000 * 6000, rel=0.05)
