"""ImageNet-21k: archives of classes that are mostly not ILSVRC2012's, in a folder, a tar and a compressed tar."""

import gzip
import random
from pathlib import Path

import pytest

from tests.helpers import build_dataset, contents, features, ignore, quiet, tar
from wizard import synthetic
from wizard.cli import main
from wizard.engine import manifest
from wizard.folders import cache_folder
from wizard.sources.opening import open_source
from wizard.verify.dataset import verify

SIZES = {"n00004475": 6, "n00005787": 9, "n01440764": 10, "n15102894": 3}
"""Images of each class; only the third is one of ILSVRC2012's."""


def class_archives() -> dict[str, bytes]:
    """The archives of all classes, by name; their images as in winter21 and fall11."""
    rng = random.Random(21)
    images = {
        wnid: [(f"{wnid}_{number * 7}.JPEG", synthetic.draw(rng, number).data) for number in range(size)]
        for wnid, size in SIZES.items()
    }
    return {f"{wnid}.tar": tar(members) for wnid, members in images.items()}


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The folder that winter21_whole.tar.gz unpacks to."""
    folder = tmp_path / "winter21_whole"
    folder.mkdir()
    for name, content in class_archives().items():
        (folder / name).write_bytes(content)
    return folder


def fall11(folder: Path) -> Path:
    """A tar of class archives, in another order."""
    folder.mkdir()
    (folder / "fall11_whole.tar").write_bytes(tar(reversed(class_archives().items())))
    return folder


def winter21(folder: Path) -> Path:
    """A compressed tar of a folder of class archives."""
    folder.mkdir()
    archives = [(f"winter21_whole/{name}", content) for name, content in class_archives().items()]
    (folder / "winter21_whole.tar.gz").write_bytes(gzip.compress(tar(archives)))
    return folder


def test_the_classes_are_the_wnids_found_with_words_where_they_are_known(unpacked: Path) -> None:
    table = open_source(unpacked).table("train", cache_folder(), quiet)
    assert table.classes.names == tuple(SIZES)
    assert table.classes.words == ("n00004475", "n00005787", "tench, Tinca tinca", "n15102894")
    assert table.name[0] == b"n00004475_0.JPEG"
    table.require_usable()


def test_folder_tar_and_compressed_tar_give_the_same_shards(unpacked: Path, tmp_path: Path) -> None:
    source = {"min_images": 6, "holdout": 2, "holdout_by": "name", "boxes": "none"}
    found = []
    for raw in (unpacked, fall11(tmp_path / "fall11"), winter21(tmp_path / "winter21")):
        out = tmp_path / f"{raw.name}-out"
        build_dataset(raw, out, source=source, run={"workers": 2})
        assert verify(out, ignore).images == {"train": 19, "validation": 6}
        found.append(contents(out))
    assert found[0] == found[1] == found[2]


def test_the_recipe_holds_out_the_first_images_by_name(unpacked: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sets = {
        "source.path": unpacked,
        "output.path": out,
        "source.min_images": 6,
        "source.holdout": 2,
        "output.train_shards": 2,
        "output.validation_shards": 1,
    }
    chosen = [word for key, value in sets.items() for word in ("--set", f"{key}={value}")]
    assert main(["run", "imagenet21k-p", "--yes", "--quiet", *chosen]) == 0
    records = features(out)
    assert {(record["image/height"], record["image/width"]) for record in records.values()} == {((224,), (224,))}
    held = {
        name
        for shard in manifest.planned(out, manifest.read(out))
        if "validation" in shard.shard
        for name in shard.names
    }
    assert held == {f"{wnid}_{n}.JPEG".encode() for wnid in list(SIZES)[:3] for n in (0, 14)}


def test_images_that_cannot_be_decoded_are_left_out_and_listed(unpacked: Path, tmp_path: Path) -> None:
    good = [(f"n00017222_{number}.JPEG", synthetic.draw(random.Random(1), number).data) for number in range(3)]
    bad = [
        ("n00017222_8.JPEG", b"<html>gone</html>"),
        ("n00017222_9.JPEG", good[0][1][:-400]),
        ("n00017222_10.JPEG", b""),
    ]
    (unpacked / "n00017222.tar").write_bytes(tar([*good, *bad]))
    result = build_dataset(unpacked, tmp_path / "out", source={"holdout": 1}, output={"on_bad_image": "skip"})
    assert sorted(image.name for image in result.skipped) == sorted(name for name, _ in bad)
