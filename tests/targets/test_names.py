import posixpath
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from wizard.targets.names import JPEG_SUFFIXES, jpeg_suffix, normalized

PIECES = st.sampled_from(["a", "é", ".", "..", "/", "//", ".jpg", ".JPEG", "jpg", ".png", " "])
PATHS = st.lists(PIECES, max_size=7).map("".join)


@given(PATHS)
def test_a_path_is_normalized_as_posixpath_does_it(path: str) -> None:
    assert normalized(path) == posixpath.normpath(path)


@given(PATHS.map(posixpath.normpath))
def test_the_suffix_of_a_jpeg_is_the_one_that_pathlib_gives(path: str) -> None:
    suffix = PurePosixPath(path).suffix
    assert jpeg_suffix(path) == (suffix if suffix.lower() in JPEG_SUFFIXES else "")
