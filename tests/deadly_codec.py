"""A codec that crashes on images with certain comments.

It imports no more than a worker does: each of the many workers that die of it imports it.
"""

import ctypes
import os
from collections.abc import Callable
from typing import Any

SEGFAULT, ABORT, EXIT, LATER = b"deadly: segfault", b"deadly: abort", b"deadly: exit", b"deadly: later"
"""Comments of images that raise a signal, exit the process, or lead to a crash three images later."""
_THREE = 3


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
