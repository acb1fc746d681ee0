"""Finds a dataset in the cache of Hugging Face's client: HF_HOME/hub/datasets--OWNER--NAME/snapshots/REVISION.

Its layout is documented in huggingface_hub's guide "Understand caching": refs/BRANCH holds the commit that a branch was
at, and a snapshot's files are links into blobs/. Links are followed whatever `source.links` says: all files are links.
"""

from dataclasses import dataclass
from pathlib import Path

from wizard.errors import Hint, InputError
from wizard.formatting import counted, few

_DATASET = "datasets--"
_USUAL = "datasets--ILSVRC--imagenet-1k"
_SHORT = 8  # digits of a commit that are shown
_DEEPEST = ("*", "*/*", "*/*/*")


@dataclass(frozen=True, kw_only=True)
class HubFiles:
    """The files that a form of raw data consists of: what they are called, and the end of their names."""

    what: str
    suffix: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The snapshot to read, and why this one, in sentences."""

    path: Path
    why: tuple[str, ...]


def find_snapshot(folder: Path, files: HubFiles) -> Snapshot | None:
    """The snapshot in a cache, where the folder is HF_HOME, its hub/, a dataset's folder or its snapshots/.

    Raises:
        InputError: several datasets have such files, or several snapshots, and nothing says which one is meant.
        OSError: a folder cannot be looked into.
    """
    found = find_dataset_snapshot(folder, files)
    if found is not None:
        return found
    for hub in (folder, folder / "hub"):
        datasets = [path for path in sorted(hub.glob(f"{_DATASET}*")) if _snapshots(path, files)]
        if datasets:
            return _of_hub(hub, datasets, files)
    return None


def find_dataset_snapshot(folder: Path, files: HubFiles) -> Snapshot | None:
    """The snapshot in a cache, where the folder is that of one dataset, or its snapshots/.

    Raises:
        InputError: several snapshots have such files, and nothing says which one is meant.
        OSError: a folder cannot be looked into.
    """
    if (folder / "snapshots").is_dir():
        return _of_dataset(folder, files)
    resolved = folder.resolve()
    if folder.name == "snapshots" and resolved.parent.name.startswith(_DATASET):
        return _of_dataset(folder.parent, files)
    return None


def _of_hub(hub: Path, datasets: list[Path], files: HubFiles) -> Snapshot | None:
    chosen = next((path for path in datasets if path.name == _USUAL), datasets[0] if len(datasets) == 1 else None)
    named = few([_name(path) for path in datasets])
    if chosen is None:
        raise InputError(
            f"{hub} is a cache of Hugging Face's client with {len(datasets)} datasets of {files.what}: {named}.",
            f"Give the folder of one of them, such as {datasets[0]}",
        )
    found = _of_dataset(chosen, files)
    if found and len(datasets) > 1:
        beside = few([_name(path) for path in datasets if path != chosen])
        return Snapshot(path=found.path, why=(*found.why, f"Other datasets lie in this cache: {beside}."))
    return found


def _of_dataset(dataset: Path, files: HubFiles) -> Snapshot | None:
    snapshots = _snapshots(dataset, files)
    if not snapshots:
        return None
    main = _commit(dataset / "refs" / "main")
    chosen = next((path for path in snapshots if path.name == main), None)
    reason = "which refs/main names"
    if chosen is None:
        if len(snapshots) > 1:
            raise InputError(
                f"{dataset} holds {len(snapshots)} snapshots with {files.what}, and refs/main names none of them: "
                f"{few([path.name for path in snapshots])}.",
                Hint("Give one of them: {}", f"source.path={snapshots[0]}"),
            )
        chosen, reason = snapshots[0], f"the only one with {files.what}"
    others = [path.name[:_SHORT] for path in snapshots if path != chosen]
    beside = f" {counted(len(others), 'other snapshot')} with {files.what}: {few(others)}." if others else ""
    return Snapshot(
        path=chosen,
        why=(
            f"{dataset} is the copy of {_name(dataset)} in the cache of Hugging Face's client; its snapshot "
            f"{chosen.name[:_SHORT]} is read, {reason}.{beside}",
        ),
    )


def _snapshots(dataset: Path, files: HubFiles) -> list[Path]:
    """The snapshots that have such files, not too deep below."""
    there = sorted(path for path in (dataset / "snapshots").glob("*") if path.is_dir())
    return [path for path in there if any(any(path.glob(deep + files.suffix)) for deep in _DEEPEST)]


def _commit(ref: Path) -> str:
    return ref.read_text(encoding="utf-8", errors="replace").strip() if ref.is_file() else ""


def _name(dataset: Path) -> str:
    return dataset.resolve().name.removeprefix(_DATASET).replace("--", "/")
