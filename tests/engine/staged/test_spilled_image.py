from hypothesis import given
from hypothesis import strategies as st

from wizard.engine.process_image import ProcessedImage
from wizard.engine.staged.spilled_image import from_bytes, to_bytes
from wizard.formats.resize import Geometry
from wizard.ilsvrc2012.feature_names import ENCODED
from wizard.targets.sample import StoredImage

SIDES = st.tuples(st.integers(1, 9000), st.integers(1, 9000))
GEOMETRIES = st.builds(
    Geometry,
    source=SIDES,
    scaled=SIDES,
    top=st.integers(0, 99),
    left=st.integers(0, 99),
    height=st.integers(1, 9000),
    width=st.integers(1, 9000),
)
STORED = st.builds(StoredImage, jpeg=st.binary(), geometry=GEOMETRIES, converted=st.text(max_size=9))


def same(one: ProcessedImage, other: ProcessedImage) -> bool:
    return (one.bytes_in, one.stored, one.skipped, one.is_reencoded) == (
        other.bytes_in,
        other.stored,
        other.skipped,
        other.is_reencoded,
    )


@given(st.integers(0, 1 << 40), STORED, st.booleans())
def test_an_image_comes_back_as_it_was(bytes_in: int, stored: StoredImage, is_reencoded: bool) -> None:
    processed = ProcessedImage(bytes_in=bytes_in, stored=stored, is_reencoded=is_reencoded)
    assert same(from_bytes(memoryview(to_bytes(processed))), processed)


@given(st.integers(0, 1 << 40), st.text())
def test_an_image_that_is_left_out_comes_back_with_the_reason(bytes_in: int, reason: str) -> None:
    processed = ProcessedImage(bytes_in=bytes_in, skipped=reason)
    assert same(from_bytes(memoryview(to_bytes(processed))), processed)


@given(STORED, st.dictionaries(st.text(), st.binary()))
def test_the_features_of_a_record_keep_their_order_and_the_image_is_held_once(
    stored: StoredImage, others: dict[str, bytes]
) -> None:
    features = {"a": b"1", ENCODED: stored.jpeg * 3, **others}
    data = to_bytes(ProcessedImage(bytes_in=1, stored=stored, features=features))
    assert len(data) < len(stored.jpeg) + sum(map(len, others.values())) + 30 * sum(map(len, others)) + 1000
    found = from_bytes(memoryview(data))
    assert found.stored == stored
    assert found.features is not None
    assert [*found.features.items()] == [(name, b"" if name == ENCODED else value) for name, value in features.items()]
