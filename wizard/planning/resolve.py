"""From a profile to a Job."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from wizard.engine.transform import Check, Recipe
from wizard.errors import Hint, UsageError
from wizard.folders import cache_folder
from wizard.formats import encoders
from wizard.formats.resize import Resize
from wizard.ilsvrc2012.archives import Split
from wizard.machine.cores import usable_cores
from wizard.planning.job import Job, Settings
from wizard.planning.progress import Report, step
from wizard.planning.reading import read_as_asked
from wizard.profile import Profile
from wizard.sources.classes import imagenet, numbered
from wizard.sources.opening import open_source
from wizard.sources.readers import Form
from wizard.sources.samples import SampleTable
from wizard.sources.source import Source, Survey, overlap
from wizard.targets import registry
from wizard.targets.target import Target

_IMAGES_AT_A_TIME = 100
"""Fewest image files that a worker is given at a time, unless a profile says otherwise."""


def resolve(profile: Profile, report: Report) -> Job:
    """Opens and surveys the source, and decides everything about the build.

    Raises:
        DoubtfulFolders: the source's folders can be read in more than one way.
        InputError: the source is missing, damaged, or not of the form that the profile names.
        UsageError: see `decide`.
    """
    _require_encoder(profile)
    asked = profile.source
    source = open_source(
        profile.source_path,
        asked.layout,
        asked.labels,
        follow=asked.links == "follow",
        role=asked.folders,
        selection=asked.selection,
        progress=step(report, "the archive's index"),
    )
    _require_fit(profile, source)
    source.require(asked.splits, _annotated_splits(profile, source))
    surveys = {
        split: source.survey(split, cache_folder(), step(report, f"a look at {split}")) for split in asked.splits
    }
    return decide(profile, source, surveys)


def decide(profile: Profile, source: Source, surveys: Mapping[Split, Survey]) -> Job:
    """The job of a source whose requested splits have been surveyed; does not read the source.

    Raises:
        UsageError: the dataset would be written into the source, or the profile asks for what this source cannot give.
    """
    _require_encoder(profile)
    _require_fit(profile, source)
    mine = {split: surveys[split] for split in profile.source.splits}
    table = next((survey.table for survey in mine.values() if survey.table is not None), None)
    shards = {split: _shards(profile, survey) for split, survey in mine.items()}
    if profile.output.shards == "keep":
        shards = {split: survey.shards for split, survey in mine.items()}
    classes = imagenet() if table is None else table.classes
    target = _target(profile, source.form).for_classes(classes)
    reading = read_as_asked(profile, [survey.table for survey in mine.values() if survey.table is not None])
    return Job(
        profile=profile,
        target=target,
        trainer=registry.trainer_of(dict(profile.output)),
        label_base=_label_base(profile, target, table),
        shards=shards,
        recipes=_recipes(profile, {split for split, survey in mine.items() if survey.verified}),
        workers=worker_count(profile) if reading.staged else with_a_shard_each(worker_count(profile), shards),
        source=source,
        surveys=mine,
        annotated=_annotated_splits(profile, source),
        classes=classes,
        reading=reading,
    )


def _shards(profile: Profile, survey: Survey) -> int:
    """How many shards a split is written to; of image files, nobody sees them, so that small ones are no use."""
    split = survey.split
    usual = profile.shards(split)
    if profile.shards_given(split) or not registry.TARGETS[profile.output.format].one_file_per_image:
        return usual
    return max(1, min(usual, survey.images // _IMAGES_AT_A_TIME))


def decide_without_source(profile: Profile) -> Settings:
    """The settings if the source cannot be read; it is assumed to be what the profile is made for.

    Raises:
        UsageError: the profile asks for an encoder that is not installed.
    """
    _require_encoder(profile)
    return Settings(
        profile=profile,
        target=_target(profile, "image" if profile.output.shards == "plan" else "example"),
        trainer=registry.trainer_of(dict(profile.output)),
        label_base=profile.label_base,
        shards={split: profile.shards(split) for split in profile.source.splits},
        recipes=_recipes(profile, proven=()),
        workers=worker_count(profile),
    )


def _recipes(profile: Profile, proven: Collection[Split]) -> dict[Split, Recipe]:
    """How each split is stored; `proven` are those whose archives have their official MD5s."""
    image = profile.image
    kept = Recipe(resize=Resize(mode="original"), quality=None)
    resize = Resize(
        mode=image.resize,
        size=image.size or 0,
        height=image.height or 0,
        width=image.width or 0,
        upscale=image.upscale,
    )
    asked = Recipe(resize=resize, quality=image.quality, encoder=image.encoder, keep_small=image.keep_small)
    recipes = {split: asked if split in image.splits else kept for split in profile.source.splits}
    return {
        split: replace(recipe, check=check_of(profile, proven=split in proven)) if recipe.keeps_some else recipe
        for split, recipe in recipes.items()
    }


def check_of(profile: Profile, *, proven: bool) -> Check:
    """How images whose bytes are kept are checked; `proven` if their archive has its official MD5."""
    asked = profile.image.check
    if asked == "auto":
        return "md5" if proven else "decode"
    return asked


def _annotated_splits(profile: Profile, source: Source) -> tuple[Split, ...]:
    # No source has boxes of test.
    if not source.annotatable:
        return ()
    return tuple(split for split in profile.source.splits if profile.boxes(split) and split != "test")


def worker_count(profile: Profile) -> int:
    """How many workers the profile asks for, before the pre-flight looks at memory."""
    return usable_cores() if profile.run.workers == "auto" else profile.run.workers


def with_a_shard_each(workers: int, shards: Mapping[Split, int]) -> int:
    """So many workers, but none that would never have a shard; in stages, they share the source instead."""
    return max(1, min(workers, sum(shards.values())))


def _target(profile: Profile, form: Form) -> Target:
    output = profile.output
    if output.shards == "keep" and form != "example":
        raise UsageError(
            'output.shards = "keep" keeps the shards of TFRecords, and the raw data are images.',
            "Leave it out; output.train_shards says how many there will be",
        )
    return registry.from_profile(dict(output), form)


def _label_base(profile: Profile, target: Target, table: SampleTable | None) -> int:
    """The label that is stored for the first class; records that stay records keep theirs.

    A class named by a number is stored as that number, unless the profile sets label_base.
    """
    asked = profile.output.label_base
    if table is None:
        return profile.label_base
    if not target.keeps_features:
        by_number = profile.source.labels != "folders" and table.reader.form == "image" and numbered(table.classes)
        return 0 if asked is None and by_number else profile.label_base
    if asked is not None and asked != table.label_base:
        raise UsageError(
            f"The records' labels begin at {table.label_base}, output.label_base is {asked}, and records keep theirs.",
            Hint("Leave output.label_base out, or say {}", f"output.label_base={table.label_base}"),
        )
    return table.label_base


def _require_encoder(profile: Profile) -> None:
    encoder = profile.image.encoder
    missing, install = encoders.why_missing(encoder)
    if missing:
        raise UsageError(
            f'image.encoder = "{encoder}": {missing}.',
            Hint(f"Install it: {install}; or use the other encoder: {{}}", f"image.encoder={encoders.DEFAULT}"),
        )


def _require_fit(profile: Profile, source: Source) -> None:
    output = profile.output
    among = overlap(source, profile.output_path, registry.written_folders(dict(output)))
    if among is not None:
        raise UsageError(
            f"output.path = {profile.output_path} would write into {among}, which is read as raw data.",
            Hint("Give the dataset a folder of its own: {}", "output.path=FOLDER"),
        )
    if output.shards == "keep" and profile.source.holdout is not None:
        raise UsageError(
            'output.shards = "keep" keeps the records of each shard, and source.holdout would take some out.',
            Hint("Leave out one of them: {}", "output.shards=plan"),
        )
    asked = profile.source.labels
    if asked not in source.label_choices:
        raise UsageError(
            f"source.labels = {asked!r} is for folders of classes; the labels of {source.what} are "
            f"{source.labels_are}.",
            "Leave source.labels out",
        )
