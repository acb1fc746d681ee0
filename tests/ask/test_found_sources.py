"""The question where the raw data is, with what was found on this machine."""

from pathlib import Path

import pytest

from tests.ask.conftest import LEAVE, known
from tests.ask.test_sources import Converse
from tests.helpers import profile
from tests.sources.making import TENCH, write
from wizard import profile_store
from wizard.ask import defaults
from wizard.ask.context import Context, first_context
from wizard.ask.found_sources import elided
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import new_draft
from wizard.discovery.search import found_here

TRAIN = "ILSVRC2012_img_train.tar"
pytestmark = pytest.mark.usefixtures("nowhere")


def listed() -> list[tuple[str, str, str]]:
    """Value, title and description of what the question offers at a first start."""
    choices = new_draft().prompt(BY_KEY["source.path"]).choices
    return [(str(choice.value), choice.title, choice.about) for choice in choices]


@pytest.fixture
def two(nowhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with raw data in two places."""
    del nowhere  # it comes first, for it sets another home
    write(tmp_path / "home", [f"data/in1k/{TRAIN}", f"imagenet/train/{TENCH}/1.JPEG"])
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


ARCHIVES = ("~/data/in1k", "~/data/in1k", "the official archives")
TREE = ("~/imagenet", "~/imagenet", "ImageNet's class folders")


@pytest.mark.usefixtures("two")
def test_what_was_found_is_offered_and_the_first_is_the_default() -> None:
    assert listed()[:2] == [TREE, ARCHIVES]
    assert defaults.source(known(first_context())) == "~/imagenet"


def test_without_a_find_a_path_is_asked_for_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.ask.found_sources.found_here", lambda: ())
    assert listed() == []
    assert defaults.source(known(first_context())) is None


def test_the_last_profiles_folder_comes_first_whether_it_was_found_or_not(two: Path, tmp_path: Path) -> None:
    profile_store.save(profile(two / "data" / "in1k", tmp_path / "out"), "found")
    path = str(two / "data" / "in1k")
    assert listed()[:2] == [(path, "~/data/in1k", "the official archives"), TREE]
    own = write(tmp_path / "own", ["cats/1.jpg"])
    profile_store.save(profile(own, tmp_path / "out"), "own")
    assert listed()[:3] == [(str(own), str(own), ""), TREE, ARCHIVES]
    assert new_draft().prompt(BY_KEY["source.path"]).default == str(own)


def test_the_last_profiles_archive_comes_first(tmp_path: Path) -> None:
    archive = write(tmp_path, ["own.zip"]) / "own.zip"
    profile_store.save(profile(archive, tmp_path / "out"), "own")
    assert defaults.source(known(first_context())) == str(archive)


@pytest.mark.usefixtures("two")
def test_a_last_folder_that_is_gone_or_empty_is_not_offered(tmp_path: Path) -> None:
    profile_store.save(profile(tmp_path / "gone", tmp_path / "out"), "gone")
    assert listed()[0] == TREE
    (tmp_path / "empty").mkdir()
    profile_store.save(profile(tmp_path / "empty", tmp_path / "out"), "gone")
    assert listed()[0] == TREE


def test_a_find_is_surveyed_like_a_typed_path_and_a_typed_one_is_offered_again(
    converse: Converse, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGENET_DIR", str(raw))
    other = write(tmp_path / "other", ["train/cats/1.jpg"])
    script, _ = converse(str(tmp_path / "nope"), str(raw), LEAVE)
    assert script.asked[0].choices[0].value == str(raw)
    assert "does not exist" in script.asked[1].error
    assert script.asked[1].choices == script.asked[0].choices
    assert script.keys[2] == "source.splits"
    draft = new_draft(chosen={"source.path": str(other)}, asked=("source.path",))
    assert [each.value for each in draft.prompt(BY_KEY["source.path"]).choices][:2] == [str(other), str(raw)]


def test_a_long_list_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "all", [f"{number}/{TRAIN}" for number in range(20)])
    monkeypatch.setenv("IMAGENET_DIR", str(tmp_path / "all"))
    assert len(listed()) == 8


def test_two_long_paths_that_would_look_alike_are_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "imagenet" / ("x" * 60)
    write(deep, [f"{name}/{'y' * 50}/{TRAIN}" for name in ("a", "b")])
    monkeypatch.setenv("IMAGENET_DIR", str(deep))
    titles = [title for _, title, _ in listed()]
    assert len(titles) == len(set(titles)) >= 2


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/data/imagenet", "/data/imagenet"),
        (
            "/home/somebody/.cache/huggingface/hub/datasets--timm--imagenet-1k-wds/snapshots/0123456789abcdef",
            "/home/…/datasets--timm--imagenet-1k-wds/…",
        ),
        (
            "/mnt/storage/projects/vision/somebody/datasets/ILSVRC2012/raw/archives",
            "/mnt/…/ILSVRC2012/raw/archives",
        ),
        ("/a/very/long/path/without/a/telling/name/in/it/that/is/cut", "/a/…/cut"),
        (
            "~/Downloads/imagenet-object-localization-challenge.zip",
            "~/…/imagenet-object-localization-challenge.zip",
        ),
        (f"/{'x' * 60}.zip", f"/{'x' * 26}…{'x' * 14}.zip"),
    ],
)
def test_a_long_path_keeps_its_beginning_and_what_names_imagenet(path: str, shown: str) -> None:
    assert elided(path) == shown
    assert len(shown) <= 46


def test_the_machine_is_searched_once(monkeypatch: pytest.MonkeyPatch, raw: Path) -> None:
    monkeypatch.setenv("IMAGENET_DIR", str(raw))
    first = found_here()
    monkeypatch.delenv("IMAGENET_DIR")
    assert found_here() is first
    assert Context().folder is None
