from pathlib import Path
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.making import GOLDFISH, TENCH, names, nothing, write
from wizard.ask.context import Context, with_source
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.options import Labels, SourceOptions
from wizard.sources.source import Source
from wizard.sources.trees import folders
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import key_in, same_class, without_suffix
from wizard.sources.trees.lists.find import find_listed_splits
from wizard.sources.trees.lists.parse import Lines, read_list
from wizard.sources.trees.lists.reader import UNLISTED

CLASSES = ["train/cat/1.jpg", "train/dog/1.jpg"]
VALIDATION = ["val/a.jpg", "val/b.jpg", "val/c.jpg"]
NAMES = st.text(ascii_lowercase, min_size=1, max_size=6)
LISTED = st.tuples(NAMES, NAMES, st.sampled_from(["train", "val", "test"]))
"""Name, class and split of an image."""


def opened(folder: Path, labels: Labels = "auto", *, follow: bool = False) -> Source:
    data = folders.recognize(folder, SourceOptions(labels=labels, follow=follow))
    assert data is not None
    return data


def listed(folder: Path, name: str, text: str) -> Path:
    write(folder, [name], text.encode())
    return folder


def parsed(tmp_path: Path, name: str, text: str) -> Lines:
    lines = read_list(listed(tmp_path, name, text) / name)
    assert lines is not None
    return lines


def refused(data: Source, cache: Path, split: Split = "validation") -> InputError:
    with pytest.raises(InputError) as error:
        data.table(split, cache, nothing)
    return error.value


@pytest.mark.parametrize(
    ("name", "text", "entries", "boxes"),
    [
        ("val_annotations.txt", "val_0.JPEG\tn01443537\t0\t32\t44\t62\n", [("val_0.JPEG", "n01443537")], True),
        ("trainval.txt", "#Image CLASS-ID\nAbyssinian_100 1 1 1\n", [("Abyssinian_100", "1")], False),
        ("train.txt", "apple_pie/1005649\r\n", [("apple_pie/1005649", "")], False),
        ("train.json", '{"apple_pie": ["apple_pie/1"]}', [("apple_pie/1", "apple_pie")], False),
        ("Test.csv", "Width,Roi.X1,ClassId,Path\n53,6,16,Test/00000.png\n", [("Test/00000.png", "16")], True),
        ("GT-final_test.csv", "Filename;Roi.X1;ClassId\n00000.ppm;6;16\n", [("00000.ppm", "16")], True),
        ("train.csv", "filename, label\nn01.jpg, n01532829\n", [("n01.jpg", "n01532829")], False),
        ("train.csv", ",Filename,Label,ClassName\n0,A/A_1.jpg,6,A\n", [("A/A_1.jpg", "A")], False),
        ("labels.csv", "\ufeffid,breed\n000bec,boxer\n", [("000bec", "boxer")], False),
        ("labels.csv", '"a, b.jpg","cat"\n', [("a, b.jpg", "cat")], False),
        ("val.tsv", ".\\val\\a.jpg\tpolar bear\n", [("val/a.jpg", "polar bear")], False),
    ],
)
def test_reads_each_form_of_list(
    tmp_path: Path, name: str, text: str, entries: list[tuple[str, str]], *, boxes: bool
) -> None:
    lines = parsed(tmp_path, name, text)
    assert list(lines.entries) == entries
    assert lines.boxes is boxes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("latin.csv", b"image,label\n\xe9.jpg,caf\xe9\n"),
        ("coco.json", b'{"images": [{"id": 1}]}'),
        ("words.json", b'{"n01440764": "tench"}'),
        ("broken.json", b"{"),
        ("labels.csv", b"label\ncat\n"),
    ],
)
def test_files_that_are_not_lists_are_ignored(tmp_path: Path, name: str, content: bytes) -> None:
    assert read_list(write(tmp_path, [name], content) / name) is None


def test_a_list_that_may_not_be_read_is_named(tmp_path: Path, unprivileged: None) -> None:
    del unprivileged
    (listed(tmp_path, "a.csv", "id,label\n") / "a.csv").chmod(0)
    with pytest.raises(InputError, match=r"a\.csv cannot be read"):
        read_list(tmp_path / "a.csv")


