"""From a Job to a plan: reads the remaining tables and boxes, and assigns images to shards."""

from collections.abc import Mapping
from functools import partial

from wizard.engine.path_collisions import require_distinct_paths
from wizard.engine.plan import Plan, SplitPlan, in_source_order, shuffled
from wizard.events import Note
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import Split
from wizard.planning.job import Job
from wizard.planning.notes import notes_on_boxes, notes_on_source, notes_on_table
from wizard.planning.progress import Report, step
from wizard.sources.class_sets import of_first_classes
from wizard.sources.samples import SampleTable


def make_plan(job: Job, report: Report, *, md5: bool = False) -> Plan:
    """Makes the plan of a job: takes the surveyed tables, reads the others and the boxes, and orders the images.

    With `md5`, the archives' official sums are verified first.

    Raises:
        InputError: the source is damaged, or holds an image that cannot be stored and may not be left out.
        UsageError: `md5`, where the source has no official sums.
    """
    if md5:
        named = partial(step, report)
        for text in job.source.verify_checksums(job.profile.source.splits, job.annotated, cache_folder(), named):
            report(Note(text=text))
    tables = _tables(job, report)
    for split, table in tables.items():
        if job.surveys[split].table is None:  # else the pre-flight has looked at it, and said this
            for note in notes_on_table(split, table):
                report(note)
    if job.profile.source.classes is not None:
        tables = of_first_classes(tables, job.profile.source.classes)
    tables |= _with_boxes(job, tables, report)
    for note in notes_on_source(job, tables):
        report(note)
    plan = Plan(
        splits=tuple(_split_plan(job, split, table) for split, table in tables.items()),
        label_base=job.label_base,
        seed=job.profile.output.seed,
        target=job.target,
    )
    require_distinct_paths(plan)
    return plan


def _tables(job: Job, report: Report) -> dict[Split, SampleTable]:
    tables: dict[Split, SampleTable] = {}
    for split, survey in job.surveys.items():
        table = survey.table
        if table is None:
            table = job.source.table(split, cache_folder(), step(report, f"a look at {split}"))
        if not job.skip_bad:
            table.require_usable()
        tables[split] = table
    return tables


def _with_boxes(job: Job, tables: Mapping[Split, SampleTable], report: Report) -> dict[Split, SampleTable]:
    annotated: dict[Split, SampleTable] = {}
    for split in job.annotated:
        found = job.source.boxes(split, cache_folder(), step(report, f"boxes of {split}"))
        annotated[split] = tables[split].with_boxes(found.names, found.boxes)
        for note in notes_on_boxes(split, annotated[split], found):
            report(note)
    return annotated


def _split_plan(job: Job, split: Split, table: SampleTable) -> SplitPlan:
    recipe, shards = job.recipes[split], job.shards[split]
    if job.profile.output.shards == "keep":
        return in_source_order(split, table, recipe)
    return shuffled(split, table, recipe, shards=shards, seed=job.profile.output.seed)
