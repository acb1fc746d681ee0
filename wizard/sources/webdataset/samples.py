"""The samples of one shard: members with one key that follow each other, read by their headers and small contents."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from wizard.errors import InputError
from wizard.formats import tar
from wizard.formats.padding import ends_in_zeros, is_padding
from wizard.sources import clutter
from wizard.sources.locate import zeros_warning
from wizard.sources.names import unsafe
from wizard.sources.remarks import LeftOutCounter
from wizard.sources.webdataset.members import Field, field_of
from wizard.sources.webdataset.opening import LARGEST
from wizard.sources.webdataset.row import Part, Row, row_of
from wizard.sources.webdataset.said import InvalidSample

AGAIN = "Download or build this shard again"
_HEAD = 1 << 11
"""Bytes of each content that are read along with its header: all of most labels, so that one call does for both."""
_LABELS = ("cls", "json")
_PLAIN = re.compile(r"[\w-]+(?:[./][\w-]+)*", re.ASCII)
"""Names that are safe, as most are: found so in a twentieth of the time."""
_TOGETHER = "Write it again with the members of each sample together: by webdataset.TarWriter, or tar --sort=name"


class ShardSamples:
    """Reads one shard, and collects what in it is no sample.

    Args:
        file: the shard, at its start; only ever read forwards.
        path: its path.
        left_out: counts members that are not read.
    """

    def __init__(self, file: IO[bytes], path: Path, left_out: LeftOutCounter) -> None:
        self.warnings: list[str] = []
        self._file = file
        self._path = path
        self._left_out = left_out
        # By the hash of their keys: a shard may hold a million, and two with one hash are as good as impossible.
        self._fields_of: dict[int, tuple[str, ...]] = {}
        self._same: dict[tuple[str, ...], tuple[str, ...]] = {}

    def rows(self) -> Iterator[Row]:
        """The samples that have an image, in order.

        Raises:
            InputError: the shard is damaged, or a sample cannot be used.
        """
        for parts in self._samples():
            key = parts[0].field.key
            self._require_new(key, parts)
            try:
                row = row_of(parts)
            except InvalidSample as error:
                raise InputError(f"{self._path}: the sample {key} {error}.", AGAIN) from error
            if row is None:
                self._leave(key, "samples without an image", clutter=False)
            else:
                self._pass_over(parts, row)
                yield row

    def _samples(self) -> Iterator[list[Part]]:
        parts: list[Part] = []
        for member in self._members():
            field = field_of(member.name)
            if field is None:
                kind = _clutter_kind(member.name)
                self._leave(member.name, kind or "members without a key", clutter=bool(kind))
                continue
            if parts and field.key != parts[0].field.key:
                yield parts
                parts = []
            twin = next((part for part in parts if part.field.name == field.name), None)
            if twin is not None:
                raise InputError(f"{self._path}: the sample {field.key} has its {field.name} twice.", AGAIN)
            parts.append(Part(field, member, self._content(field, member)))
        if parts:
            yield parts

    def _members(self) -> Iterator[tar.Member]:
        last: tar.Member | None = None
        can_go_back = isinstance(self._file, io.FileIO)

        def ended(size: int, zeros: int) -> None:
            inside = can_go_back and last is not None and ends_in_zeros(self._file, last.offset, last.size)
            if inside or not is_padding(size, zeros):
                self.warnings.append(zeros_warning(str(self._path), zeros, "samples", inside=inside))

        try:
            for last in tar.members(self._file, head=_HEAD, ended=ended):
                why = "" if _PLAIN.fullmatch(last.name) else unsafe(last.name)
                if why:
                    raise InputError(f"{self._path}: the name of its member {last.name!r} {why}.", "Write it again")
                yield last
        except tar.TarDamage as error:
            raise InputError(f"{self._path}: {error}.", error.hint or AGAIN) from error

    def _content(self, field: Field, member: tar.Member) -> bytes:
        """The content of a label; of anything else, its first bytes."""
        if field.kind not in _LABELS or member.size <= len(member.head):
            return member.head
        if member.size > LARGEST:
            raise InputError(f"{self._path}: {member.name} has {member.size:,} bytes, too many for a label.", AGAIN)
        self._file.seek(member.offset + len(member.head))
        rest = self._file.read(member.size - len(member.head))
        return member.head + rest  # if the shard ends here, the walk says so next

    def _require_new(self, key: str, parts: list[Part]) -> None:
        """A key that comes again is another sample to any reader, of which the one or the other is incomplete."""
        fields = tuple([part.field.name for part in parts])
        before = self._fields_of.get(hash(key))
        if before is None:
            self._fields_of[hash(key)] = self._same.setdefault(fields, fields)
        elif {*before} & {*fields}:
            raise InputError(f"{self._path} holds the sample {key} more than once.", AGAIN)
        else:
            one, other = (", ".join(sorted(each)) for each in (before, fields))
            raise InputError(
                f"{self._path}: the members of the sample {key} do not follow each other: other samples lie between "
                f"its {one} and its {other}.",
                _TOGETHER,
            )

    def _pass_over(self, parts: list[Part], row: Row) -> None:
        for part in parts:
            if part.field.name not in _LABELS and part.member.offset != row.offset:
                kind = clutter.of_file(f"a.{part.field.name}")
                self._leave(part.member.name, kind or f".{part.field.name} files", clutter=bool(kind))

    def _leave(self, name: str, kind: str, *, clutter: bool) -> None:
        self._left_out.add(kind, f"{self._path}: {name}", clutter=clutter)


def _clutter_kind(name: str) -> str:
    *folders, base = name.split("/")
    return next(filter(None, map(clutter.of_folder, folders)), "") or clutter.of_file(base)
