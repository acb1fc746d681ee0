"""WebDataset shards as webdataset's own writers make them, and what is refused in them."""

import json
from pathlib import Path

import pytest
import webdataset as wds

from tests.sources.making import FIRST_VALIDATION, GOLDFISH, JPEG, SEA_SNAKE, TENCH, nothing
from tests.sources.making import write as write_files
from tests.sources.webdataset.making import compress, opened, refused, rows, sample, table, write, write_members
from wizard.errors import InputError, OtherSplitError
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.opening import open_source
from wizard.sources.options import SourceOptions
from wizard.sources.webdataset import columns, opening, webdataset

PNG = b"\x89PNG\r\n\x1a\n"


def test_shards_of_webdatasets_shard_writer_are_read(tmp_path: Path) -> None:
    with wds.ShardWriter(str(tmp_path / "data-train-%06d.tar"), maxcount=2, verbose=0) as writer:
        for number in range(5):
            writer.write(sample(f"sample{number:03d}", number))
    found = table(tmp_path)
    assert rows(found) == [(f"sample{number:03d}.jpg", str(number)) for number in range(5)]
    assert [Path(file).name for file in found.files] == [f"data-train-00000{number}.tar" for number in range(3)]
    assert [content.image for content in found.contents()] == [JPEG] * 5


def test_keys_named_as_in_ilsvrc2012_become_official_names_and_imagenets_labels(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"{TENCH}_1", 0), sample(f"{GOLDFISH}/{GOLDFISH}_2_{GOLDFISH}", 1)])
    write(tmp_path / "val-0.tar", [sample(FIRST_VALIDATION, 65)])
    assert rows(table(tmp_path)) == [(f"{TENCH}_1.JPEG", TENCH), (f"{GOLDFISH}_2.JPEG", GOLDFISH)]
    found = table(tmp_path, "validation")
    assert rows(found) == [(f"{FIRST_VALIDATION}.JPEG", SEA_SNAKE)]
    assert found.classes.whole_imagenet


def test_file_names_in_json_become_official_names(tmp_path: Path) -> None:
    described = {"filename": f"{GOLDFISH}/{GOLDFISH}_2.JPEG", "label": 1, "width": 8, "height": 8}
    write(tmp_path / "train-0.tar", [{"__key__": "000000001", "webp": b"RIFF....WEBP", "json": described}])
    assert rows(table(tmp_path)) == [(f"{GOLDFISH}_2.JPEG", GOLDFISH)]


def test_labels_from_1_are_imagenets_where_names_say_so(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"{TENCH}_1", 1), sample(f"{SEA_SNAKE}_1", 66)])
    found = table(tmp_path)
    assert (found.label.tolist(), found.classes.whole_imagenet) == ([0, 65], True)


def test_a_label_that_is_not_its_names_class_is_refused_with_shard_and_key(tmp_path: Path) -> None:
    good = [sample(f"{synset.wnid}_1", rank) for rank, synset in enumerate(synsets()[:9])]
    write(tmp_path / "train-0.tar", good)
    write(tmp_path / "train-1.tar", [sample(f"{SEA_SNAKE}_1", 64)])
    refused(
        tmp_path, rf"train-1\.tar: the sample {SEA_SNAKE}_1 has the label 64, but .* {SEA_SNAKE}, whose label is 65"
    )


def test_a_class_that_is_not_its_names_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"{TENCH}_1", 0, json={"class_name": GOLDFISH})])
    refused(tmp_path, f"{TENCH}_1 says that its class is {GOLDFISH}, but {TENCH}_1.JPEG is an image of {TENCH}")


def test_a_validation_number_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "val-0.tar", [sample("ILSVRC2012_val_00050001", 65)])
    refused(tmp_path, r"named ILSVRC2012_val_00050001\.JPEG, which has a number outside of 1 to 50,000", "validation")


