"""Images that crash the worker which decodes them, as a faulty codec would.

Worker processes are spawned, so they do not see a test's patches. But Python imports `sitecustomize` at every start,
and there this module's `install` inserts a fault between the worker and its codec.
"""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import wizard
from tests.helpers import encoded, noise

SEGFAULT, ABORT, EXIT, LATER = b"deadly: segfault", b"deadly: abort", b"deadly: exit", b"deadly: later"
"""Comments of images that raise a signal, exit the process, or lead to a crash three images later."""
_THREE = 3


def image(kind: bytes = b"", seed: int = 0) -> bytes:
    """A JPEG of noise with a comment."""
    return encoded(Image.fromarray(noise(24, 32, seed)), comment=kind)


def arm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the images deadly to every process started from now on."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("from tests.deadly import install\ninstall()\n")
    paths = [str(folder), str(Path(wizard.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


def install() -> None:
    """Installs the fault; runs in the worker."""
    from wizard.engine import process_image
    from wizard.targets import images

    left: list[int] = []

    def deadly(sound: Callable[..., Any]) -> Callable[..., Any]:
        def checked(data: bytes, *rest: Any, **named: Any) -> Any:
            if SEGFAULT in data:
                ctypes.string_at(0)
            if ABORT in data:
                os.abort()
            if EXIT in data:
                os._exit(1)
            left[:] = [each - 1 for each in left] + [_THREE] * (LATER in data)
            if 0 in left:
                os.abort()
            return sound(data, *rest, **named)

        return checked

    for module, name in ((process_image, "transform"), (images, "wrong")):
        setattr(module, name, deadly(getattr(module, name)))
