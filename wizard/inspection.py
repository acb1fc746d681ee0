"""What lies at a path: raw data in any of its forms, a finished or unfinished dataset, an archive, or a shard."""

import gzip
import shlex
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from wizard.engine import manifest
from wizard.engine.commit_records import CommitRecords, RecordedPlan, read_commit_records
from wizard.engine.loading import Loading, loading
from wizard.errors import InputError, NoRawData, OtherSplitError, SetupError, VerifyFailed, reading
from wizard.folders import cache_folder
from wizard.formats import example, tfrecord
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import ARCHIVE_NAMES, CLASSES, IMAGES, Split
from wizard.planning import Report, step
from wizard.preflight.source_check import is_short
from wizard.show import at_a_glance
from wizard.show.outcomes import outcome_facts
from wizard.sources.archives.index import read_table
from wizard.sources.class_counts import count_images, count_splits
from wizard.sources.classes import Classes, imagenet
from wizard.sources.glance import Glance, LabelState, glance, glance_at_raw
from wizard.sources.locate import sniff
from wizard.sources.registry import open_source, reads_file
from wizard.sources.remarks import remarks
from wizard.sources.samples import SampleTable
from wizard.sources.selected import lacks_validation
from wizard.sources.source import Source, Survey

_NAMED = 10
"""Classes that are named."""
Facts = dict[str, Any]
"""What was found, by name; values are JSON types."""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a path holds, as facts for a person and for a program.

    Attributes:
        loading: how a finished dataset is opened.
        problems: why parts of it cannot be read, each with the part's name; missing parts are not problems.
    """

    facts: Facts
    glance: Glance | None = None
    loading: Loading | None = None
    problems: tuple[tuple[str, SetupError], ...] = ()

    def require_readable(self) -> None:
        """Requires that everything found can be read.

        Raises:
            SetupError: something cannot be read; the error itself if there is just one, else an InputError with all.
        """
        if len(self.problems) == 1:
            raise self.problems[0][1]
        if self.problems:
            lines = [f"  {name}: {error}".replace("\n", "\n    ") for name, error in self.problems]
            raise InputError("\n".join([f"{len(self.problems)} parts cannot be read.", *lines]))


def inspect(path: Path, report: Report, trainer: str = "") -> Inspection:
    """The facts about the data at `path`; of a finished dataset also how it is opened, by `trainer` if one is named.

    Raises:
        UsageError: that trainer does not open it.
        NoRawData: nothing is there, or no data of a known form.
        InputError: it cannot be read.
    """
    if path.is_file():
        return _file(path, report)
    if not path.is_dir():
        raise NoRawData(f"{path} does not exist.")
    if (path / manifest.MANIFEST).is_file():
        return _dataset(path, trainer)
    records = read_commit_records(path)
    if records.plan is not None:
        return Inspection(facts=_unfinished(records, records.plan))
    return _opened(path, report)


def _file(path: Path, report: Report) -> Inspection:
    if path.name in ARCHIVE_NAMES:
        return _archive(path, report)
    return _opened(path, report) if reads_file(path) else Inspection(facts=_shard(path))


def _opened(path: Path, report: Report) -> Inspection:
    return _raw_data(open_source(path, progress=step(report, "the archive's index")), report)


def _with_glance(
    facts: Facts, glance: Glance, *problems: tuple[str, SetupError], loading: Loading | None = None
) -> Inspection:
    shown = {row.about: row.text for row in at_a_glance.rows(glance)}
    return Inspection(facts=facts | shown, glance=glance, loading=loading, problems=problems)


def _raw_data(raw: Source, report: Report) -> Inspection:
    facts: Facts = {"what": raw.what, "why": " ".join(raw.why)}
    problems: list[tuple[str, SetupError]] = []
    surveys: dict[Split, Survey] = {}
    for part in raw.parts:
        name = part.split if part.kind == "images" else f"boxes of {part.split}"
        if part.path is None:
            if part.expected:
                held_out = name == "validation" and lacks_validation(raw)
                more = "; source.holdout can take some of train's images for it" if held_out else ""
                facts[name] = f"missing; it would be {part.name}{more}"
            continue
        try:
            if part.problem:
                raise InputError(part.problem, part.hint)
            if part.kind == "boxes":
                facts[name] = f"{part.path}" + (f", {human_bytes(part.bytes)}" if part.bytes else "")
                continue
            surveys[part.split] = raw.survey(part.split, cache_folder(), step(report, f"a look at {part.split}"))
            facts[name] = _surveyed(surveys[part.split])
            facts |= _remarked(name, surveys[part.split].table)
        except InputError as error:
            facts[name] = " ".join([error.what, error.hint]).strip()
            if not isinstance(error, OtherSplitError):  # that split reports it itself
                problems.append((name, error))
    if not surveys:
        return Inspection(facts=facts, problems=tuple(problems))
    tables = [survey.table for survey in surveys.values() if survey.table is not None]
    facts["labels"] = _labels(tables[-1].classes if tables else imagenet())
    if raw.form == "example" and tables:
        facts |= _first_of(tables[0], next(iter(surveys)), problems)
    counts = count_splits(surveys, cache_folder())
    problems += [(split, each.error) for split, each in counts.items() if each.error]
    return _with_glance(facts, glance_at_raw(surveys, counts), *problems)


def _surveyed(survey: Survey) -> str:
    images = f"{survey.images:,} images"
    if survey.official or is_short(survey):
        images += f" of {IMAGES[survey.split].images:,}"
    classes = f", {survey.classes:,} classes" if survey.classes else ", without labels"
    size = human_bytes(survey.bytes) + (", the official size" if survey.official else "")
    files = f" in {survey.shards:,} files" if survey.shards else ""
    return f"{images}{classes}, {size}{files}: {survey.path}"


def _remarked(name: str, table: SampleTable | None) -> Facts:
    return {} if table is None else {f"{name}, {each.about}": each.text for each in remarks(table)}


def _labels(classes: Classes) -> str:
    if classes.whole_imagenet:
        return f"those of ImageNet's {len(classes):,} classes"
    some = ", ".join(classes.names[:_NAMED])
    return f"the source's own, {len(classes):,}: {some}{' …' if len(classes) > _NAMED else ''}"


def _first_of(table: SampleTable, split: Split, problems: list[tuple[str, SetupError]]) -> Facts:
    try:
        return _features(next(table.take(np.array([0])).contents()).features or {})
    except InputError as error:
        problems.append((split, error))
        return {"first record": f"cannot be read: {error}"}


def _features(features: Mapping[str, bytes | example.Values]) -> Facts:
    """The features of a record, serialized or as values."""
    facts = {}
    for name, feature in sorted(features.items()):
        values = example.values(feature) if isinstance(feature, bytes) else feature
        facts[f"first record, {name}"] = _listed(values)
    return facts


def _listed(values: example.Values) -> str:
    if isinstance(values, list):
        shown = [value.decode(errors="replace") if len(value) < 200 else f"{len(value):,} bytes" for value in values]
    elif isinstance(values, np.ndarray):
        shown = [f"{value:.4f}" for value in values]
    else:
        shown = list(map(str, values))
    return ", ".join(shown) or "(none)"


def _archive(path: Path, report: Report) -> Inspection:
    split = next((split for split, archive in IMAGES.items() if path.name in archive.md5s), None)
    with reading(path):
        sniff(path)
        size = human_bytes(path.stat().st_size)
    if split is None:
        return Inspection(facts={"what": "bounding boxes", "size": size})
    table = read_table(path, split, cache_folder(), step(report, f"a look at {split}"))
    official = IMAGES[split]
    if official.bytes:
        is_official = path.stat().st_size == official.bytes
        size += ", the official size" if is_official else f", not the official {human_bytes(official.bytes)}"
    facts: Facts = {"what": f"{split} images", "size": size, "images": f"{len(table):,} of {official.images:,}"}
    if split != "test":
        facts["classes"] = f"{len(np.unique(table.label)):,} of {CLASSES:,}"
    facts |= _remarked(split, table)
    return _with_glance(facts, glance(table.classes, 0, [count_images(split, table)], labels="open"))


def _unfinished(records: CommitRecords, plan: RecordedPlan) -> Facts:
    facts: Facts = {
        "what": "an unfinished build of imagenet-setup",
        "plan": plan.plan_id,
        **plan.ingredients.labelled,
    }
    done = records.done
    for split in dict.fromkeys(result.split for result in done.values()):
        mine = [result for result in done.values() if result.split == split]
        facts[split] = f"{sum(result.images for result in mine):,} images in {counted(len(mine), 'shard')} so far"
    facts["shards done"] = f"{len(done):,} of {plan.shards:,}; the command that started the build resumes it"
    for file in (records.folder / name for name in sorted(done)):
        if file.is_file() and tfrecord.compression_of(file) == "plain":
            return facts | _first_record(file)
    return facts


def _dataset(folder: Path, asked: str) -> Inspection:
    known = manifest.read(folder)
    facts: Facts = {
        "what": "a finished dataset",
        "made by": known.created_by,
        "plan": known.plan_id,
        **known.visible_ingredients,
    }
    for split in known.splits:
        mine = [shard for shard in known.shards if shard.split == split]
        shards = "" if known.target.one_file_per_image else f"{counted(len(mine), 'shard')}, "
        facts[split] = (
            f"{sum(shard.images for shard in mine):,} images, {sum(shard.boxes for shard in mine):,} boxes, "
            f"{shards}{human_bytes(sum(shard.bytes_out for shard in mine))}"
        )
    facts |= outcome_facts(known.outcomes)
    facts["skipped"] = len(known.skipped)
    problems: list[tuple[str, SetupError]] = []
    file = folder / known.target.file(known.shards[0].shard)
    try:
        facts |= _features(known.target.first_features(file))
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {error}"
        facts[f"first record of {file.name}"] = problem
        hint = f"imagenet-setup verify {shlex.quote(str(folder))} shows more"
        problems.append((known.shards[0].split, InputError(f"{file}: the first record {problem}.", hint)))
    try:
        counts = manifest.count_planned(folder, known)
    except VerifyFailed as error:
        return Inspection(facts=facts, problems=(*problems, (manifest.IMAGES, error)))
    labels: LabelState = "stored" if known.target.stores_labels else "none"
    seen = glance(known.classes, known.label_base, counts, labels=labels)
    unlabeled = [each.split for each in counts if each.by_rank is not None and not each.by_rank.any()]
    dataset = manifest.as_built(folder, known, unlabeled)
    output = {**known.profile.get("output", {}), "format": known.target.format}
    return _with_glance(facts, seen, *problems, loading=loading(dataset, known.target, output, asked))


def _shard(path: Path) -> Facts:
    try:
        with reading(path), _unpacked(path) as file:
            count = sum(1 for _ in tfrecord.records(file))
    except (EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be unpacked to its end: {error}.", "Build it again, or fetch it again"
        ) from error
    except tfrecord.RecordDamage as damage:
        if not damage.record:
            raise InputError(
                f"{path} is neither an archive with an official name nor a TFRecord file: {damage}.",
                "Give an archive, a shard, or the folder that holds them",
            ) from damage
        raise InputError(
            f"{path} is not a complete TFRecord file: record {damage.record} at byte {damage.offset:,}: {damage}.",
            "If it is a shard of a dataset, imagenet-setup verify FOLDER says more",
        ) from damage
    return {"what": f"a TFRecord file of {human_bytes(path.stat().st_size)}", "records": count} | _first_record(path)


def _first_record(path: Path) -> Facts:
    try:
        with _unpacked(path) as file:
            record = next(tfrecord.records(file), None)
        return {} if record is None else _features(example.entries(record.payload))
    except (OSError, tfrecord.RecordDamage, example.ExampleDamage) as error:
        return {f"first record of {path.name}": f"cannot be read: {error}"}


def _unpacked(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if tfrecord.compression_of(path) == "gzip" else path.open("rb")
