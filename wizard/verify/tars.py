"""Re-reads a shard of WebDataset: whether the tar is whole, and what its samples hold."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from typing import IO, Any

import numpy as np

from wizard.engine.targets import key
from wizard.formats import tar
from wizard.verify import images
from wizard.verify.expected import Expectation, Planned, Problem, Seen, miscounted

_FIELDS = ["cls", "jpg", "json"]

_Sample = tuple[str, list[tuple[str, bytes]]]
"""A key, and the names and contents of the fields that follow each other under it."""


def check_tar(expected: Expectation) -> Iterator[Problem]:
    """What is wrong with a shard's samples.

    Raises:
        OSError: it cannot be read.
    """
    shard, planned = expected.result.shard, expected.images
    count = boxes = 0
    with expected.path.open("rb") as file:
        found = _samples(file)
        while True:
            known = planned[count] if count < len(planned) else None
            name = known.name if known else ""
            try:
                sample = next(found, None)
            except tar.TarDamage as damage:
                yield Problem(shard=shard, what=str(damage), record=count, name=name)
                return
            if sample is None:
                break
            seen = _seen(sample, known)
            boxes += seen.boxes
            for what in seen.wrong:
                yield Problem(shard=shard, what=what, record=count, name=name)
            count += 1
    yield from miscounted(expected, count, boxes)


def _samples(file: IO[bytes]) -> Iterator[_Sample]:
    def fields() -> Iterator[tuple[str, str, bytes]]:
        for member in tar.members(file):
            stem, _, field = member.name.partition(".")
            file.seek(member.offset)
            yield stem, field, file.read(member.size)

    for stem, group in groupby(fields(), key=lambda field: field[0]):
        yield stem, [(field, content) for _, field, content in group]


def _seen(sample: _Sample, planned: Planned | None) -> Seen:
    stem, fields = sample
    if planned is None:
        return Seen(0, ["it is one sample too many"])
    if stem != key(planned.name):
        return Seen(0, [f"its key is {stem}, expected {key(planned.name)}"])
    present = [field for field, _ in fields]
    if present != _FIELDS:
        return Seen(0, [f"its members are {', '.join(present)}, expected {', '.join(_FIELDS)}"])
    (_, label), (_, encoded), (_, text) = fields
    wrong = [] if label == str(planned.label).encode() else [f"its cls is {label!r}, expected {planned.label}"]
    described: Any = None
    with suppress(ValueError):
        described = json.loads(text)
    if not isinstance(described, dict):
        return Seen(0, [*wrong, "its json is no JSON object"])
    boxes = _boxes(described.get("boxes"))
    wrong += _misdescribed(described, planned)
    wrong += ["the boxes of its json are no lists of four numbers"] if boxes is None else images.wrong_boxes(boxes)
    wrong += images.wrong(encoded, described)
    return Seen(0 if boxes is None else len(boxes), wrong)


def _misdescribed(described: dict[str, Any], planned: Planned) -> Iterator[str]:
    wanted = {"filename": planned.name, "label": planned.label, "class": planned.wnid, "text": planned.text}
    for field, value in wanted.items():
        if described.get(field) != value:
            yield f"{field} of its json is {described.get(field)!r}, expected {value!r}"
    for field in ("height", "width"):
        if field not in described:
            yield f"its json has no {field}"


def _boxes(listed: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    with suppress(ValueError, TypeError):
        boxes = np.array(listed, dtype=np.float64)
        if isinstance(listed, list) and (boxes.shape == (len(listed), 4) or not listed):
            return boxes.reshape(-1, 4)
    return None
