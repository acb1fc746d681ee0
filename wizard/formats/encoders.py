"""The JPEG encoders that a build can use. Each gives 3-component baseline JPEGs, 4:2:0, and takes quality 1..100."""

from typing import Final, Literal

from wizard.formats import jpegli_package

Encoder = Literal["libjpeg-turbo", "jpegli"]
DEFAULT: Final[Encoder] = "libjpeg-turbo"
LOSSLESS_ENOUGH: Final = 100
"""JPEG quality of what must be converted where no quality is asked for."""


def why_missing(encoder: Encoder) -> tuple[str, str]:
    """What of an encoder is not installed, as a clause, and the command that installs it; empty if nothing is."""
    if encoder == "jpegli" and not jpegli_package.is_installed():
        missing = f"{jpegli_package.PACKAGE}, the package that encodes with jpegli, is not installed"
        return missing, jpegli_package.INSTALL
    return "", ""
