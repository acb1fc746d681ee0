"""A target as anyone might add it: zip files, in which an image lies below a folder named by its label."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wizard.targets import images
from wizard.targets.dataset import Encoded, Loadable
from wizard.targets.expected import Expectation, Planned, Seen, ShardDamage
from wizard.targets.one_file import OneFileShards
from wizard.targets.sample import OutputSample
from wizard.targets.shard_file import ShardFile
from wizard.targets.target import Offer
from wizard.targets.trainer import RESEARCH, Trainer
from wizard.targets.writer import Committed, Encoder


def _program(dataset: Loadable) -> str:
    return f"""\
import zipfile
from glob import glob

folder = {dataset.folder}
images = []
for file in sorted(glob(f"{{folder}}/{dataset.split}-*.zip")):
    archive = zipfile.ZipFile(file)
    images += [(int(name.partition("/")[0]), archive.read(name)) for name in archive.namelist()]

print(len(images))
"""


@dataclass(frozen=True, kw_only=True)
class ZipFiles(OneFileShards):
    """Zip files of JPEGs."""

    format: ClassVar[str] = "toy"
    offer: ClassVar[Offer] = Offer(
        title="Zip files", about="train-00000.zip", help="Zip files are for tests.", short="zip", folder="zips"
    )
    what: ClassVar[str] = "zip files of JPEGs"
    unit: ClassVar[str] = "members"
    has_distinct_places: ClassVar[bool] = True
    trainers: ClassVar[tuple[Trainer, ...]] = (
        Trainer(
            name="zipfile",
            family=RESEARCH,
            title="Python's zipfile",
            about="a zip a shard",
            program=_program,
            install="pip",
        ),
    )

    @property
    def ingredients(self) -> dict[str, str]:
        return {"format": "zip files of JPEGs, version 1"}

    def shard(self, split: str, index: int, shards: int) -> str:
        return f"{split}-{index:05d}.zip"

    def encoder(self) -> Encoder:
        return lambda sample: sample.stored.jpeg

    def writer(self, folder: Path, split: str, shard: str) -> "ZipWriter":
        return ZipWriter(folder, shard, self)

    def stored(self, expected: Expectation) -> Iterator[tuple[str, bytes]]:
        try:
            yield from self.items([str(expected.path)])
        except zipfile.BadZipFile as error:
            raise ShardDamage(str(error)) from error

    def seen(self, item: tuple[str, bytes], planned: Planned, expected: Expectation) -> Seen:
        name, jpeg = item
        wanted = f"{planned.label}/{planned.name}"
        wrong = [] if name == wanted else [f"it is called {name}, expected {wanted}"]
        return Seen(0, [*wrong, *images.wrong(jpeg, {})])

    def items(self, files: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for file in files:
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    yield name, archive.read(name)

    def encoded(self, item: tuple[str, bytes]) -> Encoded:
        name, jpeg = item
        return Encoded(jpeg, int(name.partition("/")[0]), {})


class ZipWriter(ShardFile):
    """Writes one zip file; an image's date is always the same, so that the bytes are."""

    def __init__(self, folder: Path, shard: str, target: ZipFiles) -> None:
        super().__init__(folder, shard, target)
        self._zip = zipfile.ZipFile(_Sink(self), mode="w")

    def __exit__(self, *error: object) -> None:
        self._zip.close()  # it would close itself later, when its file is gone
        super().__exit__(*error)

    def write(self, sample: OutputSample) -> None:
        member = zipfile.ZipInfo(f"{sample.label}/{sample.name}")
        member.create_system = 0  # else the platform's
        self._zip.writestr(member, sample.stored.jpeg)

    def commit(self) -> Committed:
        self._zip.close()
        return super().commit()


class _Sink:
    """A shard's file as zipfile writes to it: in order, without seeking."""

    def __init__(self, shard: ShardFile) -> None:
        self._shard = shard

    def write(self, content: bytes) -> int:
        self._shard.append(content)
        return len(content)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
