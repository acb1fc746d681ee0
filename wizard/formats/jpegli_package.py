"""The package that jpegli is in: whether it is installed, and how to install it."""

from importlib.util import find_spec
from typing import Final

PACKAGE: Final = "ajpegli"
INSTALL: Final = f"pip install {PACKAGE}"
"""The command that installs it; `imagenet-setup[jpegli]` is the same."""


def is_installed() -> bool:
    """Whether the package is there, without importing it."""
    try:
        return find_spec(PACKAGE) is not None
    except ValueError:  # imported in a way that leaves no trace of its origin, or barred
        return False
