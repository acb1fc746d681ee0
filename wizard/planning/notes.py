"""Notes on a source before it is built: the parts it lacks, and how it is read where that is not obvious."""

from collections.abc import Iterator, Mapping

from wizard.errors import Hint
from wizard.events import Note
from wizard.ilsvrc2012.archives import Split
from wizard.planning.job import Job
from wizard.sources.class_sets import class_set_notes
from wizard.sources.remarks import remarks
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, differences


def notes_on_table(split: Split, table: SampleTable) -> Iterator[Note]:
    """Notes on what a split lacks of the official one, and on its files."""
    for text in differences(table, split):
        yield Note(text=text, warning=True)
    for remark in remarks(table):
        yield Note(text=f"{split}, {remark}", warning=remark.warning)


def notes_on_boxes(split: Split, table: SampleTable, found: BoxTable) -> Iterator[Note]:
    """A note on the number of images with boxes in a split."""
    count = int((table.first_box[1:] > table.first_box[:-1]).sum())
    are = "1 box of the archive has" if found.rejected == 1 else f"{found.rejected:,} boxes of the archive have"
    why = f"; {are} no area or another class's name" if found.rejected else ""
    yield Note(text=f"{split}: {count:,} of {len(table):,} images have bounding boxes{why}", warning=not count)
    for text in found.warnings:
        yield Note(text=text, warning=True)


def notes_on_source(job: Job, tables: Mapping[Split, SampleTable]) -> Iterator[Note]:
    """Notes on how the source is read, and on what is kept or left out regardless of the profile."""
    if job.source.inferred:
        yield from (Note(text=why.removesuffix(".")) for why in job.source.why)
    yield from _on_missing_boxes(job, tables)
    yield from _on_classes(job, tables)
    if job.profile.output.boxes_csv and not any(len(table.boxes) for table in tables.values()):
        yield Note(text="No image has a bounding box, so the CSV of boxes is empty", warning=True)
    for text in job.target.remarks({split: len(table) for split, table in tables.items()}):
        yield Note(text=text, warning=True)
    kept = job.profile.output.shards == "keep"
    if job.reading.why:
        yield Note(text=job.reading.why, warning=job.reading.is_slow)
    for split, table in tables.items():
        if not kept and job.shards[split] > len(table) and not job.target.one_file_per_image:
            text = f"{split}: {job.shards[split]:,} shards for {len(table):,} images leave some empty"
            yield Note(text=Hint(f"{text}; none is with {{}}", f"output.{split}_shards={len(table)}"), warning=True)


def _on_missing_boxes(job: Job, tables: Mapping[Split, SampleTable]) -> Iterator[Note]:
    source, asked = job.source, job.profile.source.boxes
    if not job.target.has_boxes:
        if any(len(table.boxes) for table in tables.values()) and not job.profile.output.boxes_csv:
            text = f"Bounding boxes are not stored: these {job.target.unit} cannot hold them, but a CSV beside them can"
            yield Note(text=Hint(f"{text} ({{}})", "output.boxes_csv=true"))
    elif source.own_boxes:
        yield Note(text="The records keep the bounding boxes that they have, whatever is asked for")
    elif not source.annotatable and asked != "none":
        yield Note(text=f"{source.what[:1].upper()}{source.what[1:]} come without bounding boxes; none are stored")
    elif "validation" in tables and "validation" not in job.annotated and asked == "train":
        text = "validation: records carry no bounding boxes, because only train's are asked for; with both: {}"
        yield Note(text=Hint(text, "source.boxes=all"))


def _on_classes(job: Job, tables: Mapping[Split, SampleTable]) -> Iterator[Note]:
    in_folders = job.target.classes_are_folders
    if in_folders and len({tuple(table.ranks.tolist()) for table in tables.values()} - {()}) > 1:
        yield Note(
            text=Hint(
                "The splits have different classes, and readers of folders number those of each split separately, "
                "so labels differ between splits: use train's class_to_idx (ImageFolder) for all of them, or build a "
                "format that stores labels ({})",
                "output.format=FORMAT",
            ),
            warning=True,
        )
    # The pre-flight has shown which classes differ, where it could count them.
    was_counted = all(survey.table is not None for survey in job.surveys.values())
    for text, warning in class_set_notes(tables, in_folders=in_folders, base=job.label_base, sets=not was_counted):
        yield Note(text=text, warning=warning)
