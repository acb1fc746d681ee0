"""Small files beside the shards that describe them to people and to other programs' readers."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, count
from pathlib import Path, PurePosixPath

import numpy as np

from wizard.commit_record import CommitRecord
from wizard.engine.manifest import IMAGES, MANIFEST
from wizard.engine.plan import Plan
from wizard.events import Event, Note
from wizard.sources.samples import SampleTable
from wizard.storage import make_folders, replacing, write_whole
from wizard.targets.dataset import loadable
from wizard.targets.names import STATE_FOLDER
from wizard.targets.registry import TARGETS
from wizard.targets.trainer import Trainer
from wizard.targets.written import Content, StoredImages, WrittenDataset

CLASSES = "classes.txt"
BOXES = "imagenet_2012_bounding_boxes.csv"
PROGRAM = "load.py"
_OURS = f"{STATE_FOLDER}/sidecars.txt"
"""Names of those that are this program's: a person's own file of such a name is not removed."""


def write_sidecars(
    folder: Path,
    plan: Plan,
    done: Mapping[str, CommitRecord],
    *,
    boxes_csv: bool,
    load_with: Trainer | None = None,
    report: Callable[[Event], None] = lambda _: None,
) -> dict[str, str]:
    """Writes those that the answers ask for, and removes what an earlier run wrote and this one is not asked for.

    `load_with` gives the program of load.py; None if there is to be none.

    Returns:
        The sha256 in hex of each that was written, by name; not that of load.py, which is there to be edited.
    """
    shards = [done[name] for name in plan.shard_names]
    dataset = WrittenDataset(
        folder=folder,
        classes=plan.classes,
        label_base=plan.label_base,
        shards=shards,
        unlabeled=plan.unlabeled,
        images=partial(stored_images, plan, shards),
    )
    files: dict[str, Content] = {}
    if not plan.classes.whole_imagenet:
        files[CLASSES] = _lines(plan.classes.names)
    if boxes_csv:
        files[BOXES] = boxes_table(plan)
    if load_with is not None:
        # The folder is that of the program, so that the dataset can be moved, and its bytes do not depend on a path.
        program = load_with.program(loadable(dataset, plan.target, "os.path.dirname(os.path.abspath(__file__))"))
        files[PROGRAM] = f"import os\n{program}".encode()
    files |= plan.target.sidecars(dataset)
    ours = _ours(folder)
    aside = dict(_set_aside(folder, (name for name in files if name not in ours)))
    # Before the files themselves, so that a run that is killed leaves none that the next one does not know.
    _claim(folder, ours.union(files))
    for name in ours.difference(files):
        _remove(folder, name)
    sums = {name: _write(folder, name, content) for name, content in files.items()}
    _claim(folder, files)
    for name, before in aside.items():
        if before.is_file() and _sum(before) == sums.get(name):  # ours after all: its records were removed
            before.unlink()
        else:
            report(Note(text=f"{folder / name} was there before, and is now {before.name}", warning=True))
    sums.pop(PROGRAM, None)
    return sums


def remove_sidecars(folder: Path) -> None:
    """Removes the files that described an older plan's shards, of any target, from a folder without shards."""
    for name in (MANIFEST, IMAGES, *_ours(folder), _OURS):
        _remove(folder, name)
    patterns = chain.from_iterable(target.beside for target in TARGETS.values())
    for file in chain.from_iterable([*folder.glob(pattern)] for pattern in patterns):
        _remove(folder, file.relative_to(folder).as_posix())


def wrong_sidecars(folder: Path, sums: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Files without the recorded sha256 (hex, by name): the name of each, and a predicate such as "is gone"."""
    for name, expected in sums.items():
        try:
            found = _sum(folder / name)
        except FileNotFoundError:
            yield name, "is gone"
        except OSError as error:
            yield name, f"cannot be read: {error.strerror}"
        else:
            if found != expected:
                yield name, "has changed"


def missing_sidecars(folder: Path) -> list[str]:
    """Files that a build wrote to describe its dataset and that are gone; not load.py, which is a person's to keep."""
    names = sorted({*_claimed(folder), IMAGES, MANIFEST} - {PROGRAM})
    return [name for name in names if not (folder / name).is_file()]


def stored_images(plan: Plan, shards: Iterable[CommitRecord], split: str) -> StoredImages:
    """The images of a split that its shards hold: all of the plan, but for those that a shard's record skipped."""
    table = next(each.table for each in plan.splits if each.split == split)
    skipped = [image.name.encode() for shard in shards if shard.split == split for image in shard.skipped]
    kept = ~np.isin(table.name, np.array(skipped, np.bytes_)) if skipped else slice(None)
    return StoredImages(names=table.name[kept], ranks=table.label[kept])


def boxes_table(plan: Plan) -> bytes:
    """All boxes relative to the source's images, as `process_bounding_boxes.py | sort` prints them: four decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for split in plan.splits:
        writer.writerows(_box_rows(split.table))
    return b"".join(sorted(text.getvalue().encode().splitlines(keepends=True)))


def _box_rows(table: SampleTable) -> Iterator[list[str]]:
    names = np.repeat(table.name, np.diff(table.first_box)).tolist()
    for name, box in zip(names, table.boxes.tolist(), strict=True):
        yield [name.decode(), *(f"{corner:.4f}" for corner in box)]


def sidecar_folders(folder: Path) -> set[str]:
    """The folders below the output folder where a run, perhaps one that was killed, writes sidecars."""
    return {PurePosixPath(name).parent.as_posix() for name in _claimed(folder)}


def _ours(folder: Path) -> set[str]:
    return {name for name in _claimed(folder) if (folder / name).is_file()}


def _claimed(folder: Path) -> set[str]:
    try:
        named = (folder / _OURS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    return set(filter(_is_below, named))


def _is_below(name: str) -> bool:
    """Whether a name that was read from a file leads below the dataset's folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _remove(folder: Path, name: str) -> None:
    """Removes a file, and the folders that it alone was in."""
    (folder / name).unlink(missing_ok=True)
    for parent in PurePosixPath(name).parents[:-1]:
        with suppress(OSError):  # something else is in it, or it is not there
            (folder / parent).rmdir()


def _write(folder: Path, name: str, content: Content) -> str:
    """Writes a file atomically, piece by piece if it comes so; returns its sha256 in hex."""
    digest = hashlib.sha256()
    make_folders(folder, (folder / name).parent)
    with replacing(folder / name) as file:
        for piece in (content,) if isinstance(content, bytes) else content:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _set_aside(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Gives what a person has in the place of these files, or of folders for them, another name; yields both."""
    for name in names:
        folders = [str(parent) for parent in PurePosixPath(name).parents[:-1]]
        blocked = [each for each in folders if (folder / each).exists() and not (folder / each).is_dir()]
        blocked += [name] if (folder / name).exists() else []
        for each in blocked:
            path = folder / each
            free = (f"{path.name}.before" + (f"-{number}" if number > 1 else "") for number in count(1))
            yield each, path.rename(next(path.with_name(new) for new in free if not path.with_name(new).exists()))


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _claim(folder: Path, names: Iterable[str]) -> None:
    (folder / STATE_FOLDER).mkdir(exist_ok=True)
    write_whole(folder / _OURS, _lines(sorted(names)))


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()
