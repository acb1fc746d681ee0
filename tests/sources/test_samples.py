import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wizard.sources.samples import SampleTable


def table(boxes_of: list[int]) -> SampleTable:
    """Row i is called i and has boxes_of[i] boxes, all with corners i."""
    count = len(boxes_of)
    return SampleTable(
        files=("a.tar", "b.tar"),
        file=(np.arange(count) % 2).astype(np.int32),
        inside=np.zeros(count, "S1"),
        offset=np.arange(count) * 1000,
        size=np.arange(count) + 1,
        name=np.array([b"%d" % i for i in range(count)], dtype="S8"),
        label=np.arange(count, dtype=np.int16),
        first_box=np.concatenate([[0], np.cumsum(boxes_of)]).astype(np.int64),
        boxes=np.repeat(np.arange(count, dtype=np.float64), boxes_of)[:, None].repeat(4, axis=1),
    )


def shape(rows: SampleTable) -> list[tuple[str, str, int, int, list[float]]]:
    return [(s.name, s.file, s.offset, s.label, s.boxes[:, 0].tolist()) for s in rows]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.data())
def test_taking_rows_takes_their_boxes_along(boxes_of: list[int], data: st.DataObject) -> None:
    whole = table(boxes_of)
    rows = data.draw(st.lists(st.integers(0, len(boxes_of) - 1), max_size=8))
    expected = [shape(whole)[row] for row in rows]
    assert shape(whole.take(np.array(rows, dtype=np.intp))) == expected


def test_what_is_taken_does_not_hold_the_rest() -> None:
    big = table([3] * 10_000)
    assert len(pickle.dumps(big.take(np.arange(5)))) < 3000


def test_boxes_are_found_by_name_and_keep_their_order() -> None:
    names = np.array([b"0", b"2", b"2", b"7"])
    boxes = np.arange(4, dtype=np.float64)[:, None].repeat(4, axis=1)
    found = table([1, 1, 1]).with_boxes(names, boxes)
    assert [sample.boxes[:, 0].tolist() for sample in found] == [[0], [], [1, 2]]
