"""The WebDataset shards of each split of a folder, and whether all of them are there."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from wizard.formatting import few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.numbered_files import NUMBER, SetProblem, set_problem
from wizard.sources.split_names import split_of_folder
from wizard.sources.webdataset.groups import ShardGroup, by_value, group_of_file, groups_in, number_of
from wizard.sources.webdataset.info import SplitInfo, read_info
from wizard.sources.webdataset.opening import compression_of, why_no_tar

_LISTED = 5
_AGAIN = "Download or build them again"
_DOWNLOAD = "Download it again: huggingface-cli download, git lfs pull, or imagenet-setup download"


@dataclass(frozen=True, kw_only=True)
class ShardFiles:
    """The shards of a split.

    Attributes:
        path: the folder that holds them, or the file if it is read alone.
        files: in the order of their names, numbers by their value.
        compression: how they are compressed, as `streams.compression` says it.
        lengths: how many samples each has by the file that lists them; empty if that is not known.
        boxes: whether the first samples state boxes.
        listed: the file that lists them; None if that is done by their names alone.
        unlisted: files of the same split that are not in that list.
        problem: why they cannot be read as they are, in sentences; usually empty.
        hint: what to do about that.
    """

    path: Path
    files: tuple[Path, ...]
    compression: str = ""
    lengths: tuple[int, ...] = ()
    boxes: bool = False
    listed: Path | None = None
    unlisted: tuple[Path, ...] = ()
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class FoundShards:
    """The shards that a place holds.

    Attributes:
        splits: the splits that are there.
        unnamed: shards whose names say no split, if those of others do.
        others: other tar files beside them.
    """

    splits: dict[Split, ShardFiles]
    unnamed: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()


def find_shards(place: Path) -> FoundShards | None:
    """The shards of each split in a folder and those below it that are named as splits; or one shard alone, in a file.

    Shards that say no split are train's, or that of the folder's own name.

    Raises:
        InputError: the list of the shards cannot be read.
        OSError: a folder or file cannot be read.
    """
    alone = place.is_file()
    groups = [group_of_file(place)] if alone else groups_in(place)
    shards = [group for group in groups if group.shards]
    if not shards:
        return None
    folder = place.parent if alone else place
    own = split_of_folder(folder.resolve().name) or "train"
    some_named = any(group.split for group in shards)
    by_split: dict[Split | None, list[ShardGroup]] = defaultdict(list)
    for group in shards:
        by_split[group.split if some_named else own].append(group)
    info = {} if alone else read_info(folder)
    found: dict[Split, ShardFiles] = {}
    for split in SPLITS:
        listed = info.get(split)
        if listed is not None and any((folder / name).is_file() for name in listed.files):
            found[split] = _listed(folder, split, by_split[split], listed)
        elif by_split[split]:
            files = _by_names(folder, split, by_split[split])
            found[split] = replace(files, path=place) if alone else files
    read = {path for files in found.values() for path in (*files.files, *files.unlisted)}
    return FoundShards(
        splits=found,
        unnamed=tuple(path for group in by_split[None] for path in group.files if path not in read),
        others=tuple(path for group in groups if not group.shards for path in group.files if path not in read),
    )


def _listed(folder: Path, split: Split, groups: Collection[ShardGroup], info: SplitInfo) -> ShardFiles:
    paths = [folder / name for name in info.files]
    missing = [path.name for path in paths if not path.is_file()]
    problem = None
    if missing:
        are = "is" if len(missing) == 1 else "are"
        problem = SetProblem(
            f"{len(missing):,} of the {len(paths):,} shards of {split} that {info.path} lists {are} missing: "
            f"{few(missing, _LISTED)}.",
            f"Download them again; if the others are all that is meant, remove {info.path.name}",
        )
    named = {path for group in groups for path in group.files}
    there = [path for path in paths if path.is_file()]
    return _shard_files(
        folder,
        split,
        there,
        groups,
        problem,
        lengths=() if missing else info.lengths,
        listed=info.path,
        unlisted=tuple(sorted(named - set(there), key=by_value)),
    )


def _by_names(folder: Path, split: Split, groups: Sequence[ShardGroup]) -> ShardFiles:
    paths = sorted((path for group in groups for path in group.files), key=by_value)
    problem = _several_sets(split, groups) or set_problem(paths, split)
    problem = problem or next(filter(None, (_gaps(split, group) for group in groups)), None)
    return _shard_files(folder, split, paths, groups, problem)


def _shard_files(
    folder: Path,
    split: Split,
    paths: Sequence[Path],
    groups: Collection[ShardGroup],
    problem: SetProblem | None,
    *,
    lengths: tuple[int, ...] = (),
    listed: Path | None = None,
    unlisted: tuple[Path, ...] = (),
) -> ShardFiles:
    """The shards of a split, with what is wrong with the set, or else with the first, middle or last of its files.

    The others are looked at when they are read.
    """
    first: dict[str, Path] = {}
    for path in dict.fromkeys((paths[0], paths[len(paths) // 2], paths[-1])):
        why = why_no_tar(path)
        if why and problem is None:
            problem = SetProblem(f"{path} {why}.", _DOWNLOAD)
        if not why:
            first.setdefault(compression_of(path), path)
    if len(first) > 1 and problem is None:
        (how, one), (other, another) = list(first.items())[:2]
        problem = SetProblem(
            f"The shards of {split} are not compressed alike: {one} {_packed(how)}, {another} {_packed(other)}.",
            "Keep only one set of them in the folder",
        )
    folders = {path.parent for path in paths}
    return ShardFiles(
        path=folders.pop() if len(folders) == 1 else folder,
        files=tuple(paths),
        compression=next(iter(first), ""),
        lengths=lengths,
        boxes=any(group.glimpse.boxes for group in groups),
        listed=listed,
        unlisted=unlisted,
        problem=problem.problem if problem else "",
        hint=problem.hint if problem else "",
    )


def _packed(how: str) -> str:
    return f"is compressed with {how}" if how else "is not"


def _several_sets(split: Split, groups: Sequence[ShardGroup]) -> SetProblem | None:
    """Two numbered sets of one split in one folder are two datasets, or two versions of one."""
    numbered = [group.files[0] for group in groups if group.number]
    if len(numbered) < 2 or len({path.parent for path in numbered}) > 1:
        return None
    return SetProblem(
        f"The shards of {split} belong to more than one set: {numbered[0]} and {numbered[1]}.",
        "Keep only one set of them in the folder",
    )


def _gaps(split: Split, group: ShardGroup) -> SetProblem | None:
    """Numbers that are missing, or there twice, in a set that begins at 0 or 1; its last number is not known."""
    parts = [(path, number_of(path)) for path in group.files]
    if len(parts) < 2 or NUMBER.search(group.files[0].name):
        return None
    numbers: dict[int, Path] = {}
    for path, part in parts:
        if part is None:
            return None
        other = numbers.setdefault(int(part[1]), path)
        if other != path:
            return SetProblem(f"{other} and {path} are both number {int(part[1]):,} of {split}.", "Remove one of them")
    first = 0 if 0 in numbers else 1
    count = max(numbers) + 1 - first
    if len(numbers) == count:
        return None
    missing = (number for number in range(first, max(numbers)) if number not in numbers)
    names = ", ".join(_names_like(group.files[0], islice(missing, _LISTED)))
    lacking = count - len(numbers)
    more = f" and {lacking - _LISTED:,} more" if lacking > _LISTED else ""
    are = "is" if lacking == 1 else "are"
    return SetProblem(
        f"{lacking:,} of the {count:,} shards of {split} up to number {max(numbers):,} {are} missing in "
        f"{group.files[0].parent}: {names}{more}.",
        f"{_AGAIN}; to read some of a set only, put those from its start on, without gaps, into a folder of their own",
    )


def _names_like(path: Path, numbers: Iterator[int]) -> Iterator[str]:
    parts = number_of(path)
    if parts is not None:
        before, number, after = parts
        yield from (f"{before}{each:0{len(number)}}{after}" for each in numbers)
