"""From a profile to a plan: what the source holds, and where it goes."""

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np

from wizard.engine.path_collisions import require_distinct_paths
from wizard.engine.plan import Plan, SplitPlan, in_source_order, shuffled
from wizard.engine.transform import Recipe
from wizard.errors import Interrupted, UsageError
from wizard.events import Event, Note, Preparing
from wizard.folders import cache_folder
from wizard.formats.resize import Resize
from wizard.ilsvrc2012.archives import Split
from wizard.profile import Profile
from wizard.sources.class_sets import class_set_notes, of_first_classes
from wizard.sources.numbered import numbered
from wizard.sources.overlap import overlap
from wizard.sources.readers import Form
from wizard.sources.registry import open_source
from wizard.sources.remarks import remarks
from wizard.sources.samples import SampleTable
from wizard.sources.source import Progress, Source, Survey, differences
from wizard.targets import registry
from wizard.targets.target import Target

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
    first = next(iter(tables.values()))
    plan = Plan(
        splits=tuple(_split_plan(profile, split, table) for split, table in tables.items()),
        label_base=label_base(profile, first),
        seed=profile.output.seed,
        target=target(profile, first.form),
    )
    require_distinct_paths(plan)
    return plan


def target(profile: Profile, form: Form) -> Target:
    """As what the profile's dataset is written, where the raw data's samples are of this form.

    Raises:
        UsageError: it asks for what this form cannot give.
    """
    output = profile.output
    if output.shards == "keep" and form != "example":
        raise UsageError(
            'output.shards = "keep" keeps the shards of TFRecords, and the raw data are images.',
            "Leave it out; output.train_shards says how many there will be",
        )
    return registry.from_profile(dict(output), form)


def label_base(profile: Profile, table: SampleTable) -> int:
    """The label that is stored for the first class; records that stay records keep theirs.

    A class named by a number is stored as that number, unless the profile sets label_base.

    Raises:
        UsageError: the profile asks for another than the records have.
    """
    asked = profile.output.label_base
    if not target(profile, table.form).keeps_features:
        by_number = profile.source.labels != "folders" and table.form == "image" and numbered(table.classes)
        return 0 if asked is None and by_number else profile.label_base
    if asked is not None and asked != table.label_base:
        raise UsageError(
            f"The records' labels begin at {table.label_base}, output.label_base is {asked}, and records keep theirs.",
            f"Leave output.label_base out, or say --set output.label_base={table.label_base}",
        )
    return table.label_base


def goal(profile: Profile, surveys: Mapping[Split, Survey]) -> Target:
    """As what the profile's dataset is written, by what is known of its raw data so far.

    Where nothing is known, because the raw data cannot be read, they are taken to be what the profile is for: the error
    about them is the one to show.

    Raises:
        UsageError: see `target`.
    """
    form: Form = "image" if surveys or profile.output.shards == "plan" else "example"
    return target(profile, next((each.table.form for each in surveys.values() if each.table is not None), form))


def stored_base(profile: Profile, surveys: Mapping[Split, Survey]) -> int:
    """The label that is stored for the first class, by what is known of the raw data so far.

    Raises:
        UsageError: see `label_base`.
    """
    table = next((each.table for each in surveys.values() if each.table is not None), None)
    return profile.label_base if table is None else label_base(profile, table)


def all_shards(profile: Profile, surveys: Mapping[Split, Survey]) -> dict[Split, int]:
    """How many shards each split that is asked for is written to."""
    kept = profile.output.shards == "keep"
    return {
        split: surveys[split].shards if kept and split in surveys else profile.shards(split)
        for split in profile.source.splits
    }


def _split_plan(profile: Profile, split: Split, table: SampleTable) -> SplitPlan:
    asked, shards = recipe(profile, split), profile.shards(split)
    if profile.output.shards == "keep":
        return in_source_order(split, table, asked)
    if table.reader.in_order:
        return in_source_order(split, table, asked, shards=shards)
    return shuffled(split, table, asked, shards=shards, seed=profile.output.seed)


def raw_data(profile: Profile) -> Source:
    """The profile's raw data, opened.

    Raises:
        DoubtfulFolders: its folders can be read in more than one way.
        InputError: there is none that this program knows, or it is not of the form that the profile names.
        UsageError: the dataset would be written into it, or labels are asked for that it cannot have.
    """
    source, output = profile.source, profile.output
    raw = open_source(
        profile.source_path, source.layout, source.labels, follow=source.links == "follow", role=source.folders
    )
    among = overlap(raw, profile.output_path, registry.written_folders(dict(output)))
    if among is not None:
        raise UsageError(
            f"output.path = {profile.output_path} would write into {among}, which is read as raw data.",
            "Give the dataset a folder of its own: --set output.path=FOLDER",
        )
    _require_open_labels(profile, raw)
    return raw


