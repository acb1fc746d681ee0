"""Facts about a dataset of this program, finished or not: what was planned, and what of it is there."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from wizard.commit_record import CommitRecord, Outcomes, outcomes_by_split
from wizard.engine.build_state import BuildState
from wizard.engine.manifest import Manifest
from wizard.engine.recipe_words import label_in_words, readable
from wizard.errors import SetupError
from wizard.formats import tfrecord
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import SPLITS
from wizard.profile_store import load
from wizard.record_facts import Facts, first_record
from wizard.running_builds import next_step
from wizard.show.outcomes import outcome_facts
from wizard.targets.target import Target

_COUNTS = tuple(f"{split} {what}" for split in SPLITS for what in ("shards", "images", "boxes"))


def of_unfinished(folder: Path, build: BuildState) -> Facts:
    """What an unfinished build is to become, and what of it is there."""
    facts: Facts = {"what": "an unfinished build of imagenet-setup", "plan": build.plan_id, **_progress(folder, build)}
    target = None if build.plan is None else build.plan.target
    planned = {} if build.plan is None else build.plan.ingredients.labelled
    facts |= _planned(planned, target, outcomes_by_split(build.shards, build.in_place), is_complete=False)
    for split, shards in build.shards.items():
        mine = [record for record in build.in_place if record.split == split]
        of_images = planned.get(f"{split} images", "")
        facts[split] = _there(mine, of_images, shards, target)
    for record in build.in_place:
        file = folder / (record.shard if target is None else target.file(record.shard))
        if file.is_file() and tfrecord.compression_of(file) == "plain":
            return facts | first_record(file)
    return facts


def of_described(folder: Path, build: BuildState | None, known: Manifest, there: Sequence[CommitRecord]) -> Facts:
    """What a dataset with a manifest was built as, and which of its shards are `there`."""
    is_complete = build is None or build.is_complete
    facts: Facts = {"what": "a finished dataset" if is_complete else "a dataset of which something is missing"}
    if build is not None:
        facts |= _progress(folder, build)
    outcomes = outcomes_by_split(known.splits, there)
    facts |= {
        "made by": known.created_by,
        "plan": known.plan_id,
        **_planned(known.ingredients, known.target, outcomes, is_complete=is_complete),
    }
    for split in known.splits:
        mine = [shard for shard in there if shard.split == split]
        every = [shard for shard in known.shards if shard.split == split]
        of_images = f"{sum(shard.images for shard in every):,}" if len(mine) < len(every) else ""
        facts[split] = _there(mine, of_images, len(every), known.target)
    facts |= outcome_facts(outcomes)
    facts["skipped"] = sum(len(shard.skipped) for shard in there)
    return facts


def _progress(folder: Path, build: BuildState) -> Facts:
    """How much of a build is there, the name of its profile, and what to do next."""
    facts: Facts = {"there": build.in_words(building=False)}
    with suppress(SetupError):
        facts |= {"profile": name} if (name := load(str(folder)).name) else {}
    if not build.is_complete:
        does = "builds only what is missing" if build.missing else "writes only that again"
        facts["next"] = next_step(folder, does)
    return facts


def _planned(
    labelled: Mapping[str, str], target: Target | None, outcomes: Mapping[str, Outcomes], *, is_complete: bool
) -> Facts:
    """What a plan is made of; where not all of it is there, its numbers say that they were planned.

    Where images are files, the parts in which they are built are nobody's business.
    """
    hidden = {f"{split} shards" for split in SPLITS} if _is_of_files(target) else set()
    none_kept = {f"{split} recipe" for split, each in outcomes.items() if each.images and each.kept == 0}
    facts: Facts = {}
    for name, value in labelled.items():
        if name in hidden:
            continue
        title = label_in_words(name) if is_complete or name not in _COUNTS else f"{name} planned"
        is_recipe = name.endswith(" recipe")
        facts[title] = readable(value, "none" if name in none_kept else "all") if is_recipe else value
    return facts


def _there(records: Iterable[CommitRecord], of_images: str, shards: int, target: Target | None) -> str:
    """What is there of a split: of so many images, if that is known and some are missing, and of so many shards."""
    mine = list(records)
    images = f"{sum(record.images for record in mine):,}"
    is_whole = len(mine) == shards
    parts = [f"{images} images" if is_whole or not of_images else f"{images} of {of_images} images"]
    parts.append(f"{sum(record.boxes for record in mine):,} boxes")
    if not _is_of_files(target):
        parts.append(counted(shards, "shard") if is_whole else f"{len(mine):,} of {counted(shards, 'shard')}")
    parts.append(human_bytes(sum(record.bytes_out for record in mine)))
    if not is_whole:
        parts.append("in the parts that are whole" if _is_of_files(target) else "there now")
    return ", ".join(parts)


def _is_of_files(target: Target | None) -> bool:
    return target is not None and target.one_file_per_image
