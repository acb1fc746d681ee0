from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.download.http.ranges import ByteRange, RangeQueue

COIN = st.booleans()


@settings(max_examples=40)
@given(
    start=st.integers(0, 30),
    count=st.integers(0, 90),
    size=st.integers(0, 40),
    window=st.integers(0, 90),
    data=st.data(),
)
def test_every_byte_is_handed_out_once_whatever_breaks_off(
    start: int, count: int, size: int, window: int, data: st.DataObject
) -> None:
    queue = RangeQueue(start, start + count, size=size, window=window)
    came = [0] * (start + count)
    written, out = start, list[ByteRange]()
    while written < start + count:
        taken = queue.take(written) if not out or data.draw(COIN) else None
        if taken is not None:
            assert taken.stop <= written + max(window, size or count) + (size or count)
            out.append(taken)
            continue
        assert out  # there is always something to do
        broken = out.pop(data.draw(st.integers(0, len(out) - 1)))
        reached = data.draw(st.integers(broken.start, broken.stop))
        for place in range(broken.start, reached):
            came[place] += 1
        queue.put_back(ByteRange(reached, broken.stop))
        while written < start + count and came[written]:
            written += 1
    assert came == [0] * start + [1] * count
    assert queue.take(written) is None


def test_an_interrupted_range_is_handed_out_first() -> None:
    queue = RangeQueue(0, 100, size=10, window=100)
    assert [queue.take(0), queue.take(0)] == [ByteRange(0, 10), ByteRange(10, 20)]
    queue.put_back(ByteRange(4, 10))
    assert [queue.take(0), queue.take(0)] == [ByteRange(4, 10), ByteRange(20, 30)]


def test_ranges_beyond_the_window_wait_until_more_is_written() -> None:
    queue = RangeQueue(0, 100, size=10, window=20)
    assert [queue.take(0), queue.take(0), queue.take(0)] == [ByteRange(0, 10), ByteRange(10, 20), None]
    assert queue.take(10) == ByteRange(20, 30)
