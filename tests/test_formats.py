"""Every output format from the command line: build, verify, stop, kill, resume."""

import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.helpers import TRAIN, VALIDATION, add_test_archive, toml
from tests.sources import making
from wizard.cli import main
from wizard.ilsvrc2012.synsets import rank_of_image
from wizard.targets.names import RECORD_FOLDER, STATE_FOLDER

FORMS = ["tfrecord", "folders", "flat", "webdataset", "parquet"]
SHARDS, TEST = 40, 6
BESIDE = {"dataset.json", "images.csv.gz"}


def dataset(out: Path) -> dict[str, bytes]:
    """All files that a trainer reads, by name."""
    paths = [path for path in out.rglob("*") if path.is_file() and STATE_FOLDER not in path.parts]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths if path.name not in BESIDE}


def words(raw: Path, out: Path, form: str, *more: str) -> list[str]:
    sets = [f"output.format={form}", f"output.train_shards={SHARDS}", *more]
    return ["run", str(toml(raw, out, out.with_suffix(".toml"))), *(f"--set={each}" for each in sets)]


@pytest.mark.parametrize("form", FORMS)
def test_each_format_is_built_for_all_splits_verified_and_not_built_twice(
    raw_copy: Path, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    add_test_archive(raw_copy, TEST)
    splits = 'source.splits=["train", "test", "validation"]'
    run = words(raw_copy, out, form, "output.train_shards=4", "output.test_shards=2", splits)
    assert main(run) == 0
    assert f"Finished writing all {TRAIN + VALIDATION + TEST} images in data set." in capsys.readouterr().out
    before = dataset(out)
    assert main(["verify", str(out), "--pixels"]) == 0
    assert main(run) == 0
    assert "nothing was left to build" in capsys.readouterr().out
    assert dataset(out) == before
    assert main(["inspect", str(out)]) == 0
    assert "a finished dataset" in capsys.readouterr().out


@pytest.mark.parametrize("form", FORMS)
def test_any_number_of_workers_gives_the_same_bytes(raw: Path, tmp_path: Path, form: str) -> None:
    for workers in (1, 2):
        assert main([*words(raw, tmp_path / str(workers), form, f"run.workers={workers}"), "--quiet"]) == 0
    assert dataset(tmp_path / "1") == dataset(tmp_path / "2")


def test_folders_have_each_image_once_in_its_class_folder(raw: Path, tmp_path: Path) -> None:
    assert main([*words(raw, tmp_path / "out", "folders"), "--quiet"]) == 0
    places = [Path(place).parts for place in dataset(tmp_path / "out") if place.endswith(".JPEG")]
    assert Counter(split for split, _, _ in places) == {"train": TRAIN, "val": VALIDATION}
    assert all(making.wnid(name) == wnid for _, wnid, name in places)


def test_flat_folders_have_the_class_in_the_file_name(raw: Path, tmp_path: Path) -> None:
    assert main([*words(raw, tmp_path / "out", "flat"), "--quiet"]) == 0
    folders = Counter(Path(place).parent.name for place in dataset(tmp_path / "out") if place.endswith(".JPEG"))
    assert folders == {"train_flatten": TRAIN, "val_flatten": VALIDATION}


def test_webdataset_labels_start_at_0(raw: Path, tmp_path: Path) -> None:
    assert main([*words(raw, tmp_path / "out", "webdataset"), "--quiet"]) == 0
    labels = {}
    for path in (tmp_path / "out").glob("*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".cls"):
                    content = tar.extractfile(member)
                    assert content is not None
                    labels[member.name.removesuffix("cls") + "JPEG"] = int(content.read())
    assert len(labels) == TRAIN + VALIDATION
    assert all(rank_of_image(name) == label for name, label in labels.items())


def test_a_tree_and_kaggles_layout_give_the_same_bytes_as_the_archives(raw: Path, tmp_path: Path) -> None:
    sources = {"archives": raw, "tree": making.extracted(raw, tmp_path / "tree")}
    sources["kaggle"] = making.kaggle(raw, tmp_path / "kaggle")
    built = {}
    for name, source in sources.items():
        assert main([*words(source, tmp_path / f"out-{name}", "tfrecord", "source.boxes=all"), "--quiet"]) == 0
        built[name] = dataset(tmp_path / f"out-{name}")
    assert built["tree"] == built["archives"]
    assert built["kaggle"] == built["archives"]


@pytest.mark.parametrize("place", ["tree/train", "tree/val/new", "tree/test"])
def test_an_output_inside_the_raw_data_is_exit_2(
    raw: Path, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = making.extracted(raw, tmp_path / "tree")
    before = sorted(tree.rglob("*"))
    for command in ("run", "check"):
        assert main([command, *words(tree, tmp_path / "o", "folders", f"output.path={tmp_path / place}")[1:]]) == 2
        assert "is read as raw data" in capsys.readouterr().err
    assert sorted(tree.rglob("*")) == before


def test_an_output_that_contains_the_raw_data_is_exit_2_if_it_would_write_into_it(raw: Path, tmp_path: Path) -> None:
    tree = making.extracted(raw, tmp_path / "tree")
    only = ['source.splits=["train"]', "source.boxes=none", "source.labels=ilsvrc2012", f"output.path={tree}"]
    assert main(words(tree / "train", tmp_path / "o", "folders", *only)) == 2
    assert main(words(tree / "train", tmp_path / "o", "webdataset", *only)) == 0


@pytest.fixture(scope="module")
def undisturbed(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(folder / "home"))
        assert main([*words(raw, folder / "out", "folders"), "--quiet"]) == 0
    return dataset(folder / "out")


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, 2), (signal.SIGKILL, 1)])
def test_a_build_of_folders_resumes_after_a_stop_or_a_kill(
    raw: Path,
    tmp_path: Path,
    undisturbed: dict[str, bytes],
    number: signal.Signals,
    workers: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "wizard", *words(raw, out, "folders", f"run.workers={workers}"), "--json"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list((out / RECORD_FOLDER).glob("*.json"))) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    helpers = psutil.Process(run.pid).children()
    run.send_signal(number)
    run.communicate(timeout=60)
    assert run.returncode in (130, -number)
    psutil.wait_procs(helpers, timeout=30)
    assert set(dataset(out)) < set(undisturbed)
    assert main(command[3:]) == 0
    assert 0 < capsys.readouterr().out.count('"event": "shard_done"') < SHARDS + 2
    assert dataset(out) == undisturbed
