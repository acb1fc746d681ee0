"""Which files of a folder are a dataset's shards, of which split, and in which of the forms that TFDS writes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from wizard.formats.array_record import INSTALL
from wizard.formats.tfrecord import compression_of
from wizard.formatting import few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.numbered_files import set_problem
from wizard.sources.split_names import split_of_folder
from wizard.sources.tfds.find import INCOMPLETE
from wizard.sources.tfds.info import AGAIN, INFO, Info, SplitInfo
from wizard.sources.tfds.shard_names import pattern_of

Form = Literal["tfrecord", "array_record"]
FORMS: tuple[Form, ...] = ("tfrecord", "array_record")
"""The forms that are read, the first of two that are whole preferred: it needs no other package."""
WORDS: Mapping[str, str] = {"tfrecord": "TFRecord", "array_record": "ArrayRecord"}
_LISTED = 5


@dataclass(frozen=True, kw_only=True)
class Shards:
    """The shards of a split.

    Attributes:
        dataset: its name.
        name: that of the split in TFDS.
        files: in the order of their numbers.
        lengths: how many records each has, as dataset_info.json states; empty if it does not.
        problem: why they cannot be read, in sentences; usually empty.
        hint: what to do about that.
    """

    dataset: str
    name: str
    form: Form
    files: tuple[Path, ...]
    lengths: tuple[int, ...] = ()
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The shards of a folder.

    Attributes:
        splits: the chosen shards of each split.
        remarks: sentences on files and splits that are not read.
        unread: forms that are there but not read, if no others are.
    """

    splits: Mapping[Split, Shards]
    remarks: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


_Names = dict[str, dict[str, list[tuple[int, Path]]]]
"""By split and form."""


def list_shards(folder: Path, info: Info) -> Listing:
    """The shards in a folder.

    Raises:
        OSError: it cannot be looked into, or a file cannot be opened.
    """
    datasets: dict[str, str] = {}
    found: _Names = defaultdict(lambda: defaultdict(list))
    patterns = list(dict.fromkeys(pattern_of(template) for template in [*map(_template, info.splits.values()), ""]))
    unfinished: list[str] = []
    unnamed: list[str] = []
    for path in sorted(folder.iterdir()):
        match = next(filter(None, (pattern.fullmatch(path.name) for pattern in patterns)), None)
        if path.name.startswith(INCOMPLETE):
            unfinished.append(path.name)
        elif match:
            groups = match.groupdict()
            split = groups.get("split") or ""
            datasets.setdefault(split, groups.get("dataset") or info.name)
            form = groups.get("form") or info.form or "tfrecord"
            found[split][form].append((int(groups.get("number") or 0), path))
        elif any(f".{form}" in path.name for form in FORMS):
            unnamed.append(path.name)
    chosen, others = _of_splits(found)
    splits, remarks = {}, []
    for split, name in chosen.items():
        shards = _shards(datasets[name], name, found[name], info)
        if shards is None:
            continue
        splits[split] = shards
        remarks += _on_choice(name, found[name], shards)
    if others:
        remarks.append(f"These splits are none of train, validation and test, so they are ignored: {_few(others)}.")
    if unfinished:
        remarks.append(f"What TensorFlow Datasets had not finished is ignored: {_few(unfinished)}.")
    if unnamed:
        remarks.append(f"By their names they are not shards of a split, so they are ignored: {_few(unnamed)}.")
    forms = {form for by_form in found.values() for form in by_form}
    unread = () if splits else tuple(sorted(forms.difference(FORMS)))
    return Listing(splits=splits, remarks=tuple(dict.fromkeys(remarks)), unread=unread)


def _of_splits(names: Mapping[str, object]) -> tuple[dict[Split, str], list[str]]:
    """The name that TFDS gives to each split that is there, and names that mean none; a single one means train.

    >>> _of_splits({"train": 0, "dev": 0, "unlabelled": 0}), _of_splits({"all": 0})
    (({'train': 'train', 'validation': 'dev'}, ['unlabelled']), ({'train': 'all'}, []))
    """
    chosen: dict[Split, str] = {}
    for split in SPLITS:
        alike = [split] if split in names else [name for name in names if split_of_folder(name) == split]
        if len(alike) == 1:
            chosen[split] = alike[0]
    if not chosen and len(names) == 1:
        return {"train": next(iter(names))}, []
    return chosen, [name for name in names if name not in chosen.values()]


def _shards(dataset: str, name: str, by_form: Mapping[str, Sequence[tuple[int, Path]]], info: Info) -> Shards | None:
    """The shards of a split in the first form that is whole; else those in the first form that is there."""
    candidates: list[Shards] = []
    for form in FORMS:
        if form in by_form:
            files = tuple(path for _, path in sorted(by_form[form]))
            stated = info.splits.get(name, SplitInfo())
            problem, hint = _problem(name, form, files, stated) or ("", "")
            candidates.append(
                Shards(
                    dataset=dataset,
                    name=name,
                    form=form,
                    files=files,
                    lengths=stated.lengths,
                    problem=problem,
                    hint=hint,
                )
            )
    return next((shards for shards in candidates if not shards.problem), candidates[0] if candidates else None)


def _problem(name: str, form: Form, files: Sequence[Path], stated: SplitInfo) -> tuple[str, str] | None:
    numbered = set_problem(files, name)
    if numbered:
        return numbered
    count = len(stated.lengths)
    if count and count != len(files):
        return (
            f"{files[0].parent / INFO} states {count:,} files of {name}, but {len(files):,} are there, such as "
            f"{files[0].name}.",
            f"Keep only one set of them in the folder; or {AGAIN[0].lower()}{AGAIN[1:]}",
        )
    if form == "array_record" and find_spec("array_record") is None:
        return (
            f"{files[0]} is an ArrayRecord, and the package array_record, which reads these, is not installed.",
            f"Install it: {INSTALL} (there are wheels for Linux and macOS)",
        )
    compression = next((compression_of(path) for path in files if path.stat().st_size), None)
    if form == "tfrecord" and compression not in ("plain", None):
        return (
            f"{files[0]} is compressed with {compression}, which TensorFlow Datasets does not do by itself.",
            f"Unpack the files of {name} under the same names",
        )
    return None


def _on_choice(name: str, by_form: Mapping[str, object], chosen: Shards) -> list[str]:
    others = [WORDS.get(form, form) for form in by_form if form != chosen.form]
    if not others:
        return []
    return [f"{name} is there in more than one form: {WORDS[chosen.form]} is read, {_few(others)} is not."]


def _template(split: SplitInfo) -> str:
    return split.template


def _few(names: Sequence[str]) -> str:
    return few(names, _LISTED)
