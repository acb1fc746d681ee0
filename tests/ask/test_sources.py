"""The conversation about each form of raw data: what is reported, what is asked, and that the profile builds."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ask.conftest import BACK, DEFAULT, LEAVE, Script
from tests.helpers import TRAIN, VALIDATION, build_dataset, profile
from tests.sources import making
from wizard import profile_store, synthetic
from wizard.ask.setup_draft import draft_of
from wizard.ask.view import Outcome
from wizard.cli import main
from wizard.ilsvrc2012.synsets import synsets
from wizard.profile import Profile
from wizard.verify.dataset import verify

Converse = Callable[..., tuple[Script, Outcome | None]]


def classes(folder: Path, names: list[str], **splits: int) -> Path:
    """Folders of classes with so many drawn images each; without splits, the classes' folders alone."""
    rng = random.Random(1)
    for split, count in splits.items():
        for rank, name in enumerate(names):
            images = {f"{number}.jpg": synthetic.draw(rng, rank).data for number in range(count)}
            for image, data in images.items():
                making.write(folder / split.replace("alone", "") / name, [image], data)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return classes(tmp_path / "own", ["cats", "dogs"], train=6, val=3)


@pytest.fixture
def wnids(tmp_path: Path) -> Path:
    return classes(tmp_path / "wnids", [each.wnid for each in synsets()[5:10]], train=4)


@pytest.fixture
def records(raw: Path, tmp_path: Path) -> Path:
    build_dataset(raw, tmp_path / "records")
    return tmp_path / "records"


@pytest.fixture
def linked(raw: Path, tmp_path: Path) -> Path:
    """A tree whose train is a link to elsewhere."""
    tree = making.extracted(raw, tmp_path / "tree")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "train").symlink_to(tree / "train")
    shutil.move(tree / "val", tmp_path / "linked" / "val")
    return tmp_path / "linked"


def the_profile(outcome: Outcome | None) -> Profile:
    assert outcome is not None
    assert outcome.profile is not None
    return outcome.profile


def test_an_extracted_tree_is_reported_with_the_evidence(converse: Converse, raw: Path, tmp_path: Path) -> None:
    script, _ = converse(str(making.extracted(raw, tmp_path / "tree")))
    reported = script.said[0]
    assert "An extracted ILSVRC2012 tree." in reported
    assert "labels are ImageNet's" in reported
    assert f"{TRAIN} images of 4 classes; a subset: the full set has 1,281,167 images of 1,000 classes" in reported
    assert "bounding boxes of validation" in reported
    assert "missing" not in reported
    assert script.keys[1] == "source.splits"


def test_kaggles_tree_builds_from_the_conversation(converse: Converse, raw: Path, tmp_path: Path) -> None:
    answers = [str(making.kaggle(raw, tmp_path / "kaggle")), DEFAULT, DEFAULT, "all", str(tmp_path / "out"), "original"]
    script, outcome = converse(*answers, 3, 2, "k", "start")
    assert "Kaggle's tree." in script.said[0]
    assert main(["run", "k", "--quiet"]) == 0
    assert verify(the_profile(outcome).output_path, lambda _: None).images == {"train": TRAIN, "validation": VALIDATION}


def test_the_report_on_custom_folders_omits_imagenets_extras(converse: Converse, own: Path) -> None:
    script, _ = converse(str(own), DEFAULT, DEFAULT)
    reported = script.said[0]
    assert "2 classes: labels are those of the folders" in reported
    assert "subset" not in reported
    assert "missing" not in reported
    assert script.keys == ["source.path", "source.splits", "output.format", "output.path"]


def test_a_folder_of_one_split_reports_no_missing_split(converse: Converse, tmp_path: Path) -> None:
    script, _ = converse(str(classes(tmp_path / "pets", ["cats", "dogs"], alone=3)))
    assert "missing" not in script.said[0]
    assert script.keys[-1] == "source.holdout"


def test_a_tree_without_validation_is_offered_as_train_alone(converse: Converse, wnids: Path) -> None:
    script, _ = converse(str(wnids))
    assert "! val missing only train can be built" in " ".join(script.said[0].split())


