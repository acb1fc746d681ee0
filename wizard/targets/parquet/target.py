"""The target: Parquet files of images and labels, as ILSVRC/imagenet-1k on Hugging Face's hub has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wizard.errors import UsageError
from wizard.formats.parquet_file import INSTALL, installed_version, is_installed
from wizard.ilsvrc2012.archives import Split
from wizard.targets.dataset import Encoded
from wizard.targets.expected import Expectation, Planned, Seen
from wizard.targets.labels import StoredLabels
from wizard.targets.one_file import OneFileShards
from wizard.targets.parquet.features import metadata, stored_path
from wizard.targets.parquet.trainers import TRAINERS
from wizard.targets.target import Offer
from wizard.targets.trainer import Trainer

if TYPE_CHECKING:
    from wizard.targets.parquet.stored import Row
    from wizard.targets.parquet.writer import ParquetWriter
    from wizard.targets.sample import OutputSample
    from wizard.targets.writer import Encoder
    from wizard.targets.written import Content, WrittenDataset

FOLDER = "data"
_ROW, _FILE = 30, 1000
"""Bytes of a row beside its image and path (the lengths of both, its label, its share of pages and footer), and of a
file beside its rows and metadata; as measured with photos."""


@dataclass(frozen=True, kw_only=True)
class ParquetFiles(OneFileShards):
    """Parquet files."""

    format: ClassVar[str] = "parquet"
    offer: ClassVar[Offer] = Offer(
        title="Parquet files, as on Hugging Face",
        about="data/train-00000-of-00294.parquet and a README.md; written by pyarrow",
        help="Parquet files are what load_dataset of Hugging Face's datasets opens.",
        short="Parquet",
        folder="parquet",
    )
    what: ClassVar[str] = "Parquet files"
    unit: ClassVar[str] = "rows"
    # Measured: pyarrow and a row group, which is in memory twice. With photos of 110 kB, workers had 200 MB, not 60 MB.
    writing: ClassVar[int] = 150_000_000
    trainers: ClassVar[tuple[Trainer, ...]] = TRAINERS

    @classmethod
    def lacking(cls) -> str:
        return "" if is_installed() else INSTALL

    @classmethod
    def require_installed(cls) -> None:
        if cls.lacking():
            raise UsageError(
                "Parquet output needs pyarrow, which is not installed.",
                f"Install it: {INSTALL}",
            )

    @classmethod
    def usual_shards(cls, output: Mapping[str, Any]) -> Mapping[Split, int]:
        """Those of ILSVRC/imagenet-1k: about 500 MB each, which is datasets' limit, at the original size."""
        return {"train": 294, "validation": 14, "test": 28}

    @property
    def ingredients(self) -> dict[str, str]:
        # Its version is in every file, and another one may encode pages otherwise.
        return {"format": f"{self.what} of images, version 1", "pyarrow": installed_version()}

    @property
    def places(self) -> tuple[str, ...]:
        return (FOLDER,)

    def shard(self, split: str, index: int, shards: int) -> str:
        """The name of a shard.

        >>> ParquetFiles().shard("train", 7, 294)
        'train-00007-of-00294.parquet'
        """
        return f"{split}-{index:05d}-of-{shards:05d}.parquet"

    def file(self, shard: str) -> str:
        return f"{FOLDER}/{shard}"

    def encoder(self) -> "Encoder":
        """Gives as many bytes as an image adds to a file, for the estimate; files are written by row groups."""
        return _row

    def fixed_bytes(self, labels: StoredLabels) -> int:
        # A file has its metadata twice, once in base64 with Arrow's schema.
        return _FILE + len(metadata(labels)) * 7 // 3

    def writer(self, folder: Path, split: str, shard: str) -> "ParquetWriter":
        return self._writer(folder, shard, labels=None)

    def labeled_writer(self, folder: Path, split: str, shard: str, labels: StoredLabels) -> "ParquetWriter":
        return self._writer(folder, shard, labels)

    def sidecars(self, dataset: "WrittenDataset") -> "Mapping[str, Content]":
        from wizard.targets.parquet import card

        return {card.NAME: card.card(dataset, FOLDER)}

    def stored(self, expected: Expectation) -> "Iterator[Row]":
        from wizard.targets.parquet import stored

        return stored.rows(expected.path, expected)

    def seen(self, item: "Row", planned: Planned, expected: Expectation) -> Seen:
        return item.seen(planned)

    def items(self, files: Sequence[str]) -> "Iterator[Row]":
        from wizard.targets.parquet import stored

        for file in files:
            yield from stored.rows(Path(file))

    def encoded(self, item: "Row") -> Encoded:
        return Encoded(item.jpeg or b"", item.label, {})

    def _writer(self, folder: Path, shard: str, labels: StoredLabels | None) -> "ParquetWriter":
        from wizard.targets.parquet.writer import ParquetWriter

        return ParquetWriter(folder, shard, self, labels)


def _row(sample: "OutputSample") -> bytes:
    return sample.stored.jpeg + stored_path(sample.name, sample.wnid).encode() + bytes(_ROW)
