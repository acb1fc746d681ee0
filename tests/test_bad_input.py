"""Invalid raw data: one clear error that names the file, exit code 3, and nothing is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import tar, toml
from tests.sources import making
from tests.sources.making import FIRST_VALIDATION, GOLDFISH, JPEG, TENCH
from wizard.cli import main
from wizard.formats import example, tfrecord

TRAIN_TAR, VAL_TAR, BOXES = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar", "ILSVRC2012_bbox_train_v2.tar.gz"


def empty(raw: Path) -> None:
    (raw / TRAIN_TAR).write_bytes(b"")


def html(raw: Path) -> None:
    (raw / TRAIN_TAR).write_bytes(b"<!DOCTYPE html><html><body>Log in</body></html>")


def cut_outer(raw: Path) -> None:
    content = (raw / TRAIN_TAR).read_bytes()
    (raw / TRAIN_TAR).write_bytes(content[: len(content) // 2])


def cut_outer_between_members(raw: Path) -> None:
    content = (raw / TRAIN_TAR).read_bytes()
    (raw / TRAIN_TAR).write_bytes(content[: content.index(b"n01443537.tar")])


def cut_inner(raw: Path) -> None:
    inner = tar([("n01440764_1.JPEG", b"\xff\xd8\xff" * 500)])
    (raw / TRAIN_TAR).write_bytes(tar([("n01440764.tar", inner[:1000])]))


def missing_validation(raw: Path) -> None:
    (raw / VAL_TAR).unlink()


def missing_boxes(raw: Path) -> None:
    (raw / BOXES).unlink()


def cut_boxes(raw: Path) -> None:
    content = (raw / BOXES).read_bytes()
    (raw / BOXES).write_bytes(content[: len(content) // 2])


def html_boxes(raw: Path) -> None:
    (raw / BOXES).write_bytes(b"<html>404</html>")


def unknown_wnid(raw: Path) -> None:
    (raw / TRAIN_TAR).write_bytes(tar([("n00000001.tar", tar([("n00000001_1.JPEG", JPEG)]))]))


def no_image(raw: Path) -> None:
    (raw / TRAIN_TAR).write_bytes(tar([("n01440764.tar", tar([("n01440764_1.JPEG", b"just text")]))]))


def zero_length(raw: Path) -> None:
    (raw / TRAIN_TAR).write_bytes(tar([("n01440764.tar", tar([("n01440764_1.JPEG", b"")]))]))


def no_folder(raw: Path) -> None:
    shutil.rmtree(raw)


def members(raw: Path, *names: str) -> None:
    """Writes a train archive of one class with images of these names."""
    (raw / TRAIN_TAR).write_bytes(tar([(f"{TENCH}.tar", tar([(name, JPEG) for name in names]))]))


def climbing_member(raw: Path) -> None:
    members(raw, "../../n01440764_1.JPEG")


def absolute_member(raw: Path) -> None:
    members(raw, "/n01440764_1.JPEG")


def climbing_class(raw: Path) -> None:
    (raw / TRAIN_TAR).write_bytes(tar([("../n01440764.tar", tar([("n01440764_1.JPEG", JPEG)]))]))


def twin_members(raw: Path) -> None:
    members(raw, "n01440764_1.JPEG", "n01440764_1.JPEG")


def climbing_validation(raw: Path) -> None:
    (raw / VAL_TAR).write_bytes(tar([("../ILSVRC2012_val_00000001.JPEG", JPEG)]))


def validation_beyond(raw: Path) -> None:
    (raw / VAL_TAR).write_bytes(tar([("ILSVRC2012_val_00050001.JPEG", JPEG)]))


def tree(raw: Path, *files: str) -> None:
    """Replaces the archives by a tree of these files."""
    shutil.rmtree(raw)
    making.write(raw, [f"train/{TENCH}/{TENCH}_1.JPEG", f"val/{FIRST_VALIDATION}.JPEG", *files])


def link_out(raw: Path) -> None:
    tree(raw)
    (raw.parent / "elsewhere").mkdir()
    (raw / "train" / GOLDFISH).symlink_to(raw.parent / "elsewhere")


def linked_image(raw: Path) -> None:
    tree(raw)
    (raw.parent / "secret.JPEG").write_bytes(JPEG)
    (raw / "train" / TENCH / f"{TENCH}_2.JPEG").symlink_to(raw.parent / "secret.JPEG")


def link_to_nothing(raw: Path) -> None:
    tree(raw)
    (raw / "train" / TENCH / f"{TENCH}_2.JPEG").symlink_to("gone")


def twin_files(raw: Path) -> None:
    tree(raw, f"val/n01751748/{FIRST_VALIDATION}.JPEG")


def empty_class(raw: Path) -> None:
    tree(raw)
    (raw / "train" / GOLDFISH).mkdir()


def number_beyond(raw: Path) -> None:
    tree(raw, "val/ILSVRC2012_val_00050001.JPEG")


def unknown_folder(raw: Path) -> None:
    tree(raw, "train/n00000001/n00000001_1.JPEG")


def stranger(raw: Path) -> None:
    tree(raw, f"train/{TENCH}/{GOLDFISH}_1.JPEG")


def empty_file(raw: Path) -> None:
    tree(raw)
    (raw / "train" / TENCH / f"{TENCH}_1.JPEG").write_bytes(b"")


def records(raw: Path, **features: example.Feature) -> None:
    """Replaces the archives by one shard each of train and validation, with one record each."""
    shutil.rmtree(raw)
    raw.mkdir()
    named = {name.replace("__", "/"): value for name, value in features.items()}
    frame = tfrecord.frame(example.encode(named))
    for split in ("train", "validation"):
        (raw / f"{split}-00000-of-00001").write_bytes(frame)


def no_encoded(raw: Path) -> None:
    records(raw, image__class__label=(1,), image__filename=b"a.jpg")


def no_label(raw: Path) -> None:
    records(raw, image__encoded=JPEG, image__filename=b"a.jpg")


def climbing_filename(raw: Path) -> None:
    records(raw, image__encoded=JPEG, image__class__label=(1,), image__filename=b"../../a.jpg")


def missing_shard(raw: Path) -> None:
    records(raw, image__encoded=JPEG, image__class__label=(1,))
    (raw / "train-00000-of-00001").rename(raw / "train-00000-of-00002")


def cut_record(raw: Path) -> None:
    records(raw, image__encoded=JPEG, image__class__label=(1,))
    path = raw / "train-00000-of-00001"
    path.write_bytes(path.read_bytes()[:-3])


def nothing_known(raw: Path) -> None:
    shutil.rmtree(raw)
    making.write(raw, ["notes.txt"])


BAD: dict[Callable[[Path], None], tuple[str, str]] = {
    empty: (TRAIN_TAR, "is empty"),
    html: (TRAIN_TAR, "is an HTML page of 47 bytes"),
    cut_outer: (TRAIN_TAR, "claims"),
    cut_outer_between_members: (TRAIN_TAR, "the archive is truncated"),
    cut_inner: (TRAIN_TAR, "in n01440764.tar"),
    missing_validation: (VAL_TAR, "is missing in"),
    missing_boxes: (BOXES, "is missing in"),
    cut_boxes: (BOXES, "is damaged"),
    html_boxes: (BOXES, "is an HTML page"),
    unknown_wnid: (TRAIN_TAR, "holds n00000001.tar, which is not named after a synset"),
    no_image: (TRAIN_TAR, "n01440764_1.JPEG does not begin as an image does"),
    zero_length: (TRAIN_TAR, "n01440764_1.JPEG has no bytes"),
    no_folder: ("raw", "does not exist"),
    climbing_member: (TRAIN_TAR, "../../n01440764_1.JPEG"),
    absolute_member: (TRAIN_TAR, "/n01440764_1.JPEG"),
    climbing_class: (TRAIN_TAR, "../n01440764.tar"),
    twin_members: (TRAIN_TAR, "n01440764_1.JPEG"),
    climbing_validation: (VAL_TAR, "../ILSVRC2012_val_00000001.JPEG"),
    validation_beyond: (VAL_TAR, "ILSVRC2012_val_00050001.JPEG"),
    link_out: (f"train/{GOLDFISH}", "leads by a link to"),
    linked_image: (f"{TENCH}_2.JPEG", "leads by a link to"),
    link_to_nothing: (f"{TENCH}_2.JPEG", "a link that leads nowhere"),
    twin_files: (FIRST_VALIDATION, "are both the image"),
    empty_class: (f"train/{GOLDFISH}", "holds no images"),
    number_beyond: ("ILSVRC2012_val_00050001.JPEG", "outside of 1 to 50,000"),
    unknown_folder: ("train/n00000001", "is not named after one of ImageNet's synsets"),
    stranger: (f"{TENCH}/{GOLDFISH}_1.JPEG", GOLDFISH),
    empty_file: (f"{TENCH}_1.JPEG", "has no bytes"),
    no_encoded: ("-00000-of-00001: record 0", "image/encoded"),
    no_label: ("-00000-of-00001: record 0", "label"),
    climbing_filename: ("-00000-of-00001: record 0", "../../a.jpg"),
    missing_shard: ("train-00001-of-00002", "missing"),
    cut_record: ("train-00000-of-00001", "record 0"),
    nothing_known: ("raw", "holds no raw data that this program knows"),
}


def below(folder: Path) -> dict[Path, int]:
    """All files below a folder, with their modification times."""
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("form", ["tfrecord", "folders"])
@pytest.mark.parametrize("damage", BAD, ids=lambda damage: damage.__name__)
def test_bad_input_is_one_clear_error_and_nothing_is_written(
    raw_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None], form: str
) -> None:
    words = ["run", str(toml(raw_copy, tmp_path / "out", tmp_path / "p.toml")), "--json", f"--set=output.format={form}"]
    damage(raw_copy)
    if not (raw_copy / BOXES).exists() and damage is not missing_boxes:
        words.append("--set=source.boxes=none")
    before = below(tmp_path)
    assert main(words) == 3
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    named, said = BAD[damage]
    assert (last["event"], last["exit_code"]) == ("failed", 3)
    assert named in last["error"]
    assert said in last["error"]
    assert last["hint"]
    assert below(tmp_path) == before
