"""The wizard's first question and every profile import these modules, so that a person waits for them."""

import subprocess
import sys

import pytest

LIGHT = (
    "wizard.formats.encoders",
    "wizard.formats.resize",
    "wizard.machine.disks",
    "wizard.process_identity",
    "wizard.sources.classes",
    "wizard.sources.holdout",
    "wizard.sources.image_formats",
    "wizard.sources.likely",
    "wizard.sources.options",
    "wizard.sources.readers",
    "wizard.sources.selection",
    "wizard.sources.trees.image_names",
    "wizard.targets.registry",
)
HEAVY = (
    *("numpy", "PIL", "google", "google_crc32c", "psutil", "simplejpeg", "kornia_rs", "cykooz_resizer", "pyarrow"),
    *("array_record", "hashlib", "importlib.metadata", "importlib.resources", "tarfile", "xml"),
)
"""What takes milliseconds to import, and only serves to read, convert, write or check images."""
_PROGRAM = """
import sys
before = {*sys.modules}
__import__(sys.argv[1])
print(*({*sys.modules} - before))
"""


@pytest.mark.parametrize("module", LIGHT)
def test_importing_what_a_profile_needs_imports_nothing_that_only_a_build_needs(module: str) -> None:
    command = [sys.executable, "-c", _PROGRAM, module]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert module in imported
    assert {*imported}.isdisjoint(HEAVY)
