"""Shards are named as trainers have them, and what is named so is read again."""

from pathlib import Path

import pytest

from tests.discovery.test_recognize import recognized
from tests.helpers import build_dataset, profile
from tests.sources.making import rows
from wizard.errors import PlanMismatch
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import imagenet, of_folders
from wizard.sources.opening import open_source
from wizard.targets.registry import anything
from wizard.targets.webdataset.shard_names import Names
from wizard.targets.webdataset.target import WebDataset

PRESETS: tuple[Names, ...] = ("plain", "timm", "webdataset")
SPLITS: tuple[Split, ...] = ("train", "validation")


def build(raw: Path, out: Path, names: Names) -> None:
    output = {"format": "webdataset", "names": names, "train_shards": 2, "validation_shards": 1}
    build_dataset(raw, out, source={"boxes": "all"}, image={"resize": "original"}, output=output)


@pytest.fixture(scope="module", params=PRESETS)
def built(request: pytest.FixtureRequest, raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with shards of each kind of names; its folder is called so. It must not be changed."""
    names: Names = request.param
    out = tmp_path_factory.mktemp("names") / names
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(tmp_path_factory.mktemp("session-home")))
        build(raw, out, names)
    return out


def target(names: Names) -> WebDataset:
    return WebDataset.from_profile({"names": names}, "image")


def file(names: Names, split: str, index: int, shards: int) -> str:
    each = target(names)
    return each.file(each.shard(split, index, shards))


def test_shards_are_where_their_names_say(built: Path) -> None:
    expected = {
        "plain": ["train-000000.tar", "train-000001.tar", "validation-000000.tar"],
        "timm": ["imagenet1k-train-0000.tar", "imagenet1k-train-0001.tar", "imagenet1k-validation-00.tar"],
        "webdataset": ["imagenet-train-000000.tar", "imagenet-train-000001.tar", "imagenet-val-000000.tar"],
    }
    assert sorted(path.name for path in built.glob("*.tar")) == expected[built.name]


def test_the_source_for_webdatasets_reads_them_as_it_reads_the_archives(built: Path, raw: Path, tmp_path: Path) -> None:
    source = open_source(built)
    assert source.what == "WebDataset shards"
    for split in SPLITS:
        archived = rows(open_source(raw), split, tmp_path)
        assert [(name, rank, boxes) for name, rank, _, boxes in rows(source, split, tmp_path, boxes=False)] == [
            (name, rank, boxes) for name, rank, _, boxes in archived
        ]


def test_the_search_for_raw_data_knows_them_by_their_names(built: Path) -> None:
    assert recognized(built, imagenet=True).startswith("WebDataset shards by ")
    assert (recognized(built) != "") == (built.name != "plain")


def test_shards_of_every_name_are_known_as_a_datasets_files(built: Path) -> None:
    tars = sorted(path.name for path in built.glob("*.tar"))
    assert anything(built) == tars
    assert [*WebDataset().listing(built)] == tars


def test_a_folder_with_shards_of_other_names_is_refused(built: Path, raw: Path) -> None:
    other = next(names for names in PRESETS if names != built.name)
    with pytest.raises(PlanMismatch):
        build(raw, built, other)


def test_numbers_have_the_digits_that_timms_published_sets_have() -> None:
    assert file("timm", "train", 1023, 1024) == "imagenet1k-train-1023.tar"
    assert file("timm", "validation", 0, 64) == "imagenet1k-validation-00.tar"
    assert file("timm", "validation", 7, 512) == "imagenet1k-validation-0007.tar", "as imagenet12k's"
    assert file("timm", "test", 99, 100) == "imagenet1k-test-99.tar"


@pytest.mark.parametrize("names", PRESETS)
@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("shards", [1, 10, 11, 100, 101, 10_000, 20_000, 99_999])
def test_the_order_of_names_is_that_of_numbers(names: Names, split: str, shards: int) -> None:
    numbers = sorted({0, 1, 9, 10, 99, 100, 9_999, 10_000, shards - 1} & set(range(shards)))
    files = [file(names, split, number, shards) for number in numbers]
    assert files == sorted(files)
    assert len({*map(len, files)}) == 1


def test_as_many_shards_are_usual_as_the_published_datasets_have() -> None:
    for names, usual in {"plain": (1024, 128), "timm": (1024, 64), "webdataset": (1282, 50)}.items():
        made = profile(Path("raw"), Path("out"), output={"format": "webdataset", "names": names})
        made = made.model_copy(update={"output": made.output.model_copy(update=dict.fromkeys(COUNTS))})
        assert tuple(map(made.shards, SPLITS)) == usual


COUNTS = ("train_shards", "validation_shards")


@pytest.mark.parametrize("names", PRESETS)
def test_other_classes_are_not_called_imagenet(names: Names) -> None:
    own = target(names).for_classes(of_folders(("cat", "dog")))
    assert "imagenet" not in own.file("train-0000.tar")
    assert target(names).for_classes(imagenet()) == target(names)


@pytest.mark.parametrize(("names", "first"), [("timm", "train-0000.tar"), ("webdataset", "train-000000.tar")])
def test_own_classes_are_built_and_read_again(raw: Path, tmp_path: Path, names: Names, first: str) -> None:
    jpeg = next(iter(rows(open_source(raw), "train", tmp_path)))[2]
    for path in (tmp_path / "raw" / split / name for split in ("train", "val") for name in ("cat", "dög")):
        path.mkdir(parents=True)
        for number in range(2):
            (path / f"a {number}.jpg").write_bytes(jpeg)
    build(tmp_path / "raw", tmp_path / "out", names)
    assert min(path.name for path in (tmp_path / "out").glob("*.tar")) == first
    before, after = (open_source(tmp_path / name) for name in ("raw", "out"))
    for split in SPLITS:
        assert rows(after, split, tmp_path, boxes=False) == rows(before, split, tmp_path, boxes=False)