def test_labels_beyond_the_thousand_are_classes_of_their_own_named_by_wnid(tmp_path: Path) -> None:
    described = {"label": 21840, "class_name": "n13918387", "width": 9, "height": 9}
    first = sample("n00004475_6590", 0, json={"label": 0, "class_name": "n00004475"})
    write(tmp_path / "imagenet22k-train-0000.tar", [first, sample("n13918387_1", 21840, json=described)])
    found = table(tmp_path)
    assert rows(found) == [("n00004475_6590.JPEG", "n00004475"), ("n13918387_1.JPEG", "n13918387")]
    assert (len(found.classes), found.label.tolist()) == (21841, [0, 21840])


def test_a_label_that_is_not_its_wnids_in_other_samples_is_refused_beyond_the_thousand_too(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"n0000{label:04d}_{n}", label) for label in range(5) for n in range(4)])
    write(tmp_path / "train-1.tar", [sample("n00000003_9", 1)])
    says = "its name or class says n00000003, whose label is 3 in all others"
    refused(tmp_path, rf"train-1\.tar: the sample n00000003_9 has the label 1, but {says}")


def test_merged_classes_are_called_by_their_numbers(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"n0000{number:04d}_1", number // 2) for number in range(6)])
    found = table(tmp_path)
    assert (found.classes.names, found.label.tolist()) == (("0", "1", "2"), [0, 0, 1, 1, 2, 2])


def test_labels_that_have_nothing_to_do_with_wnids_are_numbers(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"n0000{n % 3:04d}_{n}", n % 4) for n in range(12)])
    assert table(tmp_path).classes.names == ("0", "1", "2", "3")


def test_wnids_of_keys_alone_name_classes(tmp_path: Path) -> None:
    write(tmp_path / "imagenet_w21-train-0000.tar", [sample("n00005787_1", 0), sample("n00006484_2", 1)])
    assert rows(table(tmp_path)) == [("n00005787_1.JPEG", "n00005787"), ("n00006484_2.JPEG", "n00006484")]


def test_some_of_imagenets_classes_numbered_from_0_are_classes_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"{TENCH}_1", 0), sample(f"{SEA_SNAKE}_1", 1)])
    found = table(tmp_path)
    assert (found.classes.names, found.label.tolist()) == ((TENCH, SEA_SNAKE), [0, 1])


def test_labels_without_names_are_the_classes_numbers(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 1), sample("b", 12)])
    found = table(tmp_path)
    assert (rows(found), found.label.tolist(), len(found.classes)) == ([("a.jpg", "01"), ("b.jpg", "12")], [1, 12], 13)


def test_samples_that_say_only_wnids_are_labelled_by_them(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [{"__key__": "1", "jpg": JPEG, "json": {"synset": SEA_SNAKE}}])
    assert table(tmp_path).label.tolist() == [65]


def test_names_of_classes_in_json_name_the_classes(tmp_path: Path) -> None:
    described = [{"label": label, "class_name": name} for label, name in ((0, "dog"), (2, "cat"))]
    write(tmp_path / "train-0.tar", [{"__key__": each["class_name"], "jpg": JPEG, "json": each} for each in described])
    found = table(tmp_path)
    assert (found.classes.names, found.label.tolist()) == (("dog", "1", "cat"), [0, 2])


@pytest.mark.parametrize("key", ["label", "cls", "class_id", "target", "category_id"])
def test_alternative_label_keys_of_json_are_read(tmp_path: Path, key: str) -> None:
    write(tmp_path / "train-0.tar", [{"__key__": "1", "jpg": JPEG, "json": {"width": 3, key: "7"}}])
    assert table(tmp_path).label.tolist() == [7]


@pytest.mark.parametrize(("value", "label"), [("12", 12), (3.0, 3), (0, 0)])
def test_whole_numbers_in_json_are_labels_in_any_spelling(tmp_path: Path, value: object, label: int) -> None:
    write(tmp_path / "train-0.tar", [{"__key__": "1", "jpg": JPEG, "json": {"label": value}}])
    assert table(tmp_path).label.tolist() == [label]


@pytest.mark.parametrize("value", [3.5, True, None, [1], {"id": 1}, "tench", ""])
def test_other_values_in_json_are_no_labels(tmp_path: Path, value: object) -> None:
    good = {"__key__": "1", "jpg": JPEG, "json": {"label": 1}}
    write(tmp_path / "train-0.tar", [good, {"__key__": "bad", "jpg": JPEG, "json": {"label": value}}])
    refused(tmp_path, r"the sample bad has no label")


