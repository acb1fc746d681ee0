"""Has TensorFlow decode every image of a dataset, as the decoder that accepted an image cannot check itself."""

from collections.abc import Callable, Collection, Iterator
from itertools import count
from typing import Any

from wizard.errors import MachineError
from wizard.events import Event, Note, Preparing
from wizard.machine.cores import usable_cores
from wizard.targets.expected import Expectation
from wizard.verify.client import Died, TensorFlow, pickled
from wizard.verify.problem import Problem

_CRASHES = 10
"""Most images that TensorFlow may crash on: each costs a restart, and a TensorFlow that always crashes is broken."""
_EVERY = 32
"""Images between two reports of progress."""


def check_pixels(
    tensorflow: TensorFlow,
    expectations: Collection[Expectation],
    known: Collection[Problem],
    report: Callable[[Event], None],
) -> list[Problem]:
    """What is wrong with the images of a dataset's shards; a bad image does not stop the others from being decoded.

    Args:
        tensorflow: decodes them.
        expectations: the shards.
        known: problems found so far: unreadable shards are not reported again.
        report: called with the progress, in bytes of shards, and with all problems found if this ends early.

    Raises:
        MachineError: TensorFlow's process cannot be started, is killed, or crashes repeatedly.
    """
    check = _PixelCheck(tensorflow, report, sum(expected.result.bytes_out for expected in expectations))
    told = {problem.shard for problem in known}
    problems: list[Problem] = []
    try:
        for expected in expectations:
            problems += check.shard(expected, told=expected.result.shard in told)
    except MachineError:
        for problem in (*known, *problems):
            report(Note(text=str(problem), warning=True))
        raise
    return problems


class _PixelCheck:
    """Checks shard after shard; keeps track of progress and of TensorFlow's crashes."""

    def __init__(self, tensorflow: TensorFlow, report: Callable[[Event], None], total: int) -> None:
        self._tensorflow = tensorflow
        self._report = report
        self._done, self._total = 0, total
        self._crashes = 0

    def shard(self, expected: Expectation, *, told: bool) -> Iterator[Problem]:
        """What is wrong with a shard's images; if the shard is known to be bad (`told`), without missing images."""
        found: dict[int, str] = {}
        unread = self._decode(expected, found)
        bad = sorted(record for record, problem in found.items() if problem)
        images = expected.images if bad else []
        paths = list(expected.target.files_of(expected)) if bad and expected.target.one_file_per_image else []
        for record in bad:
            name = images[record].name if record < len(images) else ""
            if paths:
                path = paths[record].removeprefix(f"{expected.folder}/")
                yield Problem(shard=expected.result.shard, what=f"{path}: {found[record]}", name=name)
            else:
                yield Problem(shard=expected.result.shard, what=found[record], record=record, name=name)
        if unread and not told:
            yield Problem(shard=expected.result.shard, what=f"TensorFlow cannot read it: {unread}")
        elif len(found) != expected.result.images and not told:
            what = f"TensorFlow found {len(found):,} images in it; expected {expected.result.images:,}"
            yield Problem(shard=expected.result.shard, what=what)
        self._done += expected.result.bytes_out
        self._tell(expected, 0)

    def _decode(self, expected: Expectation, found: dict[int, str]) -> str:
        """Fills in the problem of each record, "" for a good one; returns why the shard cannot be read, or "".

        After TensorFlow's process crashes, it decodes the rest of the shard one image at a time, so that the next image
        that crashes it is known.
        """
        threads = usable_cores()
        while True:
            try:
                return self._ask(expected, found, threads)
            except Died as death:
                first = next(record for record in count() if record not in found)
                where = _where(expected, first)
                if not death.crashed or first >= expected.result.images:
                    raise MachineError(
                        f"TensorFlow's process {death}. It was decoding {where}, or one of the few images after it.",
                        f"{death.hint}; nothing was changed",
                    ) from death
                if threads == 1:
                    found[first] = f"TensorFlow's process {death} while decoding its image"
                    self._crashes += 1
                else:
                    text = f"TensorFlow's process {death} near {where}: now decoding this shard one image at a time"
                    self._report(Note(text=text, warning=True))
                if self._crashes == _CRASHES:
                    raise MachineError(
                        f"TensorFlow's process crashed on {_CRASHES} images, the last of them {where}.",
                        "Fix the tensorflow installation and verify again; nothing was changed",
                    ) from death
                threads = 1

    def _ask(self, expected: Expectation, found: dict[int, str], threads: int) -> str:
        unread = ""
        for answer in self._tensorflow.ask(_request(expected, found, threads)):
            if "unread" in answer:
                unread = answer["unread"]
            else:
                found[answer["record"]] = answer.get("problem", "")
                if len(found) % _EVERY == 0:
                    self._tell(expected, len(found))
        return unread

    def _tell(self, expected: Expectation, images: int) -> None:
        part = expected.result.bytes_out * images // max(expected.result.images, 1)
        done = min(self._done + part, self._total)
        self._report(Preparing(step="decoding images with TensorFlow", done=done, total=self._total))


def _request(expected: Expectation, done: Collection[int], threads: int) -> dict[str, Any]:
    return {
        "task": "decode",
        "target": pickled(expected.target),
        "files": list(expected.target.files_of(expected)),
        "threads": threads,
        "done": sorted(done),
    }


def _where(expected: Expectation, record: int) -> str:
    images = expected.images
    name = f" ({images[record].name})" if record < len(images) else ""
    return f"{expected.result.shard}, record {record}{name}"
