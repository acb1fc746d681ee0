"""Who runs beside whom: for each case the builds, and what they are compared with."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.benchmarks import builds, command, copying
from tests.benchmarks.cases import KEPT, Case
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.measured import Measured
from tests.benchmarks.setting import Setting
from tests.benchmarks.tools import TOOLS

CODEC_LOOP = "codec loop"
CHECKOUTS_LOOP = "checkout's codec loop"
CP = "cp"


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """What is measured once a round.

    Attributes:
        name: in tables.
        key: the same for all cases that it is beside, so that it is not measured for each of them.
        measure: runs it once.
        is_build: whether it is a build of this project.
    """

    name: str
    key: str
    measure: Callable[[], Measured]
    is_build: bool = False


OTHERS = (CODEC_LOOP, CHECKOUTS_LOOP, CP, *TOOLS)
"""All that can run beside the builds."""


@dataclass(frozen=True, kw_only=True)
class Lineup:
    """Makes the contestants of each case.

    Attributes:
        setting: of the run.
        checkouts: whose builds are measured; this one is the first.
        beside: names of others to measure, of `OTHERS`.
    """

    setting: Setting
    checkouts: Sequence[Checkout]
    beside: Sequence[str]

    def contestants(self, case: Case) -> list[Contestant]:
        """Everyone who does a case's job, in the order of a round."""
        return [*self._codec_loops(case), *self._copies(case), *self._builds(case), *self._tools(case)]

    def _codec_loops(self, case: Case) -> Iterator[Contestant]:
        if not case.decodes:
            return
        for number, checkout in enumerate(self.checkouts):
            # The loop of another checkout runs that one's codecs, which tells their part of the gain.
            asked, name = (CHECKOUTS_LOOP, f"{CODEC_LOOP} {checkout.name}") if number else (CODEC_LOOP, CODEC_LOOP)
            if asked in self.beside:
                measure = partial(_codec_loop, self.setting, case, checkout)
                yield Contestant(name=name, key=f"{name} {case.recipe}", measure=measure)

    def _copies(self, case: Case) -> Iterator[Contestant]:
        if CP in self.beside:
            # Where bytes are kept, a build can come close to it, and the two are measured one after the other.
            beside = case.source if case.recodes else f"{case.source} {case.name}"
            yield Contestant(name=CP, key=f"{CP} {beside}", measure=partial(_copy, self.setting, case))

    def _builds(self, case: Case) -> Iterator[Contestant]:
        for checkout in self.checkouts:
            able = case if not case.needs or case.needs in checkout.keys else KEPT
            name = checkout.name if able is case else f"{checkout.name}, {able.name}"
            measure = partial(builds.measure, self.setting, able, checkout)
            yield Contestant(name=name, key=f"{checkout.name} {able.name}", measure=measure, is_build=True)

    def _tools(self, case: Case) -> Iterator[Contestant]:
        for name in self.beside if case.joined else ():
            if name in TOOLS and not TOOLS[name].missing:
                measure = partial(_tool, self.setting, case, name)
                yield Contestant(name=name, key=f"{name} {case.name}", measure=measure)


def _codec_loop(setting: Setting, case: Case, checkout: Checkout) -> Measured:
    job = {"images": str(setting.table), "image": dict(case.image), "processes": setting.workers}
    used = command.python(["tests.benchmarks.codec_loop", json.dumps(job)], cwd=setting.work, env=checkout.env)
    shift = json.loads(used.stdout)
    return Measured(
        images=setting.images,
        seconds=shift["seconds"],
        whole=used.whole,
        cpu=shift["cpu"],
        workers=setting.workers,
        idle=shift["idle"],
        parent=used.parent,
        worker=used.worker,
    )


def _copy(setting: Setting, case: Case) -> Measured:
    return copying.copy(setting.files(case), setting.work / "copy", setting.images)


def _tool(setting: Setting, case: Case, name: str) -> Measured:
    folder = setting.work / "tool"
    folder.mkdir()
    job = {
        "images": str(setting.table),
        "image": dict(case.image),
        "folder": str(folder),
        "processes": setting.workers,
    }
    # What they leave behind goes with the folder: TFDS, TensorFlow and PyTorch use temporary files.
    env = {**setting.this.env, "HF_HOME": str(folder / "home"), "TMPDIR": str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        used = command.python(["tests.benchmarks.tools", name, json.dumps(job)], cwd=setting.work, env=env)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    seconds = json.loads(used.stdout.splitlines()[-1])["seconds"]
    return Measured(
        images=setting.images,
        seconds=seconds,
        whole=used.whole,
        cpu=used.cpu,
        parent=used.parent,
        worker=used.worker,
    )