@pytest.mark.parametrize(("labels", "stored"), [("folders", "labels 1 to 5"), ("ilsvrc2012", "labels 1 to 1000")])
def test_whose_labels_is_asked_where_folders_are_some_of_imagenets(
    converse: Converse, wnids: Path, tmp_path: Path, labels: str, stored: str
) -> None:
    script, outcome = converse(
        str(wnids), "none", labels, "tfrecord", str(tmp_path / "out"), "original", DEFAULT, "five", "save"
    )
    assert script.keys[2] == "source.labels"
    assert stored in next(row.text for row in script.tables[0] if row.label == "Output")
    assert the_profile(outcome).source.labels == labels
    assert main(["run", "five", "--quiet"]) == 0


def test_a_replay_leaves_labels_to_the_raw_data_and_its_form_to_the_profile(
    converse: Converse, wnids: Path, tmp_path: Path
) -> None:
    (wnids / "ILSVRC2012_img_val.tar").write_bytes(b"not to be looked at")
    made = profile(wnids, tmp_path / "out", source={"layout": "folders", "splits": ["train"], "boxes": "none"})
    script, outcome = converse("save", draft=draft_of(made.model_copy(update={"name": "mine"})))
    assert script.keys == ["review"]
    source = the_profile(outcome).source
    assert (source.layout, source.labels) == ("folders", "folders")


def test_back_over_whose_labels_looks_again(converse: Converse, wnids: Path, own: Path) -> None:
    script, _ = converse(str(wnids), "none", "ilsvrc2012", BACK, "folders", BACK, BACK, BACK, str(own), LEAVE)
    assert script.keys[2:5] == ["source.labels", "output.format", "source.labels"]
    assert script.asked[4].default == "ilsvrc2012"
    assert script.keys[-1] == "source.splits"


@pytest.mark.parametrize(("kept", "shards"), [("keep", "5 + 2 shards"), ("plan", "3 + 2 shards")])
def test_records_keep_their_shards_or_are_spread_again(
    converse: Converse, records: Path, tmp_path: Path, kept: str, shards: str
) -> None:
    numbers = [] if kept == "keep" else [3, 2]
    script, outcome = converse(
        str(records), DEFAULT, "tfrecord", str(tmp_path / "out"), "original", kept, *numbers, "r", "save"
    )
    assert "TFRecords." in script.said[0]
    assert "source.boxes" not in script.keys
    assert ("output.train_shards" in script.keys) == (kept == "plan")
    rows = {row.label: row.text for row in script.tables[0]}
    assert f"{shards} · labels 1 to 1000" in rows["Output"]
    assert rows["Boxes"] == "those that the records have"
    assert the_profile(outcome).output.shards == kept
    assert main(["run", "r", "--quiet"]) == 0


def test_records_become_folders_without_a_word_of_shards(converse: Converse, records: Path, tmp_path: Path) -> None:
    answers = [str(records), DEFAULT, "folders", str(tmp_path / "out"), "original", "f"]
    script, outcome = converse(*answers, "edit", "output.boxes_csv", "yes", "save")
    assert the_profile(outcome).output.boxes_csv
    assert not [key for key in script.keys if "shards" in key]
    assert the_profile(outcome).output.train_shards == 1
    assert main(["run", "f", "--quiet"]) == 0
    assert len(list((tmp_path / "out" / "train").rglob("*.JPEG"))) == TRAIN


def test_what_does_not_apply_cannot_be_changed(converse: Converse, own: Path, tmp_path: Path) -> None:
    script, _ = converse(str(own), DEFAULT, "folders", str(tmp_path / "out"), "original", "mine", "edit", LEAVE)
    offered = [choice.value for choice in script.asked[-1].choices]
    assert "output.on_bad_image" in offered
    assert not {"output.label_base", "output.index", "output.tfds", "output.split_folders", "source.boxes"} & {*offered}


def test_another_format_in_the_review_changes_what_follows_from_it(converse: Converse, own: Path) -> None:
    answers = [str(own), DEFAULT, "tfrecord", DEFAULT, "original", 2, 1, "mine"]
    folders, tars = ("edit", "output.format", "folders"), ("edit", "output.format", "webdataset", 2, 1)
    script, outcome = converse(*answers, *folders, *tars, "save")
    written = [next(row.text for row in table if row.label == "Output") for table in script.tables]
    assert "TFRecord · 2 + 1 shards · labels 1 to 2" in written[0]
    assert "folders of classes · one file per image" in written[1]
    assert "WebDataset · 2 + 1 shards · labels 0 to 1" in written[2]
    assert any(said.endswith(f"images (was {own.parent / 'tfrecords'})") for said in script.said)
    assert the_profile(outcome).output_path == own.parent / "webdataset"
    assert main(["run", "mine", "--quiet"]) == 0


