"""What a question offers, and which facts it comes from."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import TRAIN, profile
from tests.sources.making import write
from wizard import profile_store
from wizard.ask import context, defaults
from wizard.ask.context import Facts, first_facts, likely_source
from wizard.ask.draft import Draft
from wizard.ask.prompt import Value
from wizard.ask.questions import BY_KEY
from wizard.machine.disks import Disk


def test_the_result_goes_beside_the_raw_data_unless_the_home_disk_has_much_more_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free = {"home": 100, "raw": 60}
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        context,
        "disk",
        lambda path: Disk(mount="", kind="", free=free["home" if "home" in str(path) else "raw"], files_free=None),
    )
    there = Facts(folder=tmp_path / "raw" / "data")
    assert defaults.output({"output.format": "tfrecord"}, there) == str(tmp_path / "raw" / "tfrecords")
    free["home"] = 121
    assert defaults.output({"output.format": "tfrecord"}, there) == "~/imagenet/tfrecords"


def test_a_subset_has_fewer_shards_and_the_same_raw_data_as_many_as_last_time(
    facts: Facts, raw: Path, tmp_path: Path
) -> None:
    shards = defaults.shards("train")
    assert shards({}, facts) == max(1, TRAIN // 100)
    last = profile(raw, tmp_path / "out", output={"train_shards": 9})
    assert shards({}, replace(facts, last=last)) == 9
    elsewhere = profile(tmp_path, tmp_path / "out", output={"train_shards": 9})
    assert shards({}, replace(facts, last=elsewhere)) == 1
    assert shards({}, Facts()) == 1024


def test_the_last_saved_profile_gives_the_defaults(raw: Path, tmp_path: Path, facts: Facts) -> None:
    profile_store.save(
        profile(raw, tmp_path / "out", image={"resize": "crop", "height": 40, "width": 50, "quality": 71}), "a"
    )
    last = replace(facts, last=first_facts().last)
    assert likely_source(last) == str(raw)
    assert defaults.resize({}, last) == "crop"
    answers: dict[str, Value] = {"image.resize": "crop", "image.height": 40}
    assert defaults.width(answers, last) == 50
    assert BY_KEY["image.quality"].default(answers, last) == 71
    assert BY_KEY["image.quality"].default({"image.resize": "shortest"}, last) == 85


def test_a_folder_with_archives_is_found_where_the_person_is(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert likely_source(Facts()) is None
    (tmp_path / "raw-data").symlink_to(raw)
    assert likely_source(Facts()) == str(tmp_path / "raw-data")


def test_pictures_in_folders_are_no_default_until_they_were_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(write(tmp_path / "here", ["holidays/1.jpg", "garden/2.jpg"]))
    assert likely_source(Facts()) is None
    assert likely_source(Facts(last=profile(Path.cwd(), tmp_path / "out"))) == str(Path.cwd())


def test_a_choice_that_is_no_longer_there_is_dropped(facts: Facts) -> None:
    draft = Draft(answers={"source.path": str(facts.folder)}, asked=["source.path"], chosen=["source.path"])
    draft.take(BY_KEY["source.splits"], ["validation"], facts)
    draft.settle(facts)
    assert "source.splits" in draft.chosen
    fewer = replace(facts, surveys={"train": facts.surveys["train"]})
    draft.settle(fewer)
    assert "source.splits" not in draft.chosen
    assert draft.table(fewer)["source"]["splits"] == ["train"]
