"""One build of the staged benchmark: direct or staged, with slow seeks or without."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.benchmarks import checkout, watched
from tests.benchmarks.cases import Case
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.reads import Seek, Shim
from tests.benchmarks.watched import Watched
from wizard.sources.opening import open_source

READS = ("direct", "staged")
"""Values of `source.read` that are compared; the first one is what the others are compared with."""


@dataclass(frozen=True, kw_only=True)
class StagedBench:
    """What all builds share.

    Attributes:
        raw: the raw data, of any form.
        work: a folder to write in.
        workers: number of processes.
        delay: seconds of a slow seek.
        slow_output: whether seeks in the folder that is written are slow too, as where there is one disk for both.
        shim: watches `raw`, and the folder that is written, in this order.
    """

    raw: Path
    work: Path
    workers: int
    delay: float
    slow_output: bool
    shim: Shim

    @cached_property
    def files(self) -> list[Path]:
        """All files of the raw data."""
        return [self.raw] if self.raw.is_file() else [path for path in self.raw.rglob("*") if path.is_file()]

    @cached_property
    def source_bytes(self) -> int:
        """The size of what is in use: without annotations, which are not read."""
        boxes = {part.path for part in open_source(self.raw).parts if part.kind == "boxes"}
        return sum(path.stat().st_size for path in self.files if path not in boxes)

    @cached_property
    def splits(self) -> list[str]:
        """The splits that are there."""
        parts = open_source(self.raw).parts
        return [part.split for part in parts if part.kind == "images" and part.path is not None]

    @cached_property
    def checkout(self) -> Checkout:
        """This one."""
        return checkout.this(self.work)

    def build(self, case: Case, read: str, seek: Seek | None, sets: Sequence[str] = ()) -> Watched:
        """Builds a case once, with the indexes that earlier builds left in the cache, and removes the result.

        Args:
            case: what the images become.
            read: the value of `source.read`.
            seek: what counts as a seek and takes its time; None if nothing does.
            sets: profile keys to change, as after --set.

        Raises:
            CommandFailed: the build failed.
        """
        output, profile = self.work / "out", self.work / "profile.toml"
        profile.write_text(case.profile(self.raw, output, splits=self.splits, workers=self.workers))
        keys = (f"source.read={read}", "source.boxes=none", *sets)
        words = ["run", str(profile), *(word for key in keys for word in ("--set", key)), "--yes", "--json"]
        counting = self.shim.env(seek or "strict", self.delay if seek else 0.0, 2 if self.slow_output else 1)
        env = {**self.checkout.env, "IMAGENET_SETUP_HOME": str(self.work / "home"), **counting}
        try:
            return watched.build(words, cwd=self.work, env=env, shim=self.shim)
        finally:
            shutil.rmtree(output, ignore_errors=True)
