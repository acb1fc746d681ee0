"""Where people and their tools keep ImageNet: the places that are looked at, from the environment and the mounts.

The caches are those of huggingface_hub (HF_HUB_CACHE, HF_HOME), kagglehub (KAGGLEHUB_CACHE) and tensorflow_datasets
(TFDS_DATA_DIR); names of variables and folders are those that public training scripts use.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

IMAGENET = r".*(imagenet|image[-_. ]net|ilsvrc).*"
"""The name of a file or folder, or a path, that names ImageNet; in any case, as all names here."""
_USUAL = (
    rf"{IMAGENET}|datas?\d*|data[-_]?sets?|raw[-_]?data|downloads?|scratch\d*|storage\d*|shared?|work(space)?|nfs\d*|"
    r"network|lustre|gpfs|beegfs|ceph|pool|tank|raid\d*|ssd\d*|nvme\d*|hdd\d*|disks?\d*|vol(ume)?s?\d*|content"
)
_OF_IMAGENET = re.compile(r"(?!IMAGENET_SETUP_).*(IMAGENET|ILSVRC).*", re.IGNORECASE)
_VARIABLES = (
    *("DATA", "DATADIR", "DATA_DIR", "DATA_PATH", "DATA_ROOT", "DATASET", "DATASETS", "DATASET_DIR", "DATASETS_DIR"),
    *("DATASET_PATH", "DATASETS_PATH", "DATASET_ROOT", "DATASETS_ROOT", "DETECTRON2_DATASETS", "MMCLS_DATASETS"),
    *("SLURM_TMPDIR", "LOCAL_SCRATCH", "JOBSCRATCH", "SCRATCH", "WORK", "PROJECT"),
)
_NO_DATA = re.compile(r"/(|System|boot|dev|etc|private|proc|run|snap|sys|tmp|usr|var)(/.*)?")
_MEDIA = re.compile("/run/media/.*")
_SYSTEM_KINDS = frozenset(
    (
        *("bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs"),
        *("mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs"),
        *("sysfs", "tmpfs", "tracefs", "binfmt_misc", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal"),
    )
)
"""File systems that are no disks."""
_AUTOMOUNTED = "autofs"  # a look at it would mount it
_MOST_MOUNTS = 32


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder to look at, absolute.

    Attributes:
        below: regular expressions of names: the folders to look at are so many levels further down.
        depth: how many levels below these are looked into, too.
        meant: the person is in it, or has named it, so that names in it need not name ImageNet.
    """

    path: str
    below: tuple[str, ...] = ()
    depth: int = 2
    meant: bool = False


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A mounted file system: where, and ext4, nfs4, tmpfs, ..."""

    path: str
    kind: str


def usual_places(
    env: Mapping[str, str], home: Path | None, here: Path | None, mounts: Iterable[Mount]
) -> tuple[Place, ...]:
    """The places to look at, those that the person most likely means first, none twice.

    Args:
        env: the environment's variables.
        home: the home folder; None if there is none.
        here: the current folder; None if it was removed.
        mounts: as the system lists them.
    """
    homes = [] if home is None else [home]
    places = [
        *(Place(path=str(each), meant=True) for each in [here] if each and each not in (*homes, Path(each.anchor))),
        *_named(env, home, _OF_IMAGENET.fullmatch, meant=True),
        *(place for each in homes for place in _at_home(each)),
        *_caches(env, home),
        *_named(env, home, _VARIABLES.__contains__, meant=False),
        Place(path="/kaggle/input"),
        Place(path="/kaggle/input/competitions"),
        Place(path="/kaggle/input/datasets", below=(".*",), depth=2),
        Place(path="/opt/ml/input/data"),
        Place(path="/", below=(_USUAL,)),
        *(Place(path=folder, below=(".*",)) for folder in ("/mnt", "/Volumes")),
        *(Place(path=folder, below=(".*", ".*")) for folder in ("/media", "/run/media")),
        *volumes(mounts),
    ]
    return tuple(dict.fromkeys(places))


def volumes(mounts: Iterable[Mount]) -> Sequence[Place]:
    """The mounted file systems on which people may keep data."""
    kept = [
        Place(path=mount.path)
        for mount in mounts
        if mount.kind not in (*_SYSTEM_KINDS, _AUTOMOUNTED)
        and (not _NO_DATA.fullmatch(mount.path) or _MEDIA.fullmatch(mount.path))
    ]
    return kept[:_MOST_MOUNTS]


def set_apart(mounts: Iterable[Mount]) -> frozenset[str]:
    """The folders that the look at another place passes over: volumes, which are places, and what would be mounted."""
    mounts = list(mounts)
    unmounted = (mount.path for mount in mounts if mount.kind == _AUTOMOUNTED)
    return frozenset((*(place.path for place in volumes(mounts)), *unmounted))


def names_imagenet(path: str) -> bool:
    """Whether a path names ImageNet.

    >>> names_imagenet("/data/ILSVRC2012/records"), names_imagenet("/data/coco")
    (True, False)
    """
    return re.fullmatch(IMAGENET, path, re.IGNORECASE | re.DOTALL) is not None


def _at_home(home: Path) -> Iterator[Place]:
    yield Place(path=str(home), below=(_USUAL,))
    yield Place(path=str(home / ".fastai" / "data"), below=(IMAGENET,), depth=1)
    yield Place(path=str(home / ".keras" / "datasets"), below=(IMAGENET,), depth=1)


def _caches(env: Mapping[str, str], home: Path | None) -> Iterator[Place]:
    cache = _folder(env.get("XDG_CACHE_HOME", "~/.cache"), home)
    faces = _folder(env.get("HF_HOME", ""), home) or (cache and cache / "huggingface")
    hubs = [_folder(env.get(name, ""), home) for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")]
    for hub in (*hubs, faces and faces / "hub"):
        if hub:
            yield Place(path=str(hub), below=(f"datasets--{IMAGENET}",))
    prepared = _folder(env.get("TFDS_DATA_DIR", "~/tensorflow_datasets"), home)
    if prepared:
        yield Place(path=str(prepared), below=(IMAGENET,))
        yield Place(path=str(prepared / "downloads" / "manual"), depth=1)
    kaggle = _folder(env.get("KAGGLEHUB_CACHE", ""), home) or (cache and cache / "kagglehub")
    if kaggle:
        yield Place(path=str(kaggle / "competitions"), below=(IMAGENET,), depth=1)
        yield Place(path=str(kaggle / "datasets"), below=(".*", IMAGENET, "versions", r"\d+"), depth=1)


def _named(
    env: Mapping[str, str], home: Path | None, chosen: Callable[[str], object], *, meant: bool
) -> Iterator[Place]:
    for name in sorted(env):
        folder = _folder(env[name], home) if chosen(name) else None
        if folder and folder not in (home, Path(folder.anchor)):
            yield Place(path=str(folder), meant=meant)


def _folder(text: str, home: Path | None) -> Path | None:
    """An absolute path; None for anything else, such as a number in a variable."""
    if home is not None and (text == "~" or text.startswith("~/")):
        return home / text[2:]
    return Path(text) if text and "\0" not in text and Path(text).is_absolute() else None