@given(st.dictionaries(NAMES, NAMES, min_size=1), st.sampled_from([",", ";", "\t"]))
def test_what_a_table_says_is_read_whatever_separates_its_columns(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, str], mark: str
) -> None:
    text = f"filename{mark}label\n" + "".join(f"{image}.jpg{mark}{name}\n" for image, name in table.items())
    lines = parsed(tmp_path_factory.mktemp("list"), "list.csv", text)
    assert dict(lines.entries) == {f"{image}.jpg": name for image, name in table.items()}


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.txt", "a.tsv", "a.json"]))
def test_any_file_is_a_list_or_none(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    lines = read_list(write(tmp_path_factory.mktemp("list"), [name], content) / name)
    assert lines is None or lines.path.name == name


@given(NAMES, st.sampled_from([".jpg", ".JPEG", ".tar.png"]))
def test_an_image_is_named_with_its_suffix_or_without(name: str, suffix: str) -> None:
    image = name + suffix
    assert key_in({image}, image) == image
    assert key_in({without_suffix(image)}, image) == without_suffix(image)
    assert key_in({image + "x"}, image) is None


@given(st.integers(0, 999), st.integers(1, 5))
def test_a_number_is_the_class_of_the_same_value(number: int, width: int) -> None:
    folders = {str(value).zfill(width) for value in range(1000)}
    assert same_class(str(number), folders) == str(number).zfill(width)
    assert same_class(str(number + 1000), folders) is None


# The classes of a split's flat images


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("val/val_annotations.txt", "a.jpg\tdog\t0\t0\t9\t9\nb.jpg\tcat\t0\t0\t9\t9\nc.jpg\tdog\t1\t1\t9\t9\n"),
        ("val.csv", "path,label\nval/a.jpg,dog\nval/b.jpg,cat\nval/c.jpg,dog\n"),
        ("labels.csv", "id,class\na,dog\nb,cat\nc,dog\n"),
        ("val/labels.txt", "a.jpg dog\nb.jpg cat\nc.jpg dog\n"),
        ("val.tsv", "image\tcategory\nb.jpg\tcat\n./a.jpg\tdog\nc.jpg\tdog\n"),
        ("all.csv", "path,label\ntrain/cat/1.jpg,cat\nval/a.jpg,dog\nval/b.jpg,cat\nval/c.jpg,dog\n"),
        ("val/labels.json", '{"dog": ["a.jpg", "c.jpg"], "cat": ["b.jpg"]}'),
    ],
)
def test_a_list_gives_flat_images_their_classes(tmp_path: Path, name: str, text: str) -> None:
    data = opened(listed(write(tmp_path, [*CLASSES, *VALIDATION]), name, text))
    assert names(data, "validation", tmp_path) == [("cat/b.jpg", 0), ("dog/a.jpg", 1), ("dog/c.jpg", 1)]
    assert names(data, "train", tmp_path) == [("cat/1.jpg", 0), ("dog/1.jpg", 1)]
    assert f"{name} lists the classes of 3 images in val/." in " ".join(data.why)


def test_images_of_test_keep_the_classes_that_a_list_gives_them(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "test/images/a.jpg"])
    data = opened(listed(tmp_path, "test/labels.csv", "filename,label\na.jpg,dog\n"))
    assert names(data, "test", tmp_path) == [("dog/a.jpg", 1)]


def test_train_may_be_listed_too(tmp_path: Path) -> None:
    write(tmp_path, ["train/1.jpg", "train/2.jpg", "val/1.jpg"])
    listed(tmp_path, "train.csv", "filename,label\n1.jpg,dog\n2.jpg,cat\n")
    data = opened(listed(tmp_path, "val.csv", "filename,label\nval/1.jpg,dog\n"))
    assert names(data, "train", tmp_path) == [("cat/2.jpg", 0), ("dog/1.jpg", 1)]
    assert names(data, "validation", tmp_path) == [("dog/1.jpg", 1)]
    assert data.what == "images with lists of their classes"


def test_an_image_without_a_line_is_refused_with_the_count(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, *VALIDATION])
    error = refused(opened(listed(tmp_path, "val.csv", "filename,label\na.jpg,dog\n")), tmp_path)
    assert "val.csv has no line for 2 images (b.jpg is the first) that are in" in error.what


