"""What all measurements of a run share: the raw data in each form, what is known of it, and a folder to write in."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil

from tests.benchmarks import command
from tests.benchmarks.cases import Case
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.images import Images, of_archives
from wizard import synthetic
from wizard.ilsvrc2012.archives import BOXES, IMAGE_ARCHIVES


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The setting of a run.

    Attributes:
        raw: the folder of official archives.
        work: a folder that is empty at first, on the disk that is measured.
        workers: processes of every contestant.
        sets: profile keys to change in every case, as after --set.
        this: this checkout, which makes the TFRecords that others read.
    """

    raw: Path
    work: Path
    workers: int
    sets: Sequence[str]
    this: Checkout

    @cached_property
    def located(self) -> tuple[Sequence[str], Images]:
        """The splits there are, and their images."""
        return of_archives(self.raw)

    @property
    def images(self) -> int:
        """How many there are."""
        return len(self.located[1])

    @cached_property
    def table(self) -> Path:
        """The images' table as a file."""
        path = self.work / "images.npz"
        self.located[1].save(path)
        return path

    @cached_property
    def archives(self) -> list[Path]:
        """The image archives."""
        return sorted(path for path in self.raw.iterdir() if path.name in IMAGE_ARCHIVES)

    @cached_property
    def records(self) -> Path:
        """The same images as TFRecords, made when they are first asked for."""
        folder = self.work / "records"
        self.build(Case(name="records", about=""), self.this, self.raw, folder)
        return folder

    @cached_property
    def facts(self) -> Path:
        """What `tests.benchmarks.official` takes for the official sums, sizes and counts."""
        splits, images = self.located
        facts: dict[str, dict[str, object]] = {"images": {}, "boxes": {}}
        for number, (split, path) in enumerate(zip(splits, images.archives.tolist(), strict=True)):
            mine = images.archive == number
            facts["images"][split] = {
                "path": path,
                "md5s": {Path(path).name: _md5(Path(path))},
                "bytes": Path(path).stat().st_size,
                "images": int(mine.sum()),
                "image_bytes": int(images.size[mine].sum()),
            }
        for split, archive in BOXES.items():
            if (self.raw / archive.name).exists():
                facts["boxes"][split] = _md5(self.raw / archive.name)
        file = self.work / "facts.json"
        file.write_text(json.dumps(facts))
        return file

    def source(self, case: Case) -> Path:
        """The raw data of a case."""
        return self.raw if case.source == "archives" else self.records

    def files(self, case: Case) -> list[Path]:
        """The files that hold the images of a case."""
        if case.source == "archives":
            return self.archives
        return sorted(path for path in self.records.iterdir() if "-of-" in path.name)

    def build(self, case: Case, checkout: Checkout, source: Path, output: Path) -> command.Usage:
        """Builds a case in a fresh process, whose caches are empty.

        Raises:
            CommandFailed: the build failed.
        """
        home, profile = self.work / "home", self.work / "profile.toml"
        shutil.rmtree(home, ignore_errors=True)
        splits, _ = self.located
        profile.write_text(case.profile(source, output, splits=splits, workers=self.workers))
        sets = [word for each in self.sets for word in ("--set", each)]
        words = ["run", str(profile), *sets, "--yes", "--json"]
        if case.md5 == "made":
            words.append("--md5")
        known = ["--known"] if case.md5 == "known" else []
        module = ["tests.benchmarks.official", str(self.facts), *known] if case.md5 else ["wizard"]
        env = {**checkout.env, "IMAGENET_SETUP_HOME": str(home)}
        return command.python([*module, *words], cwd=self.work, env=env)


def draw(folder: Path, images: int) -> None:
    """Draws archives with about so many images of 50 classes; a twentieth of them are for validation."""
    synthetic.make(folder, classes=50, per_class=max(1, images * 19 // 20 // 50), validation=max(1, images // 20))


def read_once(paths: Sequence[Path]) -> bool:
    """Brings files into the page cache; returns whether they fit, with room for as much output and for the workers."""
    if sum(path.stat().st_size for path in paths) > psutil.virtual_memory().available / 3:
        return False
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 22):
                pass
    return True


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