def test_a_link_that_leads_out_is_followed_where_the_person_says_so(
    converse: Converse, linked: Path, tmp_path: Path
) -> None:
    script, outcome = converse(
        *(str(linked), "yes", DEFAULT, DEFAULT, str(tmp_path / "out"), "original", 2, 1, "linked", "save")
    )
    assert script.keys[:3] == ["source.path", "source.links", "source.splits"]
    assert "leads by a link to" in script.said[0]
    assert the_profile(outcome).source.links == "follow"
    assert main(["run", "linked", "--quiet"]) == 0
    again, _ = converse(draft=draft_of(profile_store.load("linked")))
    assert again.keys == ["review"]
    assert "Links" in [row.label for row in again.tables[0]]


def test_a_folder_of_nothing_but_a_link_is_refused_or_read(converse: Converse, linked: Path) -> None:
    shutil.rmtree(linked / "val")
    script, _ = converse(str(linked), "no", str(linked), "yes")
    assert script.keys[:5] == ["source.path", "source.links", "source.path", "source.links", "source.holdout"]
    assert "leads by a link to" in script.asked[2].error


@pytest.mark.parametrize("answer", ["no", BACK])
def test_a_link_that_is_not_followed_leaves_its_split_out(converse: Converse, linked: Path, answer: str) -> None:
    script, _ = converse(str(linked), answer)
    assert "✗ train" in script.said[-1]
    assert script.keys == ["source.path", "source.links", "output.format"]


def test_following_links_ends_with_the_folder_that_it_was_said_of(
    converse: Converse, linked: Path, raw: Path, tmp_path: Path
) -> None:
    answers = [str(linked), "yes", DEFAULT, DEFAULT, str(tmp_path / "out"), "original", 2, 1, "mine"]
    _, outcome = converse(*answers, "edit", "source.path", str(raw), "none", "save")
    assert the_profile(outcome).source.links == "inside"


def test_an_output_among_the_raw_data_is_refused(converse: Converse, own: Path) -> None:
    script, _ = converse(str(own), DEFAULT, "folders", str(own / "train" / "new"), str(own / "test"), LEAVE)
    errors = [asked.error for asked in script.asked if asked.error]
    assert errors[0].startswith(f"That would write into {own / 'train' / 'new'}, which is read as raw data.")
    assert len(errors) == 2


def test_an_output_that_comes_to_lie_among_the_raw_data_is_asked_for_again(
    converse: Converse, own: Path, tmp_path: Path
) -> None:
    pets = own / "train"
    answers = [str(pets), "none", "tfrecord", str(own), "original", 2, "mine"]
    script, outcome = converse(*answers, "edit", "output.format", "folders", str(tmp_path / "free"), "save")
    assert script.keys[-3:] == ["output.format", "output.path", "review"]
    assert the_profile(outcome).output_path == tmp_path / "free"


def test_a_folder_of_boxes_alone_is_refused_with_the_way_to_the_images(
    converse: Converse, raw: Path, tmp_path: Path
) -> None:
    shutil.copy(raw / "ILSVRC2012_bbox_train_v2.tar.gz", tmp_path)
    script, _ = converse(str(tmp_path))
    assert "holds no images that can be used" in script.asked[1].error
    assert '"Download the archives" at the next start, or imagenet-setup download' in script.asked[1].error


def test_classes_and_labels_are_shown_with_the_raw_data(converse: Converse, own: Path) -> None:
    script, _ = converse(str(own))
    reported = script.said[0].splitlines()
    assert "  class order            cats (6 in train) · dogs (6 in train) · (labels follow from " in script.said[0]
    assert "  class sizes            train 6 images each · validation 3 images each" in reported
    assert "  example of validation  dogs/0.jpg → dogs" in reported


