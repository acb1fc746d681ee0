"""What a result depends on: the machine, and the versions of the codecs."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from wizard.formats.image_codec import CODECS
from wizard.machine.cores import usable_cores

_TOOLS = ("webdataset", "opencv-python-headless", "mosaicml-streaming", "datasets", "tensorflow-datasets")
"""Distributions of the other tools."""


def facts() -> dict[str, object]:
    """Facts about the machine, the codecs and the other tools, for people to compare results by."""
    return {
        "cpu": _cpu(),
        "cores": usable_cores(),
        "memory": psutil.virtual_memory().total,
        "system": platform.platform(),
        "python": platform.python_version(),
        "codecs": CODECS,
        "load": os.getloadavg()[0],
        "tools": {name: found for name in _TOOLS if (found := _version(name))},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