def test_a_line_without_an_image_is_refused_with_the_count(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg"])
    error = refused(opened(listed(tmp_path, "val.csv", "filename,label\na.jpg,dog\nz.jpg,cat\n")), tmp_path)
    assert "val.csv names z.jpg, which is not in" in error.what


@pytest.mark.parametrize(
    ("lines", "reported"),
    [
        ("a.jpg,dog\na.jpg,cat\n", r"names a\.jpg twice, as dog and as cat"),
        ("a.jpg,dog\na.jpg,dog\n", r"names a\.jpg twice\."),
        ("a.jpg,\nb.jpg,dog\n", r"gives no class for a\.jpg"),
        ("a.jpg,fish\n", r"says that a\.jpg is an image of fish, which is not one of the 2 classes in .*train"),
        ("a.jpg,0\n", "which is not one of the 2 classes"),
    ],
)
def test_a_list_that_cannot_be_right_makes_its_split_unsound(tmp_path: Path, lines: str, reported: str) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg"])
    data = opened(listed(tmp_path, "val.csv", f"filename,label\n{lines}"))
    assert [part.split for part in data.parts if part.sound] == ["train"]
    with pytest.raises(InputError, match=reported):
        data.require(["validation"], [])


def test_one_line_for_two_images_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg", "val/a.png"])
    error = refused(opened(listed(tmp_path, "val.csv", "id,label\na,dog\n")), tmp_path)
    assert "names a, but several images" in error.what


def test_several_boxes_of_an_image_may_be_several_lines(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg"])
    data = opened(listed(tmp_path, "val.csv", "filename,xmin,class\na.jpg,1,dog\na.jpg,7,dog\n"))
    assert names(data, "validation", tmp_path) == [("dog/a.jpg", 1)]
    assert "Its boxes are not read." in " ".join(data.why)


def test_lists_that_disagree_are_refused_with_both(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg"])
    listed(tmp_path, "val.csv", "filename,label\na.jpg,dog\n")
    data = opened(listed(tmp_path, "val/fixed.csv", "filename,label\na.jpg,cat\n"))
    with pytest.raises(InputError, match=r"fixed\.csv and .*val\.csv give different classes"):
        data.require(["validation"], [])


def test_lists_that_agree_are_one(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg"])
    listed(tmp_path, "val.csv", "filename,label\na.jpg,dog\n")
    data = opened(listed(tmp_path, "val/same.txt", "a.jpg dog\n"))
    assert names(data, "validation", tmp_path) == [("dog/a.jpg", 1)]


def test_a_list_and_the_name_of_an_image_that_disagree_are_refused_with_both(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{TENCH}/1.jpg", f"train/{GOLDFISH}/1.jpg", f"val/{TENCH}_x.jpg"])
    error = refused(opened(listed(tmp_path, "val.csv", f"filename,label\n{TENCH}_x.jpg,{GOLDFISH}\n")), tmp_path)
    assert (
        f"says that {tmp_path}/val/{TENCH}_x.jpg is an image of {GOLDFISH}, but it is an image of {TENCH}" in error.what
    )


@pytest.mark.parametrize("name", ["sample_submission.csv", "sampleSubmission.csv", "predictions.csv"])
def test_a_sample_submission_gives_no_classes(tmp_path: Path, name: str) -> None:
    write(tmp_path, [*CLASSES, "test/a.jpg", "test/b.jpg"])
    data = opened(listed(tmp_path, name, "id,label\na,cat\nb,cat\n"))
    assert names(data, "test", tmp_path) == [("a.jpg", -1), ("b.jpg", -1)]


@pytest.mark.parametrize("text", ["filename,width\na.jpg,200\n", "name\na.jpg\n"])
def test_a_table_without_classes_leaves_images_of_test_without_labels(tmp_path: Path, text: str) -> None:
    data = opened(listed(write(tmp_path, [*CLASSES, "test/a.jpg"]), "sizes.csv", text))
    assert names(data, "test", tmp_path) == [("a.jpg", -1)]


def test_a_column_without_a_header_that_holds_no_classes_is_refused(tmp_path: Path) -> None:
    data = opened(listed(write(tmp_path, [*CLASSES, "test/a.jpg"]), "sizes.csv", "a.jpg,200\n"))
    with pytest.raises(InputError, match="an image of 200, which is not one of the 2 classes"):
        data.require(["test"], [])


def test_images_of_which_nothing_says_the_classes_are_refused(tmp_path: Path) -> None:
    data = opened(write(tmp_path, [*CLASSES, "val/images/a.jpg"]))
    with pytest.raises(InputError, match=r"The classes of the images in .*val/images, such as a\.jpg, are not known"):
        data.require(["validation"], [])


def test_images_named_as_in_ilsvrc2012_need_no_list(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{TENCH}/1.jpg", "val/ILSVRC2012_val_00000001.JPEG"])
    data = opened(listed(tmp_path, "val.txt", "ILSVRC2012_val_00000001.JPEG 65\n"))
    assert names(data, "validation", tmp_path) == [("ILSVRC2012_val_00000001.JPEG", 65)]


def test_classes_within_a_folder_called_images_are_classes(tmp_path: Path) -> None:
    data = opened(write(tmp_path, ["train/images/cat/1.jpg", "train/images/dog/1.jpg"]))
    assert names(data, "train", tmp_path) == [("cat/1.jpg", 0), ("dog/1.jpg", 1)]


def test_a_list_behind_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", [*CLASSES, "val/a.jpg"])
    (tree / "val.csv").symlink_to(listed(tmp_path, "other.csv", "filename,label\na.jpg,dog\n") / "other.csv")
    with pytest.raises(InputError, match=r"val\.csv leads by a link"):
        opened(tree).require(["validation"], [])
    assert names(opened(tree, follow=True), "validation", tmp_path) == [("dog/a.jpg", 1)]


def test_a_list_named_after_a_split_that_disagrees_with_its_folders_is_refused_with_both(tmp_path: Path) -> None:
    write(tmp_path, ["train/00002/1.ppm", "train/00010/1.png", "val/00002/1.png"])
    data = opened(listed(tmp_path, "Train.csv", "ClassId,Path\n10,train/00010/1.png\n10,train/00002/1.ppm\n"))
    with pytest.raises(InputError, match=r"Train\.csv says that .*00002/1\.ppm is an image of 00010, but it is in"):
        data.require(["train"], [])
    data.require(["validation"], [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train.csv", "path,label\ntrain/cat/1.jpg,cat\ntrain/dog/1.jpg,dog\n"),
        ("train.csv", "path,label\ntrain/cat/1.jpg,7\ntrain/dog/1.jpg,7\n"),
        ("val.csv", "path,label\ntrain/cat/1.jpg,dog\n"),
        ("noisy_train.csv", "path,noisy_labels_50\ntrain/cat/1.jpg,dog\n"),
    ],
)
def test_a_list_that_does_not_contradict_folders_changes_nothing(tmp_path: Path, name: str, text: str) -> None:
    data = opened(listed(write(tmp_path, CLASSES), name, text))
    assert names(data, "train", tmp_path) == [("cat/1.jpg", 0), ("dog/1.jpg", 1)]


def test_a_list_is_that_of_the_split_that_its_name_says(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/1.jpg", "test/1.jpg"])
    listed(tmp_path, "val_labels.csv", "filename,label\n1.jpg,dog\n")
    data = opened(listed(tmp_path, "testLabels.csv", "filename,label\n1.jpg,cat\n"))
    assert names(data, "validation", tmp_path) == [("dog/1.jpg", 1)]
    assert names(data, "test", tmp_path) == [("cat/1.jpg", 0)]


def test_a_list_of_images_in_folders_of_splits_leaves_them_to_be_read_as_folders(tmp_path: Path) -> None:
    write(tmp_path, ["train_images/1.jpg", "train_images/2.jpg"])
    listed(tmp_path, "train.csv", "path,label\ntrain_images/1.jpg,cat\ntrain_images/2.jpg,dog\n")
    assert find_listed_splits(tmp_path, Bounds.of(tmp_path, follow=False)) is None


def test_an_empty_image_is_listed_and_named_as_unusable(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/a.jpg"])
    data = opened(listed(write(tmp_path, ["val/b.jpg"], b""), "val.csv", "id,label\na,cat\nb,dog\n"))
    table = data.table("validation", tmp_path, nothing)
    assert len(table) == 2
    with pytest.raises(InputError, match=r"b\.jpg has no bytes"):
        table.require_usable()


def test_whose_labels_is_still_asked_where_a_list_says_synsets(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{TENCH}/1.jpg", f"train/{GOLDFISH}/1.jpg", "val/a.jpg"])
    listed(tmp_path, "val.csv", f"filename,label\na.jpg,{TENCH}\n")
    assert with_source(Context(), tmp_path, lambda _event: None).classes_in_doubt


# The splits of images that lie together


def food(folder: Path, test: str = "waffles/3\n") -> Path:
    write(folder, [f"images/{name}/{i}.jpg" for name in ("apple_pie", "waffles") for i in range(4)])
    listed(folder, "meta/train.txt", "apple_pie/0\napple_pie/1\nwaffles/0\n")
    return listed(folder, "meta/test.txt", test)


def test_warns_about_images_that_no_list_names(tmp_path: Path) -> None:
    table = opened(food(tmp_path)).table("train", tmp_path, nothing)
    assert [name.decode() for name in table.name.tolist()] == ["apple_pie/0.jpg", "apple_pie/1.jpg", "waffles/0.jpg"]
    (left,) = (each for each in table.left_out if each.what == UNLISTED)
    assert (left.count, left.first, left.clutter) == (4, f"{tmp_path}/images/apple_pie/2.jpg", False)


def test_a_listed_image_that_is_missing_is_refused(tmp_path: Path) -> None:
    error = refused(opened(food(tmp_path, "waffles/3\nwaffles/9\n")), tmp_path, "test")
    assert "test.txt names waffles/9, which is not in" in error.what


def test_an_image_in_the_lists_of_two_splits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"apple_pie/0 is both in .*train\.txt and in .*test\.txt"):
        opened(food(tmp_path, "apple_pie/0\n"))


def test_two_differing_lists_of_a_split_are_refused(tmp_path: Path) -> None:
    listed(food(tmp_path), "meta/test.json", '{"waffles": ["waffles/2"]}')
    with pytest.raises(InputError, match=r"test\.txt and .*test\.json disagree about which images are test"):
        opened(tmp_path)


def test_a_list_and_a_folder_that_disagree_are_refused_with_both(tmp_path: Path) -> None:
    write(tmp_path, ["images/cat/1.jpg", "images/dog/2.jpg", "images/dog/3.jpg"])
    listed(tmp_path, "train.csv", "filename,label\ncat/1.jpg,cat\ndog/2.jpg,dog\ndog/3.jpg,cat\n")
    error = refused(opened(tmp_path), tmp_path, "train")
    assert "images/dog/3.jpg is an image of cat, but it is in the folder of dog" in error.what


def test_a_list_may_name_images_without_the_folders_of_their_classes(tmp_path: Path) -> None:
    write(tmp_path, ["images/cat/1.jpg", "images/dog/2.jpg"])
    listed(tmp_path, "train.csv", "filename,label\n1.jpg,cat\n")
    data = opened(listed(tmp_path, "val.csv", "filename,label\n2.jpg,dog\n"))
    assert names(data, "train", tmp_path) == [("cat/1.jpg", 0)]
    assert names(data, "validation", tmp_path) == [("dog/2.jpg", 1)]


def test_a_dataset_unpacked_into_a_folder_of_its_own_is_found(tmp_path: Path) -> None:
    food(tmp_path / "food-101")
    assert names(opened(tmp_path), "test", tmp_path) == [("waffles/3.jpg", 1)]


def test_folders_unpacked_twice_are_found(tmp_path: Path) -> None:
    write(tmp_path, ["images/images/Bengal_1.jpg", "images/images/beagle_1.jpg"])
    data = opened(listed(tmp_path, "annotations/annotations/trainval.txt", "Bengal_1 6 1 2\nbeagle_1 5 2 3\n"))
    assert names(data, "train", tmp_path) == [("Bengal/Bengal_1.jpg", 1), ("beagle/beagle_1.jpg", 0)]


def test_labels_follow_the_numbers_of_the_lists_unless_those_of_folders_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path, ["images/Zebra_1.jpg", "images/ant_1.jpg"])
    listed(tmp_path, "annotations/trainval.txt", "ant_1 1 1 1\nZebra_1 2 2 1\n")
    assert names(opened(tmp_path), "train", tmp_path) == [("Zebra/Zebra_1.jpg", 1), ("ant/ant_1.jpg", 0)]
    assert "--set source.labels=folders sorts them by name" in opened(tmp_path).why[-1]
    assert names(opened(tmp_path, "folders"), "train", tmp_path) == [("Zebra/Zebra_1.jpg", 0), ("ant/ant_1.jpg", 1)]


def test_numbers_of_classes_that_no_name_fits_are_the_classes(tmp_path: Path) -> None:
    write(tmp_path, ["images/img_1.jpg", "images/img_2.jpg"])
    data = opened(listed(tmp_path, "train.csv", "image_id,label\nimg_1.jpg,0\nimg_2.jpg,1\n"))
    assert names(data, "train", tmp_path) == [("0/img_1.jpg", 0), ("1/img_2.jpg", 1)]


def test_a_number_in_a_list_adds_no_class_to_a_folder_of_the_same_value(tmp_path: Path) -> None:
    write(tmp_path, ["train/00002/1.jpg", "train/00010/1.jpg", "test/a.jpg"])
    table = opened(listed(tmp_path, "Test.csv", "ClassId,Path\n10,Test/a.jpg\n")).table("test", tmp_path, nothing)
    assert (table.classes.names[2], table.classes.names[10]) == ("00002", "00010")
    assert len(table.classes) == 11
    assert [table.classes.name(label) for label in table.label.tolist()] == ["00010"]


def test_a_list_of_train_and_validation_together_gives_way_to_one_of_each(tmp_path: Path) -> None:
    write(tmp_path, ["images/cat_1.jpg", "images/dog_1.jpg"])
    listed(tmp_path, "trainval.csv", "filename,label\ncat_1.jpg,cat\ndog_1.jpg,dog\n")
    listed(tmp_path, "train.csv", "filename,label\ncat_1.jpg,cat\n")
    data = opened(listed(tmp_path, "val.csv", "filename,label\ndog_1.jpg,dog\n"))
    assert names(data, "train", tmp_path) == [("cat/cat_1.jpg", 0)]
    assert names(data, "validation", tmp_path) == [("dog/dog_1.jpg", 1)]


def test_folders_of_splits_are_read_where_others_are_listed_beside_them(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "images/1.jpg"])
    data = opened(listed(tmp_path, "train.csv", "filename,label\nimages/1.jpg,cat\n"))
    assert names(data, "train", tmp_path) == [("cat/1.jpg", 0), ("dog/1.jpg", 1)]


def test_folders_of_splits_need_no_lists(tmp_path: Path) -> None:
    write(tmp_path, ["train/cat/1.jpg", "train/dog/1.jpg", "test/cat/2.jpg"])
    listed(tmp_path, "train.txt", "train/cat/1.jpg\n")
    data = opened(listed(tmp_path, "test.txt", "train/dog/1.jpg\n"))
    assert names(data, "train", tmp_path) == [("cat/1.jpg", 0), ("dog/1.jpg", 1)]


@pytest.mark.parametrize(
    ("given", "lists"),
    [
        (".", {"train.csv": "filename,label\nother.jpg,cat\n", "val.csv": "filename,label\nanother.jpg,cat\n"}),
        (".", {"train_test_split.txt": "1 0\n2 1\n"}),
        ("images", {"train_test_split.txt": "1 0\n2 1\n"}),
        ("images", {"labels/test1.txt": "dog/1.jpg\n", "labels/train1.txt": "cat/1.jpg\n"}),
    ],
)
def test_warns_about_split_lists_that_cannot_be_used(tmp_path: Path, given: str, lists: dict[str, str]) -> None:
    write(tmp_path, ["images/cat/1.jpg", "images/dog/1.jpg"])
    for name, text in lists.items():
        listed(tmp_path, name, text)
    why = " ".join(opened(tmp_path / given).why)
    assert f"{tmp_path} has files named like lists of splits, {', '.join(lists)}: they are not read" in why


def test_one_list_or_split_folders_cause_no_warning(tmp_path: Path) -> None:
    write(tmp_path, [*CLASSES, "val/cat/1.jpg"])
    listed(tmp_path, "train.txt", "train/cat/1.jpg 0\n")
    listed(tmp_path, "val.txt", "val/cat/1.jpg 0\n")
    assert "lists of splits" not in " ".join(opened(tmp_path).why)
    assert "lists of splits" not in " ".join(opened(tmp_path / "train").why)


def test_warns_about_lists_beside_the_given_image_folder(tmp_path: Path) -> None:
    data = opened(food(tmp_path) / "images")
    assert f"give {tmp_path} to have it read" in " ".join(data.why)
    assert len(data.table("train", tmp_path, nothing)) == 8


@given(st.lists(LISTED, min_size=1, max_size=8, unique_by=lambda image: image[0]))
def test_every_listed_image_is_in_its_split_alone_with_its_class(
    tmp_path_factory: pytest.TempPathFactory, images: list[tuple[str, str, str]]
) -> None:
    folder = write(tmp_path_factory.mktemp("set"), [f"images/{image}.jpg" for image, _, _ in images])
    for split in {split for _, _, split in images}:
        rows = [f"{image}.jpg,{name}\n" for image, name, of in images if of == split]
        listed(folder, f"{split}.csv", "filename,label\n" + "".join(rows))
    data = opened(folder)
    found = {
        (Path(name).stem, table.classes.name(label), "val" if part.split == "validation" else part.split)
        for part in data.parts
        if part.sound
        for table in [data.table(part.split, folder, nothing)]
        for name, label in zip(map(bytes.decode, table.name.tolist()), table.label.tolist(), strict=True)
    }
    assert found == set(images)