def test_splits_are_found_by_folders(tmp_path: Path) -> None:
    for split, label in (("train", 0), ("val", 1), ("test", 1)):
        write(tmp_path / split / "0.tar", [sample("a", label)])
    assert [part.path for part in opened(tmp_path).parts] == [tmp_path / name for name in ("train", "val", "test")]


def test_shards_that_name_no_split_are_train(tmp_path: Path) -> None:
    write(tmp_path / "00000.tar", [sample("a", 0)])
    parts = opened(tmp_path).parts
    assert (parts[0].path, parts[1].path) == (tmp_path, None)


def test_test_images_need_no_label(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0)])
    write(tmp_path / "test-0.tar", [sample("b", -1), sample("c")])
    assert table(tmp_path, "test").label.tolist() == [-1, -1]


def test_a_png_has_its_key_for_a_name(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [{"__key__": "x/a", "png": PNG, "cls": 0}])
    assert rows(table(tmp_path)) == [("x/a", "0")]


def test_keys_that_come_again_in_another_shard_follow_the_shards_name(tmp_path: Path) -> None:
    for number in (0, 1):
        write(tmp_path / f"train-{number}.tar", [sample("000", number)])
    assert [name for name, _ in rows(table(tmp_path))] == ["train-0/000.jpg", "train-1/000.jpg"]


def test_an_official_image_in_two_shards_is_refused(tmp_path: Path) -> None:
    for number in (0, 1):
        write(tmp_path / f"train-{number}.tar", [sample(f"{TENCH}_1", 0)])
    refused(tmp_path, rf"train-0\.tar: .* and .*train-1\.tar: .* are both the image {TENCH}_1\.JPEG")


def test_other_members_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0, txt="a caption", npy=b"1"), sample("b", 1, txt="another")])
    left_out = {each.what: each.count for each in table(tmp_path).left_out}
    assert left_out == {".txt files": 2, ".npy files": 1}


def test_an_image_named_by_its_suffix_alone_goes_before_others(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0, **{"mask.png": PNG})])
    found = table(tmp_path)
    assert ([content.image for content in found.contents()], found.left_out[0].count) == ([JPEG], 1)


def test_two_images_under_one_key_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("good", 0), sample("a", 0, png=PNG)])
    refused(tmp_path, r"train-0\.tar: the sample a has more than one image, jpg and png")


def test_two_images_of_which_none_is_named_by_its_suffix_alone_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("good", 0), {"__key__": "a", "l.png": PNG, "r.png": PNG, "cls": 0}])
    refused(tmp_path, r"the sample a has more than one image, l\.png and r\.png")


def test_an_image_without_a_label_is_refused_in_train(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("good", 0), sample("bad")])
    refused(tmp_path, r"train-0\.tar: the sample bad has no label; train needs one")


@pytest.mark.parametrize("text", ["tench", "1.5", "", "0x1"])
def test_a_cls_that_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    members = [("good.jpg", JPEG), ("good.cls", b"0"), ("bad.jpg", JPEG), ("bad.cls", text.encode())]
    write_members(tmp_path / "train-0.tar", members)
    refused(tmp_path, r"the sample bad has .* in its cls, expected a whole number")


def test_a_label_that_is_too_large_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("bad", 40_000)])
    refused(tmp_path, r"the sample bad has the label 40000 in its cls; the highest possible label is 32,766")


def test_a_json_that_is_none_is_refused(tmp_path: Path) -> None:
    write_members(tmp_path / "train-0.tar", [("a.jpg", JPEG), ("a.cls", b"0"), ("a.json", b"{'label': 1}")])
    refused(tmp_path, r"the sample a has a json that is none")


def test_cls_and_json_that_disagree_are_refused(tmp_path: Path) -> None:
    good = [sample(f"a{number}", number, json={"label": number}) for number in range(4)]
    write(tmp_path / "train-0.tar", [*good, sample("bad", 1, json={"label": 2})])
    refused(tmp_path, r"the sample bad has the label 1 in its cls, and 2 in its json")


