"""The look at real folders: what is found, how far it goes, and that nothing that hangs keeps it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import build_dataset
from tests.sources.making import TENCH, write
from wizard.discovery import search as searching
from wizard.discovery.places import Place
from wizard.discovery.search import found_here, search, within
from wizard.sources.likely import Likely
from wizard.sources.registry import likely

TRAIN = "ILSVRC2012_img_train.tar"
PARQUET = "data/train-00000-of-00294.parquet"
Found = Callable[..., list[str]]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Searches places below the test's folder for a time that no busy machine exceeds."""

    def look(*places: str | Place, **options: Any) -> list[str]:
        at = [Place(path=str(tmp_path / each)) if isinstance(each, str) else each for each in places]
        seen = search(at, likely(), **{"apart": frozenset(), "limit": 20.0, **options})
        return [each.path.relative_to(tmp_path).as_posix() for each in seen]

    return look


def test_raw_data_up_to_two_levels_down_is_found(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/a/b/{TRAIN}", f"data/x/y/z/{TRAIN}"])
    assert found("data") == ["data/a/b"]


def test_what_is_nearer_comes_first_and_names_that_name_imagenet_before_others(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/{folder}/{TRAIN}" for folder in ("a", "my-imagenet", "b/c")])
    write(tmp_path, [f"other/{TRAIN}"])
    assert found("other", "data") == ["other", "data/my-imagenet", "data/a", "data/b/c"]


def test_one_folder_under_several_names_is_found_once(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/imagenet/{TRAIN}"])
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert found("link", "data", "data/imagenet") == ["link/imagenet"]


def test_a_link_is_followed_but_not_for_ever(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"disk/imagenet/{TRAIN}", "home/file"])
    (tmp_path / "home" / "data").symlink_to(tmp_path / "disk")
    (tmp_path / "home" / "self").symlink_to(tmp_path / "home")
    (tmp_path / "home" / "nowhere").symlink_to(tmp_path / "gone")
    assert found("home") == ["home/data/imagenet"]


def test_parts_of_what_was_found_are_not_listed_too(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/in/{split}/{TENCH}/1.JPEG" for split in ("train", "val")])
    write(tmp_path, [f"data/kaggle/ILSVRC/Data/CLS-LOC/train/{TENCH}/1.JPEG"])
    assert found("data/kaggle/ILSVRC", "data") == ["data/in", "data/kaggle"]


def test_other_forms_beside_the_archives_are_listed_too(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"in/{TRAIN}", f"in/tree/train/{TENCH}/1.JPEG"])
    assert found("in") == ["in", "in/tree"]


def test_datasets_that_this_program_wrote_are_not_raw_data(found: Found, raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "imagenet" / "records")
    build_dataset(raw, tmp_path / "imagenet" / "tree", output={"format": "folders"})
    assert found("imagenet") == []


def test_a_dataset_in_the_cache_of_hugging_faces_client_is_one_entry(found: Found, tmp_path: Path) -> None:
    dataset = tmp_path / "hub" / "datasets--ILSVRC--imagenet-1k"
    write(dataset, ["blobs/abc", "refs/main"])
    (dataset / "snapshots" / "49e2ee" / "data").mkdir(parents=True)
    (dataset / "snapshots" / "49e2ee" / PARQUET).symlink_to(dataset / "blobs" / "abc")
    write(tmp_path / "hub" / "datasets--wikipedia" / "snapshots" / "12ab", [PARQUET])
    hub = Place(path=str(tmp_path / "hub"), below=("datasets--.*imagenet.*",))
    assert found(hub) == ["hub/datasets--ILSVRC--imagenet-1k"]


def test_a_dataset_that_tfds_prepared_to_its_end_is_found_by_its_version(found: Found, tmp_path: Path) -> None:
    shard = "imagenet2012-train.tfrecord-00000-of-01024"
    write(tmp_path, [f"tfds/imagenet2012/{version}/{shard}" for version in ("5.1.0", "5.1.1.incompleteAB12")])
    assert found("tfds") == ["tfds/imagenet2012/5.1.0"]


def test_names_that_any_data_has_count_in_a_folder_that_the_person_means(found: Found, tmp_path: Path) -> None:
    write(tmp_path, ["records/train-00000-of-00010"])
    place = Place(path=str(tmp_path / "records"))
    assert found(place) == []
    assert found(Place(path=place.path, meant=True)) == ["records"]


def test_hidden_folders_and_mounts_that_are_places_of_their_own_are_passed_over(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/.Trash/{TRAIN}", f"data/nas/{TRAIN}"])
    assert found("data", apart=frozenset([str(tmp_path / "data" / "nas")])) == []


@pytest.mark.usefixtures("unprivileged")
def test_folders_that_cannot_be_looked_into_are_left_out(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/a/{TRAIN}", f"data/b/{TRAIN}"])
    (tmp_path / "data" / "a").chmod(0)
    assert found("data", "missing", f"data/b/{TRAIN}") == ["data/b"]
    (tmp_path / "data" / "a").chmod(0o700)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_nothing_is_opened(found: Found, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "data" / TRAIN)  # opening it would hang
    assert found("data") == ["data"]


def test_an_archive_of_a_tree_is_found_as_a_file(tmp_path: Path) -> None:
    write(tmp_path, ["Downloads/imagenet.zip", f"Downloads/{TRAIN}"])
    forms = [*likely(), Likely(what="a zip", path=r"imagenet\.zip", alone=True)]
    seen = search([Place(path=str(tmp_path))], forms, frozenset(), limit=20)
    assert [each.path for each in seen] == [tmp_path / "Downloads", tmp_path / "Downloads" / "imagenet.zip"]


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode here")
def test_a_folder_whose_name_no_profile_can_hold_is_left_out(found: Found, tmp_path: Path) -> None:
    write(tmp_path, [f"data/{os.fsdecode(bytes([255]))}/{TRAIN}"])
    assert found("data") == []


def test_a_folder_of_very_many_files_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_ENTRIES", 10)
    write(tmp_path, [f"data/{number}" for number in range(200)])
    seen = sum(1 for _ in searching._entries(str(tmp_path / "data")))
    assert seen == 10


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Folders that do not answer for as long as the test takes, as those of a network disk without its server."""
    folders: set[str] = set()
    over = threading.Event()
    scandir = os.scandir

    def slow(path: str) -> Any:
        if path in folders:
            over.wait(60)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", slow)
    yield folders
    over.set()


def test_a_place_that_hangs_delays_nothing_beyond_the_limit(found: Found, tmp_path: Path, hanging: set[str]) -> None:
    write(tmp_path, [f"dead/{TRAIN}", f"data/{TRAIN}", f"data/imagenet/{TRAIN}", f"later/{TRAIN}"])
    hanging |= {str(tmp_path / "dead"), str(tmp_path / "data" / "imagenet")}
    began = time.monotonic()
    assert found("dead", "data", "later", limit=1.0) == ["data", "later"]
    assert 1 <= time.monotonic() - began < 10
    # Else they would keep the process from ending.
    assert all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())


def test_a_dead_link_target_keeps_its_neighbors_from_nothing(found: Found, tmp_path: Path, hanging: set[str]) -> None:
    write(tmp_path, [f"data/b/{TRAIN}", "dead/file"])
    (tmp_path / "data" / "a").symlink_to(tmp_path / "dead")
    hanging.add(str(tmp_path / "data" / "a"))
    assert found("data", limit=1.0) == ["data/b"]


def test_a_thread_that_is_left_behind_does_not_keep_the_process() -> None:
    started: list[threading.Thread] = []
    over = threading.Event()

    def hang() -> bool:
        started.append(threading.current_thread())
        return over.wait(60)

    assert within(0.01, hang) is None
    assert started[0].daemon
    over.set()


def test_this_machine_is_searched_by_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, ["here/x", f"home/data/in1k/{TRAIN}", f"named/{TENCH}/1.JPEG"])
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IMAGENET_DIR", str(tmp_path / "named"))
    monkeypatch.chdir(tmp_path / "here")
    found = [(each.path, each.what) for each in found_here()]
    assert found[:2] == [
        (tmp_path / "named", "ImageNet's class folders"),
        (tmp_path / "home" / "data" / "in1k", "the official archives"),
    ]


def test_a_current_folder_that_was_removed_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, [f"named/{TRAIN}", "here/x"])
    monkeypatch.setenv("IMAGENET_DIR", str(tmp_path / "named"))
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here" / "x").unlink()
    (tmp_path / "here").rmdir()
    assert found_here()[0].path == tmp_path / "named"