def _read_source(profile: Profile, report: Report, *, md5: bool) -> dict[Split, SampleTable]:
    raw, cache = raw_data(profile), cache_folder()
    splits, annotated = list(profile.source.splits), annotated_splits(profile, raw)
    raw.require(splits, annotated)

    def step(name: str) -> Progress:
        return lambda done, total: report(Preparing(step=name, done=done, total=total))

    if md5:
        for told in raw.verify_checksums(splits, annotated, cache, step):
            report(Note(text=told))
    skip_bad = profile.output.on_bad_image == "skip"
    tables = {split: raw.table(split, cache, step(f"a look at {split}"), skip_bad=skip_bad) for split in splits}
    for split, table in tables.items():
        for note in _told_of_table(split, table):
            report(note)
    if profile.source.classes is not None:
        tables = of_first_classes(tables, profile.source.classes)
    for split in annotated:
        found = raw.boxes(split, cache, step(f"boxes of {split}"))
        tables[split] = tables[split].with_boxes(found.names, found.boxes)
        report(_told_of_boxes(split, tables[split], found.rejected))
        for told in found.warnings:
            report(Note(text=told, warning=True))
    for note in (*_told_of_others(profile, raw, tables, annotated), *_told_of_shards(profile, tables)):
        report(note)
    return tables


def _told_of_table(split: Split, table: SampleTable) -> Iterator[Note]:
    for told in differences(table, split):
        yield Note(text=told, warning=True)
    for remark in remarks(table):
        yield Note(text=f"{split}, {remark}", warning=remark.warning)


def _told_of_others(
    profile: Profile, raw: Source, tables: Mapping[Split, SampleTable], annotated: Collection[Split]
) -> Iterator[Note]:
    """How the raw data is read, where that is not plain, and what is kept or left out without having been asked for."""
    if raw.inferred:
        yield from (Note(text=why.removesuffix(".")) for why in raw.why)
    if raw.own_boxes:
        yield Note(text="The records keep the bounding boxes that they have, whatever source.boxes says")
    elif not raw.annotatable and profile.source.boxes != "none":
        yield Note(text=f"{raw.what[:1].upper()}{raw.what[1:]} come without bounding boxes; none are stored")
    elif "validation" in tables and "validation" not in annotated and profile.source.boxes == "train":
        yield Note(text='validation: records carry no bounding boxes (source.boxes = "all" adds them)')
    in_folders = registry.TARGETS[profile.output.format].classes_are_folders
    if in_folders and len({*map(_labels_of, tables.values())} - {()}) > 1:
        yield Note(
            text="The splits have not the same classes, and readers of folders count those of each split by itself, so "
            "that labels differ from split to split: have the reader take train's classes for all (ImageFolder's "
            "class_to_idx), or build a format that stores labels",
            warning=True,
        )
    base = label_base(profile, next(iter(tables.values())))
    for text, warning in class_set_notes(tables, in_folders=in_folders, base=base):
        yield Note(text=text, warning=warning)
    if profile.output.boxes_csv and not any(len(table.boxes) for table in tables.values()):
        yield Note(text="No image has a bounding box, so output.boxes_csv gives an empty file", warning=True)
    if any(table.reader.in_order for table in tables.values()) and profile.output.shards != "keep":
        yield Note(text="The records are compressed, which can only be read forwards: they keep their order")


def _labels_of(table: SampleTable) -> tuple[int, ...]:
    labels: list[int] = np.unique(table.label[table.label >= 0]).tolist()
    return tuple(labels)


def _require_open_labels(profile: Profile, raw: Source) -> None:
    """Only class folders can mean the labels of one or the other.

    Raises:
        UsageError: the profile asks for labels that the raw data cannot have.
    """
    asked = profile.source.labels
    if asked in raw.label_choices:
        return
    raise UsageError(
        f"source.labels = {asked!r} is for folders of classes; the labels of {raw.what} are {raw.labels_are}.",
        "Leave source.labels out",
    )


def annotated_splits(profile: Profile, raw: Source) -> list[Split]:
    """The splits whose boxes are to be read from annotations; test has none anywhere."""
    if not raw.annotatable:
        return []
    return [split for split in profile.source.splits if profile.boxes(split) and split != "test"]


def _told_of_boxes(split: Split, table: SampleTable, rejected: int) -> Note:
    count = int((table.first_box[1:] > table.first_box[:-1]).sum())
    are = "1 box of the archive has" if rejected == 1 else f"{rejected:,} boxes of the archive have"
    why = f"; {are} no area or another class's name" if rejected else ""
    return Note(text=f"{split}: {count:,} of {len(table):,} images have bounding boxes{why}", warning=not count)


def _told_of_shards(profile: Profile, tables: Mapping[Split, SampleTable]) -> Iterator[Note]:
    for split, table in tables.items():
        if profile.output.shards == "plan" and profile.shards(split) > len(table):
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
