"""The dashboard of a build that another process runs on this machine; of anything else, its log."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from rich.text import Text

from wizard import local_runs
from wizard.errors import MachineError, UsageError
from wizard.folders import as_typed, in_command
from wizard.formatting import moment
from wizard.local_runs import Kind, LocalRun
from wizard.output import Output
from wizard.run_status import ENDED
from wizard.show.build_view import BuildView
from wizard.show.dashboard_view import MARGIN, build_picture
from wizard.show.rows import fitted
from wizard.show.terminal_reporter import LiveArea
from wizard.show.window_progress import WindowProgress, build_headline
from wizard.terminal_echo import echo_off, leaving_keys, owns_terminal

_LOOK = 0.25
"""Seconds between two looks at what a run says of itself."""
_ASK = 2.0
"""Seconds between two requests to go on saying it."""
_SILENT = 10.0
"""Seconds without news after which a watcher is told so."""
_LOG_LINES = 10
"""Lines of the log that are shown from before."""
_WHERE: Mapping[Kind, str] = {"build": "in", "download": "to", "verification": "of"}
_STOPPING = "Finishing what is under way, then stopping"


def watch(
    run: LocalRun,
    output: Output,
    until: Callable[[LocalRun], bool] = lambda _: False,
    *,
    may_leave: bool = True,
    stopping: bool = False,
) -> LocalRun:
    """Shows a run until its process has ended, or `until` is true of it; returns it as it is then.

    Args:
        run: the run.
        output: shows it.
        until: an earlier end.
        may_leave: whether q, Esc and Ctrl-C leave it alone; else Ctrl-C stops it.
        stopping: that it has been asked to stop, which it may not have noticed yet.

    Raises:
        KeyboardInterrupt: the watcher leaves.
        UsageError: it is a run of another version, whose view is not understood.
    """
    asked = float("-inf")
    with (
        leaving_keys(when=output.live and may_leave) as left,
        _shown(output, run, may_leave=may_leave, stopping=stopping) as show,
    ):
        while True:
            if run.kind == "build" and time.monotonic() - asked > _ASK:
                asked = time.monotonic()
                local_runs.ask_for_view(run)
            alive = run.is_alive  # before it is read, or its last word could be missed
            run = local_runs.read(run.name) or run
            show(run)
            if not alive or run.state in ENDED or until(run):
                return run
            if left(_LOOK):
                raise KeyboardInterrupt


def tell(run: LocalRun, output: Output) -> int:
    """Says how a run ended; returns its exit code.

    Raises:
        MachineError: it did not say how.
    """
    output.event("ended", asdict(run))
    if run.exit_code is None:
        raise MachineError(
            f"The {doing(run)} {run.output} ended without a report: its process ({run.pid}) was most likely killed.",
            f"Resume with: {run.command}\n  Log: {as_typed(run.log)}",
        )
    print_result(run.said, output)
    when = "" if run.ended is None else f" {moment(run.ended)}"
    output.say(f"  {unless_build(run)}{run.state}{when} with exit code {run.exit_code} · log: {as_typed(run.log)}")
    return run.exit_code


def print_result(said: str, output: Output) -> None:
    """Prints the result of a run: sentences, and below an empty line a program that is to be copied as it is."""
    told, *program = said.split("\n\n", maxsplit=1)
    output.result(told, wrap=True)
    for lines in program:
        output.result(f"\n{lines}")


def how_to_stop(run: LocalRun) -> str:
    """The command that stops a run."""
    return f"imagenet-setup attach {in_command(Path(run.output))} --stop"


def doing(run: LocalRun) -> str:
    """What a run is, before the name of its folder: "build in", "download to"."""
    return f"{run.kind} {_WHERE[run.kind]}"


def unless_build(run: LocalRun) -> str:
    """What a run is, before how it ended; nothing for a build."""
    return "" if run.kind == "build" else f"{run.kind} "


def how_to_leave() -> str:
    """What the keys do while a build is watched."""
    return f"{_leave()}, the build goes on"


def _leave() -> str:
    return f"{'q, Esc or ' if owns_terminal() else ''}Ctrl-C: leave"


@contextmanager
def _shown(output: Output, run: LocalRun, *, may_leave: bool, stopping: bool) -> Iterator[Callable[[LocalRun], None]]:
    if output.live and run.kind == "build":
        area = LiveArea(output.console)
        window = WindowProgress(output.console)
        picture = _Picture(output, area, window, may_leave=may_leave, stopping=stopping)
        with echo_off():
            try:
                yield picture.draw
            finally:
                area.close()
                window.close()
    elif output.mode == "json":
        yield _Events(output).show
    else:
        if output.live:
            where = f"{doing(run).capitalize()} {as_typed(Path(run.output))}"
            output.say(f"{where} · {_leave()}, the {run.kind} goes on")
        yield _Log(output, run.log).show


class _Picture:
    """Draws a run in place, as its own terminal would show it."""

    def __init__(
        self, output: Output, area: LiveArea, window: WindowProgress, *, may_leave: bool, stopping: bool
    ) -> None:
        self._output, self._area, self._window = output, area, window
        self._may_leave = may_leave
        self._stopping = stopping
        self._last: object = None
        self._news = time.monotonic()

    def draw(self, run: LocalRun) -> None:
        if run.view != self._last:
            self._last, self._news = run.view, time.monotonic()
        self._area.clear_after_resize()
        size, view = self._output.console.size, _view(run)
        if view is not None and self._stopping:
            view = replace(view, stopping=True)
        self._area.draw(self._lines(run, view, size.width, size.height), size)
        if view is not None:
            self._window.show(build_headline(view))

    def _lines(self, run: LocalRun, view: BuildView | None, width: int, height: int) -> list[Text]:
        below = []
        silent = time.monotonic() - self._news
        if silent > _SILENT:
            below.append(f"No news for {silent:.0f} s: the process is suspended, or waits for its disk")
        hints = self._hints(stopping=self._stopping or (view is not None and view.stopping))
        if view is None or not view.splits:
            doing = "prepared" if run.state == "preparing" else "built"
            below.insert(0, " · ".join((f"{Path(run.output).name} is being {doing}", *hints)))
        ascii_only = not self._output.unicode
        lines = [] if view is None else build_picture(view, width, height - len(below), hints, ascii_only=ascii_only)
        return lines + [fitted(Text(line, "dim"), width - MARGIN, ascii_only=ascii_only) for line in below]

    def _hints(self, *, stopping: bool) -> tuple[str, ...]:
        """What the keys do."""
        if not self._may_leave:
            return ("Ctrl-C: stop it",)
        return (_STOPPING, _leave()) if stopping else (how_to_leave(),)


def _view(run: LocalRun) -> BuildView | None:
    try:
        return None if run.view is None else BuildView.from_json(run.view)
    except ValueError as error:
        what = f"The build in {run.output} was started by another version of imagenet-setup, so it cannot be drawn."
        raise UsageError(what, f"imagenet-setup status {in_command(Path(run.output))} --watch") from error


class _Events:
    """Prints what a run says as an object, whenever that has changed."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._last: LocalRun | None = None

    def show(self, run: LocalRun) -> None:
        if run != self._last:
            self._last = run
            self._output.event("run", asdict(run))


class _Log:
    """Prints the last lines of a log, and then what is added to it."""

    def __init__(self, output: Output, path: Path) -> None:
        self._output, self._path = output, path
        self._read: int | None = None

    def show(self, _run: LocalRun) -> None:
        with suppress(OSError), self._path.open("rb") as file:
            if self._read is None:
                lines = list(deque(file, _LOG_LINES))
            else:
                size = file.seek(0, 2)
                file.seek(self._read if self._read <= size else 0)  # from its start, if a new one was begun
                lines = file.readlines()
            self._read = file.tell()
            for line in lines:
                self._output.say(line.decode(errors="replace").rstrip("\n"))
