"""From a profile to a plan: what the source holds, and where it goes."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from wizard.engine.events import Event, Note, Preparing
from wizard.engine.plan import Plan, SplitPlan, shuffle
from wizard.engine.transform import Recipe
from wizard.errors import InputError, Interrupted
from wizard.folders import cache_folder
from wizard.formats.resize import Resize
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.profile import Profile
from wizard.sources.detect import open_raw
from wizard.sources.raw import Progress, RawData, differences
from wizard.sources.samples import SampleTable

_FEWER = "Take more classes (--set source.classes=10), or leave this split out (source.splits)"

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


def raw_data(profile: Profile) -> RawData:
    """The profile's raw data, opened.

    Raises:
        InputError: there is none that this program knows, or it is not of the form that the profile names.
    """
    source = profile.source
    return open_raw(profile.source_path, source.layout, source.labels, follow=source.links == "follow")


def _read_source(profile: Profile, report: Report, *, md5: bool) -> dict[Split, SampleTable]:
    raw, cache = raw_data(profile), cache_folder()
    splits = list(profile.source.splits)
    annotated = annotated_splits(profile, raw)
    raw.require(splits, annotated)

    def step(name: str) -> Progress:
        return lambda done, total: report(Preparing(step=name, done=done, total=total))

    if md5:
        for told in raw.prove(splits, annotated, cache, step):
            report(Note(text=told))
    skip_bad = profile.output.on_bad_image == "skip"
    tables = {split: raw.table(split, cache, step(f"a look at {split}"), skip_bad=skip_bad) for split in splits}
    for split, table in tables.items():
        for told in differences(table, split):
            report(Note(text=told, warning=True))
    if profile.source.classes is not None:
        tables = _of_first_classes(tables, profile.source.classes)
    for split, table in tables.items():
        if split in annotated:
            found = raw.boxes(split, cache, step(f"boxes of {split}"))
            table = table.with_boxes(found.names, found.boxes)
            report(_told_of_boxes(split, table, found.rejected))
        elif split == "validation" and profile.source.boxes == "train" and not raw.own_boxes:
            report(Note(text='validation: records carry no bounding boxes (source.boxes = "all" adds them)'))
        tables[split] = table
    if raw.own_boxes:
        report(Note(text="The records keep the bounding boxes that they have, whatever source.boxes says"))
    for note in _told_of_shards(profile, tables):
        report(note)
    return tables


def annotated_splits(profile: Profile, raw: RawData) -> list[Split]:
    """The splits whose boxes are to be read from annotations; test has none anywhere."""
    if raw.own_boxes:
        return []
    return [split for split in profile.source.splits if profile.boxes(split) and split != "test"]


def _of_first_classes(tables: Mapping[Split, SampleTable], count: int) -> dict[Split, SampleTable]:
    """What there is of the first classes; of train's, where it is asked for, whichever split is built first."""
    leading = next(tables[split] for split in SPLITS if split in tables)
    labels = np.unique(leading.label)
    chosen = labels[labels >= 0][:count]
    rows = {split: np.flatnonzero(np.isin(table.label, chosen)) for split, table in tables.items()}
    for split, found in rows.items():
        if not len(found):
            raise InputError(f"{split} holds no image of the classes that source.classes = {count} leaves.", _FEWER)
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