def test_labels_are_shown_again_when_an_answer_changes_them(converse: Converse, wnids: Path) -> None:
    script, _ = converse(str(wnids), "none", "ilsvrc2012", LEAVE)
    assert "electric ray (4 images) · " in script.said[0]
    assert "electric ray (class 6 of 1,000, 4 images) · " in script.said[1]
    unchanged, _ = converse(str(wnids), DEFAULT, DEFAULT, LEAVE)
    assert not any("class 6 of" in said for said in unchanged.said)


@pytest.mark.parametrize(
    ("form", "label", "reported"),
    [
        ("tfrecord", "Class labels", "cats = 1 (6 in train) · dogs = 2 (6 in train)"),
        ("webdataset", "Class labels", "cats = 0 (6 in train) · dogs = 1 (6 in train)"),
        ("folders", "Class order", "cats (6 in train) · dogs (6 in train)"),
    ],
)
def test_the_review_shows_the_labels_that_the_format_stores(
    converse: Converse, own: Path, tmp_path: Path, form: str, label: str, reported: str
) -> None:
    answers = [str(own), DEFAULT, form, str(tmp_path / "out"), "original"]
    shards = [] if form == "folders" else [DEFAULT, DEFAULT]
    script, _ = converse(*answers, *shards, "own")
    rows = {row.label: row.text for row in script.tables[0]}
    assert rows[label] == reported
    if form != "folders":
        assert rows["Example of train"].startswith("dogs/0.jpg → dogs")


@pytest.mark.parametrize(
    ("trainer", "labels"),
    [("tf.data", "cats = 1 (6 in train)"), ("timm-folders", "class order  "), ("grain", "cats = 0")],
)
def test_the_report_shows_the_labels_of_the_trainer_and_the_review_does_not_repeat_them(
    converse: Converse, own: Path, tmp_path: Path, trainer: str, labels: str
) -> None:
    made = profile(own, tmp_path / "out", output={"trainer": trainer}, source={"boxes": "none"})
    script, _ = converse("mine", draft=draft_of(made))
    assert labels in script.said[0]
    assert "other readers" not in script.said[0]
    assert not {"Class labels", "Class order", "Class sizes", "Example of train"} & {
        row.label for row in script.tables[0]
    }


def test_the_review_ends_with_what_a_person_decides_by(converse: Converse, own: Path, tmp_path: Path) -> None:
    script, _ = converse(str(own), DEFAULT, "folders", str(tmp_path / "out"), "original", "own")
    labels = [row.label for row in script.tables[0]]
    assert labels[labels.index("Output") :] == ["Output", "Images", "Size", "Time"]


def test_the_review_shows_just_the_splits_that_were_chosen(converse: Converse, own: Path, tmp_path: Path) -> None:
    script, _ = converse(str(own), ["train"], "tfrecord", str(tmp_path / "out"), "original", DEFAULT, "own")
    assert [row.label for row in script.tables[0] if row.label.startswith("Example")] == ["Example of train"]


@pytest.mark.parametrize(("role", "names"), [("classes", "labels 1 to 2"), ("superclasses", "labels 1 to 4")])
def test_what_folders_in_doubt_are_is_asked_and_kept_for_the_build(
    converse: Converse, tmp_path: Path, role: str, names: str
) -> None:
    raw = tmp_path / "raw"
    classes(raw / "animals", ["cat", "dog"], alone=2)
    classes(raw / "vehicles", ["bus", "car"], alone=2)
    script, outcome = converse(
        str(raw), role, "none", "tfrecord", str(tmp_path / "out"), "original", DEFAULT, "doubt", "save"
    )
    assert script.keys[:2] == ["source.path", "source.folders"]
    assert "animals holds no images itself" in script.said[0]
    assert names in next(row.text for row in script.tables[0] if row.label == "Output")
    assert the_profile(outcome).source.folders == role
    assert main(["run", "doubt", "--quiet"]) == 0


def test_back_from_folders_in_doubt_asks_for_the_folder_again(converse: Converse, tmp_path: Path, own: Path) -> None:
    doubtful = classes(tmp_path / "raw", ["bus", "car", "train"], alone=2)
    script, _ = converse(str(doubtful), BACK, str(own), LEAVE)
    assert script.keys == ["source.path", "source.folders", "source.path", "source.splits"]


