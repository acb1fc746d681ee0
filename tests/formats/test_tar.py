import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import tar
from wizard.formats.tar import TarDamage, members

NAMES = st.text("abcxyz0189_-.", min_size=1, max_size=180).filter(lambda name: name.strip("."))
FORMATS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


@given(st.lists(st.tuples(NAMES, st.binary(max_size=1500)), max_size=6), st.sampled_from([0, 1]))
def test_finds_what_tarfile_wrote_in_gnu_and_pax_archives(files: list[tuple[str, bytes]], which: int) -> None:
    data = tar(files, [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT][which])
    found = [
        (m.name, data[m.offset : m.offset + m.size], m.head) for m in members(io.BytesIO(data), 0, len(data), head=7)
    ]
    assert found == [(name, content, content[:7]) for name, content in files]


def test_reads_pax_headers_that_only_carry_times() -> None:
    data = tar([("a", b"1"), ("b", b"22")], tarfile.PAX_FORMAT, mtime=12.5)
    assert [member.name for member in members(io.BytesIO(data))] == ["a", "b"]


def test_starts_at_an_offset_so_that_nested_archives_need_no_copy() -> None:
    inner = tar([("x", b"abc")])
    outer = tar([("first", b""), ("inner.tar", inner)])
    place = list(members(io.BytesIO(outer)))[1]
    (found,) = members(io.BytesIO(outer), place.offset, place.offset + place.size)
    assert outer[found.offset : found.offset + found.size] == b"abc"


def test_passes_over_folders() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        archive.addfile(tarfile.TarInfo("folder/file"))
    assert [member.name for member in members(io.BytesIO(buffer.getvalue()))] == ["folder/file"]


def test_refuses_links() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "elsewhere"
        archive.addfile(link)
    with pytest.raises(TarDamage, match="is a link"):
        list(members(io.BytesIO(buffer.getvalue())))


@pytest.mark.parametrize("known_end", [True, False])
@given(cut=st.integers(0, 3071))
def test_never_ends_quietly_at_a_cut(known_end: bool, cut: int) -> None:
    whole = tar([("a", b"x" * 600), ("b", b"y" * 10)])
    cut_off = whole[:cut]
    end = len(cut_off) if known_end else None
    with pytest.raises(TarDamage):
        list(members(io.BytesIO(cut_off), 0, end, head=1 << 20))


def test_refuses_a_damaged_header() -> None:
    data = bytearray(tar([("a", b"1"), ("b", b"2")]))
    data[1024 + 3] ^= 0xFF
    with pytest.raises(TarDamage, match="at byte 1,024 there is no tar header"):
        list(members(io.BytesIO(bytes(data)), 0, len(data)))


WHOLE = tar([("a", b"x" * 600), ("b", b"y" * 10)])


@pytest.mark.parametrize("known_end", [True, False])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (WHOLE[:1536] + bytes(1024) + WHOLE[1536 + 1024 :] + b"data", "but data follows"),
        (WHOLE + bytes(200_000), "only zeros, more than pad an archive"),
        (WHOLE[:1536] + bytes(512), "inside its end marker"),
    ],
)
def test_zeros_that_are_no_end_are_refused(data: bytes, said: str, known_end: bool) -> None:
    """A hole in a download, or space reserved for what never came."""
    with pytest.raises(TarDamage, match=said):
        list(members(io.BytesIO(data), 0, len(data) if known_end else None))


@pytest.mark.parametrize("size", ["abc", "-5", "", "1 2"])
def test_refuses_an_extended_header_with_a_size_that_is_none(size: str) -> None:
    data = tar([("a", b"1")], tarfile.PAX_FORMAT, pax_headers={"size": size})
    with pytest.raises(TarDamage, match="gives a the size"):
        list(members(io.BytesIO(data)))
