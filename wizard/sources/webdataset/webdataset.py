"""WebDataset shards: tars of samples, whose images and labels are members with one key."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from wizard.errors import reading, reading_another_split
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.annotations import archives_in, read_boxes
from wizard.sources.folder_contents import only_folder
from wizard.sources.hub_cache import HubFiles, find_dataset_snapshot
from wizard.sources.options import SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Part, Progress, Source
from wizard.sources.webdataset.columns import Columns, read_columns
from wizard.sources.webdataset.groups import is_tar_name
from wizard.sources.webdataset.label_space import decide_labels
from wizard.sources.webdataset.shards import FoundShards, ShardFiles, find_shards
from wizard.sources.webdataset.table import sample_table

LOOKS_LIKE = "WebDataset shards (imagenet1k-train-0000.tar with 1.jpg, 1.cls, 2.jpg, 2.cls, …)"
_ON_THE_HUB = HubFiles(what="tar files", suffix=".tar")
_LISTED = 5
_DEEPEST = 3  # folders, each the only thing in that above it, that are looked into


def reads_file(path: Path) -> bool:
    """Whether a file is named as a shard."""
    return is_tar_name(path.name)


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """WebDataset shards in a folder, or in folders below it named as splits; or one shard; see `SourceModule`.

    If the folder holds nothing but another one, that one is looked into. A dataset's folder in the cache of Hugging
    Face's client will do; that of the whole cache belongs to Parquet files.
    """
    del options
    with reading(folder):
        snapshot = find_dataset_snapshot(folder, _ON_THE_HUB)
    top: Path | None = snapshot.path if snapshot else folder
    for _ in range(_DEEPEST):
        if top is None:
            break
        with reading(top):
            found = find_shards(top)
            if found is not None:
                return Shards(top, found, snapshot.why if snapshot else ())
            top = only_folder(top)
    return None


class Shards(Source):
    """A folder of WebDataset shards."""

    labels_are = "those in the shards"

    def __init__(self, place: Path, found: FoundShards, why: tuple[str, ...] = ()) -> None:
        files = self._files = found.splits
        self.folder = folder = place.parent if place.is_file() else place
        packed = next((each.compression for each in files.values() if each.compression), "")
        self.what = f"WebDataset shards compressed with {packed}" if packed else "WebDataset shards"
        self.own_boxes = any(each.boxes for each in files.values())
        boxes = () if self.own_boxes else archives_in([folder])
        self.annotatable = bool(boxes)
        self.parts = (*(_part(split, files.get(split)) for split in SPLITS), *boxes)
        self.why = (
            *why,
            _seen(place, files),
            *_lists(files.values()),
            *_ignored("Their names give no split, so they are ignored", found.unnamed),
            *_ignored("They hold no images with labels, so they are ignored", found.others),
        )

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """See `Source.table`; the samples of train and validation together decide what labels mean."""
        self.require([split], [])
        there: list[Split] = [part.split for part in self.parts if part.kind == "images" and part.sound]
        deciding = [each for each in there if each != "test"] or there
        columns = {split: read_columns(self._files[split], split, cache, progress)}
        for each in deciding:
            if each != split:
                columns[each] = self._beside(each, cache, progress)
        space = decide_labels([columns[each] for each in deciding])
        return sample_table(split, columns[split], space)

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """The boxes of annotations that lie beside the shards, of images that have their official names."""
        if self.own_boxes:
            return super().boxes(split, cache, progress)
        return read_boxes(self.path("boxes", split), cache, progress)

    def _beside(self, split: Split, cache: Path, progress: Progress) -> Columns:
        with reading_another_split():
            return read_columns(self._files[split], split, cache, progress)


def _seen(place: Path, files: Mapping[Split, ShardFiles]) -> str:
    held = []
    for split, found in files.items():
        within = f" in {found.path.name}/" if found.path != place else ""
        held.append(f"{counted(len(found.files), 'shard')} of {split}{within}")
    are = "is a tar" if place.is_file() else "holds tars"
    return f"{place} {are} of samples, each an image and its label under one key: {', '.join(held)}."


def _lists(files: Collection[ShardFiles]) -> Iterator[str]:
    listed = {each.listed for each in files if each.listed is not None}
    for path in sorted(listed):
        yield f"{path.name} lists the shards of each split."
    yield from _ignored("They are not in that list, so they are ignored", [p for each in files for p in each.unlisted])


def _ignored(why: str, files: Collection[Path]) -> list[str]:
    return [f"{why}: {few([path.name for path in files], _LISTED)}."] if files else []


def _part(split: Split, found: ShardFiles | None) -> Part:
    if found is None:
        name = f"{split}-*.tar (WebDataset shards of {split})"
        return Part(name=name, kind="images", split=split, expected=split != "test")
    name = few([path.name for path in found.files], 1)
    return Part(name=name, kind="images", split=split, path=found.path, problem=found.problem, hint=found.hint)
