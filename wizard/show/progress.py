"""The bars: rich progress on a person's terminal."""

from contextlib import AbstractContextManager

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from wizard.engine.events import Event, Finished, Preparing, Started
from wizard.output import Output
from wizard.show.faces import told
from wizard.show.tally import Tally, clock
from wizard.sources.locate import human_bytes


class _Narrower:
    """Leaves room at the right, where the terminal itself writes ^C; a full line would break and never be erased."""

    def __init__(self, inner: RenderableType) -> None:
        self._inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self._inner, options.update_width(options.max_width - len("^C") - 1))


class _Progress(Progress):
    """rich's, a little narrower than the terminal."""

    def get_renderable(self) -> RenderableType:
        """What is drawn."""
        return _Narrower(super().get_renderable())


class Bars:
    """A bar for each preparation, then one for the build and one for each split."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._tally = Tally()
        self._progress = _Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[said]}"),
            console=output.talk,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def shown(self) -> AbstractContextManager[object]:
        """Draws while it is open, and leaves nothing behind."""
        return self._progress

    def handle(self, event: Event) -> None:
        """Draws it."""
        self._tally.add(event)
        for line in told(event):
            self._output.say(line)
        if isinstance(event, Preparing):
            self._draw(event.step, event.done, event.total, f"of {human_bytes(event.total)}")
            if event.done >= event.total:
                self._progress.remove_task(self._tasks.pop(event.step))
        elif self._tally.splits and not isinstance(event, Finished):
            self._draw_build(fresh=isinstance(event, Started))

    def _draw_build(self, *, fresh: bool) -> None:
        tally = self._tally
        left = tally.seconds_left
        rate = "" if fresh or left is None else f" · {tally.rate:,.0f}/s · {clock(left)} left"
        self._draw("All", tally.reached, tally.images, f"{tally.reached:,} of {tally.images:,}{rate}")
        for name, split in tally.splits.items():
            self._draw(name, split.reached, split.images, f"{split.shards_done:,} of {split.shards:,} shards")

    def _draw(self, name: str, done: int, total: int, said: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, said=said)
        self._progress.update(self._tasks[name], completed=done, total=total, said=said)