@pytest.mark.parametrize(("labels", "stored"), [("numbers", "labels 0 to 10"), ("folders", "labels 1 to 3")])
def test_whose_labels_is_asked_where_folders_are_numbers(
    converse: Converse, tmp_path: Path, labels: str, stored: str
) -> None:
    raw = classes(tmp_path / "numbers", ["0", "2", "10"], train=2)
    script, outcome = converse(
        str(raw), "none", labels, "tfrecord", str(tmp_path / "out"), "original", DEFAULT, "three", "save"
    )
    assert script.keys[2] == "source.labels"
    assert script.asked[2].default == "numbers"
    assert "10 would come before 2" in script.asked[2].choices[1].about
    assert stored in next(row.text for row in script.tables[0] if row.label == "Output")
    assert the_profile(outcome).source.labels == labels


def test_images_can_be_held_out_where_there_is_no_validation(converse: Converse, tmp_path: Path) -> None:
    raw = classes(tmp_path / "pets", ["cats", "dogs"], train=6)
    answers = [str(raw), "20%", ["train", "validation"], "tfrecord", str(tmp_path / "out"), "original", 2, 1, "pets"]
    script, outcome = converse(*answers, "save")
    assert script.keys[:3] == ["source.path", "source.holdout", "source.splits"]
    assert script.asked[1].default == "none"
    assert "2 images of 2 classes are held out for validation" in script.said[1]
    assert next(row.text for row in script.tables[0] if row.label == "Held out").startswith("20% of each class")
    assert the_profile(outcome).source.holdout == "20%"
    assert main(["run", "pets", "--quiet"]) == 0
    assert verify(tmp_path / "out", lambda _: None).images == {"train": 10, "validation": 2}
    again, replayed = converse("save", draft=draft_of(profile_store.load("pets")))
    assert again.keys == ["review"]
    assert the_profile(replayed).source == the_profile(outcome).source


def test_a_rule_that_is_not_among_the_usual_ones_outlasts_a_replay(converse: Converse, tmp_path: Path) -> None:
    raw = classes(tmp_path / "pets", ["cats", "dogs"], train=6)
    made = profile(raw, tmp_path / "out", source={"holdout": 3, "boxes": "none"})
    script, outcome = converse(
        "edit", "source.holdout", DEFAULT, "save", draft=draft_of(made.model_copy(update={"name": "mine"}))
    )
    assert script.asked[2].default == 3
    assert the_profile(outcome).source.holdout == 3


def test_what_is_held_out_ends_with_the_folder_that_it_was_said_of(
    converse: Converse, own: Path, tmp_path: Path
) -> None:
    raw = classes(tmp_path / "pets", ["cats", "dogs"], train=6)
    answers = [str(raw), "10%", DEFAULT, "tfrecord", str(tmp_path / "out"), "original", 2, 1, "mine"]
    _, outcome = converse(*answers, "edit", "source.path", str(own), "save")
    assert the_profile(outcome).source.holdout is None


def test_a_rule_for_held_out_images_ends_where_there_is_validation_by_now(converse: Converse, tmp_path: Path) -> None:
    raw = classes(tmp_path / "pets", ["cats", "dogs"], train=6)
    made = profile(raw, tmp_path / "out", source={"holdout": 3, "boxes": "none"})
    shutil.copytree(raw / "train", raw / "val")
    script, outcome = converse("save", draft=draft_of(made.model_copy(update={"name": "mine"})))
    assert "Held out" not in [row.label for row in script.tables[0]]
    assert the_profile(outcome).source.holdout is None


def test_back_from_what_was_held_out_takes_it_back(converse: Converse, tmp_path: Path) -> None:
    raw = classes(tmp_path / "pets", ["cats", "dogs"], train=6)
    script, _ = converse(str(raw), "10%", BACK, "none", LEAVE)
    assert script.keys == ["source.path", "source.holdout", "source.splits", "source.holdout", "output.format"]
    assert "held out" not in script.said[-1]


def test_a_rule_that_takes_every_class_whole_is_refused_at_once(converse: Converse, tmp_path: Path) -> None:
    script, _ = converse(str(classes(tmp_path / "pets", ["cats", "dogs"], train=6)), 50)
    assert "none of train has more than 6 images" in script.asked[2].error
