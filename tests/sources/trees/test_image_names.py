import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.ilsvrc2012.synsets import rank_of_image, synsets
from wizard.sources.trees.image_names import parse_image_name

WNIDS = [synset.wnid for synset in synsets()]
SUFFIXES = st.sampled_from([".JPEG", ".jpeg", ".JPG", ".jpg", ".Jpeg"])
STEMS = st.one_of(
    st.builds("{}_{}".format, st.sampled_from(WNIDS), st.integers(0, 10**6)),
    st.builds("ILSVRC2012_val_{:08d}".format, st.integers(1, 50_000)),
)


@given(STEMS, SUFFIXES, st.booleans())
def test_the_official_name_is_recovered_from_every_spelling(stem: str, suffix: str, reported: bool) -> None:
    rank = rank_of_image(f"{stem}.JPEG")
    assert rank is not None
    spoken = parse_image_name(f"{stem}_{WNIDS[rank]}{suffix}" if reported else f"{stem}{suffix}")
    assert spoken is not None
    assert (spoken.name, spoken.wnid, spoken.suffixed, spoken.problem) == (f"{stem}.JPEG", WNIDS[rank], reported, "")


@given(STEMS, st.sampled_from(WNIDS))
def test_a_class_at_the_end_that_is_another_is_a_problem(stem: str, other: str) -> None:
    rank = rank_of_image(f"{stem}.JPEG")
    spoken = parse_image_name(f"{stem}_{other}.JPEG")
    assert spoken is not None
    assert rank is not None
    assert bool(spoken.problem) == (other != WNIDS[rank])


@given(st.text(max_size=30))
def test_a_name_that_is_not_imagenets_gives_no_class(name: str) -> None:
    assert parse_image_name(name) is None


@pytest.mark.parametrize(
    "name", ["ILSVRC2012_val_00050001.JPEG", "ILSVRC2012_val_00000000.JPEG", "ILSVRC2012_test_00100001.JPEG"]
)
def test_a_number_that_no_image_has_is_a_problem(name: str) -> None:
    spoken = parse_image_name(name)
    assert spoken is not None
    assert "has a number outside of 1 to" in spoken.problem


@pytest.mark.parametrize("name", ["ILSVRC2012_test_00000001.JPEG", "ILSVRC2012_test_00000001_n01440764.jpeg"])
def test_a_test_image_has_no_class(name: str) -> None:
    spoken = parse_image_name(name)
    assert spoken is not None
    assert (spoken.name, spoken.split, spoken.wnid) == ("ILSVRC2012_test_00000001.JPEG", "test", "")
