import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.download.archives import read_sums, wanted
from wizard.errors import InputError, UsageError

VAL = "ILSVRC2012_img_val.tar"
SUM = "29b22e2961454d5413ddabcf34fc5622"
OTHER = "0" * 32
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
NAMES = NAMES.filter(lambda name: not {"/", "\\"} & set(name) and name == name.strip())


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.binary()), binary=st.booleans())
def test_sums_are_read_as_md5sum_writes_them(tmp_path: Path, files: dict[str, bytes], binary: bool) -> None:
    sums = {name: hashlib.md5(data, usedforsecurity=False).hexdigest() for name, data in files.items()}
    path = tmp_path / "sums"
    path.write_text("".join(f"{md5} {'*' if binary else ' '}{name}\n" for name, md5 in sums.items()), encoding="utf-8")
    assert read_sums(path) == sums


@pytest.mark.parametrize(
    "text",
    [
        f"{SUM}  {VAL}\n",
        f"{SUM} *{VAL}\r\n",
        f"{SUM.upper()}  ./folder/{VAL}",
        f"# made by me\n\n{SUM}  C:\\data\\{VAL}\n",
        f"\\{SUM}  D:\\\\data\\\\{VAL}\n",
        f"\ufeff{SUM}  {VAL}\n",
    ],
    ids=["plain", "binary, CRLF", "folder, capitals", "comment", "escaped", "byte order mark"],
)
def test_what_else_such_files_hold_does_not_matter(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sums"
    path.write_bytes(text.encode())
    assert read_sums(path) == {VAL: SUM}


def test_an_invalid_checksum_line_is_reported_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "sums"
    path.write_text(f"{SUM}  {VAL}\nMD5 ({VAL}) = {SUM}\n")
    with pytest.raises(UsageError) as raised:
        read_sums(path)
    assert raised.value.what == (
        f"{path}, line 2: 'MD5 ({VAL}) = {SUM}' is not an MD5 and a name, as md5sum writes them."
    )
    assert raised.value.hint == "Make the file with: md5sum *.tar *.tar.gz *.tgz > FILE"
    with pytest.raises(InputError, match="No such file"):
        read_sums(tmp_path / "none")


def test_the_smallest_comes_first_with_its_official_sum_and_size() -> None:
    found = wanted(("train", "validation", "boxes"), {})
    assert [archive.what for archive in found] == ["boxes", "boxes", "validation", "train"]
    assert (found[2].name, found[2].bytes, found[2].md5) == (VAL, 6_744_924_160, SUM)


def test_a_mirrors_own_sum_leaves_the_size_open_and_the_official_one_does_not() -> None:
    assert [archive.bytes for archive in wanted(["validation"], {VAL: OTHER})] == [0]
    assert [archive.md5 for archive in wanted(["validation"], {VAL: OTHER})] == [OTHER]
    assert [archive.bytes for archive in wanted(["validation"], {VAL: SUM})] == [6_744_924_160]
