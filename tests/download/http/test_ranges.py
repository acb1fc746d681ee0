import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.download.http.ranges import Block, Blocks

COIN = st.booleans()


@settings(max_examples=40)
@given(
    start=st.integers(0, 30),
    size=st.integers(0, 90),
    block=st.integers(0, 40),
    window=st.integers(0, 90),
    data=st.data(),
)
def test_every_byte_is_handed_out_once_whatever_breaks_off(
    start: int, size: int, block: int, window: int, data: st.DataObject
) -> None:
    blocks = Blocks(start, start + size, block=block, window=window)
    came = [0] * (start + size)
    written, out = start, list[Block]()
    while written < start + size:
        heads: bool = data.draw(COIN)
        if out and (heads or not blocks._ready()):
            taken = out.pop(data.draw(st.integers(0, len(out) - 1)))
            reached = data.draw(st.integers(taken.start, taken.stop))
            for place in range(taken.start, reached):
                came[place] += 1
            blocks.done(Block(reached, taken.stop))
            while written < start + size and came[written]:
                written += 1
            blocks.written(written)
        else:
            taken_now = blocks.take()
            assert taken_now is not None
            assert taken_now.stop <= written + max(window, block or size) + (block or size)
            out.append(taken_now)
    assert came == [0] * start + [1] * size
    assert not out
    assert blocks.take() is None


def test_what_broke_off_is_handed_out_first() -> None:
    blocks = Blocks(0, 100, block=10, window=100)
    first = blocks.take()
    assert first == Block(0, 10)
    blocks.take()
    blocks.done(Block(4, 10))
    assert [blocks.take(), blocks.take()] == [Block(4, 10), Block(20, 30)]


def test_nobody_waits_for_more_once_it_is_closed() -> None:
    blocks = Blocks(0, 100, block=10, window=10)
    blocks.take()
    got: list[Block | None] = []
    waiting = threading.Thread(target=lambda: got.append(blocks.take()))
    waiting.start()
    blocks.close()
    waiting.join(10)
    assert got == [None]


def test_whoever_finds_nothing_to_do_waits_for_those_who_may_break_off() -> None:
    blocks = Blocks(0, 10, block=10, window=10)
    blocks.take()
    got: list[Block | None] = []
    waiting = threading.Thread(target=lambda: got.append(blocks.take()))
    waiting.start()
    blocks.done(Block(3, 10))
    waiting.join(10)
    assert got == [Block(3, 10)]
