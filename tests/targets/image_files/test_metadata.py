"""The files beside image files, from whole builds."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from io import BufferedRandom
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.helpers import add_test_archive, build_profile, examined, ignore, plan_of, profile, quiet
from wizard.commit_record import SkippedImage
from wizard.engine import sidecars
from wizard.engine.commit_records import read_commit_records, remove_leftovers
from wizard.engine.plan import Plan
from wizard.engine.sidecars import write_sidecars
from wizard.errors import InputError, ProfileError, VerifyFailed
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import rank_of_image
from wizard.preflight.examine import Verdict
from wizard.profile import Profile
from wizard.sources.opening import open_source
from wizard.storage import replacing
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.verify.dataset import verify

ALL = ["dinov2", "mmpretrain", "swin", "classes.json"]
SPLITS = ["train", "validation", "test"]
FILES = {
    "labels.txt",
    "classes.json",
    "extra/entries-TRAIN.npy",
    "extra/class-ids-TRAIN.npy",
    "extra/class-names-TRAIN.npy",
    "extra/entries-VAL.npy",
    "extra/class-ids-VAL.npy",
    "extra/class-names-VAL.npy",
    "extra/entries-TEST.npy",
    "meta/train.txt",
    "meta/val.txt",
    "meta/test.txt",
    "train_map.txt",
    "val_map.txt",
}
TESTED = 5


def asked(raw: Path, out: Path, workers: int = 1) -> Profile:
    output = {"format": "folders", "metadata": ALL, "test_shards": 2}
    return profile(raw, out, source={"splits": SPLITS}, output=output, run={"workers": workers})


def describe(out: Path, plan: Plan, *metadata: str, skipped: str = "") -> None:
    """Writes the sidecars of a finished dataset again, with other ones asked for, or an image skipped."""
    done = read_commit_records(out).done
    if skipped:
        first = plan.shard_names[0]
        image = SkippedImage(file="", name=skipped, reason="")
        done[first] = replace(done[first], images=done[first].images - 1, skipped=(image,))
    target = replace(cast(Any, plan.target), metadata=metadata)
    write_sidecars(out, replace(plan, target=target), done, boxes_csv=False, load_with=None)


def described(out: Path) -> set[str]:
    """The files for which `metadata` asks."""
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    return {path for path in found if path in FILES or path.startswith(("extra/", "meta/"))}


def contents(out: Path) -> dict[str, bytes]:
    return {path: (out / path).read_bytes() for path in described(out)}


def entries(out: Path, split: str) -> Any:
    return np.load(out / "extra" / f"entries-{split}.npy", mmap_mode="r")


def listed(out: Path, name: str) -> list[tuple[str, int]]:
    lines = (out / name).read_text().splitlines()
    return [(path, int(label)) for path, label in (line.rsplit(None, 1) for line in lines)]


def rank(path: str) -> int:
    """Of an image by its name alone."""
    known = rank_of_image(Path(path).name)
    assert known is not None
    return known


@pytest.fixture(scope="module")
def with_test(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw") / "raw"
    shutil.copytree(raw, folder)
    add_test_archive(folder, TESTED)
    return folder


@pytest.fixture(scope="module")
def built(with_test: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "out"
    build_profile(asked(with_test, out))
    return out


@pytest.fixture(scope="module")
def plan(with_test: Path) -> Plan:
    """The plan of that dataset."""
    return plan_of(asked(with_test, Path("nowhere")))


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "out"))


@pytest.fixture(scope="module")
def keras_reads(built: Path) -> Any:
    return tf.keras.utils.image_dataset_from_directory(
        built / "train", label_mode="int", image_size=(32, 32), shuffle=False, batch_size=None, verbose=False
    )


def test_every_asked_file_is_there(built: Path) -> None:
    assert described(built) == FILES


@pytest.mark.parametrize(("split", "folder"), [("TRAIN", "train"), ("VAL", "val"), ("TEST", "test")])
def test_dinov2_s_entries_lead_to_every_image_and_its_label(built: Path, split: str, folder: str) -> None:
    found = []
    for number, label, wnid, _ in entries(built, split).tolist():
        stem = f"{wnid}/{wnid}_{number}" if split == "TRAIN" else f"{wnid}/ILSVRC2012_{folder}_{number:08d}"
        path = built / folder / f"{stem}.JPEG".removeprefix("/")
        Image.open(path).load()
        found.append(path)
        assert split == "TEST" or label == rank(path.name)
    assert found == sorted(path for path in (built / folder).rglob("*") if path.is_file())


@pytest.mark.parametrize(("name", "folder"), [("meta/train.txt", "train"), ("meta/val.txt", "val")])
def test_lists_have_every_image_with_its_label(built: Path, name: str, folder: str) -> None:
    images = sorted(path for path in (built / folder).rglob("*") if path.is_file())
    found = listed(built, name)
    assert [built / folder / path for path, _ in found] == images
    assert all(label == rank(path) for path, label in found)
    assert listed(built, f"{folder}_map.txt") == found


def test_images_of_the_test_split_are_listed_by_their_names(built: Path) -> None:
    lines = (built / "meta" / "test.txt").read_text().splitlines()
    assert lines == [f"ILSVRC2012_test_{number:08d}.JPEG" for number in range(1, TESTED + 1)]


def test_keras_takes_no_such_file_for_an_image_or_a_class(built: Path, keras_reads: Any) -> None:
    assert keras_reads.class_names == sorted(path.name for path in (built / "train").iterdir())
    paths = [Path(path).relative_to(built / "train").as_posix() for path in keras_reads.file_paths]
    assert paths == [path for path, _ in listed(built, "meta/train.txt")]
    labels = [int(label) for _, label in keras_reads]
    assert [keras_reads.class_names[label] for label in labels] == [path.partition("/")[0] for path in paths]


def test_the_dataset_can_be_read_as_raw_data_again(built: Path, tmp_path: Path) -> None:
    again = open_source(built, "auto", "auto")
    splits: dict[Split, str] = {"train": "TRAIN", "validation": "VAL", "test": "TEST"}
    for split, name in splits.items():
        table = again.table(split, tmp_path, quiet)
        assert len(table) == len(entries(built, name))


def test_the_bytes_are_the_same_for_two_workers(with_test: Path, built: Path, tmp_path: Path) -> None:
    build_profile(asked(with_test, tmp_path / "out", workers=2))
    assert contents(tmp_path / "out") == contents(built)


def test_verify_finds_flipped_bytes_and_missing_and_swapped_files(copy: Path) -> None:
    content = bytearray((copy / "extra" / "entries-TRAIN.npy").read_bytes())
    content[-5] ^= 1
    (copy / "extra" / "entries-TRAIN.npy").write_bytes(content)
    (copy / "classes.json").unlink()
    one, other = copy / "meta" / "train.txt", copy / "meta" / "val.txt"
    one.rename(copy / "x")
    other.rename(one)
    (copy / "x").rename(other)
    with pytest.raises(VerifyFailed) as failed:
        verify(copy, ignore)
    assert [line.strip() for line in str(failed.value).splitlines() if line.endswith(("is gone", "has changed"))] == [
        "classes.json: it is gone",
        "extra/entries-TRAIN.npy: it has changed",
        "meta/train.txt: it has changed",
        "meta/val.txt: it has changed",
    ]


def test_what_is_no_longer_asked_for_is_removed_and_comes_back_the_same(plan: Plan, copy: Path) -> None:
    before = contents(copy)
    (copy / "extra" / "mine.txt").write_text("mine")
    describe(copy, plan, "mmpretrain")
    assert described(copy) == {"meta/train.txt", "meta/val.txt", "meta/test.txt", "extra/mine.txt"}
    describe(copy, plan)
    assert not (copy / "meta").exists()
    (copy / "extra" / "mine.txt").unlink()
    describe(copy, plan, *ALL)
    assert contents(copy) == before


def test_what_a_killed_run_left_is_removed_and_the_next_one_writes_the_same(
    plan: Plan, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(copy)
    describe(copy, plan)

    def killed(target: Path) -> AbstractContextManager[BufferedRandom]:
        if target.name == "entries-VAL.npy":
            (target.parent / ".building-0123.tmp").write_bytes(b"half")  # as kill -9 leaves it
            raise KeyboardInterrupt
        return replacing(target)

    with monkeypatch.context() as patch:
        patch.setattr(sidecars, "replacing", killed)
        with pytest.raises(KeyboardInterrupt):
            describe(copy, plan, *ALL)
    remove_leftovers(copy, plan.target)
    assert ".building-0123.tmp" not in {path.name for path in (copy / "extra").iterdir()}
    describe(copy, plan, *ALL)
    assert contents(copy) == before


def test_skipped_images_are_not_listed(plan: Plan, copy: Path) -> None:
    before = listed(copy, "meta/train.txt")
    skipped = plan.splits[0].table.name[3].decode()
    describe(copy, plan, *ALL, skipped=skipped)
    left = [(path, label) for path, label in before if not path.endswith(skipped)]
    assert listed(copy, "meta/train.txt") == left
    assert len(entries(copy, "TRAIN")) == len(left) == len(before) - 1


def test_flat_folders_have_lists_of_their_files(plan: Plan, copy: Path) -> None:
    plan = replace(plan, target=FlatFolders(metadata=("mmpretrain", "swin")))
    describe(copy, plan, "mmpretrain", "swin")
    assert listed(copy, "val_map.txt") == listed(copy, "meta/val.txt")
    for path, label in listed(copy, "meta/val.txt"):
        assert path == f"{plan.classes.names[label]}_{Path(path).name.partition('_')[2]}"
        assert label == rank(path.partition("_")[2])


def test_values_have_one_order() -> None:
    assert ClassFolders.from_profile({"metadata": [*reversed(ALL)]}, "image").metadata == tuple(ALL)


def test_a_profile_cannot_ask_for_flat_folders_for_dinov2() -> None:
    output = {"format": "flat", "metadata": ["mmpretrain", "dinov2"]}
    with pytest.raises(ProfileError, match=r'output\.metadata has "dinov2", which is for format = "folders" alone'):
        profile(Path("raw"), Path("out"), output=output)


@pytest.mark.parametrize("look", [examined, plan_of])
def test_images_that_dinov2_would_not_find_are_refused_before_anything_is_built(
    tmp_path: Path, look: Callable[[Profile], Verdict | Plan]
) -> None:
    (tmp_path / "in" / "train" / "cat").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "train" / "cat" / "one.jpg")
    asked = profile(
        tmp_path / "in", tmp_path / "out", source={"splits": ["train"]}, output={"format": "folders", "metadata": ALL}
    )
    if look is plan_of:
        with pytest.raises(InputError, match=r"DINOv2 looks for cat/cat_1\.JPEG"):
            look(asked)
    else:
        assert "DINOv2 looks for cat/cat_1.JPEG" in str(look(asked))
    assert not (tmp_path / "out").exists()
