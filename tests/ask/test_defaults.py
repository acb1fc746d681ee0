"""What a question offers, and where that comes from."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.ask.conftest import known
from tests.helpers import TRAIN, profile
from tests.sources.making import write
from wizard import profile_store
from wizard.ask import context as contexts
from wizard.ask import defaults
from wizard.ask.context import Context, first_context
from wizard.ask.found_sources import likely_source
from wizard.ask.prompt import Value
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import new_draft, profile_of
from wizard.discovery.search import found_here
from wizard.machine.disks import Disk


def test_the_result_goes_beside_the_raw_data_unless_the_home_disk_has_much_more_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free = {"home": 100, "raw": 60}
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        contexts,
        "disk_of",
        lambda path: Disk(mount="", kind="", free=free["home" if "home" in str(path) else "raw"], files_free=None),
    )
    there = Context(folder=tmp_path / "raw" / "data")
    assert defaults.output(known(there, {"output.format": "tfrecord"})) == str(tmp_path / "raw" / "tfrecords")
    free["home"] = 121
    assert defaults.output(known(there, {"output.format": "tfrecord"})) == "~/imagenet/tfrecords"


def test_a_subset_has_fewer_shards_and_the_same_raw_data_as_many_as_last_time(
    context: Context, raw: Path, tmp_path: Path
) -> None:
    shards = partial(defaults.shards, "train")
    assert shards(known(context)) == max(1, TRAIN // 100)
    last = profile(raw, tmp_path / "out", output={"train_shards": 9})
    same = {"family": "other", "output.format": "tfrecord"}
    assert shards(known(replace(context, last=last), same)) == 9
    assert shards(known(replace(context, last=last), same | {"output.format": "webdataset"})) == 1
    elsewhere = profile(tmp_path, tmp_path / "out", output={"train_shards": 9})
    assert shards(known(replace(context, last=elsewhere))) == 1
    assert shards(known(Context())) == 1024


def test_the_last_saved_profile_gives_the_defaults(raw: Path, tmp_path: Path, context: Context) -> None:
    profile_store.save(
        profile(raw, tmp_path / "out", image={"resize": "crop", "height": 40, "width": 50, "quality": 71}), "a"
    )
    last = replace(context, last=first_context().last)
    assert defaults.source(known(first_context())) == str(raw)
    assert BY_KEY["image.resize"].default(known(last)) == "crop"
    answers: dict[str, Value] = {"image.resize": "crop", "image.height": 40}
    assert defaults.width(known(last, answers)) == 50
    assert BY_KEY["image.quality"].default(known(last, answers)) == 71
    assert BY_KEY["image.quality"].default(known(last, {"image.resize": "shortest"})) == 85


def test_a_folder_with_archives_is_found_where_the_person_is(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert likely_source() is None
    (tmp_path / "raw-data").symlink_to(raw)
    found_here.cache_clear()
    assert likely_source() == "~/raw-data"


def test_pictures_in_folders_are_no_default_until_they_were_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(write(tmp_path / "here", ["holidays/1.jpg", "garden/2.jpg"]))
    assert likely_source() is None
    assert likely_source(str(Path.cwd())) == str(Path.cwd())


def test_a_choice_that_is_no_longer_there_is_asked_again(context: Context) -> None:
    asked = ("family", "output.trainer", "source.path")
    draft = replace(new_draft(chosen={"source.path": str(context.folder)}, asked=asked), context=context)
    draft = draft.with_answer(BY_KEY["source.splits"], ["validation"])
    assert draft.answers["source.splits"] == ["validation"]
    assert draft.next is not None
    assert draft.next.key == "source.boxes"
    fewer = replace(draft, context=replace(context, surveys={"train": context.surveys["train"]})).settled()
    assert "source.splits" not in fewer.asked
    assert profile_of(fewer).source.splits == ("train",)


def test_what_was_found_is_not_left_out_because_the_last_setup_was_about_less(
    context: Context, raw: Path, tmp_path: Path
) -> None:
    less = {"splits": ["train"], "boxes": "none"}
    last = replace(context, last=profile(raw, tmp_path / "out", source=less, output={"format": "folders"}))
    assert defaults.found_splits(known(last)) == ["train", "validation"]
    assert defaults.boxes(known(last, {"source.splits": ["train", "validation"]})) == "train"


def test_an_answer_is_marked_if_it_would_be_another_without_the_last_profile(
    context: Context, raw: Path, tmp_path: Path
) -> None:
    image = {"resize": "shortest", "size": 256, "quality": 85}
    last = replace(context, last=profile(raw, tmp_path / "out", image=image))
    given = {"source.path": str(raw), "output.path": "/out"}
    draft = replace(new_draft(chosen=given, asked=tuple(given)), context=last)
    notes = {question.key: draft.prompt(question).note for question in draft.applying}
    assert notes["image.size"] == "as last time"
    assert notes["family"] == "as last time"
    assert {notes[key] for key in ("image.quality", "source.splits", "source.boxes", "output.path")} == {""}
    draft = draft.with_answer(BY_KEY["image.size"], 300)
    assert draft.prompt(BY_KEY["image.size"]).note == ""


def test_a_name_tells_what_opens_the_dataset_and_what_the_images_are(context: Context) -> None:
    answers: dict[str, Value] = {"image.resize": "shortest", "image.size": 256, "image.quality": 85}
    assert defaults.name(known(context, answers | {"output.trainer": "timm-wds"})) == "timm-wds-shortest-256-q85"
    assert defaults.name(known(context, answers | {"output.format": "folders"})) == "folders-shortest-256-q85"
    taken = replace(context, names=frozenset({"tfrecord-original"}))
    assert defaults.name(known(taken, {"image.resize": "original"})) == "tfrecord-original-2"
