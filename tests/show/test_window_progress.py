import pytest
from rich.console import Console

from tests.show.scenes import Terminal, beat, split, started, under_way
from tests.show.test_terminal_reporter import Scene
from wizard.download.events import Transferring
from wizard.events import Preparing
from wizard.show.build_progress import BuildProgress
from wizard.show.build_view import BuildView
from wizard.show.progress import Progress
from wizard.show.window_progress import Headline, WindowProgress, build_headline, has_bar, headline

ITERM = {"TERM_PROGRAM": "iTerm.app"}
WITH_BAR = [
    {"WT_SESSION": "6c2a"},
    {"ConEmuANSI": "ON"},
    {"TERM_PROGRAM": "WezTerm"},
    {"TERM_PROGRAM": "ghostty"},
    {"PTYXIS_VERSION": "48.1"},
    ITERM | {"TERM_FEATURES": "T3CwLrMSc7UUw9Ts3BFGsSyHNoSxFP"},
]
WITHOUT_BAR: list[dict[str, str]] = [
    {},
    ITERM,
    ITERM | {"TERM_FEATURES": "T3CwLrMSc7UUw9Ts3BFGsSyHNoSxFPo"},
    {"TERM": "xterm-kitty"},
    {"PTYXIS_VERSION": "47.9"},
    {"ConEmuANSI": "OFF"},
]


@pytest.mark.parametrize("environ", WITH_BAR)
def test_terminals_that_draw_progress_get_it(environ: dict[str, str]) -> None:
    assert has_bar(environ)
    assert not has_bar(environ | {"TMUX": "/tmp/tmux-0/default,1,0"})
    assert not has_bar(environ | {"TERM": "screen-256color"})


@pytest.mark.parametrize("environ", WITHOUT_BAR)
def test_terminals_that_may_show_a_notification_instead_do_not_get_it(environ: dict[str, str]) -> None:
    assert not has_bar(environ)


class Window:
    """What is written to a terminal of its own."""

    def __init__(self, environ: dict[str, str], *, terminal: bool = True) -> None:
        self._file = Terminal(80)
        self.progress = WindowProgress(Console(file=self._file, force_terminal=terminal), environ)

    def wrote(self) -> str:
        written, self._file.codes = "".join(self._file.codes), []
        return written


def test_title_and_bar_show_progress_and_are_cleared_at_the_end() -> None:
    window = Window({"WT_SESSION": "1"})
    window.progress.show(None)
    assert window.wrote() == ""
    window.progress.show(Headline(37, "tfrecords · 2 hours left"))
    assert window.wrote() == "\x1b[22;2t\x1b]2;37 % · tfrecords · 2 hours left\x07\x1b]9;4;1;37\x1b\\"
    window.progress.show(Headline(37, "tfrecords · 2 hours left"))
    window.progress.show(None)
    assert window.wrote() == ""
    window.progress.show(Headline(38, "tfrecords"))
    assert window.wrote() == "\x1b]2;38 % · tfrecords\x07\x1b]9;4;1;38\x1b\\"
    window.progress.close()
    assert window.wrote() == "\x1b]9;4;0;0\x1b\\\x1b]2;\x07\x1b[23;2t"
    window.progress.close()
    assert window.wrote() == ""


def test_a_failure_makes_the_bar_red_before_it_is_cleared() -> None:
    window = Window({"TERM_PROGRAM": "ghostty"})
    window.progress.show(Headline(5, "a"))
    window.wrote()
    window.progress.close(failed=True)
    assert window.wrote().startswith("\x1b]9;4;2;5\x1b\\\x1b]9;4;0;0\x1b\\")


def test_an_unknown_terminal_gets_a_title_alone() -> None:
    window = Window({"TERM": "xterm-256color"})
    window.progress.show(Headline(5, "a"))
    window.progress.close()
    assert "\x1b]9" not in window.wrote()


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": "linux"}])
def test_terminals_without_a_window_get_nothing(environ: dict[str, str]) -> None:
    window = Window(environ)
    window.progress.show(Headline(5, "a"))
    window.progress.close()
    assert window.wrote() == ""


def test_what_is_no_terminal_gets_nothing() -> None:
    window = Window({"WT_SESSION": "1"}, terminal=False)
    window.progress.show(Headline(5, "a"))
    window.progress.close(failed=True)
    assert window.wrote() == ""


def test_a_name_cannot_smuggle_control_codes_into_the_title() -> None:
    window = Window({})
    window.progress.show(Headline(5, "a\x07\x1b]0;b"))
    assert window.wrote() == "\x1b[22;2t\x1b]2;5 % · a??]0;b\x07"


def test_the_headline_is_of_the_build_else_of_what_prepares_it() -> None:
    progress = Progress()
    assert headline(progress) is None
    progress.add(Preparing(step="MD5 of a.tar", done=1, total=4))
    assert headline(progress) == (25, "MD5 of a.tar")
    progress.add(started(split()))
    progress.add(beat(1, 0, 10))
    assert headline(progress) == (1, "train-480-q85")
    assert build_headline(BuildView.of(under_way())) == (35, "train-480-q85 · 1 minute left")
    assert build_headline(BuildView.of(BuildProgress())) is None


def test_the_headline_of_a_download_is_its_first_file() -> None:
    progress = Progress()
    progress.add(Transferring(file="a.tar", done=30, total=100))
    assert headline(progress) == (30, "a.tar")


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), ValueError("a bug")])
def test_the_window_is_cleared_however_a_command_ends(
    error: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "WezTerm")
    for name in ("TMUX", "STY", "TERM"):
        monkeypatch.delenv(name, raising=False)
    scene = Scene(80)
    try:
        with scene.reporter.shown():
            scene.play(started(split()), beat(1, 0, 10))
            if error is not None:
                raise error
    except (KeyboardInterrupt, ValueError):
        pass
    codes = "".join(scene.terminal.codes)
    assert "\x1b]2;1 % · train-480-q85\x07\x1b]9;4;1;1\x1b\\" in codes
    assert codes.endswith("\x1b]9;4;0;0\x1b\\\x1b]2;\x07\x1b[23;2t")
    assert ("\x1b]9;4;2;" in codes) == isinstance(error, ValueError)
