"""Summary of what a profile would build from its raw data."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.planning import goal, stored_base
from wizard.profile import Profile
from wizard.sources.class_counts import ClassCounts, first_classes
from wizard.sources.classes import imagenet
from wizard.sources.glance import Glance, Labels, glance
from wizard.sources.source import Survey


def glance_at(profile: Profile, surveys: Mapping[Split, Survey], counts: Mapping[Split, ClassCounts]) -> Glance:
    """The classes, labels and images that the profile would build.

    Args:
        profile: the requested build.
        surveys: surveys of its raw data.
        counts: counts of the same splits.

    Raises:
        UsageError: this raw data cannot give what it requests; see `prepare.target` and `prepare.label_base`.
    """
    wanted = {split: counts[split] for split in SPLITS if split in profile.source.splits and split in counts}
    if profile.source.classes is not None:
        tables = {split: survey.table for split, survey in surveys.items()}
        wanted = first_classes(wanted, profile.source.classes, tables)
    classes = next((each.table.classes for each in surveys.values() if each.table is not None), imagenet())
    labels: Labels = "stored" if goal(profile, surveys).stores_labels else "none"
    seen = glance(classes, stored_base(profile, surveys), [*wanted.values()], labels=labels)
    # Classes that were not asked for are not missed.
    return seen if profile.source.classes is None else replace(seen, without_images=0)
