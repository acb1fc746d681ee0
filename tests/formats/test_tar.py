import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import tar
from wizard.formats import tar as tars
from wizard.formats.tar import BLOCK, Member, TarDamage, is_header, member_at, members

NAMES = st.text("abcxyz0189_-.", min_size=1, max_size=180).filter(lambda name: name.strip("."))
WHOLE = tar([("a", b"x" * 600), ("b", b"y" * 10)])
needs_tar = pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
FORMATS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


@given(st.lists(st.tuples(NAMES, st.binary(max_size=1500)), max_size=6), st.sampled_from([0, 1]))
def test_members_of_gnu_and_pax_archives_by_tarfile_are_found(files: list[tuple[str, bytes]], which: int) -> None:
    data = tar(files, [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT][which])
    found = [
        (m.name, data[m.offset : m.offset + m.size], m.head) for m in members(io.BytesIO(data), 0, len(data), head=7)
    ]
    assert found == [(name, content, content[:7]) for name, content in files]


def test_pax_headers_with_only_times_are_accepted() -> None:
    data = tar([("a", b"1"), ("b", b"22")], tarfile.PAX_FORMAT, mtime=12.5)
    assert [member.name for member in members(io.BytesIO(data))] == ["a", "b"]


def test_a_nested_archive_is_read_in_place() -> None:
    inner = tar([("x", b"abc")])
    outer = tar([("first", b""), ("inner.tar", inner)])
    place = list(members(io.BytesIO(outer)))[1]
    (found,) = members(io.BytesIO(outer), place.offset, place.offset + place.size)
    assert outer[found.offset : found.offset + found.size] == b"abc"


def test_folders_are_skipped() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        archive.addfile(tarfile.TarInfo("folder/file"))
    assert [member.name for member in members(io.BytesIO(buffer.getvalue()))] == ["folder/file"]


