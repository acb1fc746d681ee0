import io

import pytest
from rich.console import Console

from tests.show.test_faces import BEAT, DONE, STARTED
from wizard.engine.events import Preparing
from wizard.output import Output
from wizard.show.progress import Bars


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_bars_show_how_far_each_split_is_and_never_fill_the_line(width: int) -> None:
    output = Output()
    output.talk = Console(file=io.StringIO(), force_terminal=True, width=width, no_color=True)
    bars = Bars(output)
    for event in (Preparing(step="headers", done=4, total=4), STARTED, BEAT, DONE):
        bars.handle(event)
    picture = Console(file=io.StringIO(), width=width, no_color=True)
    picture.print(bars._progress.get_renderable())
    assert isinstance(picture.file, io.StringIO)
    drawn = picture.file.getvalue().splitlines()
    assert [line.split()[0] for line in drawn] == ["All", "train"]
    assert all(len(line.rstrip()) <= width - 3 for line in drawn)
    if width >= 60:
        assert "6 of 10" in drawn[0]
        assert "2 of 2 shards" in drawn[1]