def test_members_of_a_sample_that_do_not_follow_each_other_are_refused(tmp_path: Path) -> None:
    members = [("a.jpg", JPEG), ("b.jpg", JPEG), ("a.cls", b"0"), ("b.cls", b"1")]
    write_members(tmp_path / "train-0.tar", members)
    error = refused(tmp_path, r"the members of the sample a do not follow each other: .* its jpg and its cls")
    assert "--sort=name" in error.hint


def test_a_sample_that_is_twice_in_a_shard_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0), sample("b", 0), sample("a", 0)])
    refused(tmp_path, r"train-0\.tar holds the sample a more than once")


def test_a_truncated_shard_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0)])
    path = write(tmp_path / "train-1.tar", [sample(f"k{number}", 0) for number in range(9)])
    path.write_bytes(path.read_bytes()[:5000])
    refused(tmp_path, r"train-1\.tar: the archive is truncated")


def test_a_truncated_compressed_shard_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample(f"k{number}", 0, jpg=JPEG + bytes(range(256))) for number in range(99)])
    path = compress(tmp_path) / "train-0.tar.gz"
    path.write_bytes(path.read_bytes()[:-100])
    refused(tmp_path, r"train-0\.tar\.gz .*is cut off")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "is a pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "is an HTML page"),
        (b"no tar at all" * 99, "is not a tar archive"),
    ],
)
@pytest.mark.parametrize("number", [0, 3, 8])
def test_a_shard_that_is_something_else_is_refused(tmp_path: Path, content: bytes, why: str, number: int) -> None:
    for each in range(9):
        write(tmp_path / f"train-{each}.tar", [sample(f"a{each}", 0)])
    (tmp_path / f"train-{number}.tar").write_bytes(content)
    refused(tmp_path, rf"train-{number}\.tar .*{why}")


def test_a_download_of_pointers_alone_is_explained(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
    write_files(tmp_path, [f"imagenet1k-train-000{number}.tar" for number in range(3)], pointer)
    refused(tmp_path, r"imagenet1k-train-0000\.tar is a pointer of Git LFS")


def test_a_shard_without_samples_is_read_as_empty(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0)])
    write(tmp_path / "train-1.tar", [])
    assert len(table(tmp_path)) == 1


def test_tars_without_images_are_not_taken_for_shards(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0)])
    write(tmp_path / "val-0.tar", [{"__key__": "a", "txt": "x", "cls": 0}])
    write(tmp_path / "val-1.tar", [])
    data = opened(tmp_path)
    assert [part.path for part in data.parts[1:]] == [None, None]
    assert any("no images with labels" in why and "val-0.tar" in why for why in data.why)


def test_one_shard_alone_is_read(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"val-{number}.tar", [sample(f"a{number}", 0)])
    found = open_source(tmp_path / "val-2.tar").table("validation", tmp_path / ".cache", nothing)
    assert [row.name for row in found] == ["a2.jpg"]


def test_an_image_without_bytes_is_found(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0, jpg=b"")])
    with pytest.raises(InputError, match=r"train-0\.tar: the sample a has no bytes"):
        table(tmp_path).require_usable()


def test_another_splits_damage_is_told_as_its_own(tmp_path: Path) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 0), sample("b", 0)])
    write_members(tmp_path / "val-0.tar", [("a.jpg", JPEG), ("a.cls", b"x")])
    with pytest.raises(OtherSplitError, match="labels of all splits are counted together"):
        table(tmp_path)


def test_boxes_of_this_programs_json_are_read(tmp_path: Path) -> None:
    described = {"filename": "a.jpg", "label": 0, "class": "cat", "text": "cats", "boxes": [[0.1, 0.2, 0.3, 0.4]]}
    write(tmp_path / "train-0.tar", [sample("a", 0, json=described)])
    found = table(tmp_path)
    assert (found[0].boxes.tolist(), found.classes.words) == ([[0.1, 0.2, 0.3, 0.4]], ("cats",))
    assert opened(tmp_path).own_boxes


