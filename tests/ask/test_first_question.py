"""The first question appears at once, because what it does not need is imported after it."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")

_UNTIL_DRAWN = """
import os, sys
from prompt_toolkit.renderer import Renderer
from wizard.__main__ import entry
from wizard.discovery import search

search.LIMIT = 20  # seconds; a busy machine must not fail a test
draw, loaded = Renderer.render, sys.argv.pop()

def draw_and_end(*args, **kwargs):
    draw(*args, **kwargs)
    with open(loaded, "w") as file:
        file.write("\\n".join(sys.modules))
    os._exit(0)

Renderer.render = draw_and_end
entry()
"""
_HEAVY = {
    *("numpy", "PIL", "simplejpeg", "kornia_rs", "cykooz_resizer", "google.protobuf", "tensorflow"),
    *("cyclopts", "tomlkit", "filelock", "httpx", "multiprocessing", "concurrent.futures.process"),
    *("wizard.engine.run", "wizard.planning", "wizard.preflight.examine", "wizard.sources.opening"),
}
_OF_PROFILES = {"pydantic", "wizard.profile", "wizard.targets.registry", "wizard.ask.questions"}


def at_the_first_question(tmp_path: Path, text: str) -> set[str]:
    """The modules that are loaded when a question with this text has been drawn in the current folder."""
    loaded = tmp_path / "loaded"
    environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = pexpect.spawn(
        sys.executable, ["-c", _UNTIL_DRAWN, str(loaded)], env=environment, dimensions=(40, 100), encoding="utf-8"
    )
    child.expect(text, timeout=60)
    child.expect(pexpect.EOF)
    return set(loaded.read_text().split())


@pytest.mark.parametrize("module", sorted(_HEAVY | _OF_PROFILES))
def test_what_the_first_question_does_not_need_is_there(module: str) -> None:
    assert find_spec(module) is not None


@pytest.mark.usefixtures("nowhere")
def test_the_menu_needs_neither_profiles_nor_what_builds(tmp_path: Path) -> None:
    loaded = at_the_first_question(tmp_path, "What would you like to do")
    assert loaded & (_HEAVY | _OF_PROFILES) == set()


@pytest.mark.usefixtures("nowhere")
def test_the_question_of_the_trainer_needs_nothing_that_reads_images_or_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    monkeypatch.chdir(raw)
    Path("ILSVRC2012_img_train.tar").write_bytes(b"")
    loaded = at_the_first_question(tmp_path, "What will open the result")
    assert loaded & _HEAVY == set()
    assert loaded >= _OF_PROFILES
