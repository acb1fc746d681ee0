import tarfile
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.formats.tar_header import Header, HeaderParser

GNU_MAGIC = b"ustar  \0"
NAMES = st.text("ab/_.é\udcff", min_size=3, max_size=12) | st.text("ab/", max_size=6).map(
    lambda end: f"{'p' * 99}/{end}"
)
MEMBERS = st.tuples(
    NAMES,
    st.integers(0, 5) | st.just(8**11 - 1),
    st.integers(0, 9),
    st.sampled_from([0] * 5 + [1]),
    st.sampled_from([tarfile.REGTYPE] * 9 + [tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE]),
)
FORMATS = st.sampled_from((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT))
PLACES = st.sampled_from(
    [0, 5, 99, 100, 107, 124, 130, 134, 135, 136, 147, 148, 153, 154, 155, 156, 257, 263, 345, 511]
)
CHANGES = st.lists(st.tuples(PLACES, st.sampled_from(b"\0 017Z/_+-\x80\xff")), max_size=2)


def header(name: str, size: int, mtime: int, uid: int, kind: bytes, form: Literal[0, 1]) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.uid, info.type = size, mtime, uid, kind
    try:
        return info.tobuf(form, "utf-8", "surrogateescape")[-512:]
    except ValueError:  # too long for the format
        return bytes(512)


def changed(block: bytes, changes: list[tuple[int, int]], *, resum: bool) -> bytes:
    """The block with other bytes in some places; its checksum is that of them, or left as it was."""
    damaged = bytearray(block)
    for place, value in changes:
        damaged[place] = value
    if resum and changes:
        damaged[148:156] = b"%06o\0 " % (sum(damaged[:148]) + 8 * ord(" ") + sum(damaged[156:]))
    return bytes(damaged)


def by_tarfile(block: bytes) -> Header | str:
    """What `tarfile` alone reads, or its error."""
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        return repr(error)
    if block[257:265] == GNU_MAGIC:
        info.name = block[:100].partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return Header(info.name, info.size, info.type)


def by_parser(parser: HeaderParser, block: bytes) -> Header | str:
    try:
        return parser.parse(block)
    except tarfile.HeaderError as error:
        return repr(error)


@given(st.lists(st.tuples(MEMBERS, CHANGES, st.booleans()), min_size=4, max_size=8), FORMATS)
@settings(max_examples=400)
def test_headers_one_after_the_other_are_read_as_tarfile_reads_each_alone(
    members: list[tuple[tuple[str, int, int, int, bytes], list[tuple[int, int]], bool]], form: Literal[0, 1]
) -> None:
    parser = HeaderParser()
    for member, changes, resum in members:
        block = changed(header(*member, form), changes, resum=resum)
        assert by_parser(parser, block) == by_tarfile(block)


def test_only_the_first_of_many_similar_headers_is_left_to_tarfile() -> None:
    parser = HeaderParser()
    blocks = [header(f"n01440764_{i}.JPEG", i, i, 0, tarfile.REGTYPE, tarfile.USTAR_FORMAT) for i in range(100)]
    parser.parse(blocks[0])
    with_tarfile: list[bytes] = []
    parser._parse_and_remember = with_tarfile.append  # type: ignore[method-assign,assignment]
    assert [parser.parse(block).size for block in blocks[1:]] == [*range(1, 100)]
    assert not with_tarfile
