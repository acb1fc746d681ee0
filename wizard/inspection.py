"""What lies at a path: raw data in any of its forms, a finished or unfinished dataset, an archive, or a shard."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wizard.commit_record import CommitRecord
from wizard.dataset_facts import of_described, of_unfinished
from wizard.engine import manifest
from wizard.engine.build_state import BuildState, look_at_build
from wizard.engine.loading import Loading, loading
from wizard.engine.manifest import Manifest
from wizard.errors import InputError, NoRawData, OtherSplitError, SetupError, VerifyFailed, reading
from wizard.folders import cache_folder
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import ARCHIVE_NAMES, CLASSES, IMAGES, Split
from wizard.planning import Report, step
from wizard.preflight.source_check import is_short
from wizard.record_facts import Facts, features, file_of_records
from wizard.show import at_a_glance
from wizard.sources.archives.index import read_table
from wizard.sources.class_counts import count_images, count_splits
from wizard.sources.classes import Classes, imagenet
from wizard.sources.glance import Glance, LabelState, glance, glance_at_raw
from wizard.sources.locate import sniff
from wizard.sources.opening import open_source, reads_file
from wizard.sources.remarks import remarks
from wizard.sources.samples import SampleTable
from wizard.sources.selected import lacks_validation
from wizard.sources.source import Source, Survey

_NAMED = 10
"""Classes that are named."""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a path holds, as facts for a person and for a program.

    Attributes:
        loading: how a finished dataset is opened.
        problems: why parts of it cannot be read, each with the part's name. Missing parts of raw data, and shards of an
            unfinished build, are not problems; those of a finished dataset are.
    """

    facts: Facts
    glance: Glance | None = None
    loading: Loading | None = None
    problems: tuple[tuple[str, SetupError], ...] = ()

    def require_readable(self) -> None:
        """Requires that everything found can be read, and that a finished dataset is whole.

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
    with reading(path):
        build = look_at_build(path)
    if (path / manifest.MANIFEST).is_file():
        return _dataset(path, build, trainer)
    return _opened(path, report) if build is None else Inspection(facts=of_unfinished(path, build))


def _file(path: Path, report: Report) -> Inspection:
    if path.name in ARCHIVE_NAMES:
        return _archive(path, report)
    return _opened(path, report) if reads_file(path) else Inspection(facts=file_of_records(path))


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
    images = counted(survey.images, "image")
    if survey.official or is_short(survey):
        images += f" of {IMAGES[survey.split].images:,}"
    classes = f", {counted(survey.classes, 'class')}" if survey.classes else ", without labels"
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
        return features(next(table.take(np.array([0])).contents()).features or {})
    except InputError as error:
        problems.append((split, error))
        return {"first record": f"cannot be read: {error}"}


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


def _dataset(folder: Path, build: BuildState | None, asked: str) -> Inspection:
    known = manifest.read(folder)
    there = [shard for shard in known.shards if build is None or shard.shard not in build.gone]
    facts = of_described(folder, build, known, there)
    problems = _first_features(folder, known, there[0], facts) if there else []
    try:
        counts = manifest.count_planned(folder, known, there)
    except VerifyFailed as error:
        return Inspection(facts=facts, problems=(*problems, (manifest.IMAGES, error)))
    labels: LabelState = "stored" if known.target.stores_labels else "none"
    seen = glance(known.classes, known.label_base, counts, labels=labels)
    unlabeled = [each.split for each in counts if each.by_rank is not None and not each.by_rank.any()]
    dataset = manifest.as_built(folder, known, unlabeled)
    output = {**known.profile.get("output", {}), "format": known.target.format}
    shown = loading(dataset, known.target, output, asked)
    is_complete = build is None or build.is_complete
    if not is_complete:
        lacking = VerifyFailed(f"{folder} is a dataset of which something is missing.", str(facts["next"]))
        problems.append(("dataset", lacking))
    return _with_glance(facts, seen, *problems, loading=shown if is_complete else None)


def _first_features(folder: Path, known: Manifest, shard: CommitRecord, facts: Facts) -> list[tuple[str, SetupError]]:
    """Adds the first record of a shard to the facts; returns the problem if it cannot be read."""
    file = folder / known.target.file(shard.shard)
    try:
        facts |= features(known.target.first_features(file))
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {error}"
        facts[f"first record of {file.name}"] = problem
        hint = f"imagenet-setup verify {shlex.quote(str(folder))} shows more"
        return [(shard.split, InputError(f"{file}: the first record {problem}.", hint))]
    return []
