"""Images that crash the worker which decodes them, as a faulty codec would.

Worker processes do not see a test's patches. But Python imports `sitecustomize` at every start,
and there `tests.deadly_codec` inserts a fault between the worker and its codec.
"""

import os
from pathlib import Path

import pytest
from PIL import Image

import wizard
from tests.deadly_codec import ABORT, EXIT, LATER, SEGFAULT
from tests.helpers import encoded, noise

__all__ = ["ABORT", "EXIT", "LATER", "SEGFAULT", "arm", "image"]


def image(kind: bytes = b"", seed: int = 0) -> bytes:
    """A JPEG of noise with a comment."""
    return encoded(Image.fromarray(noise(24, 32, seed)), comment=kind)


def arm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the images deadly to every process started from now on."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("from tests.deadly_codec import install\ninstall()\n")
    paths = [str(folder), str(Path(wizard.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
