"""What is wrong with a sample of a shard: its key, its members, and the values of its json and their types."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.formats import tar
from wizard.targets import images
from wizard.targets.expected import Planned, Seen
from wizard.targets.webdataset.members import FIELDS, parsed


class StoredSample(NamedTuple):
    """A key, and the names and contents of the fields that follow each other under it."""

    key: str
    fields: list[tuple[str, bytes]]

    def seen(self, planned: Planned, key: str, kinds: Mapping[str, type]) -> Seen:
        """What is wrong with a sample that was made from an image, under a key, with these types in its json."""
        if self.key != key:
            return Seen(0, [f"its key is {self.key}, expected {key}"])
        present = [field for field, _ in self.fields]
        if present != [*FIELDS]:
            return Seen(0, [f"its members are {', '.join(present)}, expected {', '.join(FIELDS)}"])
        (_, label), (_, encoded), (_, text) = self.fields
        wrong = [] if label == str(planned.label).encode() else [f"its cls is {label!r}, expected {planned.label}"]
        described = parsed(text)
        if not isinstance(described, dict):
            return Seen(0, [*wrong, "its json is not a JSON object"])
        boxes = _boxes(described.get("boxes"))
        wrong += _misdescribed(described, planned, kinds)
        if boxes is None:
            wrong.append("the boxes of its json are not lists of four numbers")
        else:
            wrong += images.wrong_boxes(boxes)
        wrong += images.wrong(encoded, described)
        return Seen(0 if boxes is None else len(boxes), wrong)


def samples(file: IO[bytes]) -> Iterator[StoredSample]:
    """The samples of a shard, in order.

    Raises:
        tar.TarDamage: it is damaged.
    """
    for key, members in groupby(tar.members(file), key=lambda member: member.name.partition(".")[0]):
        fields = []
        for member in members:
            file.seek(member.offset)
            fields.append((member.name.partition(".")[2], file.read(member.size)))
        yield StoredSample(key, fields)


def _misdescribed(described: Mapping[str, Any], planned: Planned, kinds: Mapping[str, type]) -> Iterator[str]:
    wanted = {"filename": planned.name, "label": planned.label, "class": planned.wnid, "text": planned.text}
    for field, value in wanted.items():
        if field in described and described[field] != value:
            yield f"{field} of its json is {described[field]!r}, expected {value!r}"
    # Readers that infer types take the order of the keys for a part of the type.
    if [*described] != [*kinds]:
        missing = ", ".join(sorted(kinds.keys() - described.keys()))
        yield f"its json has no {missing}" if missing else f"the keys of its json are {', '.join(described)}"
    for field, kind in kinds.items():
        if field in described and type(described[field]) is not kind:
            yield f"{field} of its json is {described[field]!r}, expected {kind.__name__}"


def _boxes(listed: Any) -> npt.NDArray[np.float64] | None:
    if isinstance(listed, str):
        listed = parsed(listed)
    with suppress(ValueError, TypeError):
        boxes = np.array(listed, dtype=np.float64)
        if isinstance(listed, list) and (boxes.shape == (len(listed), 4) or not listed):
            return boxes.reshape(-1, 4)
    return None
