"""Has TensorFlow decode every image of a dataset, as the decoder that accepted an image cannot check itself."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import wait

from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.executor import Executor
from wizard.engine.heartbeat import INTERVAL
from wizard.errors import MachineError
from wizard.events import Event, Note, Preparing
from wizard.machine.cores import usable_cores
from wizard.targets.expected import Expectation
from wizard.verify.in_tensorflow import Decoded, decode_shard
from wizard.verify.shard import Problem
from wizard.verify.training import hint, tensorflow_version

_CRASHES = 10
"""Most images that TensorFlow may crash on: each costs a restart, and a TensorFlow that always crashes is broken."""


def check_pixels(
    tensorflow: Executor,
    expectations: Collection[Expectation],
    known: Collection[Problem],
    report: Callable[[Event], None],
) -> list[Problem]:
    """Problems of the images in a dataset's shards; a bad image does not stop the others from being decoded.

    Shards that are unreadable by the `known` problems are not reported again. `report` gets the progress in bytes of
    shards, and all problems found if this ends early.

    Raises:
        MachineError: TensorFlow's process cannot be started, is killed, or crashes repeatedly.
    """
    tensorflow_version(tensorflow)
    check = _PixelCheck(tensorflow, report, sum(expected.result.bytes_out for expected in expectations))
    damaged = {problem.shard for problem in known}
    problems: list[Problem] = []
    try:
        for expected in expectations:
            problems += check.shard(expected, damaged=expected.label in damaged)
    except MachineError:
        for problem in (*known, *problems):
            report(Note(text=str(problem), warning=True))
        raise
    return problems


class _PixelCheck:
    """Checks shard after shard; keeps track of progress and of TensorFlow's crashes."""

    def __init__(self, tensorflow: Executor, report: Callable[[Event], None], total: int) -> None:
        self._tensorflow = tensorflow
        self._report = report
        self._done, self._total = 0, total
        self._crashes = 0

    def shard(self, expected: Expectation, *, damaged: bool) -> Iterator[Problem]:
        """Problems of a shard's images; missing images are left out if the shard is known to be damaged."""
        decoded = self._decode(expected)
        shard, problems = expected.label, decoded.problems
        images, paths = (expected.images, expected.target.files_of(expected)) if problems else ([], [])
        for record in sorted(problems):
            name = images[record].name if record < len(images) else ""
            if expected.target.one_file_per_image:
                yield Problem(shard=shard, what=f"{paths[record]}: {problems[record]}", name=name)
            else:
                yield Problem(shard=shard, what=problems[record], record=record, name=name)
        if decoded.unread and not damaged:
            yield Problem(shard=shard, what=f"TensorFlow cannot read it: {decoded.unread}")
        elif decoded.images != expected.result.images and not damaged:
            what = f"TensorFlow found {decoded.images:,} images in it; expected {expected.result.images:,}"
            yield Problem(shard=shard, what=what)
        self._done += expected.result.bytes_out
        self._report_progress(expected, 0)

    def _decode(self, expected: Expectation) -> Decoded:
        """After TensorFlow's process crashes, it decodes the shard again one image at a time, to know which it was."""
        threads = usable_cores()
        crashing: dict[int, str] = {}
        while True:
            try:
                decoded = self._attempt(expected, threads, crashing)
                return decoded._replace(problems=decoded.problems | crashing)
            except WorkerDied as death:
                place = death.item
                where = expected.label if place is None else _where(expected, place)
                # Threads still decode the last images when all are handed out, and then none is in hand.
                if not death.crashed or (place is None and threads == 1):
                    what = f"TensorFlow's {death}. It was decoding {where}, or one of the few images before it."
                    raise MachineError(what, hint(death)) from death
                if threads > 1:
                    text = f"TensorFlow's {death} near {where}: now decoding this shard one image at a time"
                    self._report(Note(text=text, warning=True))
                elif place is not None:
                    crashing[place] = f"TensorFlow's process crashed ({death.signal}) while decoding its image"
                    self._crashes += 1
                if self._crashes == _CRASHES:
                    raise MachineError(
                        f"TensorFlow's process crashed on {_CRASHES} images, the last of them {where}.", hint(death)
                    ) from death
                threads = 1

    def _attempt(self, expected: Expectation, threads: int, crashing: Collection[int]) -> Decoded:
        future = self._tensorflow.submit(decode_shard, expected, threads, frozenset(crashing))
        while not wait([future], timeout=INTERVAL).done:
            for beat in self._tensorflow.heartbeats():
                if beat.shard == expected.result.shard:
                    self._report_progress(expected, beat.done)
        return future.result()

    def _report_progress(self, expected: Expectation, images: int) -> None:
        part = expected.result.bytes_out * images // max(expected.result.images, 1)
        done = min(self._done + part, self._total)
        self._report(Preparing(step="decoding images with TensorFlow", done=done, total=self._total))


def _where(expected: Expectation, record: int) -> str:
    images = expected.images
    name = f" ({images[record].name})" if record < len(images) else ""
    return f"{expected.label}, record {record}{name}"
