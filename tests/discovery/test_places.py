from pathlib import Path

import pytest

from wizard.discovery.places import Mount, set_apart, usual_places, volumes

HOME, HERE = Path("/home/me"), Path("/home/me/train")


def paths(**env: str) -> list[str]:
    return ["/".join([place.path, *place.below]) for place in usual_places(env, HOME, HERE, [])]


@pytest.mark.parametrize(
    ("env", "path"),
    [
        ({}, "/home/me/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/cache"}, "/cache/huggingface/hub"),
        ({"HF_HOME": "/faces"}, "/faces/hub"),
        ({"HF_HUB_CACHE": "/hub"}, "/hub"),
        ({}, "/home/me/tensorflow_datasets"),
        ({"TFDS_DATA_DIR": "~/tfds"}, "/home/me/tfds"),
        ({"TFDS_DATA_DIR": "/tfds"}, "/tfds/downloads/manual"),
        ({}, "/home/me/.cache/kagglehub/competitions"),
        ({"KAGGLEHUB_CACHE": "/hub"}, "/hub/datasets"),
        ({"IMAGENET_DIR": "/nfs/in1k"}, "/nfs/in1k"),
        ({"my_imagenet_root": "/nfs/in1k/"}, "/nfs/in1k"),
        ({"ILSVRC2012": "/nfs/in1k"}, "/nfs/in1k"),
        ({"SCRATCH": "/scratch/me"}, "/scratch/me"),
        ({"DATASETS": "~/all"}, "/home/me/all"),
        ({}, "/kaggle/input"),
        ({}, "/home/me/train"),
    ],
)
def test_the_environment_names_places(env: dict[str, str], path: str) -> None:
    assert any(each == path or each.startswith(f"{path}/") for each in paths(**env))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAGENET_CLASSES", "1000"),
        ("IMAGENET_DIR", ""),
        ("IMAGENET_DIR", "relative"),
        ("IMAGENET_DIR", "/"),
        ("IMAGENET_DIR", "~"),
        ("IMAGENET_SETUP_HOME", "/elsewhere"),
        ("COCO_DIR", "/elsewhere"),
    ],
)
def test_other_variables_and_values_name_no_place(name: str, value: str) -> None:
    assert paths(**{name: value}) == paths()


def test_what_the_person_means_comes_first_and_nothing_twice() -> None:
    found = paths(IMAGENET_DIR="/data/in1k", IMAGENET_ROOT="/data/in1k", SCRATCH="/data/in1k/scratch")
    assert found[:2] == [str(HERE), "/data/in1k"]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("here", [None, HOME, Path("/")])
def test_neither_a_whole_home_nor_a_whole_disk_is_walked(here: Path | None) -> None:
    walked = [place.path for place in usual_places({}, HOME, here, []) if not place.below]
    assert not {"/", str(HOME), "None"} & {*walked}


def test_without_a_home_there_are_places_still() -> None:
    assert {"/kaggle/input", "/"} <= {place.path for place in usual_places({}, None, None, [])}


@pytest.mark.parametrize(
    ("mount", "kind", "place"),
    [
        ("/data", "ext4", True),
        ("/mnt/nas", "nfs4", True),
        ("/run/media/me/Disk", "exfat", True),
        ("/Volumes/Disk", "apfs", True),
        ("D:\\", "NTFS", True),
        ("/", "ext4", False),
        ("/boot/efi", "vfat", False),
        ("/etc/hosts", "ext4", False),
        ("/var/lib/docker", "ext4", False),
        ("/data/ram", "tmpfs", False),
        ("/net", "autofs", False),
    ],
)
def test_disks_are_places_and_the_systems_own_mounts_are_not(mount: str, kind: str, place: bool) -> None:
    assert [each.path for each in volumes([Mount(path=mount, kind=kind)])] == [mount] * place


def test_disks_and_what_a_look_would_mount_are_set_apart() -> None:
    mounts = [Mount(path="/data", kind="nfs4"), Mount(path="/net", kind="autofs"), Mount(path="/ram", kind="tmpfs")]
    assert set_apart(mounts) == {"/data", "/net"}
