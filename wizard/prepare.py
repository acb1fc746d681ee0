"""From a profile to a plan: what the source holds, and where it goes."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from wizard.engine.events import Event, Note, Preparing
from wizard.engine.plan import Plan, SplitPlan, shuffle
from wizard.engine.transform import Recipe
from wizard.errors import InputError, Interrupted
from wizard.folders import cache_folder
from wizard.formats.resize import Resize
from wizard.ilsvrc2012.archives import BOXES, IMAGES, SPLITS, Split
from wizard.profile import Profile
from wizard.sources import archives, locate
from wizard.sources.annotations import read_boxes
from wizard.sources.checksums import verify_md5
from wizard.sources.samples import SampleTable

_FEWER_CLASSES = "Take more classes (--set source.classes=10), or leave this split out (source.splits)"

Report = Callable[[Event], None]


def listening(report: Report, stopping: Callable[[], bool]) -> Report:
    """A report that ends a long preparation when the run is asked to stop.

    Raises:
        Interrupted: at the next event after `stopping` became true.
    """

    def tell(event: Event) -> None:
        if stopping():
            raise Interrupted("Stopped before the first shard was begun.")
        report(event)

    return tell


def make_plan(profile: Profile, report: Report, *, md5: bool = False) -> Plan:
    """Reads what the source holds and decides which image goes where.

    Args:
        profile: what is asked for.
        report: told of what the archives lack, and of progress.
        md5: prove the archives' official sums first.

    Raises:
        InputError: an archive is missing, damaged or not what its name says.
    """
    tables = _read_source(profile, report, md5=md5)
    return Plan(
        splits=tuple(
            SplitPlan(
                split=split,
                table=table,
                order=shuffle(table.name, profile.output.seed),
                shards=profile.shards(split),
                recipe=recipe(profile, split),
            )
            for split, table in tables.items()
        ),
        label_base=profile.output.label_base,
        seed=profile.output.seed,
    )


def _read_source(profile: Profile, report: Report, *, md5: bool) -> dict[Split, SampleTable]:
    folder, cache = profile.source_path, cache_folder()
    splits = list(dict.fromkeys(profile.source.splits))
    images = locate.image_archives(folder, splits)
    boxes = locate.box_archives(folder, [split for split in splits if profile.boxes(split)])

    def progress(step: str) -> archives.Progress:
        return lambda done, total: report(Preparing(step=step, done=done, total=total))

    if md5:
        sums = [(images[split], IMAGES[split].md5) for split in images] + [
            (boxes[split], BOXES[split].md5) for split in boxes
        ]
        for path, expected in sums:
            when = verify_md5(path, expected, cache, progress(f"MD5 of {path.name}"))
            report(Note(text=f"{path.name} has its official MD5 (verified {when})"))
    skip_bad = profile.output.on_bad_image == "skip"
    tables = {
        split: archives.read_table(path, split, cache, progress(f"headers of {path.name}"), skip_bad=skip_bad)
        for split, path in images.items()
    }
    for note in _differences(tables):
        report(note)
    if profile.source.classes is not None:
        tables = _of_first_classes(tables, profile.source.classes, images)
    for split, table in tables.items():
        if split in boxes:
            found = read_boxes(boxes[split], cache, progress(f"boxes in {boxes[split].name}"))
            table = table.with_boxes(found.names, found.boxes)
            report(_told_of_boxes(split, table, found.rejected))
        elif split == "validation" and profile.source.boxes == "train":
            report(Note(text='validation: records carry no bounding boxes (source.boxes = "all" adds them)'))
        tables[split] = table
    for note in _told_of_shards(profile, tables):
        report(note)
    return tables


def _differences(tables: Mapping[Split, SampleTable]) -> Iterator[Note]:
    for split, table in tables.items():
        yield from (Note(text=told, warning=True) for told in archives.differences(table, split))


def _of_first_classes(
    tables: Mapping[Split, SampleTable], count: int, paths: Mapping[Split, Path]
) -> dict[Split, SampleTable]:
    """What there is of the first classes; of train's, where it is asked for, whichever split is built first."""
    leading = next(tables[split] for split in SPLITS if split in tables)
    chosen = np.unique(leading.label)[:count]
    rows = {split: np.flatnonzero(np.isin(table.label, chosen)) for split, table in tables.items()}
    for split, found in rows.items():
        if not len(found):
            raise InputError(
                f"{paths[split]} holds no image of the classes that source.classes = {count} leaves.", _FEWER_CLASSES
            )
    return {split: table.take(rows[split]) for split, table in tables.items()}


def _told_of_boxes(split: Split, table: SampleTable, rejected: int) -> Note:
    count = int((table.first_box[1:] > table.first_box[:-1]).sum())
    are = "1 box of the archive has" if rejected == 1 else f"{rejected:,} boxes of the archive have"
    why = f"; {are} no area or another class's name" if rejected else ""
    return Note(text=f"{split}: {count:,} of {len(table):,} images have bounding boxes{why}", warning=not count)


def _told_of_shards(profile: Profile, tables: Mapping[Split, SampleTable]) -> Iterator[Note]:
    for split, table in tables.items():
        if profile.shards(split) > len(table):
            few = f"{split}: {profile.shards(split):,} shards for {len(table):,} images leave some empty"
            yield Note(text=f"{few} (output.{split}_shards)", warning=True)


def recipe(profile: Profile, split: Split) -> Recipe:
    """What becomes of a split's images."""
    image = profile.image
    if split not in image.splits:
        return Recipe(resize=Resize(mode="original"), quality=None)
    resize = Resize(
        mode=image.resize,
        size=image.size or 0,
        height=image.height or 0,
        width=image.width or 0,
        upscale=image.upscale,
    )
    return Recipe(resize=resize, quality=image.quality)
