"""What a Parquet file's footer says of its row groups, read without a library.

pyarrow's own objects for it end the process where a damaged footer contradicts its schema (seen with 18 to 26: a
C++ exception in a function that may not throw). The footer is a struct in Thrift's compact protocol; the numbers of its
fields are those of parquet.thrift in apache/parquet-format.
"""

import os
import struct
from pathlib import Path
from typing import Any, NamedTuple

_TAIL = struct.Struct("<I4s")  # the footer's length, and the magic
_DEEPEST = 32  # structs and lists in each other; a real footer has seven
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)
_LAST_SHORT = 14  # lengths of lists up to this are in the byte of their type


class FooterDamage(Exception):
    """A footer that cannot be understood."""


class Chunk(NamedTuple):
    """A column of a row group: its rows, its bytes before compression, and its nulls; -1 where that is not stated."""

    rows: int
    bytes: int
    nulls: int


def column_chunks(path: Path, column: str) -> list[Chunk]:
    """The chunks of a column, named by the path of its leaf ("image.bytes"), one for each row group.

    Raises:
        FooterDamage: the footer is no struct, or a row group lacks the column or states another number of rows for it.
        OSError: the file cannot be read.
    """
    try:
        groups = _Thrift(_footer(path)).struct()[4]
        return [_chunk(number, group, column) for number, group in enumerate(groups)]
    except (IndexError, KeyError, TypeError, AttributeError, struct.error, UnicodeDecodeError) as error:
        raise FooterDamage("its footer is damaged") from error


def _footer(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size - _TAIL.size)
        length, _ = _TAIL.unpack(file.read(_TAIL.size))
        if length + _TAIL.size > size:
            raise FooterDamage("its footer is longer than the file")
        file.seek(size - _TAIL.size - length)
        return file.read(length)


def _chunk(number: int, group: dict[int, Any], column: str) -> Chunk:
    rows = group[3]
    for each in group[1]:
        stated = each[3]
        if b".".join(stated[3]).decode() == column:
            if not 0 <= rows == stated[5]:
                raise FooterDamage(f"row group {number:,} has {rows:,} rows, and {stated[5]:,} in {column}")
            return Chunk(rows, max(0, stated[6]), stated.get(12, {}).get(3, -1))
    raise FooterDamage(f"row group {number:,} has no column {column}")


class _Thrift:
    """Reads values in the compact protocol; a struct is a dict of its fields by number."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        found: dict[int, Any] = {}
        field = 0
        while header := self._byte():
            kind, step = header & 0x0F, header >> 4
            field = field + step if step else self._integer()
            # In a field, a Boolean is its type.
            found[field] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise FooterDamage("its footer has no end")
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_LIST, _SET):
            header = self._byte()
            count = header >> 4
            length = count if count <= _LAST_SHORT else self._varint()
            if length > len(self._data):
                raise FooterDamage("its footer has a list that is longer than itself")
            return [self._value(header & 0x0F, depth + 1) for _ in range(length)]
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise FooterDamage(f"its footer has a value of type {kind}")  # maps too: no field has one

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise FooterDamage("its footer ends inside a value")
        self._at += count
        return self._data[self._at - count : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _integer(self) -> int:
        """A signed integer, in zigzag order: 0, -1, 1, -2."""
        value = self._varint()
        return value >> 1 ^ -(value & 1)