@pytest.mark.parametrize("boxes", [[[1, 2]], [[0.5, 0.5, 0.2, 0.9]], [[0, 0, 40, 40]], "none", [["x"]]])
def test_boxes_of_this_programs_json_that_cannot_be_are_refused(tmp_path: Path, boxes: object) -> None:
    described = {"filename": "a.jpg", "label": 0, "class": "cat", "text": "cats", "boxes": boxes}
    write(tmp_path / "train-0.tar", [sample("good", 0), sample("a", 0, json=described)])
    refused(tmp_path, r"the sample a has (?:boxes|a box) in its json that")


def test_tars_of_images_without_labels_are_not_taken_for_shards(tmp_path: Path) -> None:
    write_members(tmp_path / "train.tar", [(f"train/{TENCH}/{TENCH}_1.JPEG", JPEG)])
    write_members(tmp_path / f"{TENCH}.tar", [(f"{TENCH}_1.JPEG", JPEG)])
    assert webdataset.recognize(tmp_path, SourceOptions()) is None


def test_lists_of_annotations_beside_images_are_no_labels(tmp_path: Path) -> None:
    members = [("train/a.jpg", JPEG), ("train/a.json", json.dumps({"shapes": []}).encode())]
    write_members(tmp_path / "train-0.tar", members)
    assert webdataset.recognize(tmp_path, SourceOptions()) is None


def test_the_registry_recognizes_shards(tmp_path: Path) -> None:
    write(tmp_path / "a" / "train-0.tar", [sample("a", 0)])
    found = open_source(tmp_path)
    assert (found.what, found.folder) == ("WebDataset shards", tmp_path / "a")
    assert "1 shard of train" in found.why[0]


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    write_members(tmp_path / "train-0.tar", [("a.jpg", JPEG), ("a.cls", b"0"), ("../x.jpg", JPEG), ("../x.cls", b"0")])
    refused(tmp_path, r"the name of its member '\.\./x\.jpg' has \.\. in it")


def test_the_index_is_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "train-0.tar", [sample("a", 3, txt="x")])
    data = opened(tmp_path)
    first = data.table("train", tmp_path / ".cache", nothing)
    monkeypatch.setattr(columns, "ShardSamples", None)
    second = data.table("train", tmp_path / ".cache", nothing)
    assert (rows(second), second.left_out) == (rows(first), first.left_out)


def test_a_dataset_in_the_cache_of_hugging_faces_client_is_read(tmp_path: Path) -> None:
    dataset = tmp_path / "datasets--timm--imagenet-1k-wds"
    blob = write(dataset / "blobs" / "0f", [sample(f"{TENCH}_1", 0)])
    link = dataset / "snapshots" / "abc123" / "imagenet1k-train-0000.tar"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    for folder in (dataset, dataset / "snapshots", link.parent):
        assert rows(table(folder)) == [(f"{TENCH}_1.JPEG", TENCH)]
    assert "timm/imagenet-1k-wds" in opened(dataset).why[0]


def test_a_shard_that_is_damaged_before_its_first_sample_is_told(tmp_path: Path) -> None:
    write(tmp_path / "val-0.tar", [sample("a", 0)])
    path = write(tmp_path / "train-00.tar", [sample("a", 0)])
    path.write_bytes(path.read_bytes()[:700])
    refused(tmp_path, r"train-00\.tar: the archive is truncated")


@pytest.mark.parametrize("name", ["train_images_0.tar.gz", "train_images_1.tar.gz"])
def test_damaged_archives_of_trees_are_not_taken_for_shards(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8b\x08\0")
    assert webdataset.recognize(tmp_path, SourceOptions()) is None


def test_a_compressed_archive_of_archives_is_given_up_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_members(tmp_path / "train-0.tar", [("n01.tar", bytes(1000)), ("a.jpg", JPEG), ("a.cls", b"0")])
    path = compress(tmp_path) / "train-0.tar.gz"
    assert opening.glimpse(path).samples
    monkeypatch.setattr(opening, "_UNPACKED", 1000)
    assert not opening.glimpse(path).samples
