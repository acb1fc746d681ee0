"""Something wrong with a dataset."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a dataset.

    Attributes:
        shard: its name, or a file's path below the dataset's folder.
        what: a clause: what was found, what was expected.
        record: its place in the shard from 0; None where the shard as a whole is meant.
        name: of the image, where it is known.
    """

    shard: str
    what: str
    record: int | None = None
    name: str = ""

    def __str__(self) -> str:
        place = "" if self.record is None else f", record {self.record}"
        return f"{self.shard}{place}{f' ({self.name})' if self.name else ''}: {self.what}"
