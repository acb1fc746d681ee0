"""Events of made-up builds, a clock that is set by hand, and a terminal that keeps what is written on it."""

import io
import re
from dataclasses import dataclass

from wizard.commit_record import CommitRecord, SkippedImage
from wizard.events import Estimated, Heartbeat, ShardDone, SplitStart, Started
from wizard.formatting import Range
from wizard.machine.load import MachineLoad
from wizard.show.build_progress import BuildProgress

GB = 10**9
_CODE = re.compile(r"\x1b\[\??([\d;]*)([A-Za-z])")
_WINDOW = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[2[23];2t")
"""Codes for the window and not for its text: OSC, and a title that is kept or brought back."""


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def split(
    name: str = "train", images: int = 1000, shards: int = 10, done: int = 0, bytes_in: int = 0, bytes_out: int = 0
) -> SplitStart:
    """`done` shards were built before, of as many bytes."""
    return SplitStart(
        split=name,
        images=images,
        source_bytes=images * 100_000,
        shards=shards,
        images_done=images * done // shards,
        shards_done=done,
        bytes_in_done=bytes_in,
        bytes_out_done=bytes_out,
    )


def started(*splits: SplitStart) -> Started:
    return Started(plan_id="p", output="/data/train-480-q85", workers=2, splits=splits or (split(),))


def shard(number: int, name: str = "train") -> str:
    return f"{name}-{number:05}-of-00010"


def beat(worker: int, number: int, done: int, total: int = 100, name: str = "train") -> Heartbeat:
    return Heartbeat(
        worker=1000 + worker,
        number=worker,
        shard=shard(number, name),
        split=name,
        done=done,
        total=total,
        bytes_in=done * 100_000,
        bytes_out=done * 50_000,
        rss=61_200_000,
    )


def shard_done(number: int, images: int = 100, name: str = "train", skipped: tuple[str, ...] = ()) -> ShardDone:
    result = CommitRecord(
        shard=shard(number, name),
        split=name,
        images=images - len(skipped),
        boxes=0,
        bytes_in=images * 100_000,
        bytes_out=images * 50_000,
        sha256="",
        skipped=tuple(SkippedImage(file="/a.tar", name=each, reason="broken") for each in skipped),
    )
    return ShardDone(result=result)


def machine(cpu: float = 99.0, free: int = 385 * GB) -> MachineLoad:
    return MachineLoad(cpu=cpu, memory_used=1_100_000_000, memory_total=24_600_000_000, disk_free=free)


def estimated(bytes_out: float = 66 * GB) -> Estimated:
    return Estimated(
        images=1000,
        sampled=512,
        workers=2,
        bytes_in=154 * GB,
        bytes_out=Range(low=bytes_out * 0.97, likely=bytes_out, high=bytes_out * 1.047),
        seconds=Range(low=27 * 60, likely=31 * 60, high=37 * 60),
        worker_memory=Range(low=60e6, likely=60e6, high=60e6),
    )


def under_way(workers: int = 2, seconds: int = 10) -> BuildProgress:
    """A build of 2,000 images with an event of every kind, each worker at 10 images/s of its first shard."""
    clock = Clock()
    build = BuildProgress(now=clock, cores=2)
    build.add(started(split(images=1500), split("validation", images=500, done=10, bytes_in=GB, bytes_out=GB // 2)))
    for second in range(seconds + 1):
        clock.now = 1000.0 + second
        for worker in range(workers):
            build.add(beat(1 + worker, worker, 10 * second, total=150))
        build.add(machine())
    build.remember("converted n02105855_2933.JPEG (PNG → JPEG)")
    build.remember(
        "! worker 4711 was killed by the system, most likely for want of memory, while on train-00003; again"
    )
    return build


class Terminal(io.StringIO):
    """As much of a terminal as rich's inline drawing needs; like most, it wraps its lines anew when it is resized.

    Attributes:
        codes: those for its window, as they came.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.rows: list[str] = [""]
        self.scrolled: list[str] = []
        self.codes: list[str] = []
        self.row = self.column = 0

    def write(self, text: str) -> int:
        position = 0
        while position < len(text):
            code, window = _CODE.match(text, position), _WINDOW.match(text, position)
            if window:
                self.codes.append(window[0])
                position = window.end()
            elif code:
                self._obey(code[2], code[1])
                position = code.end()
            else:
                self._put(text[position])
                position += 1
        return len(text)

    def resize(self, width: int) -> None:
        rows, self.rows = self.rows, []
        for number, line in enumerate(rows):
            self.rows += [line[at : at + width] for at in range(0, max(1, len(line)), width)]
            if number == self.row:
                self.row = len(self.rows) - 1
                break
        self.column %= width
        self.width = width

    @property
    def shown(self) -> list[str]:
        return [line.rstrip() for line in self.rows if line.strip()]

    def _put(self, letter: str) -> None:
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        else:
            assert self.column < self.width, "a line is wrapped"
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    def _obey(self, code: str, parameter: str) -> None:
        match code:
            case "A":
                self.row = max(0, self.row - int(parameter or 1))
            case "K":
                self.rows[self.row] = ""
            case "J":
                self.scrolled += self.shown
                self.rows = [""] * len(self.rows)
            case "H":
                self.row = self.column = 0
            case _:
                assert code in "mhl", f"an unknown code: {code}"