def special(kind: bytes, **info: str) -> bytes:
    """An archive with one member that is not a regular file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        header = tarfile.TarInfo("odd")
        header.type = kind
        header.linkname = info.get("linkname", "")
        archive.addfile(header)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("archive", "said", "hint"),
    [
        (special(tarfile.SYMTYPE, linkname="a"), "odd is a symbolic link", "--dereference"),
        (special(tarfile.LNKTYPE, linkname="a"), "odd is a link to another member", "--hard-dereference"),
        (special(tarfile.GNUTYPE_SPARSE), "odd is stored as a sparse file", "without --sparse"),
        (tar([("odd", b"1")], tarfile.PAX_FORMAT, pax_headers={"GNU.sparse.major": "1"}), "odd is stored as", "-S"),
        (special(b"M"), "odd begins in another volume", "--multi-volume"),
        (special(tarfile.FIFOTYPE), r"odd is not a regular file \(type '6'\)", ""),
        (special(tarfile.CHRTYPE), "odd is not a regular file", ""),
    ],
)
def test_a_member_that_is_not_a_plain_file_is_refused_and_named(archive: bytes, said: str, hint: str) -> None:
    with pytest.raises(TarDamage, match=said) as error:
        list(members(io.BytesIO(archive), 0, len(archive)))
    assert hint in error.value.hint


@needs_tar
@pytest.mark.parametrize("form", ["gnu", "oldgnu", "pax", "ustar", "v7"])
@pytest.mark.parametrize(
    "options", [[], ["-b", "700"], ["--label", "VOLUME"], ["--listed-incremental", "state"]], ids=" ".join
)
def test_every_format_of_gnu_tar_is_read(tmp_path: Path, form: str, options: list[str]) -> None:
    if form in ("ustar", "v7") and options[:1] in (["--label"], ["--listed-incremental"]):
        pytest.skip("tar cannot write that")
    names = ["a.JPEG", f"{'d' * 60}/b.JPEG"] + [f"{'e' * 90}/{'f' * 90}.JPEG"] * (form not in ("ustar", "v7"))
    for place, name in enumerate(names):
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).write_bytes(bytes([65 + place]) * 700 * place)
    arguments = ["tar", f"--format={form}", *options, "-cf", "x.tar", "-C", "top", "."]
    subprocess.run(arguments, cwd=tmp_path, check=True)
    data = (tmp_path / "x.tar").read_bytes()
    found = {m.name: data[m.offset : m.offset + m.size] for m in members(io.BytesIO(data), 0, len(data))}
    assert found == {f"./{name}": (tmp_path / "top" / name).read_bytes() for name in names}


@needs_tar
def test_a_sparse_file_in_an_archive_of_gnu_tar_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "holey").open("wb") as file:
        file.seek(1 << 20)
        file.write(b"x")
    for form in ("gnu", "pax"):
        subprocess.run(["tar", "-S", f"--format={form}", "-cf", "x.tar", "holey"], cwd=tmp_path, check=True)
        with (tmp_path / "x.tar").open("rb") as file, pytest.raises(TarDamage, match="holey is stored as a sparse"):
            list(members(file))


def test_global_headers_are_skipped() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x"}) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    assert [member.name for member in members(io.BytesIO(buffer.getvalue()))] == ["a"]


@needs_tar
def test_archives_concatenated_by_tar_are_read_as_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.tar").write_bytes(tar([(name, name.encode())]))
    subprocess.run(["tar", "-A", "-f", "a.tar", "b.tar"], cwd=tmp_path, check=True)
    with (tmp_path / "a.tar").open("rb") as file:
        assert [member.name for member in members(file)] == ["a", "b"]


@pytest.mark.parametrize("known_end", [True, False])
def test_archives_concatenated_by_cat_are_refused_with_a_hint(known_end: bool) -> None:
    data = tar([("a", b"1")]) + tar([("b", b"2")])
    with pytest.raises(TarDamage, match=r"ends at byte 1,024, but another member follows at byte 10,240") as error:
        list(members(io.BytesIO(data), 0, len(data) if known_end else None))
    assert "tar --ignore-zeros" in error.value.hint


def test_a_single_block_of_zeros_is_a_valid_end() -> None:
    """Some writers omit the second block."""
    data = WHOLE[:2560] + bytes(BLOCK)
    assert [member.name for member in members(io.BytesIO(data), 0, len(data))] == ["a", "b"]


@pytest.mark.parametrize("known_end", [True, False])
@given(cut=st.integers(0, 3071))
def test_an_archive_truncated_at_any_byte_is_refused(known_end: bool, cut: int) -> None:
    whole = tar([("a", b"x" * 600), ("b", b"y" * 10)])
    cut_off = whole[:cut]
    end = len(cut_off) if known_end else None
    with pytest.raises(TarDamage):
        list(members(io.BytesIO(cut_off), 0, end, head=1 << 20))


def test_a_damaged_header_is_refused() -> None:
    data = bytearray(tar([("a", b"1"), ("b", b"2")]))
    data[1024 + 3] ^= 0xFF
    with pytest.raises(TarDamage, match="at byte 1,024 there is no tar header"):
        list(members(io.BytesIO(bytes(data)), 0, len(data)))


@pytest.mark.parametrize("known_end", [True, False])
def test_zeros_followed_by_data_are_not_an_end(known_end: bool) -> None:
    """As in a download with a hole."""
    for zeros in (1024, 20_000, 3 << 20):
        data = WHOLE[:1536] + bytes(zeros) + b"data"
        with pytest.raises(TarDamage, match=f"at byte 1,536.* data follows at byte {(1536 + zeros) // 512 * 512:,}"):
            list(members(io.BytesIO(data), 0, len(data) if known_end else None))


@pytest.mark.parametrize("size", ["abc", "-5", "", "1 2"])
def test_an_invalid_size_in_an_extended_header_is_refused(size: str) -> None:
    data = tar([("a", b"1")], tarfile.PAX_FORMAT, pax_headers={"size": size})
    with pytest.raises(TarDamage, match="gives a the size"):
        list(members(io.BytesIO(data)))


IMAGES = st.text("abc019_", min_size=1, max_size=80).map(lambda name: f"{name}.JPEG")
OTHERS = st.text("abc019_", min_size=1, max_size=80).map(lambda name: f"{name}.txt")
CONTENTS = st.binary(max_size=700) | st.sampled_from([0, 1, 2]).map(lambda blocks: bytes(blocks * BLOCK))


def covered(archive: bytes, start: int = 0, end: int | None = None) -> dict[int, Member]:
    """Offset -> the image whose header or content includes that byte, found by walking."""
    found = members(io.BytesIO(archive), start, end)
    places: dict[int, Member] = {}
    for member in found:
        if member.name.endswith(".JPEG"):
            places |= dict.fromkeys(range(member.offset - BLOCK, member.offset + member.size), member)
    return places


def other_than(archive: bytes, expected: dict[int, Member]) -> dict[int, Member | None]:
    """The offsets at which `member_at` does not find what is expected, and what it finds."""
    file = io.BytesIO(archive)
    found = {place: member_at(file, place, b".JPEG") for place in range(len(archive))}
    return {place: member for place, member in found.items() if member != expected.get(place)}


@given(st.lists(st.tuples(IMAGES | OTHERS, CONTENTS), max_size=3), FORMATS, st.sampled_from([BLOCK, 1 << 17]))
@settings(max_examples=20, deadline=None)
def test_member_at_finds_the_same_member_as_walking(files: list[tuple[str, bytes]], form: int, lookback: int) -> None:
    archive = tar(files, form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tars, "_LOOKBACK", lookback)
        assert other_than(archive[: len(archive.rstrip(b"\0")) + 3 * BLOCK], covered(archive)) == {}


def test_member_at_finds_images_in_nested_archives() -> None:
    inner = [
        tar([(f"n0_{i}_{n}.JPEG", bytes([i]) * size) for n, size in enumerate((0, 700, 512))])[: 8 * BLOCK]
        for i in range(2)
    ]
    outer = tar([(f"n0_{i}.tar", data) for i, data in enumerate(inner)])
    expected: dict[int, Member] = {}
    for place in members(io.BytesIO(outer)):
        expected |= covered(outer, place.offset, place.offset + place.size)
    assert len({member.name for member in expected.values()}) == 6
    assert other_than(outer, expected) == {}


def test_member_at_searches_far_backwards_for_the_header() -> None:
    size = 5 * tars._LOOKBACK + 77
    archive = tar([("a.JPEG", bytes(size)), ("b.txt", bytes(size))])
    for place in (0, BLOCK, size // 2, BLOCK + size - 1):
        assert member_at(io.BytesIO(archive), place, b".JPEG") == Member("a.JPEG", BLOCK, size, b"")
    for place in (BLOCK + size, BLOCK + size + 2 * BLOCK, len(archive) - 1, len(archive) + 10**6):
        assert member_at(io.BytesIO(archive), place, b".JPEG") is None


def test_content_that_looks_like_a_name_is_not_taken_for_a_header() -> None:
    decoy = b"decoy.JPEG".ljust(BLOCK, b"\0")
    archive = tar([("a.JPEG", bytes(BLOCK) + decoy + bytes(BLOCK))])
    assert not is_header(decoy)
    assert member_at(io.BytesIO(archive), 3 * BLOCK, b".JPEG") == Member("a.JPEG", BLOCK, 3 * BLOCK, b"")


def test_member_at_returns_the_full_path() -> None:
    archive = tar([("some/folder/" * 12 + "a.JPEG", b"content")])
    found = member_at(io.BytesIO(archive), BLOCK, b".JPEG")
    assert found == next(members(io.BytesIO(archive)))


def test_member_at_returns_only_regular_files() -> None:
    archive = tar([("a.JPEG", b"")], type=tarfile.SYMTYPE, linkname="b.JPEG")
    assert member_at(io.BytesIO(archive), 0, b".JPEG") is None
    assert member_at(io.BytesIO(b""), 0, b".JPEG") is None


def test_the_search_for_a_header_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tars, "_LONGEST_SEARCHED", 10 * BLOCK)
    monkeypatch.setattr(tars, "_LOOKBACK", BLOCK)
    archive = tar([("a.JPEG", bytes(20 * BLOCK))])
    assert member_at(io.BytesIO(archive), 9 * BLOCK, b".JPEG") is not None
    with pytest.raises(TarDamage, match="before byte 9,728 there is no header for"):
        member_at(io.BytesIO(archive), 19 * BLOCK, b".JPEG")
