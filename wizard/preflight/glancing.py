"""Summary of what a job would build from its source."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.planning import Job
from wizard.sources.class_counts import ClassCounts, first_classes
from wizard.sources.glance import Glance, LabelState, glance


def glance_at(job: Job, counts: Mapping[Split, ClassCounts]) -> Glance:
    """The classes, labels and images that the job would build.

    Args:
        job: what would be built.
        counts: of at least its splits.
    """
    wanted = {split: counts[split] for split in SPLITS if split in job.surveys and split in counts}
    number = job.profile.source.classes
    if number is not None:
        wanted = first_classes(wanted, number, {split: survey.table for split, survey in job.surveys.items()})
    labels: LabelState = "stored" if job.target.stores_labels else "none"
    seen = glance(job.classes, job.label_base, [*wanted.values()], labels=labels)
    # Classes that were not asked for are not missed.
    return seen if number is None else replace(seen, without_images=0)
